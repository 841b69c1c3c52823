import type { TemplateFacts } from './built-in.ts';

function triggers(facts: TemplateFacts): string {
  return `on:
  push:
    branches: [${JSON.stringify(facts.branch)}]
  pull_request:

permissions:
  contents: read
`;
}

/** Runs before a commit too (`bit commit --auto-validate`), so it is quick and needs nothing but git. */
export function validateWorkflow(facts: TemplateFacts): string {
  return `name: validate
${triggers(facts)}
jobs:
  validate:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - name: No conflict markers or whitespace errors in what is staged
        run: git diff --cached --check
      - name: No conflict markers in the tree
        run: |
          if git grep -nIE '^(<{7}|>{7}) ' -- .; then
            echo 'conflict markers were committed' >&2
            exit 1
          fi
`;
}

export function nodeWorkflow(facts: TemplateFacts): string {
  return `name: node
${triggers(facts)}
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 24
      - name: Install what the lock file says, or what package.json asks for
        run: if [ -f package-lock.json ]; then npm ci; else npm install; fi
      - run: npm run build --if-present
      - run: npm test --if-present
`;
}

/** Workflows other people's jobs may start here, one name a line. */
export function approvedJobs(workflows: readonly string[]): string {
  return `# What the mesh may run of this repository, one a line: workflows by name, bit build and bit test with --on mesh.
bit build
bit test
${workflows.join('\n')}
`;
}
