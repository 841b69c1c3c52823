import type { GitReader } from '../git/index.ts';
import type { Reader } from '../operation/index.ts';

export interface CommitSelection {
  /** Pathspecs as git reads them where the command was started; just these are committed. */
  readonly paths: readonly string[];
  /** Pathspecs to stage first. */
  readonly stage: readonly string[];
  /** Stage every change of tracked files first. */
  readonly all: boolean;
  readonly amend: boolean;
}

export interface PendingChange {
  readonly path: string;
  /** Git's letter: A, M, D, T. */
  readonly change: string;
}

export interface Pending {
  readonly changes: readonly PendingChange[];
  readonly conflicted: readonly string[];
  /** Whether there are changes beside what is staged; undefined where it wasn't looked for. */
  readonly unstaged: boolean | undefined;
}

/** What the commit would hold. One git process in the plain case. */
export async function readPending(reader: Reader, selection: CommitSelection): Promise<Pending> {
  const { git, cwd } = reader;
  if (selection.paths.length > 0) {
    const rows = await statusRows(git, cwd, ['--untracked-files=no', '--', ...selection.paths]);
    return pendingOf(
      rows.map(([code, path]) => ({ path, change: committed(code) })),
      rows,
    );
  }
  const { stage, all } = selection;
  if (stage.length === 0 && !all) return staged(git);
  const [already, matching, tracked] = await Promise.all([
    staged(git),
    stage.length === 0 ? [] : statusRows(git, cwd, ['--untracked-files=all', '--', ...stage]),
    all ? statusRows(git, cwd, ['--untracked-files=no', '--', ':/']) : [],
  ]);
  const rows = [...tracked, ...matching];
  const changes = new Map(already.changes.map((change) => [change.path, change]));
  for (const [code, path] of rows) changes.set(path, { path, change: committed(code) });
  // a file whose conflict is being staged is resolved by that; git refuses one left outside the globs
  const matched = new Set(rows.map(([, path]) => path));
  return {
    changes: [...changes.values()].sort((a, b) => (a.path < b.path ? -1 : 1)),
    conflicted: already.conflicted.filter((path) => !matched.has(path)),
    unstaged: undefined,
  };
}

const LETTERS = {
  added: 'A',
  modified: 'M',
  deleted: 'D',
  typechange: 'T',
  renamed: 'R',
  copied: 'C',
} as const;

async function staged(git: GitReader): Promise<Pending> {
  if (git.adapter === 'isomorphic') {
    const { changed, conflicted } = await git.status({ untracked: false });
    const changes = changed.flatMap(({ path, staged: state }) =>
      state === undefined ? [] : [{ path, change: LETTERS[state] }],
    );
    return { changes, conflicted, unstaged: undefined };
  }
  const { stdout } = await git.read([
    'diff',
    '--cached',
    '--name-status',
    '--no-renames',
    '--no-ext-diff',
    '-z',
  ]);
  const fields = stdout.split('\0');
  const changes: PendingChange[] = [];
  const conflicted: string[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const [change = '', path = ''] = [fields[i], fields[i + 1]];
    if (change === 'U') conflicted.push(path);
    else changes.push({ path, change });
  }
  return {
    changes: changes.filter(({ path }) => !conflicted.includes(path)),
    conflicted,
    unstaged: undefined,
  };
}

/** Status letters and path of each row of `git status --porcelain=v1 -z`, renames taken apart. */
async function statusRows(git: GitReader, cwd: string, args: readonly string[]): Promise<[string, string][]> {
  const { stdout } = await git.read(['-C', cwd, 'status', '--porcelain=v1', '-z', '--no-renames', ...args]);
  return stdout
    .split('\0')
    .filter((row) => row.length > 3)
    .map((row) => [row.slice(0, 2), row.slice(3)]);
}

function pendingOf(changes: readonly PendingChange[], rows: readonly (readonly [string, string])[]): Pending {
  const conflicted = rows.filter(([code]) => isConflict(code)).map(([, path]) => path);
  return { changes, conflicted, unstaged: undefined };
}

function isConflict(code: string): boolean {
  return code.includes('U') || code === 'AA' || code === 'DD';
}

/** The letter a file is committed under, from its two status letters. */
function committed(code: string): string {
  const [index = ' ', worktree = ' '] = [code[0], code[1]];
  if (index === '?' || index === 'A') return worktree === 'D' ? 'D' : 'A';
  return worktree !== ' ' ? worktree : index;
}
