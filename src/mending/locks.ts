/** A lock file, the tool that makes it, and what is said where it does not fit. */
export interface LockFile {
  readonly tool: string;
  readonly file: string;
  /** Beside it: what the tool may change too. */
  readonly also?: readonly string[];
  /** What it is made from. */
  readonly manifest: string;
  /** Said by the tool of a lock file that does not fit its manifest. */
  readonly drift: readonly RegExp[];
  /** Scripts that make it anew and keep what can be kept, one after another until one ends well. */
  readonly scripts: readonly string[];
  /** The tool reads a file with both sides of a conflict itself. */
  readonly merges: boolean;
}

const NPM = 'npm install --package-lock-only --ignore-scripts --no-audit --no-fund --no-update-notifier';

export const LOCK_FILES: readonly LockFile[] = [
  {
    tool: 'npm',
    file: 'package-lock.json',
    manifest: 'package.json',
    drift: [
      /`npm ci` can only install packages when your package\.json and/,
      /npm ci`? (?:command )?can only install with an existing package-lock\.json/,
      /\bnpm (?:error|ERR!) (?:Missing|Invalid): .{1,300}lock ?file/,
    ],
    scripts: [`${NPM} --prefer-offline`],
    merges: true,
  },
  {
    tool: 'npm',
    file: 'npm-shrinkwrap.json',
    manifest: 'package.json',
    drift: [
      /`npm ci` can only install packages when your package\.json and (?:package-lock\.json or )?npm-shrinkwrap\.json/,
    ],
    scripts: [`${NPM} --prefer-offline`],
    merges: true,
  },
  {
    tool: 'pnpm',
    file: 'pnpm-lock.yaml',
    manifest: 'package.json',
    drift: [/ERR_PNPM_(?:OUTDATED_LOCKFILE|LOCKFILE_CONFIG_MISMATCH|NO_LOCKFILE)/],
    scripts: ['pnpm install --lockfile-only --no-frozen-lockfile --ignore-scripts'],
    merges: true,
  },
  {
    tool: 'yarn',
    file: 'yarn.lock',
    manifest: 'package.json',
    drift: [
      /Your lockfile needs to be updated, but yarn was run with/,
      /YN0028: .{0,200}lockfile would have been/,
    ],
    scripts: [
      'yarn install --mode=update-lockfile --no-immutable',
      'yarn install --ignore-scripts --non-interactive',
    ],
    merges: true,
  },
  {
    tool: 'bun',
    file: 'bun.lock',
    manifest: 'package.json',
    drift: [/\blockfile had changes, but lockfile is frozen\b/],
    scripts: ['bun install --lockfile-only --ignore-scripts'],
    merges: false,
  },
  {
    tool: 'cargo',
    file: 'Cargo.lock',
    manifest: 'Cargo.toml',
    drift: [
      /the lock file .{1,400} needs to be updated but --(?:locked|frozen) was passed/,
      /cannot (?:update|create) the lock file .{1,400} because --(?:locked|frozen) was passed/,
    ],
    scripts: ['cargo update --workspace --offline', 'cargo update --workspace'],
    merges: false,
  },
  {
    tool: 'go',
    file: 'go.sum',
    also: ['go.mod'],
    manifest: 'go.mod',
    drift: [
      /missing go\.sum entry/,
      /^go: updates to go\.(?:mod|sum) needed/,
      /go\.mod file indicates .{0,60}, but maximum/,
      /: no required module provides package \S/,
    ],
    scripts: ['go mod tidy'],
    merges: false,
  },
  {
    tool: 'poetry',
    file: 'poetry.lock',
    manifest: 'pyproject.toml',
    drift: [
      /pyproject\.toml changed significantly since poetry\.lock was last generated/,
      /poetry\.lock is not (?:up to date|consistent) with pyproject\.toml/,
    ],
    scripts: ['poetry lock --no-update --no-interaction', 'poetry lock --no-interaction'],
    merges: false,
  },
  {
    tool: 'bundle',
    file: 'Gemfile.lock',
    manifest: 'Gemfile',
    drift: [/Your bundle is frozen|gemfiles? .{0,80}changed.{0,80}frozen|deployment mode after changing/i],
    scripts: ['bundle lock'],
    merges: false,
  },
  {
    tool: 'composer',
    file: 'composer.lock',
    manifest: 'composer.json',
    drift: [/lock file is not up to date with the latest changes in composer\.json/],
    // the first only writes the digest anew, which is not enough where a package was added
    scripts: [
      'composer update --lock --no-install --no-scripts --no-interaction && composer validate --no-check-all --no-check-publish --no-interaction',
      'composer update --no-install --no-scripts --no-interaction',
    ],
    merges: false,
  },
];
