/** Each fixer by failures that the machine's own tools really had. */
import * as assert from 'uvu/assert';
import { sandboxFault } from '../../src/workflow/index.ts';
import { suite } from '../suite.ts';
import { autofix, type Broken, broken, steps } from './broken.ts';

const CI = '.bithub/workflows/ci.yml';
const block = (...lines: readonly string[]): string =>
  `jobs:\n  main:\n    steps:\n      - run: |\n${lines.map((line) => `          ${line}\n`).join('')}`;

interface Mended extends Broken {
  readonly fixer: string;
  readonly patch: RegExp;
}

const MENDED: Readonly<Record<string, Mended>> = {
  'a script that is called where it is not': {
    fixer: 'command-not-found',
    files: {
      '.github/workflows/ci.yml':
        'on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: |\n          echo start\n          build.sh --all\n',
      '!tools/build.sh': '#!/bin/sh\necho ok\n',
    },
    patch: /^-\s+build\.sh --all\n\+\s+\.\/tools\/build\.sh --all$/m,
  },
  'a program of a package': {
    fixer: 'command-not-found',
    files: {
      [CI]: steps('hello'),
      'package.json': '{"name":"x","devDependencies":{"hello":"1.0.0"}}',
      '!node_modules/.bin/hello': '#!/bin/sh\necho hello\n',
      'node_modules/hello/package.json': '{"name":"hello","version":"1.0.0","bin":{"hello":"cli.js"}}',
    },
    patch: /^\+ {6}- run: npx hello$/m,
  },
  'carriage returns in a first line': {
    fixer: 'wrong-interpreter',
    files: { [CI]: steps('./x.sh'), '!x.sh': '#!/bin/bash\r\necho ok\r\n' },
    patch: /^\+#!\/bin\/bash$/m,
  },
  'a program for bash that sh runs': {
    fixer: 'wrong-interpreter',
    files: { [CI]: steps('sh x.sh'), 'x.sh': `a=(1 2)\necho \${a[0]}\n` },
    patch: /^\+.*bash x\.sh$/m,
  },
  'a folder nobody makes': {
    fixer: 'missing-directory',
    files: { [CI]: block('echo one', 'cp a.txt dist/a.txt') },
    patch: /^\+\s+mkdir -p dist$/m,
  },
  'variables that an example knows': {
    fixer: 'missing-environment',
    files: {
      [CI]: steps('./r.sh'),
      '!r.sh': '#!/bin/bash\nset -u\necho $APP_MODE $APP_PORT\n',
      '.env.example': 'APP_MODE=test\nAPP_PORT=8080\nAPI_TOKEN=abc123\n',
    },
    patch: /^\+\s+APP_PORT: '8080'$/m,
  },
  'a time that is too short': {
    fixer: 'timeout-too-short',
    files: { [CI]: 'jobs:\n  main:\n    steps:\n      - run: sleep 0.8\n        timeout-minutes: 0.01\n' },
    patch: /^\+\s+timeout-minutes: 0\.03$/m,
  },
  'a step that fails now and then': {
    fixer: 'flaky-step',
    // every third time, whatever the machine's speed: counted in a file that git does not see
    files: {
      '.gitignore': '.count\n',
      [CI]: block(
        'n=$(cat .count 2>/dev/null || echo 0)',
        'echo $((n + 1)) > .count',
        'test $((n % 3)) != 0',
      ),
    },
    runs: 7,
    patch: /^\+[ -]+retry: [24]$/m,
  },
  'a lock of a process that is gone': {
    fixer: 'stale-lock',
    files: {
      [CI]: steps('./s.sh'),
      '!s.sh':
        '#!/bin/sh\nif [ -e server.pid ]; then echo "server already running, see server.pid"; exit 1; fi\n',
      'server.pid': '3999999\n',
    },
    patch: /^deleted file mode 100644$/m,
  },
  'a hook that names an interpreter nobody has': {
    fixer: 'broken-hook',
    files: {
      [CI]: block(
        'git config core.hooksPath .githooks',
        'git -c user.name=a -c user.email=a@b.c commit -q --allow-empty -m x',
      ),
      '!.githooks/pre-commit': '#!/opt/none/bash\necho hook\n',
    },
    patch: /^\+#!\/usr\/bin\/env bash$/m,
  },
};

/** Known, and nothing in the tree puts it right: it is said what to do. */
const ADVISED: Readonly<Record<string, Broken & { readonly fixer: string; readonly advice: RegExp }>> = {
  'a program the machine lacks': {
    fixer: 'command-not-found',
    files: { [CI]: steps('cowsay hi') },
    advice: /apt-get install -y cowsay/,
  },
  'a secret nobody gives': {
    fixer: 'missing-environment',
    files: { [CI]: steps(`'echo \${API_TOKEN:?is not set}'`), '.env.example': 'API_TOKEN=abcdef\n' },
    advice: /bit secret set API_TOKEN/,
  },
  'a lock of git’s': {
    fixer: 'stale-lock',
    files: { [CI]: steps('git add a.txt') },
    before: (place) => place.write('.git/index.lock', ''),
    advice: /bit repair custom locks/,
  },
};

suite('fixers', (test) => {
  if (sandboxFault() !== undefined) return;
  for (const [name, { fixer, patch, ...made }] of Object.entries(MENDED))
    test(`${fixer} mends ${name}`, async () => {
      const place = await broken(made);
      try {
        const { steps: all, code } = await autofix(place);
        const [step] = all;
        const candidate =
          step === undefined || step.proposed === null ? undefined : step.candidates[step.proposed];
        assert.is(candidate?.fixer, fixer, JSON.stringify(step?.candidates));
        assert.match(candidate?.patch ?? '', patch);
        assert.is(code, 0);
      } finally {
        place.close();
      }
    });

  for (const [name, { fixer, advice, ...made }] of Object.entries(ADVISED))
    test(`${fixer} says what to do of ${name}, and proposes nothing`, async () => {
      const place = await broken(made);
      try {
        (await import('node:fs')).rmSync(`${place.dir}/.git/index.lock`, { force: true });
        const { steps: all, code } = await autofix(place);
        assert.is(code, 1);
        const found = all[0]?.candidates.find((one) => one.fixer === fixer);
        assert.is(found?.patch, null);
        assert.match(found?.advice ?? '', advice);
      } finally {
        place.close();
      }
    });
});
