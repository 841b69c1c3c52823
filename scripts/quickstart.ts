/**
 * The main job in a scratch repository, with the program as built: init, a commit denied by policy and explained, a
 * commit allowed, a rollback, a chain of workflows (one of them GitHub's) that fails, is mended and goes on where it
 * stopped, the ledger verified, and one entry proved to somebody who has the proof and the key only.
 * Exits 1 where a step does not end as it must.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { buildWhereStale } from './built.ts';

const root = dirname(import.meta.dirname);
buildWhereStale();

const scratch = mkdtempSync(join(tmpdir(), 'bit-quickstart-'));
const repository = join(scratch, 'repository');
mkdirSync(repository);
const env = {
  PATH: [join(root, 'bin'), process.env['PATH'] ?? ''].join(delimiter),
  HOME: scratch,
  USERPROFILE: scratch,
  XDG_DATA_HOME: join(scratch, 'data'),
  XDG_CONFIG_HOME: join(scratch, 'config'),
  XDG_CACHE_HOME: join(scratch, 'cache'),
  GIT_AUTHOR_NAME: 'Quick Start',
  GIT_AUTHOR_EMAIL: 'quickstart@example.org',
  GIT_COMMITTER_NAME: 'Quick Start',
  GIT_COMMITTER_EMAIL: 'quickstart@example.org',
};
let wrong = 0;

interface Place {
  readonly cwd: string;
  /** File that standard output goes to. */
  readonly into?: string;
}

function bit(expected: number, ...words: string[]): void {
  bitAt({ cwd: repository }, expected, ...words);
}

function bitAt({ cwd, into }: Place, expected: number, ...words: string[]): string {
  const typed = words.map((word) => (/[\s*]/.test(word) ? `'${word}'` : word)).join(' ');
  process.stdout.write(`$ bit ${typed}${into === undefined ? '' : ` > ${basename(into)}`}\n`);
  const run = spawnSync(process.execPath, [join(root, 'bin', 'run.js'), ...words], {
    cwd,
    env,
    encoding: 'utf8',
  });
  if (into === undefined) process.stdout.write(run.stdout);
  else writeFileSync(into, run.stdout);
  process.stdout.write(run.stderr);
  if (run.status !== expected) {
    wrong += 1;
    process.stdout.write(`expected exit ${expected}, got ${run.status}\n`);
  }
  return run.stdout;
}

const POLICY = `package team

deny contains msg if {
  input.action == "repo.commit"
  input.repo.branch == "main"
  msg := "commit on a branch, not on main"
}
`;

/** GitHub's own form; `actions/checkout` is done here, without Docker and without a network. */
const WORKFLOW = `name: test
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    strategy:
      matrix:
        greeting: [hello, world]
    steps:
      - uses: actions/checkout@v4
      - run: echo "a long step, done once"
      - run: grep \${{ matrix.greeting }} hello.txt
`;

const REPORT = `name: report
jobs:
  report:
    steps:
      - run: echo "everything passed"
`;

try {
  bit(0, 'init');
  writeFileSync(join(repository, '.bithub', 'policies', 'team.rego'), POLICY);
  bit(0, 'policy', 'accept');
  writeFileSync(join(repository, 'hello.txt'), 'hello\n');
  bit(3, 'commit', '--stage', '*', '-m', 'first');
  bit(0, 'policy', 'check', '--explain');
  bit(0, 'branch', 'switch', '--create', 'topic');
  bit(0, 'commit', '--stage', '*', '-m', 'first');
  writeFileSync(join(repository, 'hello.txt'), 'hello, world\n');
  bit(0, 'commit', '--stage', '*', '-m', 'second');
  bit(0, 'rollback', 'chain', '1');
  bit(0, 'status');
  mkdirSync(join(repository, '.github', 'workflows'), { recursive: true });
  writeFileSync(join(repository, '.github', 'workflows', 'test.yml'), WORKFLOW);
  writeFileSync(join(repository, '.bithub', 'workflows', 'report.yml'), REPORT);
  writeFileSync(join(repository, 'hello.txt'), 'hello\n');
  bit(1, 'workflow', 'chain', 'test', 'report');
  writeFileSync(join(repository, 'hello.txt'), 'hello, world\n');
  bit(0, 'retry', 'last');
  bit(0, 'log', 'compact');
  bit(0, 'ledger', 'verify');
  const key = bitAt({ cwd: repository }, 0, 'ledger', 'checkpoint', '--jq', '.key').replace(/["\s]/g, '');
  // somebody else, with no repository, no ledger and no key of theirs
  const elsewhere = mkdtempSync(join(scratch, 'elsewhere-'));
  const proof = join(elsewhere, 'newest.tlog-proof');
  bitAt({ cwd: repository, into: proof }, 0, 'ledger', 'prove');
  bitAt({ cwd: elsewhere }, 0, 'ledger', 'verify', 'newest.tlog-proof', '--key', key);
} finally {
  rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
}
process.stdout.write(wrong === 0 ? '\nEverything went as it should.\n' : `\n${wrong} steps did not.\n`);
process.exitCode = wrong === 0 ? 0 : 1;
