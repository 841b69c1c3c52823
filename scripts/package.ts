/**
 * What a user gets: the package as npm packs it, installed into an empty folder with its dependencies, and used there.
 * Ends with 1 at the first thing that is not as it must be.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

const root = dirname(import.meta.dirname);
const windows = process.platform === 'win32';
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const scratch = mkdtempSync(join(tmpdir(), 'bit-package-'));
const prefix = join(scratch, 'prefix');
const repository = join(scratch, 'repository');

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(
  program: string,
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Ended {
  return spawnSync(program, args, { ...options, encoding: 'utf8', shell: windows, timeout: 300_000 });
}

function expect(what: string, ended: Ended, good: (ended: Ended) => boolean): void {
  if (good(ended)) {
    process.stdout.write(`ok   ${what}\n`);
    return;
  }
  throw new Error(`${what}: exit ${ended.status}\n${ended.stdout}${ended.stderr}`);
}

const works = ({ status }: Ended): boolean => status === 0;

function use(): void {
  const npm = { cwd: scratch, env: process.env };
  expect('npm pack', run('npm', ['pack', root, '--ignore-scripts', '--loglevel=error'], npm), works);
  const [tarball = ''] = readdirSync(scratch).filter((name) => name.endsWith('.tgz'));
  const flags = [
    '--global',
    '--prefix',
    prefix,
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  expect('npm install --global', run('npm', ['install', ...flags, join(scratch, tarball)], npm), works);

  const home = {
    HOME: scratch,
    USERPROFILE: scratch,
    XDG_DATA_HOME: join(scratch, 'data'),
    XDG_CONFIG_HOME: join(scratch, 'config'),
    XDG_CACHE_HOME: join(scratch, 'cache'),
    GIT_AUTHOR_NAME: 'A User',
    GIT_AUTHOR_EMAIL: 'user@example.org',
    GIT_COMMITTER_NAME: 'A User',
    GIT_COMMITTER_EMAIL: 'user@example.org',
  };
  const programs = windows ? prefix : join(prefix, 'bin');
  const path = [programs, dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter);
  mkdirSync(repository);
  const bit = (...words: string[]): Ended =>
    run('bit', words, { cwd: repository, env: { ...process.env, ...home, PATH: path } });

  expect('bit --version', bit('--version'), ({ stdout }) => stdout.split('\n')[0] === version);
  expect('bit init', bit('init'), works);
  expect('bit commit', bit('commit', '--stage', '*', '-m', 'first'), works);
  writeFileSync(join(repository, 'a.txt'), 'a\n');
  expect('bit commit', bit('commit', '--stage', 'a.txt', '-m', 'second'), works);
  expect('bit undo', bit('undo'), works);
  expect('bit ledger verify', bit('ledger', 'verify'), works);
  expect('bit help commit', bit('help', 'commit'), ({ stdout }) => /EXAMPLES/.test(stdout));
  expect('bit completion bash', bit('completion', 'bash'), works);
  const status = bit('status', '--json');
  expect('bit status --json', status, ({ stdout }) => JSON.parse(stdout).untracked?.length === 1);
  expect('a mistake', bit('comit'), ({ status: code, stderr }) => code === 4 && /commit/.test(stderr));
}

try {
  use();
} catch (error) {
  process.exitCode = 1;
  process.stdout.write(`FAIL ${error instanceof Error ? error.message : String(error)}\n`);
} finally {
  rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
}
