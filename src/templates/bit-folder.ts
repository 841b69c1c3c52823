import type { TemplateFacts } from './built-in.ts';

/** Contracts are `KEY: value` lines. */
export function contract(): string {
  return `CONTRACT: bit.hub_core_v1
BLOCKCHAIN_SECURITY: true
DATA_TRAFFIC_POLICY: enabled
WORKFLOW_ENGINE: policy_driven
PRIVACY: no_data_mining
`;
}

/** Identity, capabilities, storage and policies of the runner that serves this repository. */
export function manifest(
  facts: TemplateFacts,
  has: { readonly node: boolean; readonly runner: boolean },
): string {
  const build = has.node ? '["node24"]' : '["git"]';
  const test = has.node ? '["npm"]' : '[]';
  const play = has.runner ? '["creative.enjoyments.exe","magic.lol","fan.asia.create"]' : '[]';
  const ledger = has.runner
    ? `  ledger:
    # The ledger itself lives in git's own directory; this is its readable mirror, one JSON line an entry.
    path: ".bithub/ledger/runner.log"
`
    : '';
  return `runner:
  id: ${JSON.stringify(`aln://runner/${slug(facts.owner)}/${slug(facts.name)}`)}
  version: "1.0.0"
  persona: "hybrid"  # strict|creative|hybrid
  capabilities:
    build: ${build}
    test: ${test}
    ml: []
    entertainment: ${play}
  storage:
    default: "ns"
    drivers:
      # No roots: assets stay in the repository's own local state, where git clean can't reach them.
      ns: { scheme: "aln+ns://", roots: [], tamper_evident: true }
  policies:
    dir: ".bithub/policies"
    enforce_strict: true
${ledger}  qos:
    max_concurrent_jobs: 3
    priority_bias: ["compliance","latency","fun"]
`;
}

export function meshConfig(): string {
  return `mesh:
  version: "1.0.0"
  discovery:
    mdns: true
    p2p: true
    seeds: []  # "wss://host:7443" for networks without mDNS
  tls:
    required: true
    mode: "self-signed-ok"  # self-signed-ok|strict-ca
  auth:
    jwt_issuer: "aln://bithub/auth"
    accept_personas: ["strict","hybrid","creative"]
  rate_limits:
    per_peer_rps: 10
    burst: 50
`;
}

/** Runs after a job that went well: `success.sh <job id> [mood]`. */
export function hook(): string {
  return `#!/usr/bin/env bash
# Runs after a job that succeeded: success.sh JOB_ID [MOOD]
set -euo pipefail
job=\${1:?usage: success.sh JOB_ID [MOOD]}
mood=\${2:-radiant}
case "$job$mood" in
  *[!A-Za-z0-9._-]*) echo "success.sh: only letters, digits, '.', '_' and '-'" >&2; exit 2 ;;
esac
echo "[magic.lol] (>*_*)>~~~ DRAGON ROAR ~~~<(*_*<)"
mkdir -p .bithub/ledger
printf '{"event":"lore","job":"%s","mood":"%s"}\\n' "$job" "$mood" >> .bithub/ledger/lore.log
`;
}

/** The two interfaces a storage or ledger driver of this repository implements. */
export function sdkTypes(): string {
  return `export interface StorageDriver {
  scheme(): string;
  read(uri: string): Promise<Uint8Array>;
  write(uri: string, bytes: Uint8Array, meta?: Record<string, unknown>): Promise<void>;
  stat(uri: string): Promise<{ size: number; sha256?: string }>;
  list(prefix: string): Promise<string[]>;
}

export interface LedgerDriver {
  append(event: Record<string, unknown>): Promise<void>;
  verify(): Promise<{ ok: boolean; head: string }>;
}
`;
}

function slug(text: string): string {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return name === '' ? 'main' : name;
}
