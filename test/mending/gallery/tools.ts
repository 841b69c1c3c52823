/** What tools say of files that they could put right themselves: lock files, formatters, linters, merges. */
import { spawnSync } from 'node:child_process';
import type { Exhibit, Scene } from './exhibit.ts';

/** A package and one that it uses, without a registry. */
function packages(place: Scene): void {
  place.write('.gitignore', 'node_modules/\n');
  place.write('lib/package.json', '{\n  "name": "lib",\n  "version": "1.0.0",\n  "main": "index.js"\n}\n');
  place.write('lib/index.js', 'module.exports = 1;\n');
  place.write('package.json', manifest({ lib: 'file:lib' }));
}

function manifest(dependencies: Record<string, string>, scripts: Record<string, string> = {}): string {
  return `${JSON.stringify({ name: 'app', version: '1.0.0', private: true, scripts, dependencies }, null, 2)}\n`;
}

function npm(place: Scene, ...args: string[]): void {
  place.tool('npm', ...args, '--ignore-scripts', '--no-audit', '--no-fund', '--offline');
}

function crate(place: Scene, name: string, dependencies = ''): void {
  place.write(
    `${name}/Cargo.toml`,
    `[package]\nname = "${name}"\nversion = "0.1.0"\nedition = "2021"\n\n[dependencies]\n${dependencies}`,
  );
  place.write(`${name}/src/lib.rs`, 'pub fn one() -> u8 {\n    1\n}\n');
}

/** A merge of two branches that ends in a conflict, committed with its markers. */
function conflicted(place: Scene, ours: () => void, theirs: () => void): void {
  place.commit('base');
  place.git('checkout', '-q', '-b', 'theirs');
  theirs();
  place.commit('theirs');
  place.git('checkout', '-q', 'main');
  ours();
  place.commit('ours');
  spawnSync('git', ['merge', '-q', 'theirs'], { cwd: place.dir, env: place.env });
}

