/** Steps that fail by where and how they run: programs, folders, environment, time, luck. */
import type { Exhibit, Scene } from './exhibit.ts';

export const STEPS: readonly Exhibit[] = [
  {
    fixer: 'command-not-found',
    title: 'a program of the tree called by its bare name',
    make(place) {
      place.program('tools/build-all', '#!/bin/sh\necho built\n');
      place.step('build-all');
    },
    cause: /build-all/,
    end: 'fixed',
  },
  {
    fixer: 'command-not-found',
    title: 'a program of a package that is installed, and not on the path',
    make(place) {
      place.write('.gitignore', 'node_modules/\n');
      place.write(
        'cli/package.json',
        '{\n  "name": "hello-cli",\n  "version": "1.0.0",\n  "bin": { "say-hello": "main.js" }\n}\n',
      );
      place.program('cli/main.js', '#!/usr/bin/env node\nconsole.log("hello");\n');
      place.write(
        'package.json',
        '{\n  "name": "app",\n  "private": true,\n  "devDependencies": { "hello-cli": "file:cli" }\n}\n',
      );
      npmInstall(place);
      place.step('say-hello');
    },
    cause: /say-hello/,
    end: 'fixed',
  },
  {
    fixer: 'lost-run-bit',
    title: 'a script that lost its run bit',
    make(place) {
      place.write('build.sh', '#!/bin/sh\necho built\n');
      place.step('./build.sh');
    },
    cause: /build\.sh/,
    end: 'fixed',
  },
  {
    fixer: 'lost-run-bit',
    title: 'a program that node starts has no run bit',
    make(place) {
      place.write('bin/tool', '#!/bin/sh\necho tool\n');
      place.write(
        'main.mjs',
        "import { execFileSync } from 'node:child_process';\nconsole.log(execFileSync('./bin/tool', { encoding: 'utf8' }));\n",
      );
      place.step('node main.mjs');
    },
    cause: /bin\/tool/,
    end: 'fixed',
  },
  {
    fixer: 'wrong-interpreter',
    title: 'a script of bash run by sh',
    make(place) {
      place.write('list.sh', '#!/bin/bash\nnames=(one two)\necho "${names[1]}"\n');
      place.step('sh list.sh');
    },
    cause: /list\.sh/,
    end: 'fixed',
  },
  {
    fixer: 'wrong-interpreter',
    title: 'line ends of Windows in a script',
    make(place) {
      place.program('run.sh', '#!/bin/sh\r\necho one\r\n');
      place.step('./run.sh');
    },
    cause: /run\.sh/,
    end: 'fixed',
  },
  {
    fixer: 'missing-directory',
    title: 'a shell writes into a folder that is not there',
    make(place) {
      place.write('.gitignore', 'out/\n');
      place.step('echo report > out/report.txt');
    },
    cause: /\bout\b/,
    end: 'fixed',
  },
  {
    fixer: 'missing-directory',
    title: 'node writes into a folder that is not there',
    make(place) {
      place.write('.gitignore', 'reports/\n');
      place.write('report.mjs', "import fs from 'node:fs';\nfs.writeFileSync('reports/a.json', '{}');\n");
      place.step('node report.mjs');
    },
    cause: /\breports\b/,
    end: 'fixed',
  },
  {
    fixer: 'missing-environment',
    title: 'a variable that a shell does not know',
    make(place) {
      place.write('.env.example', 'API_URL=http://localhost:8080\n');
      place.ci('      - run: |\n          set -u\n          echo "asking $API_URL"\n');
    },
    cause: /API_URL/,
    end: 'fixed',
  },
  {
    fixer: 'missing-environment',
    title: 'a variable that a program asks for',
    make(place) {
      place.write('.env.example', 'DATABASE_URL=sqlite:./test.db\n');
      place.write(
        'main.mjs',
        "if (process.env.DATABASE_URL === undefined) throw new Error('Missing environment variable: DATABASE_URL');\n",
      );
      place.step('node main.mjs');
    },
    cause: /DATABASE_URL/,
    end: 'fixed',
  },
  {
    fixer: 'timeout-too-short',
    title: 'a step that takes longer than it used to',
    make(place) {
      place.write('seconds', '0.3\n');
      place.ci('      - run: sleep "$(cat seconds)"\n        timeout-minutes: 0.04\n');
    },
    async before(place) {
      for (let turn = 0; turn < 3; turn++) await place.bit('run', 'ci');
      place.write('seconds', '2.8\n');
      place.commit('more to do');
    },
    cause: /./,
    end: 'fixed',
  },
  {
    fixer: 'timeout-too-short',
    title: 'a job of GitHub’s that takes longer than it used to',
    make(place) {
      place.write('seconds', '0.3\n');
      place.write(
        '.github/workflows/ci.yml',
        'on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - name: slow\n        timeout-minutes: 0.04\n        run: sleep "$(cat seconds)"\n',
      );
    },
    async before(place) {
      for (let turn = 0; turn < 3; turn++) await place.bit('run', 'ci');
      place.write('seconds', '2.8\n');
      place.commit('more to do');
    },
    cause: /./,
    end: 'fixed',
  },
  {
    fixer: 'flaky-step',
    title: 'a step that fails every other time',
    make(place) {
      place.write('.gitignore', '.count\n');
      place.ci(
        '      - run: |\n          n=$(cat .count 2>/dev/null || echo 0)\n          echo $((n + 1)) > .count\n          test $((n % 2)) = 1\n',
      );
    },
    async before(place) {
      for (let turn = 0; turn < 4; turn++) await place.bit('run', 'ci');
    },
    cause: /./,
    end: 'fixed',
  },
  {
    fixer: 'flaky-step',
    title: 'a test that fails now and then',
    make(place) {
      place.write('.gitignore', '.count\n');
      place.write(
        'moody.test.mjs',
        "import assert from 'node:assert';\nimport fs from 'node:fs';\nimport { test } from 'node:test';\ntest('answers in time', () => {\n  const n = fs.existsSync('.count') ? Number(fs.readFileSync('.count')) : 0;\n  fs.writeFileSync('.count', String(n + 1));\n  assert.ok(n % 3 !== 0, 'too late');\n});\n",
      );
      place.step('node --test moody.test.mjs');
    },
    async before(place) {
      for (let turn = 0; turn < 6; turn++) await place.bit('run', 'ci');
    },
    cause: /./,
    end: 'fixed',
  },
  {
    fixer: 'stale-lock',
    title: 'the process id of a server that ran once, committed',
    make(place) {
      place.write('run/app.pid', '3999999\n');
      place.program(
        'start.sh',
        '#!/bin/sh\nif [ -e run/app.pid ]; then\n  echo "run/app.pid exists: another instance is already running" >&2\n  exit 1\nfi\necho started\n',
      );
      place.step('./start.sh');
    },
    cause: /run\/app\.pid/,
    end: 'fixed',
  },
  {
    fixer: 'stale-lock',
    title: 'the lock of a git that was killed',
    make: (place) => place.step('git add -A'),
    left: (place) => place.write('.git/index.lock', ''),
    cause: /index\.lock/,
    end: 'known',
  },
  {
    fixer: 'broken-hook',
    title: 'a hook without its run bit, which git passes over',
    make(place) {
      place.write('.gitignore', '.checked\n');
      place.write('.githooks/pre-commit', '#!/bin/sh\n: > .checked\n');
      place.ci(
        '      - run: |\n          rm -f .checked\n          git -c core.hooksPath=.githooks commit -q --allow-empty -m checked\n          test -e .checked\n',
      );
    },
    cause: /\.githooks\/pre-commit/,
    end: 'fixed',
  },
  {
    fixer: 'broken-hook',
    title: 'a hook with line ends of Windows',
    make(place) {
      place.program('.githooks/pre-commit', '#!/bin/sh\r\nexit 0\r\n');
      place.step('git -c core.hooksPath=.githooks commit -q --allow-empty -m checked');
    },
    cause: /pre-commit/,
    end: 'fixed',
  },
];

function npmInstall(place: Scene): void {
  place.tool('npm', 'install', '--offline', '--no-audit', '--no-fund');
}
