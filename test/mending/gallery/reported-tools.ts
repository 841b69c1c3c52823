/** Reported of tools: lock files, formatters, generators, builds and tests. */

import type { Reported } from './exhibit.ts';
import { goModules } from './go.ts';

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

export const REPORTED_TOOLS: readonly Reported[] = [
  {
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
];

const SCRIPTS = {
  lint: 'npm run lint:json && npm run lint:prettier',
  'lint:json': "node -e \"JSON.parse(require('fs').readFileSync('package.json'))\"",
  'lint:prettier': 'prettier --check src README.md',
};
