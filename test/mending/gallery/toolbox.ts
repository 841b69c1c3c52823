/** Formatters, linters and lock files of tools that only the campaign installs: one exhibit or more for each of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Exhibit, GALLERY_TOOLS, type Scene } from './exhibit.ts';
import { goModules } from './go.ts';

interface Rewritten {
  readonly title: string;
  readonly needs: readonly string[];
  readonly files: Readonly<Record<string, string>>;
  /** The step. */
  readonly run: string;
  /** In what is told. */
  readonly program?: string;
  /** A file as the tool has it in the end. */
  readonly after: readonly [path: string, text: string | RegExp];
}

const put = (place: Scene, files: Readonly<Record<string, string>>): void => {
  for (const [path, text] of Object.entries(files)) place.write(path, text);
};

const rewritten =
  (fixer: 'formatter' | 'linter') =>
  ({ title, needs, files, run, program = needs[0] ?? '', after: [path, text] }: Rewritten): Exhibit => ({
    fixer,
    title,
    needs,
    make(place) {
      put(place, files);
      place.ci(`      - run: |\n          ${run}\n`);
    },
    cause: new RegExp(`^${program.replace(/[.]/g, '\\.')} (?:would have|found)`),
    end: 'fixed',
    right: (place) => (typeof text === 'string' ? place.read(path) === text : text.test(place.read(path))),
  });

const MESSY_GO = 'package app\n\nfunc  Two( a int )int {\nreturn a+2 }\n';
const NEAT_GO = 'package app\n\nfunc Two(a int) int {\n\treturn a + 2\n}\n';
const GO_MOD = 'module example.com/app\n\ngo 1.18\n';

const FORMATTED: readonly Rewritten[] = [
  {
    title: 'prettier names what it would write otherwise',
    needs: ['prettier'],
    files: { 'src/a.ts': 'export const a = {b:1}\n', 'src/b.json': '{"a":[1,2]}\n' },
    run: 'prettier --list-different "src/**/*.{ts,json}"',
    after: ['src/a.ts', 'export const a = { b: 1 };\n'],
  },
  {
    title: 'gofmt lists a file, and the step fails that it does',
    needs: ['gofmt'],
    files: { 'go.mod': GO_MOD, 'two.go': MESSY_GO },
    run: 'test -z "$(gofmt -l . | tee /dev/stderr)"',
    after: ['two.go', NEAT_GO],
  },
  {
    title: 'goimports finds an import that nobody uses',
    needs: ['goimports'],
    files: { 'go.mod': GO_MOD, 'two.go': 'package app\n\nimport "fmt"\n\nfunc Two() int { return 2 }\n' },
    run: 'test -z "$(goimports -l .)"',
    after: ['two.go', /^package app\n\nfunc Two/],
  },
  {
    title: 'rustfmt --check of one file',
    needs: ['rustfmt'],
    files: { 'src/main.rs': 'fn main(){println!("x" );}\n' },
    run: 'rustfmt --check --edition 2021 src/main.rs',
    after: ['src/main.rs', 'fn main() {\n    println!("x");\n}\n'],
  },
  {
    title: 'black --check in a Makefile',
    needs: ['black', 'make'],
    files: { 'app/a.py': "def  f( x ):\n    return {'a':x}\n", Makefile: 'lint:\n\tblack --check app\n' },
    run: 'make lint',
    after: ['app/a.py', 'def f(x):\n    return {"a": x}\n'],
  },
  {
    title: 'isort --check-only --diff',
    needs: ['isort'],
    files: { 'a.py': 'import sys\nimport os\n\nprint(os, sys)\n' },
    run: 'isort --check-only --diff .',
    after: ['a.py', 'import os\nimport sys\n\nprint(os, sys)\n'],
  },
  {
    title: 'yapf --diff, by its module',
    needs: ['yapf3'],
    program: 'yapf',
    files: { 'a.py': 'x = {  "a":1 }\n' },
    run: '/usr/bin/python3 -m yapf --diff a.py',
    after: ['a.py', 'x = {"a": 1}\n'],
  },
  {
    title: 'clang-format --dry-run -Werror',
    needs: ['clang-format'],
    files: { '.clang-format': 'BasedOnStyle: LLVM\n', 'src/a.c': 'int  main( ){return 0;}\n' },
    run: 'clang-format --dry-run -Werror src/*.c',
    after: ['src/a.c', 'int main() { return 0; }\n'],
  },
  {
    title: 'shfmt -d',
    needs: ['shfmt'],
    files: { 'a.sh': '#!/bin/sh\nif true;then\necho   one\nfi\n' },
    run: 'shfmt -i 2 -d .',
    after: ['a.sh', '#!/bin/sh\nif true; then\n  echo one\nfi\n'],
  },
  {
    title: 'deno fmt --check',
    needs: ['deno'],
    files: { 'main.ts': 'export const a = {b:1}\n' },
    run: 'deno fmt --check main.ts',
    after: ['main.ts', 'export const a = { b: 1 };\n'],
  },
  {
    title: 'taplo fmt --check',
    needs: ['taplo'],
    files: { 'a.toml': 'a   =   1\n[b]\nc=[ 1,2 ]\n' },
    run: 'taplo fmt --check a.toml',
    after: ['a.toml', 'a = 1\n[b]\nc = [1, 2]\n'],
  },
  {
    title: 'buf format --diff --exit-code',
    needs: ['buf'],
    files: {
      'buf.yaml': 'version: v2\n',
      'a/v1/a.proto': 'syntax = "proto3";\npackage a.v1;\nmessage   A { string b=1; }\n',
    },
    run: 'buf format --diff --exit-code',
    after: ['a/v1/a.proto', /message A \{\n {2}string b = 1;\n\}/],
  },
  {
    title: 'dprint check with a plugin of the tree',
    needs: ['dprint'],
    files: { 'a.json': '{"a":[1,2]}\n' },
    run: 'dprint check',
    after: ['a.json', '{ "a": [1, 2] }\n'],
  },
];

