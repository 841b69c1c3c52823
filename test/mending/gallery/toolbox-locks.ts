/** Lock files that are behind their manifest. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Exhibit, GALLERY_TOOLS, type Scene } from './exhibit.ts';
import { GO_MOD, goModules } from './go.ts';

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

export const LOCKS: readonly Exhibit[] = DRIFTED.map(drifted);
