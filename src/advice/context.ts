import { join } from 'node:path';
import { findProgram, gitVersion } from '../git/index.ts';
import type { Paper } from '../kernel/paper.ts';
import { openMarkers } from '../ledger/index.ts';
import type { Reader } from '../operation/index.ts';
import { type RepositoryStatus, readStatus } from '../repository/index.ts';

export interface Finding {
  /** What was looked at: `git`, `repository`, `key` … */
  readonly about: string;
  /** `missing` stands in the way of something, `next` can be done now. */
  readonly state: 'ok' | 'missing' | 'next';
  readonly text: string;
  readonly command: string | null;
}

export interface ContextAdvice {
  readonly findings: readonly Finding[];
}

/** Looks at the machine, the repository and its state, and names for each thing the command that goes on from it. */
export async function readContext(reader: Reader): Promise<ContextAdvice> {
  const git = await findGit(reader);
  const inside =
    reader.repository === undefined
      ? outside(reader)
      : git.state === 'ok'
        ? await insideFindings(reader)
        : [];
  return { findings: [git, ...inside, await findKey(reader), findGitHub(reader)] };
}

async function findGit(reader: Reader): Promise<Finding> {
  const version = await gitVersion(reader.env, reader.cwd);
  return version === undefined
    ? missing('git', 'there is no git program on PATH', 'install git: https://git-scm.com/downloads')
    : ok('git', `git ${version.text}`);
}

function outside(reader: Reader): Finding[] {
  return [
    missing('repository', `${reader.cwd} is not inside a git repository`, 'bit init'),
    next('repository', 'get one that exists', 'bit clone <repo>'),
  ];
}

async function insideFindings(reader: Reader): Promise<Finding[]> {
  const [status, remotes, name, email] = await Promise.all([
    readStatus(reader, { depth: 'normal' }),
    reader.git.remotes(),
    reader.git.config('user.name'),
    reader.git.config('user.email'),
  ]);
  return [
    ok('repository', `${status.root}${status.bare ? ', bare' : ''}`),
    // the environment speaks before the configuration, as git has it
    ...((reader.env['GIT_AUTHOR_NAME'] || name) === undefined
      ? [missing('user', 'git knows no user.name', 'bit git config user.name "Your Name"')]
      : []),
    ...((reader.env['GIT_AUTHOR_EMAIL'] || reader.env['EMAIL'] || email) === undefined
      ? [missing('user', 'git knows no user.email', 'bit git config user.email you@example.org')]
      : []),
    ...work(status),
    ...remote(
      status,
      remotes.map((item) => item.name),
    ),
    ...policies(status),
    ...unfinished(reader),
  ];
}

function work(status: RepositoryStatus): Finding[] {
  const { conflicted, inProgress, staged, unstaged, untracked, bare } = status;
  const findings: Finding[] = [];
  if (conflicted.length > 0) {
    findings.push(
      missing('work tree', `${conflicted.length} in conflict: settle them, then add them`, 'bit add <path>'),
    );
  }
  if (inProgress !== null) findings.push(next('work tree', `a ${inProgress} is in progress`, 'bit resume'));
  if (status.head === null && !bare)
    findings.push(missing('history', 'there is no commit yet', 'bit commit --stage . -m "first"'));
  const changes = staged.length + unstaged.length + (untracked?.length ?? 0);
  if (changes > 0 && inProgress === null) {
    const all = staged.length > 0 ? '' : ' --stage .';
    findings.push(
      next(
        'work tree',
        `${changes} uncommitted ${changes === 1 ? 'change' : 'changes'}`,
        `bit commit${all} -m <message>`,
      ),
    );
  } else if (!bare && changes === 0 && conflicted.length === 0) findings.push(ok('work tree', 'clean'));
  if (status.stashes > 0) findings.push(next('stash', `${status.stashes} stashed`, 'bit stash list'));
  if (status.branch === null)
    findings.push(
      next('branch', 'HEAD is detached: commits here belong to no branch', 'bit branch new <name>'),
    );
  return findings;
}