const JSON_PLUGIN = 'tools/json.wasm';

const LINTED: readonly Rewritten[] = [
  {
    title: 'eslint with a rule that mends',
    needs: ['eslint'],
    files: {
      'eslint.config.mjs': "export default [{ rules: { 'prefer-const': 'error', 'no-var': 'error' } }];\n",
      'src/a.js': 'var a = 1;\nexport const f = () => a;\n',
    },
    run: 'eslint --max-warnings 0 src',
    after: ['src/a.js', 'const a = 1;\nexport const f = () => a;\n'],
  },
  {
    title: 'oxlint with a rule that mends',
    needs: ['oxlint'],
    files: { 'src/a.js': 'let a = 1;\nexport const f = () => !!Boolean(a);\n' },
    run: 'oxlint --deny-warnings src',
    after: ['src/a.js', /=> (?:!!a|Boolean\(a\))/],
  },
  {
    title: 'stylelint in a script of npm',
    needs: ['stylelint'],
    files: {
      '.stylelintrc.json': '{ "rules": { "color-hex-length": "short", "length-zero-no-unit": true } }\n',
      'package.json':
        '{\n  "name": "site",\n  "private": true,\n  "scripts": { "lint:css": "stylelint \\"src/**/*.css\\"" }\n}\n',
      'src/a.css': 'a { color: #ffffff; margin: 0px; }\n',
    },
    run: 'npm run lint:css',
    after: ['src/a.css', 'a { color: #fff; margin: 0; }\n'],
  },
  {
    title: 'standard, which has its own style',
    needs: ['standard'],
    files: { 'index.js': 'const a = "one";\nconsole.log(a)\n' },
    run: 'standard',
    after: ['index.js', "const a = 'one'\nconsole.log(a)\n"],
  },
  {
    title: 'markdownlint over a page',
    needs: ['markdownlint'],
    files: { 'README.md': '# Title\nText\n\n\n\nMore  \n' },
    run: 'markdownlint README.md',
    after: ['README.md', /^# Title\n\nText\n\nMore/],
  },
  {
    title: 'markdownlint-cli2 over all pages',
    needs: ['markdownlint-cli2'],
    files: { 'docs/a.md': '# Title\n* one\n' },
    run: 'markdownlint-cli2 "docs/**/*.md"',
    after: ['docs/a.md', '# Title\n\n* one\n'],
  },
  {
    title: 'rubocop with cops that correct',
    needs: ['rubocop'],
    files: {
      '.rubocop.yml': 'AllCops:\n  NewCops: disable\n  SuggestExtensions: false\n',
      'a.rb': '# frozen_string_literal: true\n\nputs("one",  \'two\')\n',
    },
    run: 'rubocop a.rb',
    after: ['a.rb', "# frozen_string_literal: true\n\nputs('one', 'two')\n"],
  },
  {
    title: 'sqlfluff lint with a rule that fixes',
    needs: ['sqlfluff'],
    files: { '.sqlfluff': '[sqlfluff]\ndialect = ansi\nrules = L010\n', 'a.sql': 'SELECT a from t\n' },
    run: 'sqlfluff lint a.sql',
    after: ['a.sql', 'SELECT a FROM t\n'],
  },
];

const manifest = (dependencies: Record<string, string>): string =>
  `${JSON.stringify({ name: 'app', version: '1.0.0', private: true, dependencies }, null, 2)}\n`;

interface Drifted {
  readonly title: string;
  readonly needs: readonly string[];
  readonly lock: string;
  readonly made: (place: Scene) => void;
  readonly run: string;
  readonly holds: RegExp;
}

/** A package `one` is locked, and `two` asked for beside it by hand. */
function node(place: Scene, write: () => void): void {
  place.write('.gitignore', 'node_modules/\n.yarn/cache\n.yarn/install-state.gz\n.pnp.*\n');
  for (const name of ['one', 'two'])
    place.write(`${name}/package.json`, `{\n  "name": "${name}",\n  "version": "1.0.0"\n}\n`);
  place.write('package.json', manifest({ one: 'file:one' }));
  write();
  place.write('package.json', manifest({ one: 'file:one', two: 'file:two' }));
}

const DRIFTED: readonly Drifted[] = [
  {
    title: 'pnpm install --frozen-lockfile after a package was added by hand',
    needs: ['pnpm'],
    lock: 'pnpm-lock.yaml',
    made: (place) => node(place, () => place.tool('pnpm', 'install', '--offline', '--lockfile-only')),
    run: 'pnpm install --frozen-lockfile --offline',
    holds: /two@file:two/,
  },
  {
    title: 'yarn install --frozen-lockfile, the classic one',
    needs: ['yarn'],
    lock: 'yarn.lock',
    made: (place) => node(place, () => place.tool('yarn', 'install', '--offline')),
    run: 'yarn install --frozen-lockfile --offline',
    holds: /"?two@file:two/,
  },
  {
    title: 'yarn install --immutable of a release that the repository keeps',
    needs: ['yarn'],
    lock: 'yarn.lock',
    made(place) {
      const release = join(GALLERY_TOOLS, 'node_modules', '@yarnpkg', 'cli-dist', 'bin', 'yarn.js');
      place.write('.yarn/releases/yarn-4.18.1.cjs', readFileSync(release, 'utf8'));
      place.write(
        '.yarnrc.yml',
        'yarnPath: .yarn/releases/yarn-4.18.1.cjs\nenableTelemetry: false\nenableNetwork: false\nnodeLinker: node-modules\n',
      );
      node(place, () => place.tool('yarn', 'install'));
    },
    run: 'yarn install --immutable',
    holds: /"two@file:/,
  },
  {
    title: 'bun install --frozen-lockfile',
    needs: ['bun'],
    lock: 'bun.lock',
    made: (place) => node(place, () => place.tool('bun', 'install', '--lockfile-only')),
    run: 'bun install --frozen-lockfile',
    holds: /"two"/,
  },
  {
    title: 'npm ci with a shrinkwrap that lacks a package',
    needs: ['npm'],
    lock: 'npm-shrinkwrap.json',
    made: (place) =>
      node(place, () => {
        place.tool('npm', 'install', '--package-lock-only', '--offline', '--no-audit', '--no-fund');
        place.tool('npm', 'shrinkwrap');
      }),
    run: 'npm ci --offline --no-audit --no-fund',
    holds: /"node_modules\/two"/,
  },
  {
    title: 'go build with a module that go.mod does not require',
    needs: ['go'],
    lock: 'go.sum',
    made(place) {
      goModules({ 'example.com/one': 'One', 'example.com/two': 'Two' });
      place.write('go.mod', `${GO_MOD}\nrequire example.com/one v1.0.0\n`);
      place.write('one.go', 'package app\n\nimport "example.com/one"\n\nvar One = one.One()\n');
      place.tool('go', 'mod', 'tidy');
      place.write('two.go', 'package app\n\nimport "example.com/two"\n\nvar Two = two.Two()\n');
    },
    run: 'go build ./...',
    holds: /example\.com\/two v1\.0\.0/,
  },
  {
    title: 'poetry install with a lock file older than its manifest',
    needs: ['poetry'],
    lock: 'poetry.lock',
    made(place) {
      const project = (path: string, name: string, dependencies: string): void =>
        place.write(
          path,
          `[tool.poetry]\nname = "${name}"\nversion = "1.0.0"\ndescription = ""\nauthors = []\n\n[tool.poetry.dependencies]\npython = "^3.11"\n${dependencies}\n[build-system]\nrequires = ["poetry-core"]\nbuild-backend = "poetry.core.masonry.api"\n`,
        );
      for (const name of ['one', 'two']) {
        project(`${name}/pyproject.toml`, name, '');
        place.write(`${name}/${name}/__init__.py`, '');
      }
      project('pyproject.toml', 'app', 'one = { path = "one" }\n');
      place.tool('poetry', 'lock', '--no-update', '--no-interaction');
      project('pyproject.toml', 'app', 'one = { path = "one" }\ntwo = { path = "two" }\n');
    },
    run: 'poetry lock --check',
    holds: /name = "two"/,
  },
  {
    title: 'bundle install, frozen, after a gem was added by hand',
    needs: ['bundle'],
    lock: 'Gemfile.lock',
    made(place) {
      for (const name of ['one', 'two']) {
        place.write(
          `${name}/${name}.gemspec`,
          `Gem::Specification.new do |s|\n  s.name = '${name}'\n  s.version = '1.0.0'\n  s.summary = '${name}'\n  s.authors = ['x']\n  s.files = []\nend\n`,
        );
      }
      place.write('Gemfile', "source 'https://rubygems.org'\n\ngem 'one', path: 'one'\n");
      place.tool('bundle', 'lock', '--local');
      place.write(
        'Gemfile',
        "source 'https://rubygems.org'\n\ngem 'one', path: 'one'\ngem 'two', path: 'two'\n",
      );
      place.write('.gitignore', '.bundle/\n');
    },
    run: 'BUNDLE_FROZEN=true bundle install --local',
    holds: /two \(1\.0\.0\)/,
  },
  {
    title: 'composer validate with a lock file older than its manifest',
    needs: ['composer'],
    lock: 'composer.lock',
    made(place) {
      const project = (require: Record<string, string>): string =>
        `${JSON.stringify(
          {
            name: 'acme/app',
            description: 'app',
            license: 'MIT',
            repositories: [{ type: 'path', url: 'packages/*' }, { 'packagist.org': false }],
            require,
          },
          null,
          4,
        )}\n`;
      for (const name of ['one', 'two'])
        place.write(
          `packages/${name}/composer.json`,
          `{\n    "name": "acme/${name}",\n    "version": "1.0.0"\n}\n`,
        );
      place.write('.gitignore', 'vendor/\n');
      place.write('composer.json', project({ 'acme/one': '1.0.0' }));
      place.tool('composer', 'update', '--no-install', '--no-interaction');
      place.write('composer.json', project({ 'acme/one': '1.0.0', 'acme/two': '1.0.0' }));
    },
    run: 'composer validate --no-check-all --no-interaction',
    holds: /acme\/two/,
  },
];

const drifted = ({ title, needs, lock, made, run: step, holds }: Drifted): Exhibit => ({
  fixer: 'lockfile-drift',
  title,
  needs,
  make(place) {
    made(place);
    place.step(`${step}`);
  },
  cause: new RegExp(`${lock.replace('.', '\\.')} (?:does not fit|is missing)`),
  end: 'fixed',
  right: (place) => holds.test(place.read(lock)),
});

export const TOOLBOX: readonly Exhibit[] = [
  ...FORMATTED.map(rewritten('formatter')).map((exhibit) =>
    exhibit.needs?.includes('dprint') === true ? withPlugin(exhibit) : exhibit,
  ),
  ...LINTED.map(rewritten('linter')),
  ...DRIFTED.map(drifted),
  {
    fixer: 'missing-script',
    title: 'a target of make that goes by another name',
    needs: ['make'],
    make(place) {
      place.write('Makefile', '.PHONY: check-format\ncheck-format:\n\ttrue\n');
      place.step('make checkformat');
    },
    cause: /Makefile has no target checkformat/,
    end: 'fixed',
    right: (place) => place.read('.bithub/workflows/ci.yml').includes('make check-format\n'),
  },
  {
    fixer: 'not-built',
    title: 'a program of a package that no step has built',
    make(place) {
      place.write('.gitignore', 'lib/\n');
      place.write(
        'package.json',
        '{\n  "name": "tool",\n  "private": true,\n  "scripts": { "build": "node make.cjs" }\n}\n',
      );
      place.write(
        'make.cjs',
        "const fs = require('node:fs');\nfs.mkdirSync('lib', { recursive: true });\nfs.writeFileSync('lib/main.js', 'console.log(1);\\n');\n",
      );
      place.write('bin.cjs', "require('./lib/main.js');\n");
      place.step('node bin.cjs');
    },
    cause: /lib is made by the build/,
    end: 'fixed',
    right: (place) => /npm run build[\s\S]*node bin\.cjs/.test(place.read('.bithub/workflows/ci.yml')),
  },
  {
    fixer: 'git-identity',
    title: 'a commit where the configuration names nobody',
    make(place) {
      place.ci(
        '      - run: |\n          git init -q scratch\n          git -C scratch config user.useConfigOnly true\n          git -C scratch -c user.name= -c user.email= commit -q --allow-empty -m one\n',
      );
      place.write('.gitignore', 'scratch/\n');
    },
    cause: /git does not know who it is/,
    end: 'fixed',
  },
];

/** What dprint formats with is a program of its own, which a repository may keep. */
function withPlugin(exhibit: Exhibit): Exhibit {
  return {
    ...exhibit,
    make(place) {
      const plugin = join(GALLERY_TOOLS, 'node_modules', '@dprint', 'json', 'plugin.wasm');
      place.write(JSON_PLUGIN, '');
      place.tool('cp', plugin, JSON_PLUGIN);
      place.write('dprint.json', `{ "includes": ["a.json"], "plugins": ["./${JSON_PLUGIN}"] }\n`);
      exhibit.make(place);
    },
  };
}
