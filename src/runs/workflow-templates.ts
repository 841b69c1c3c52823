/** What `bit workflow create` starts from. */
export const TEMPLATE_NAMES = ['empty', 'node', 'matrix', 'release'] as const;
export type TemplateName = (typeof TEMPLATE_NAMES)[number];

export const TEMPLATES: Readonly<Record<TemplateName, (name: string, run: readonly string[]) => string>> = {
  empty: (name, run) => `name: ${JSON.stringify(name)}
on: manual

jobs:
  main:
    steps:
${steps(run.length === 0 ? ['echo "nothing to do yet"'] : run)}`,
  node: (name) => `name: ${JSON.stringify(name)}
on: [push]

jobs:
  test:
    steps:
      - name: Install what the lock file says, or what package.json asks for
        run: if [ -f package-lock.json ]; then npm ci; else npm install; fi
        retry: 2
      - run: npm run build --if-present
      - run: npm test --if-present
`,
  matrix: (name, run) => `name: ${JSON.stringify(name)}
on: manual

jobs:
  each:
    strategy:
      matrix:
        part: [one, two, three]
    steps:
${steps(run.length === 0 ? ['echo "part ${"$"}{{ matrix.part }}"'] : run)}`,
  release: (name) => `name: ${JSON.stringify(name)}
on: manual
inputs:
  version:
    description: The version, without v
    required: true
concurrency: release

jobs:
  check:
    steps:
      - run: test -z "$(git status --porcelain)"
  tag:
    needs: check
    steps:
      - run: bit tag new "v\${{ inputs.version }}" -m "release \${{ inputs.version }}"
`,
};

function steps(run: readonly string[]): string {
  return run.map((line) => `      - run: ${JSON.stringify(line)}\n`).join('');
}
