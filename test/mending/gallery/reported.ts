/**
 * What people report of their pipelines: each exhibit is made after an issue or a pull request of a public repository,
 * and was written down before anybody looked which fixer could know of it. Any fixer may find the cause.
 */
import type { Exhibit } from './exhibit.ts';
import { goModules } from './go.ts';

const ANY = '*';

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const github = (steps: string, more = ''): string =>
  `on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n${more}    steps:\n${steps}`;

export const REPORTED: readonly Exhibit[] = [
  {
    fixer: ANY,
    reported: 'pnpm/pnpm#6544',
    by: 'lockfile-drift',
    title: 'a workspace’s package was added by hand, and pnpm’s lock file not written',
    needs: ['pnpm'],
    make(place) {
      place.write('.gitignore', 'node_modules/\n');
      place.write('pnpm-workspace.yaml', 'packages:\n  - packages/*\n');
      place.write('package.json', json({ name: 'root', private: true }));
      place.write('packages/a/package.json', json({ name: 'a', version: '1.0.0' }));
      place.write('packages/b/package.json', json({ name: 'b', version: '1.0.0' }));
      place.tool('pnpm', 'install', '--offline', '--lockfile-only');
      place.write(
        'packages/b/package.json',
        json({ name: 'b', version: '1.0.0', dependencies: { a: 'workspace:*' } }),
      );
      place.step('pnpm install --frozen-lockfile --offline');
    },
    cause: /pnpm-lock\.yaml/,
    end: 'fixed',
    right: (place) => place.read('pnpm-lock.yaml').includes('link:../a'),
  },
  {
    fixer: ANY,
    reported: 'antrea-io/antrea#4649',
    by: 'lockfile-drift',
    title: 'two merges that each changed go.mod, and a go.sum that lacks an entry',
    needs: ['go'],
    make(place) {
      goModules({ 'example.com/one': 'One', 'example.com/two': 'Two' });
      place.write('go.mod', 'module example.com/app\n\ngo 1.18\n\nrequire example.com/one v1.0.0\n');
      place.write('one.go', 'package app\n\nimport "example.com/one"\n\nvar One = one.One()\n');
      place.tool('go', 'mod', 'tidy');
      place.write(
        'go.mod',
        'module example.com/app\n\ngo 1.18\n\nrequire (\n\texample.com/one v1.0.0\n\texample.com/two v1.0.0\n)\n',
      );
      place.write('two.go', 'package app\n\nimport "example.com/two"\n\nvar Two = two.Two()\n');
      place.step('go vet ./...');
    },
    cause: /go\.sum/,
    end: 'fixed',
    right: (place) => place.read('go.sum').includes('example.com/two v1.0.0 h1:'),
  },
  {
    fixer: ANY,
    reported: 'alveusgg/alveusgg#578',
    by: 'formatter',
    title: 'prettier checks in a script that others are part of',
    needs: ['prettier'],
    make(place) {
      place.write('package.json', json({ name: 'site', private: true, scripts: SCRIPTS }));
      place.write('.prettierrc', '{ "singleQuote": true }\n');
      place.write('src/index.js', 'export const names = [ "a","b" ]\n');
      place.write('src/page.css', 'a{color:red}\n');
      place.write('README.md', '# Site\n* one\n* two\n');
      place.step('npm run lint');
    },
    cause: /prettier.*src\/|src\/.*prettier|prettier.*README/is,
    end: 'fixed',
    right: (place) => place.read('src/index.js') === "export const names = ['a', 'b'];\n",
  },
  {
    fixer: ANY,
    reported: 'edgebitio/edgebit-agent#56',
    by: 'linter',
    title: 'clippy with its warnings as errors',
    needs: ['cargo', 'cargo-clippy'],
    make(place) {
      place.write('.gitignore', 'target/\n');
      place.write('Cargo.toml', '[package]\nname = "agent"\nversion = "0.1.0"\nedition = "2021"\n');
      place.write(
        'src/lib.rs',
        'pub fn total(values: &[u32]) -> u32 {\n    let mut sum = 0;\n    for value in values {\n        sum = sum + value;\n    }\n    return sum;\n}\n',
      );
      place.tool('cargo', 'generate-lockfile', '--offline');
      place.step('cargo clippy --offline --all-targets -- -D warnings');
    },
    cause: /clippy/,
    end: 'fixed',
    right: (place) => /sum \+= value/.test(place.read('src/lib.rs')),
  },
  {
    fixer: ANY,
    reported: 'eclipse-langium/langium#1098',
    by: 'stale-output',
    title: 'what a generator writes was not committed',
    needs: ['make'],
    make(place) {
      place.write('Makefile', 'generate:\n\tsed "s/^/export const /" names.txt > generated.mjs\n');
      place.write('names.txt', 'one = 1;\n');
      place.tool('make', 'generate');
      place.write('names.txt', 'one = 1;\ntwo = 2;\n');
      place.ci('      - run: make generate\n      - run: git diff --exit-code\n');
    },
    cause: /generated\.mjs/,
    end: 'fixed',
    right: (place) => place.read('generated.mjs').includes('two'),
  },
  {
    fixer: ANY,
    reported: 'servicebinding/runtime#20',
    by: 'stale-output',
    title: 'what a generator writes was not committed, in one step, with files that are new',
    needs: ['make'],
    make(place) {
      place.write('Makefile', 'generate:\n\tmkdir -p gen && cp api/*.txt gen/\n');
      place.write('api/a.txt', 'a\n');
      place.write('api/b.txt', 'b\n');
      place.ci(
        '      - name: Ensure generated code is committed\n        run: make generate && git status --short && test -z "$(git status --short)"\n',
      );
    },
    cause: /gen\//,
    end: 'fixed',
    right: (place) => place.read('gen/b.txt') === 'b\n',
  },
  {
    fixer: ANY,
    reported: 'takamin/mz700-js#141',
    by: 'wrong-path',
    title: 'a module named in other letters than its file has',
    make(place) {
      place.write('lib/key-matrix.js', 'exports.keys = 8;\n');
      place.write(
        'index.js',
        "const { keys } = require('./lib/Key-Matrix');\nif (keys !== 8) process.exit(1);\n",
      );
      place.step('node index.js');
    },
    cause: /key-matrix/i,
    end: 'fixed',
    right: (place) => place.read('index.js').includes('./lib/key-matrix'),
  },
  {
    fixer: ANY,
    reported: 'base16-manager/base16-manager#70',
    by: 'wrong-interpreter',
    title: 'a recipe of make in the language of bash',
    needs: ['make', 'dash'],
    make(place) {
      place.write(
        'Makefile',
        'MODE ?= debug\n\ninstall:\n\tif [[ "$(MODE)" == d* ]]; then echo debug > mode.txt; fi\n\tgrep -q debug mode.txt\n',
      );
      place.write('.gitignore', 'mode.txt\n');
      place.step('make install');
    },
    cause: /bash|\[\[/,
    end: 'fixed',
    right: (place) => place.read('Makefile').includes('[[ "$(MODE)"'),
  },
  {
    fixer: ANY,
    reported: 'scipp/scipp#1177',
    by: 'missing-directory',
    title: 'mkdir of a folder that is there',
    make(place) {
      place.write('build/.gitkeep', '');
      place.program('ci/setup.sh', '#!/bin/sh\nset -e\nmkdir build\necho done > build/out.txt\n');
      place.write('.gitignore', 'out.txt\n');
      place.step('ci/setup.sh');
    },
    cause: /build/,
    end: 'fixed',
    right: (place) => /mkdir -p build/.test(place.read('ci/setup.sh')),
  },
  {
    fixer: ANY,
    reported: 'avocado-framework/avocado-framework.github.io#35',
    by: 'missing-directory',
    title: 'cp into a folder that is not there',
    make(place) {
      place.write('results.json', '{}\n');
      place.write('.gitignore', 'public/\n');
      place.step('cp results.json public/data/results.json');
    },
    cause: /public\/data/,
    end: 'fixed',
  },
  {
    fixer: ANY,
    reported: 'kata-containers/kata-containers#2283',
    by: 'missing-environment',
    title: 'a script asks for a variable that only some machines set',
    make(place) {
      place.program(
        'ci/run.sh',
        '#!/bin/bash\nset -o errexit -o nounset\nif [ "$KATA_DEBUG" == "true" ]; then set -x; fi\necho running\n',
      );
      place.step('ci/run.sh');
    },
    cause: /KATA_DEBUG/,
    end: 'fixed',
  },
  {
    fixer: ANY,
    reported: 'airweave-ai/airweave#7',
    by: 'wrong-interpreter',
    title: 'line ends of Windows behind the interpreter of a program in Python',
    needs: ['python3'],
    make(place) {
      place.program('tools/entrypoint', '#!/usr/bin/env python3\r\nprint("up")\r\n');
      place.step('tools/entrypoint');
    },
    cause: /tools\/entrypoint/,
    end: 'fixed',
    right: (place) => !place.read('tools/entrypoint').includes('\r'),
  },
  {
    fixer: ANY,
    reported: 'ScottBrenner/cfn-lint-action#15',
    by: 'workflow-yaml',
    title: 'a pattern that begins with a star, without quotes',
    make(place) {
      place.write(
        '.github/workflows/ci.yml',
        github('      - run: echo "$PATTERN"\n        env:\n          PATTERN: **/*.yaml\n'),
      );
    },
    unreadable: true,
    cause: /ci\.yml:8:\d+/,
    end: 'fixed',
    right: (place) => /PATTERN: ["']\*\*\/\*\.yaml["']/.test(place.read('.github/workflows/ci.yml')),
  },
  {
    fixer: ANY,
    reported: 'docToolchain/Bausteinsicht#522',
    by: 'workflow-yaml',
    title: 'a text over several lines that leaves its block',
    make(place) {
      place.write(
        '.github/workflows/ci.yml',
        github(
          '      - name: Comment\n        run: |\n          printf %s "Thank you.\n\nPlease read CONTRIBUTING.md first.\n" > comment.txt\n          test -s comment.txt\n',
        ),
      );
    },
    unreadable: true,
    cause: /ci\.yml:\d+:\d+/,
    end: 'fixed',
    right: (place) => place.read('.github/workflows/ci.yml').includes('Please read CONTRIBUTING.md first.'),
  },
  {
    fixer: ANY,
    reported: 'parthbuilds-community/FitMart#531',
    by: 'workflow-yaml',
    title: 'fences of Markdown around a workflow',
    make(place) {
      place.write('.github/workflows/ci.yml', `\`\`\`yaml\n${github('      - run: echo welcome\n')}\`\`\`\n`);
    },
    unreadable: true,
    cause: /ci\.yml:\d+:\d+/,
    end: 'fixed',
    right: (place) => !place.read('.github/workflows/ci.yml').includes('```'),
  },
  {
    fixer: ANY,
    reported: 'cc-archive/vocabulary-legacy#963',
    by: 'workflow-yaml',
    title: 'no blank behind the dash of a step',
    make(place) {
      place.write(
        '.github/workflows/ci.yml',
        github('      - name: One\n        run: echo one\n      -name: Two\n        run: echo two\n'),
      );
    },
    unreadable: true,
    cause: /ci\.yml:\d+:\d+/,
    end: 'fixed',
    right: (place) => place.read('.github/workflows/ci.yml').includes('- name: Two'),
  },
  {
    fixer: ANY,
    reported: 'rhysd/actionlint#427',
    by: 'workflow-yaml',
    title: 'two steps with the same id',
    make(place) {
      place.write(
        '.github/workflows/ci.yml',
        github('      - id: test\n        run: echo one\n      - id: test\n        run: echo two\n'),
      );
    },
    unreadable: true,
    cause: /\btest\b/,
    end: 'fixed',
    right: (place) => /echo one[\s\S]*echo two/.test(place.read('.github/workflows/ci.yml')),
  },
  {
    fixer: ANY,
    reported: 'napi-rs/napi-rs#799',
    by: 'workflow-yaml',
    title: 'a job that waits for one that was taken out',
    make(place) {
      place.write(
        '.github/workflows/ci.yml',
        `${github('      - run: echo build\n')}  publish:\n    needs: [build, test-linux-musl]\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo publish\n`,
      );
    },
    unreadable: true,
    cause: /test-linux-musl/,
    end: 'fixed',
    right: (place) => /needs: (\[ ?build ?\]|build)/.test(place.read('.github/workflows/ci.yml')),
  },
  {
    fixer: ANY,
    reported: 'actions/upload-artifact#110',
    by: 'artifact-path',
    title: 'a variable of the shell in the path of an upload',
    make(place) {
      place.write('.gitignore', 'artifacts/\n');
      place.write(
        '.github/workflows/ci.yml',
        github(
          '      - run: mkdir -p artifacts && echo 1 > artifacts/app.zip\n      - uses: actions/upload-artifact@v4\n        with:\n          name: app\n          path: $GITHUB_WORKSPACE/artifacts/app.zip\n          if-no-files-found: error\n',
        ),
      );
    },
    cause: /artifacts\/app\.zip/,
    end: 'fixed',
    right: (place) => !place.read('.github/workflows/ci.yml').includes('$GITHUB_WORKSPACE'),
  },
  {
    fixer: ANY,
    reported: 'actions/upload-artifact#232',
    by: 'artifact-path',
    title: 'an upload that is not in the working directory of the commands',
    make(place) {
      place.write('site/.gitignore', 'build/\n');
      place.write(
        'site/build.mjs',
        "import fs from 'node:fs';\nfs.mkdirSync('build', { recursive: true });\nfs.writeFileSync('build/index.html', '');\n",
      );
      place.write(
        '.github/workflows/ci.yml',
        github(
          '      - run: node build.mjs\n      - uses: actions/upload-artifact@v4\n        with:\n          name: bundle\n          path: build\n          if-no-files-found: error\n',
          '    defaults:\n      run:\n        working-directory: site\n',
        ),
      );
    },
    cause: /\bbuild\b/,
    end: 'fixed',
    right: (place) => /path: (\.\/)?site\/build/.test(place.read('.github/workflows/ci.yml')),
  },
  {
    fixer: ANY,
    reported: 'pages-themes/minimal#95',
    by: 'lost-run-bit',
    title: 'a script that another script starts has no run bit',
    make(place) {
      place.program('script/cibuild', '#!/bin/bash\nset -e\nscript/bootstrap\necho built\n');
      place.write('script/bootstrap', '#!/bin/bash\necho ready\n');
      place.step('script/cibuild');
    },
    cause: /script\/bootstrap/,
    end: 'fixed',
  },
  {
    fixer: ANY,
    reported: 'lightspeedwp/.github#1929',
    by: 'missing-script',
    title: 'a script of package.json that has another name',
    make(place) {
      place.write(
        'package.json',
        json({
          name: 'site',
          private: true,
          scripts: { 'validate:frontmatter': 'node -e 1', build: 'node -e 2' },
        }),
      );
      place.step('npm run validate:front-matter');
    },
    cause: /validate:front-matter/,
    end: 'fixed',
    right: (place) => place.read('.bithub/workflows/ci.yml').includes('npm run validate:frontmatter\n'),
  },
  {
    fixer: ANY,
    reported: 'tomnio/rubric#89',
    by: 'not-built',
    title: 'tests of what is built, before it is built',
    make(place) {
      place.write('.gitignore', 'dist/\n');
      place.write(
        'package.json',
        json({
          name: 'rubric',
          private: true,
          type: 'module',
          scripts: { build: 'node build.js', test: 'node --test entries.test.js' },
        }),
      );
      place.write(
        'build.js',
        "import fs from 'node:fs';\nfs.mkdirSync('dist', { recursive: true });\nfs.writeFileSync('dist/index.js', 'export default 1;\\n');\n",
      );
      place.write(
        'entries.test.js',
        "import { test } from 'node:test';\nimport assert from 'node:assert';\nimport one from './dist/index.js';\ntest('loads', () => assert.equal(one, 1));\n",
      );
      place.ci('      - run: npm test\n      - run: npm run build\n');
    },
    cause: /dist/,
    end: 'fixed',
    right: (place) => /npm run build[\s\S]*npm test/.test(place.read('.bithub/workflows/ci.yml')),
  },
  {
    fixer: ANY,
    reported: 'cellajs/cella#809',
    by: 'git-identity',
    title: 'a commit on a machine where nobody is anybody',
    make(place) {
      place.ci(
        '      - run: |\n          export HOME="$PWD/home" GIT_CONFIG_GLOBAL=/dev/null\n          git init -q scratch\n          git -C scratch -c user.useConfigOnly=true commit -q --allow-empty -m one\n',
      );
      place.write('.gitignore', 'scratch/\nhome/\n');
    },
    cause: /identity|who/i,
    end: 'fixed',
  },
  {
    fixer: ANY,
    reported: 'dynawo/dynawo#127',
    by: 'syntax-slip',
    title: 'blanks where make wants a tab',
    needs: ['make'],
    make(place) {
      place.write(
        'Makefile',
        'all: out.txt\n\nout.txt:\n        echo one > out.txt\n        echo two >> out.txt\n',
      );
      place.write('.gitignore', 'out.txt\n');
      place.step('make');
    },
    cause: /Makefile/,
    end: 'fixed',
    right: (place) => place.read('Makefile').includes('\techo one > out.txt\n\techo two'),
  },
  {
    fixer: ANY,
    reported: 'banteg/raycast-eips#3',
    by: 'syntax-slip',
    title: 'a comma at the end of package.json',
    make(place) {
      place.write(
        'package.json',
        '{\n  "name": "eips",\n  "private": true,\n  "scripts": {\n    "build": "node -e 1",\n  },\n  "license": "MIT"\n}\n',
      );
      place.step('npm run build');
    },
    cause: /package\.json/,
    end: 'fixed',
    right: (place) => JSON.parse(place.read('package.json')).license === 'MIT',
  },
  {
    fixer: ANY,
    reported: 'Azure-Samples/java-on-azure-examples#145',
    by: 'wrong-path',
    title: 'a folder that a commit has moved',
    make(place) {
      place.write('app/run.mjs', 'console.log(1);\n');
      place.write('app/other.mjs', 'console.log(2);\n');
      place.commit('one');
      place.git('mv', 'app', 'examples-app');
      place.ci('      - run: |\n          cd app\n          node run.mjs\n');
    },
    cause: /\bapp\b/,
    end: 'fixed',
    right: (place) => place.read('.bithub/workflows/ci.yml').includes('cd examples-app'),
  },
  {
    fixer: '',
    reported: 'bbc/simorgh#10780',
    title: 'a snapshot that no longer fits what is rendered',
    make(place) {
      place.write('render.mjs', "export const render = () => 'one';\n");
      place.write(
        'render.test.mjs',
        "import { test } from 'node:test';\nimport { render } from './render.mjs';\ntest('renders', (t) => t.assert.snapshot(render()));\n",
      );
      place.tool(process.execPath, '--test', '--test-update-snapshots', 'render.test.mjs');
      place.write('render.mjs', "export const render = () => 'two';\n");
      place.step('node --test render.test.mjs');
    },
    cause: /^$/,
    end: 'known',
  },
  {
    fixer: '',
    reported: 'msanand/docker-workflow#4',
    title: 'a package that nothing declares',
    make(place) {
      place.write('package.json', json({ name: 'app', private: true }));
      place.write('test.cjs', "const { expect } = require('chai-of-nobody');\nexpect(1).to.equal(1);\n");
      place.step('node test.cjs');
    },
    cause: /^$/,
    end: 'known',
  },
  {
    fixer: '',
    reported: 'ekalinin/nodeenv#61',
    title: 'a download without a network',
    make(place) {
      place.program(
        'install.sh',
        '#!/bin/sh\nset -e\ncurl -fsSL http://127.0.0.1:9/tool.tar.gz -o tool.tar.gz\ntar xzf tool.tar.gz\n',
      );
      place.step('./install.sh');
    },
    cause: /^$/,
    end: 'known',
  },
];

const SCRIPTS = {
  lint: 'npm run lint:json && npm run lint:prettier',
  'lint:json': "node -e \"JSON.parse(require('fs').readFileSync('package.json'))\"",
  'lint:prettier': 'prettier --check src README.md',
};
