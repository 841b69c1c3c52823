import { BitError } from '../kernel/errors.ts';
import { nearest, printable, shorten } from '../kernel/text.ts';
import type { Reader } from '../operation/index.ts';
import { repositoryPath } from './diff-select.ts';
import { LOG_FORMAT, parseLog } from './track-log.ts';

export interface FileHistory {
  readonly path: string;
  /** Every name it had, newest first. */
  readonly names: readonly string[];
  /** Newest first. */
  readonly commits: readonly {
    readonly oid: string;
    readonly date: string;
    readonly author: string;
    readonly subject: string;
    readonly change: 'added' | 'modified' | 'deleted' | 'renamed' | 'copied' | 'typechange';
    readonly path: string;
    readonly from: string | null;
  }[];
}

const CHANGES = {
  A: 'added',
  M: 'modified',
  D: 'deleted',
  R: 'renamed',
  C: 'copied',
  T: 'typechange',
} as const;

/** One file's commits through its renames. */
export async function trackHistory(
  reader: Reader,
  request: { readonly path: string; readonly limit: number },
): Promise<FileHistory> {
  const { git } = reader;
  const path = repositoryPath(reader, request.path);
  const head = await git.resolve('HEAD', 'commit');
  if (head === undefined) throw new BitError('not-found', 'there are no commits yet');
  const args = [
    'log',
    '-z',
    '--follow',
    '--name-status',
    '-M',
    LOG_FORMAT,
    `--max-count=${request.limit}`,
    head,
    '--',
    path,
  ];
  const log = await git.read(args, { env: { GIT_LITERAL_PATHSPECS: '1' } });
  const commits = parseLog(log.stdout).flatMap((commit) => {
    const [file] = commit.files;
    if (file === undefined) return [];
    const { oid, date, author, subject } = commit;
    const change = CHANGES[file.status as keyof typeof CHANGES] ?? 'modified';
    return [{ oid, date, author, subject, change, path: file.path, from: file.from ?? null }];
  });
  if (commits.length === 0) throw await unknownPath(reader, path);
  const names = [
    ...new Set(
      commits.flatMap((commit) => (commit.from === null ? [commit.path] : [commit.path, commit.from])),
    ),
  ];
  return { path, names, commits };
}

async function unknownPath(reader: Reader, path: string): Promise<BitError> {
  const listed = await reader.git.read(['ls-files', '-z']);
  const near = nearest(path, listed.stdout.split('\0').slice(0, 20_000));
  return new BitError('not-found', `no commit on this branch ever held '${printable(shorten(path))}'`, {
    ...(near.length === 0 ? {} : { hint: `did you mean: ${near.map((name) => printable(name)).join(', ')}` }),
  });
}
