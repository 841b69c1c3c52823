/**
 * The main job in a scratch repository, with the program as built: init, a commit denied by policy and explained, a
 * commit allowed, a rollback, the ledger verified. Exits 1 where a step does not end as it must.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

const root = dirname(import.meta.dirname);
const build = spawnSync(process.execPath, [join(root, 'scripts', 'build.ts')], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
});
if (build.status !== 0) process.exit(1);

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

function bit(expected: number, ...words: string[]): void {
  process.stdout.write(`$ bit ${words.map((word) => (/[\s*]/.test(word) ? `'${word}'` : word)).join(' ')}\n`);
  const run = spawnSync(process.execPath, [join(root, 'bin', 'run.js'), ...words], {
    cwd: repository,
    env,
    encoding: 'utf8',
  });
  process.stdout.write(`${run.stdout}${run.stderr}`);
  if (run.status === expected) return;
  wrong += 1;
  process.stdout.write(`expected exit ${expected}, got ${run.status}\n`);
}

const POLICY = `package team

deny contains msg if {
  input.action == "repo.commit"
  input.repo.branch == "main"
  msg := "commit on a branch, not on main"
}
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
  bit(0, 'log', 'compact');
  bit(0, 'ledger', 'verify');
} finally {
  rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
}
process.stdout.write(wrong === 0 ? '\nEverything went as it should.\n' : `\n${wrong} steps did not.\n`);
process.exitCode = wrong === 0 ? 0 : 1;
