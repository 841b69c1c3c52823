/**
 * The programs whose failures the gallery shows, for the campaign: of Debian where this is root on one, of npm in a
 * folder of their own. The everyday tests show what is on the path, and install nothing of it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GALLERY_TOOLS, isThere } from './exhibit.ts';

/** By program, the package of Debian that brings it. */
const DEBIAN: Readonly<Record<string, string>> = {
  black: 'black',
  bundle: 'bundler',
  cargo: 'cargo',
  'cargo-clippy': 'rust-clippy',
  'clang-format': 'clang-format',
  composer: 'composer',
  dash: 'dash',
  gofmt: 'golang-go',
  goimports: 'golang-golang-x-tools',
  isort: 'isort',
  make: 'make',
  poetry: 'python3-poetry',
  rubocop: 'rubocop',
  rustfmt: 'rustfmt',
  shellcheck: 'shellcheck',
  shfmt: 'shfmt',
  sqlfluff: 'sqlfluff',
  yapf3: 'yapf3',
  zip: 'zip',
};

/** Exactly these, so that what they print is what was read. */
const NPM: Readonly<Record<string, string>> = {
  '@bufbuild/buf': '1.75.0',
  '@dprint/json': '0.24.0',
  '@taplo/cli': '0.7.0',
  '@yarnpkg/cli-dist': '4.18.1',
  bun: '1.4.5',
  deno: '2.9.6',
  dprint: '0.57.4',
  eslint: '10.15.0',
  'markdownlint-cli': '0.50.0',
  'markdownlint-cli2': '0.24.1',
  oxlint: '1.94.0',
  pnpm: '12.21.0',
  prettier: '3.10.1',
  standard: '17.1.2',
  stylelint: '18.0.0',
  yarn: '1.22.22',
};

/** Installs what is missing, and tells it; what can't be had the exhibits go without. */
export function provideTools(): void {
  const debian = [
    ...new Set(Object.entries(DEBIAN).flatMap(([program, name]) => (isThere(program) ? [] : [name]))),
  ];
  if (debian.length > 0 && existsSync('/etc/debian_version') && process.getuid?.() === 0) {
    process.stdout.write(`installing ${debian.join(' ')}\n`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    for (const words of [
      ['update', '-qq'],
      ['install', '-y', '-qq', '--no-install-recommends', ...debian],
    ])
      spawnSync('apt-get', words, { stdio: ['ignore', 'ignore', 'inherit'], env });
  }
  const manifest = `${JSON.stringify({ name: 'repair-gallery', private: true, dependencies: NPM }, null, 2)}\n`;
  const file = join(GALLERY_TOOLS, 'package.json');
  const mark = join(GALLERY_TOOLS, '.installed');
  const same = (path: string): boolean => existsSync(path) && readFileSync(path, 'utf8') === manifest;
  if (same(mark)) return;
  process.stdout.write(`installing ${Object.keys(NPM).join(' ')}\n`);
  mkdirSync(GALLERY_TOOLS, { recursive: true });
  writeFileSync(file, manifest);
  // two packages bring a `yarn`: the older one's is the program, the newer one's a release that a repository keeps
  const words = ['install', '--no-audit', '--no-fund', '--loglevel=error', '--no-package-lock'];
  const made = spawnSync('npm', words, { cwd: GALLERY_TOOLS, stdio: ['ignore', 'ignore', 'inherit'] });
  if (made.status === 0) writeFileSync(mark, manifest);
}
