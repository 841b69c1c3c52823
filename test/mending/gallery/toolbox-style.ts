/** What formatters and linters would write otherwise. */
import { join } from 'node:path';
import { type Exhibit, GALLERY_TOOLS, type Scene } from './exhibit.ts';
import { GO_MOD } from './go.ts';

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

export const STYLE: readonly Exhibit[] = [
  ...FORMATTED.map(rewritten('formatter')).map((exhibit) =>
    exhibit.needs?.includes('dprint') === true ? withPlugin(exhibit) : exhibit,
  ),
  ...LINTED.map(rewritten('linter')),
];
