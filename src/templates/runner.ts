/** What a repository's own runner needs beside its manifest. */

/** Runs after a job that did not succeed: `failure.sh <job id> <status>`. */
export function failureHook(): string {
  return `#!/usr/bin/env bash
# Runs after a job that did not succeed: failure.sh JOB_ID STATUS
set -euo pipefail
job=\${1:?usage: failure.sh JOB_ID STATUS}
status=\${2:-Failed}
case "$job$status" in
  *[!A-Za-z0-9._-]*) echo "failure.sh: only letters, digits, '.', '_' and '-'" >&2; exit 2 ;;
esac
echo "job $job: $status; its log: bit job logs $job"
`;
}

/** Starts the runner from wherever it is called. */
export function runnerBoot(): string {
  return `#!/usr/bin/env bash
# Starts this repository's runner: runner_boot.sh [flags of bit runner start]
# What it obeys: .bit/runner.manifest.yml and .bit/mesh/config.yml. How it stands: bit runner status.
set -euo pipefail
cd "$(dirname -- "\${BASH_SOURCE[0]}")/../.."
if command -v bit >/dev/null; then
  exec bit runner start "$@"
elif command -v npx >/dev/null; then
  exec npx --yes --package @bithub/cli bit runner start "$@"
fi
echo "runner_boot.sh: bit is not installed: npm install --global @bithub/cli" >&2
exit 127
`;
}

/** A runner on GitHub's machines, for as long as there is work. */
export function runnerWorkflow(): string {
  return `name: Bit.Hub Runner Node

on:
  workflow_dispatch:
    inputs:
      controller:
        description: Address of the controller, such as wss://mesh.example:7443; empty takes the seeds of .bit/mesh/config.yml
        required: false
        type: string

permissions:
  contents: read

jobs:
  node:
    runs-on: ubuntu-latest
    timeout-minutes: 350
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 24
      - name: Install bit and what its sandbox needs
        run: |
          sudo apt-get update && sudo apt-get install -y bubblewrap
          # Ubuntu's AppArmor keeps bubblewrap from making namespaces; this machine is thrown away after the run
          restriction=/proc/sys/kernel/apparmor_restrict_unprivileged_userns
          if [ -e "$restriction" ]; then echo 0 | sudo tee "$restriction"; fi
          bwrap --unshare-all --ro-bind / / true
          npm install --global @bithub/cli
      - name: Run until there was nothing to do for ten minutes
        env:
          BIT_MESH: \${{ inputs.controller }}
          # the runner's own Ed25519 key (PKCS #8, PEM); without it each run is a stranger to the mesh
          BIT_SIGNING_KEY: \${{ secrets.BIT_SIGNING_KEY }}
        run: .bit/loaders/runner_boot.sh --idle-exit 600
`;
}
