/** Fixers that only read: each by what its tool prints, over a tree in a map. */
import * as assert from 'uvu/assert';
import { type Bench, type FailedStep, FIXERS } from '../../src/mending/index.ts';
import { suite } from '../suite.ts';

const CI = '.bithub/workflows/ci.yml';

interface Slip {
  readonly fixer: string;
  readonly files: Readonly<Record<string, string>>;
  readonly run: string;
  /** What a step after it runs. */
  readonly later?: string;
  readonly log: string;
  readonly moves?: readonly { readonly from: string; readonly to: string }[];
  /** A file as it is to be; null: the cause is told, and nothing changed. Undefined: nothing is found. */
  readonly becomes?: readonly [path: string, text: string] | null;
}

/** The workflow with steps that run these. */
const ci = (...lines: readonly string[]): readonly [path: string, text: string] => [
  CI,
  `jobs:\n  main:\n    steps:\n${lines.map((line) => `      - run: ${line}\n`).join('')}`,
];

const SLIPS: Readonly<Record<string, Slip>> = {
  'a target of make that is nearly there': {
    fixer: 'missing-script',
    files: { Makefile: 'build:\n\ttrue\n' },
    run: 'make biuld',
    log: "make: *** No rule to make target 'biuld'.  Stop.",
    becomes: ci('make build'),
  },
  'a script of npm with other marks in its name': {
    fixer: 'missing-script',
    files: { 'package.json': '{"scripts":{"test:unit":"true"}}' },
    run: 'npm run test-unit',
    log: 'npm error Missing script: "test-unit"',
    becomes: ci('npm run test:unit'),
  },
  'a script that nothing is like': {
    fixer: 'missing-script',
    files: { 'package.json': '{"scripts":{"deploy":"true"}}' },
    run: 'npm run lint',
    log: 'npm error Missing script: "lint"',
    becomes: null,
  },
  'a header in other letters': {
    fixer: 'wrong-path',
    files: { 'src/main.c': '#include "Util.h"\n', 'src/util.h': '' },
    run: 'cc src/main.c',
    log: 'src/main.c:1:10: fatal error: Util.h: No such file or directory',
    becomes: ['src/main.c', '#include "util.h"\n'],
  },
  'a module in other letters': {
    fixer: 'wrong-path',
    files: { 'index.mjs': "import './lib/Keys.mjs';\n", 'lib/keys.mjs': '' },
    run: 'node index.mjs',
    log: "Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/w/lib/Keys.mjs' imported from /w/index.mjs",
    becomes: ['index.mjs', "import './lib/keys.mjs';\n"],
  },
  'a file that a commit has moved': {
    fixer: 'wrong-path',
    files: { 'tools/gen.py': '' },
    run: 'python3 scripts/gen.py',
    log: "python3: can't open file '/w/scripts/gen.py': [Errno 2] No such file or directory",
    moves: [{ from: 'scripts/gen.py', to: 'tools/gen.py' }],
    becomes: ci('python3 tools/gen.py'),
  },
  'a module that nobody has': {
    fixer: 'wrong-path',
    files: { 'index.mjs': "import './lib/none.mjs';\n", 'lib/keys.mjs': '' },
    run: 'node index.mjs',
    log: "Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/w/lib/none.mjs' imported from /w/index.mjs",
  },
  'a build that comes after its use': {
    fixer: 'not-built',
    files: { 'package.json': '{"scripts":{"build":"true"}}', 'a.mjs': '' },
    run: 'npm test',
    later: 'npm run build',
    log: "Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/w/dist/index.js' imported from /w/a.mjs",
    becomes: ci('npm run build', 'npm test'),
  },
  'a build that never comes': {
    fixer: 'not-built',
    files: { 'package.json': '{"scripts":{"compile":"true"}}', 'yarn.lock': '', 'a.mjs': '' },
    run: 'node a.mjs',
    log: "Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/w/out/index.js' imported from /w/a.mjs",
    becomes: ci('yarn run compile', 'node a.mjs'),
  },
  'a module of a folder that people write': {
    fixer: 'not-built',
    files: { 'package.json': '{"scripts":{"build":"true"}}', 'src/a.mjs': '' },
    run: 'node src/a.mjs',
    log: "Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/w/src/b.mjs' imported from /w/src/a.mjs",
  },
  'blanks before commands, and a line that goes on': {
    fixer: 'syntax-slip',
    files: { Makefile: 'A = 1 \\\n    2\n\nall:\n    echo a \\\n      b\n    echo c\n' },
    run: 'make',
    log: 'Makefile:5: *** missing separator (did you mean TAB instead of 8 spaces?).  Stop.',
    becomes: ['Makefile', 'A = 1 \\\n    2\n\nall:\n\techo a \\\n      b\n\techo c\n'],
  },
  'commas too many and too few': {
    fixer: 'syntax-slip',
    files: { 'tsconfig.json': '{\n  "a": ", ]",\n  "b": [1, 2,]\n  "c": 3,\n}\n' },
    run: 'node read.mjs',
    log: "SyntaxError: /w/tsconfig.json: Expected ',' or '}' in JSON at position 5",
    becomes: ['tsconfig.json', '{\n  "a": ", ]",\n  "b": [1, 2],\n  "c": 3\n}\n'],
  },
  'JSON that is none in another way': {
    fixer: 'syntax-slip',
    files: { 'a.json': '{ a: 1 }\n' },
    run: 'node read.mjs',
    log: 'SyntaxError: a.json: Expected property name in JSON at position 2',
  },
  'a commit by nobody': {
    fixer: 'git-identity',
    files: {},
    run: 'git commit --allow-empty -m x',
    log: 'Author identity unknown\n\n*** Please tell me who you are.',
    becomes: ci(
      "git commit --allow-empty -m x\n        env:\n          GIT_AUTHOR_NAME: 'CI'\n          GIT_AUTHOR_EMAIL: 'ci@localhost.invalid'\n          GIT_COMMITTER_NAME: 'CI'\n          GIT_COMMITTER_EMAIL: 'ci@localhost.invalid'",
    ),
  },
  'a generator whose output was not committed': {
    fixer: 'stale-output',
    files: {},
    run: 'git diff --exit-code',
    log: 'diff --git a/gen.txt b/gen.txt\nindex 1..2 100644',
    becomes: null,
  },
  'a difference that no step asked git for': {
    fixer: 'stale-output',
    files: {},
    run: './compare',
    log: 'diff --git a/gen.txt b/gen.txt',
  },
};