function remote(status: RepositoryStatus, remotes: readonly string[]): Finding[] {
  const { upstream, branch, head } = status;
  if (remotes.length === 0)
    return [missing('remote', 'there is no remote to push to', 'bit git remote add origin <url>')];
  if (upstream === null) {
    return branch === null || head === null
      ? []
      : [next('remote', `${branch} tracks no remote branch`, 'bit push')];
  }
  if (upstream.ahead === null || upstream.behind === null)
    return [next('remote', `${upstream.name} is gone`, 'bit push')];
  if (upstream.ahead > 0 && upstream.behind > 0)
    return [next('remote', `parted from ${upstream.name}`, 'bit sync')];
  if (upstream.ahead > 0) return [next('remote', `${upstream.ahead} ahead of ${upstream.name}`, 'bit push')];
  if (upstream.behind > 0) return [next('remote', `${upstream.behind} behind ${upstream.name}`, 'bit pull')];
  return [ok('remote', `up to date with ${upstream.name}`)];
}

function policies({ policy }: RepositoryStatus): Finding[] {
  switch (policy.state) {
    case 'default':
      return [next('policies', 'none of your own: the built-in ones judge', 'bit policy show default')];
    case 'tree':
      return [next('policies', 'those of the tree judge; nobody accepted them yet', 'bit policy accept')];
    case 'differs':
      return [
        next(
          'policies',
          `${policy.changed.length} of the tree differ from those in force`,
          'bit policy accept',
        ),
      ];
    case 'damaged':
      return [
        missing('policies', policy.problem ?? 'the accepted set is damaged', 'bit policy accept --recover'),
      ];
    case 'accepted':
      return [ok('policies', 'the tree’s are in force')];
  }
}

function unfinished(reader: Reader): Finding[] {
  const dead = openMarkers(join(reader.stateDirectory, 'ledger')).filter(
    (marker) => marker.running === false,
  );
  return dead.length === 0
    ? []
    : [missing('operations', `${dead.length} died in the middle`, 'bit repair auto')];
}

async function findKey(reader: Reader): Promise<Finding> {
  if ((reader.env['BIT_SIGNING_KEY'] ?? '') !== '') return ok('key', 'BIT_SIGNING_KEY signs');
  const current = (await reader.keys.list()).find((key) => key.current);
  if (current === undefined)
    return next('key', 'no signing key yet; the first action makes one', 'bit key new');
  if (current.place !== 'unencrypted-file') return ok('key', `${current.fingerprint} in ${current.place}`);
  return next(
    'key',
    `${current.fingerprint} lies unencrypted: no OS key store and no passphrase were there to use`,
    'BIT_PASSPHRASE_FILE=<file> bit key rotate',
  );
}

function findGitHub({ env }: Reader): Finding {
  const variable = ['GH_TOKEN', 'GITHUB_TOKEN'].find((name) => (env[name] ?? '') !== '');
  if (variable !== undefined) return ok('github', `a token in ${variable}`);
  if (findProgram('gh', env) !== undefined)
    return next('github', 'no token in the environment; gh may hold one', 'gh auth status');
  return missing(
    'github',
    'no token: commands on GitHub can only read what is public',
    'export GH_TOKEN=<token>',
  );
}

const ok = (about: string, text: string): Finding => ({ about, state: 'ok', text, command: null });
const missing = (about: string, text: string, command: string | null): Finding => ({
  about,
  state: 'missing',
  text,
  command,
});
const next = (about: string, text: string, command: string): Finding => ({
  about,
  state: 'next',
  text,
  command,
});

export function renderContext({ findings }: ContextAdvice, page: Paper): void {
  const { style } = page;
  const mark = { ok: style.green('ok     '), missing: style.red('missing'), next: style.yellow('next   ') };
  page.table(
    findings.map(({ about, state, text, command }) => [
      mark[state],
      about,
      page.safe(text) + (command === null ? '' : style.cyan(`  → ${page.safe(command)}`)),
    ]),
  );
}