export const TOOLS: readonly Exhibit[] = [
  {
    fixer: 'lockfile-drift',
    title: 'npm ci after a dependency was added by hand',
    make(place) {
      packages(place);
      npm(place, 'install');
      place.write('more/package.json', '{\n  "name": "more",\n  "version": "2.0.0"\n}\n');
      place.write('package.json', manifest({ lib: 'file:lib', more: 'file:more' }));
      place.step('npm ci --offline --no-audit --no-fund');
    },
    cause: /package-lock\.json does not fit package\.json/,
    end: 'fixed',
  },
  {
    fixer: 'lockfile-drift',
    title: 'npm ci without a lock file, in a folder',
    make(place) {
      place.write('web/lib/package.json', '{\n  "name": "lib",\n  "version": "1.0.0"\n}\n');
      place.write('web/package.json', manifest({ lib: 'file:lib' }));
      place.write('.gitignore', 'node_modules/\n');
      place.ci('      - run: npm ci --offline --no-audit --no-fund\n        working-directory: web\n');
    },
    cause: /web\/package-lock\.json is missing/,
    end: 'fixed',
  },
  {
    fixer: 'lockfile-drift',
    title: 'cargo --locked after a crate was added',
    needs: ['cargo'],
    make(place) {
      place.write('Cargo.toml', '[workspace]\nresolver = "2"\nmembers = ["one", "two"]\n');
      place.write('.gitignore', 'target/\n');
      crate(place, 'one');
      crate(place, 'two');
      place.tool('cargo', 'generate-lockfile', '--offline');
      crate(place, 'one', 'two = { path = "../two" }\n');
      place.step('cargo metadata --locked --offline --format-version 1 > /dev/null');
    },
    cause: /Cargo\.lock does not fit Cargo\.toml/,
    end: 'fixed',
  },
  {
    fixer: 'formatter',
    title: 'biome format finds a file otherwise',
    make(place) {
      place.write('biome.json', '{\n  "formatter": { "indentStyle": "space" }\n}\n');
      place.write('src/a.js', 'export const a = {b:1,   c:[1,2,3]}\n');
      place.step('biome format src');
    },
    cause: /biome would have src\/a\.js otherwise/,
    end: 'fixed',
  },
  {
    fixer: 'formatter',
    title: 'cargo fmt --check within a script of npm',
    needs: ['cargo', 'rustfmt'],
    make(place) {
      crate(place, 'one');
      place.write('Cargo.toml', '[workspace]\nresolver = "2"\nmembers = ["one"]\n');
      place.write('one/src/lib.rs', 'pub fn one()->u8{1}\npub fn two( x:u8 )->u8 { x+2 }\n');
      place.write('package.json', manifest({}, { 'format:check': 'cargo fmt --all -- --check' }));
      place.step('npm run format:check');
    },
    cause: /cargo would have one\/src\/lib\.rs otherwise/,
    end: 'fixed',
  },
  {
    fixer: 'linter',
    title: 'biome lint with faults that it mends',
    make(place) {
      place.write('biome.json', '{\n  "linter": { "rules": { "style": { "useConst": "error" } } }\n}\n');
      place.write('src/a.js', 'let a = 1;\nexport function f(x) {\n\tlet y = x + a;\n\treturn y;\n}\n');
      place.step('biome lint --error-on-warnings src');
    },
    cause: /biome found faults in src\/a\.js that it mends itself/,
    end: 'fixed',
  },
  {
    fixer: 'linter',
    title: 'shellcheck finds expansions without quotes',
    needs: ['shellcheck'],
    make(place) {
      place.write('bin/copy.sh', '#!/bin/sh\nfrom=$1\nto=$2\ncp $from $to\n');
      place.write('bin/list.sh', '#!/bin/sh\nfor one in "$@"; do\n  ls -l $one\ndone\n');
      place.step("git ls-files '*.sh' | xargs shellcheck");
    },
    cause: /shellcheck found faults in bin\/copy\.sh and 1 more that it mends itself/,
    end: 'fixed',
  },
  {
    fixer: 'linter',
    title: 'biome lint with a fault that only a person can judge',
    make(place) {
      place.write('biome.json', '{}\n');
      place.write('src/a.js', 'export function f(x) {\n\tif (x == null) return 0;\n\treturn eval(x);\n}\n');
      place.step('biome lint --error-on-warnings src');
    },
    cause: /biome found faults that it can't mend itself/,
    end: 'known',
  },
  {
    fixer: 'generated-conflict',
    title: 'both sides of a merge in package-lock.json',
    make(place) {
      packages(place);
      for (const name of ['left', 'right'])
        place.write(`${name}/package.json`, `{\n  "name": "${name}",\n  "version": "1.0.0"\n}\n`);
      npm(place, 'install', '--package-lock-only');
      const add = (name: string) => (): void => {
        place.write('package.json', manifest({ lib: 'file:lib', [name]: `file:${name}` }));
        npm(place, 'install', '--package-lock-only');
      };
      conflicted(place, add('left'), add('right'));
      place.write('package.json', manifest({ lib: 'file:lib', left: 'file:left', right: 'file:right' }));
      // what is no JSON for a while must not be looked at beside
      place.write(
        '.bithub/workflows/beside.yml',
        'jobs:\n  beside:\n    steps:\n      - run: test -f a.txt\n',
      );
      place.write(
        'licenses.mjs',
        "import fs from 'node:fs';\nconst { packages } = JSON.parse(fs.readFileSync('package-lock.json', 'utf8'));\nfor (const name of ['left', 'right']) if (!(name in packages)) throw new Error(name);\n",
      );
      place.step('node licenses.mjs');
    },
    cause: /package-lock\.json holds both sides of a merge/,
    end: 'fixed',
  },
  {
    fixer: 'generated-conflict',
    title: 'both sides of a merge in Cargo.lock',
    needs: ['cargo'],
    make(place) {
      place.write('.gitignore', 'target/\n');
      const members = (...names: string[]): void => {
        const list = names.map((name) => `"${name}"`).join(', ');
        place.write('Cargo.toml', `[workspace]\nresolver = "2"\nmembers = [${list}]\n`);
        for (const name of names) crate(place, name);
        place.tool('cargo', 'generate-lockfile', '--offline');
      };
      members('base');
      conflicted(
        place,
        () => members('base', 'left'),
        () => members('base', 'right'),
      );
      place.write('Cargo.toml', '[workspace]\nresolver = "2"\nmembers = ["base", "left", "right"]\n');
      place.step('cargo metadata --locked --offline --format-version 1 > /dev/null');
    },
    cause: /Cargo\.lock holds both sides of a merge/,
    end: 'fixed',
  },
  {
    fixer: 'generated-conflict',
    title: 'both sides of a merge in a bundle',
    make(place) {
      const build = (text: string) => (): void => {
        place.write('src/version.txt', text);
        place.tool(process.execPath, 'build.mjs');
      };
      place.write(
        'build.mjs',
        "import fs from 'node:fs';\nconst version = fs.readFileSync('src/version.txt', 'utf8').trim();\nfs.mkdirSync('dist', { recursive: true });\nfs.writeFileSync('dist/app.mjs', `export const version = '${version}';\\n`);\n",
      );
      place.write('package.json', manifest({}, { build: 'node build.mjs' }));
      place.write(
        'check.mjs',
        "import { version } from './dist/app.mjs';\nif (version !== '3') throw new Error(version);\n",
      );
      build('1')();
      conflicted(place, build('2'), build('3'));
      place.write('src/version.txt', '3\n');
      place.step('node check.mjs');
    },
    cause: /dist\/app\.mjs is generated and holds both sides of a merge/,
    end: 'fixed',
  },
  {
    fixer: 'generated-conflict',
    title: 'both sides of a merge in a snapshot',
    make(place) {
      const snapshot = (text: string) => (): void => {
        place.write('render.mjs', `export const render = () => '${text}';\n`);
        place.tool(process.execPath, '--test', '--test-update-snapshots', 'render.test.mjs');
      };
      place.write(
        'render.test.mjs',
        "import { test } from 'node:test';\nimport { render } from './render.mjs';\ntest('renders', (t) => t.assert.snapshot(render()));\n",
      );
      snapshot('one')();
      conflicted(place, snapshot('two'), snapshot('three'));
      place.write('render.mjs', "export const render = () => 'three';\n");
      place.step('node --test render.test.mjs');
    },
    cause: /render\.test\.mjs\.snapshot is generated and holds both sides/,
    end: 'fixed',
  },
];