function failed(slip: Slip): FailedStep {
  return {
    run: 'r',
    job: 'main',
    step: '_1',
    index: 0,
    workflow: { path: CI, kind: 'native', line: 4 },
    command: slip.run,
    uses: null,
    shell: 'bash',
    workingDirectory: '.',
    workspace: '/w',
    exit: 1,
    signal: null,
    timedOut: false,
    milliseconds: 1,
    log: `${slip.log}\n`,
    commit: null,
  };
}

function bench(slip: Slip): Bench {
  const [path, text] = ci(slip.run, ...(slip.later === undefined ? [] : [slip.later]));
  const files: Readonly<Record<string, string>> = { ...slip.files, [path]: text };
  return {
    read: async (path) => (files[path] === undefined ? undefined : Buffer.from(files[path])),
    mode: async (path) => (files[path] === undefined ? undefined : '100644'),
    list: async ([glob = '**']) =>
      Object.keys(files).filter((path) => glob === '**' || path.startsWith(glob.replace(/\*\*$/, ''))),
    moves: async () => slip.moves ?? [],
    history: () => [],
    tool: async () => ({ status: 1, output: '', changes: [] }),
  };
}

suite('fixers that only read', (test) => {
  for (const [name, slip] of Object.entries(SLIPS))
    test(`${slip.fixer}: ${name}`, async () => {
      const fixer = FIXERS.find((one) => one.name === slip.fixer);
      const found = (await fixer?.detect(failed(slip), bench(slip))) ?? [];
      if (slip.becomes === undefined) {
        assert.equal(found, []);
        return;
      }
      assert.is(found.length, 1, JSON.stringify(found));
      const changes = found[0]?.changes?.map(({ path, content }) => [path, content?.toString('utf8')]);
      assert.equal(changes ?? null, slip.becomes === null ? null : [slip.becomes]);
    });
});
