import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Reader } from '../operation/index.ts';
import { LOG_FORMAT, type LoggedCommit, parseLog } from './track-log.ts';

export interface TrackCodeRequest {
  /** Commits to look at, newest first. */
  readonly commits: number;
  /** As git takes it: `2 weeks ago`, RFC 3339. */
  readonly since?: string | undefined;
  /** Files to list of each kind. */
  readonly limit: number;
}

export interface FileActivity {
  readonly path: string;
  readonly commits: number;
  /** Lines added and deleted. */
  readonly added: number;
  readonly deleted: number;
  /** Bytes now. */
  readonly size: number;
  /** Changed lines × bytes: much changed and large. */
  readonly heat: number;
  /** Whose lines they are by share of what was changed, most first. */
  readonly owners: readonly { readonly name: string; readonly share: number }[];
}

export interface CodeActivity {
  readonly commits: number;
  readonly since: string | null;
  readonly added: number;
  readonly deleted: number;
  /** By lines changed, most first. */
  readonly churn: readonly FileActivity[];
  /** By heat, most first. */
  readonly hotSpots: readonly FileActivity[];
  readonly owners: readonly {
    readonly name: string;
    readonly commits: number;
    readonly lines: number;
    readonly share: number;
  }[];
}

/** Churn, owners and hot spots of the files there are now, followed back through their renames. */
export async function trackCode(reader: Reader, request: TrackCodeRequest): Promise<CodeActivity> {
  const { git } = reader;
  const head = await git.resolve('HEAD', 'commit');
  if (head === undefined) throw new BitError('not-found', 'there are no commits yet');
  if (request.since !== undefined && /[\u0000-\u001f]/.test(request.since)) {
    throw new BitError('usage', `'${printable(shorten(request.since))}' is no time`);
  }
  const since = request.since === undefined ? [] : [`--since=${request.since}`];
  const args = [
    'log',
    '-z',
    '--no-merges',
    '--numstat',
    '-M',
    LOG_FORMAT,
    `--max-count=${request.commits}`,
    ...since,
    head,
    '--',
  ];
  const [log, tree] = await Promise.all([git.read(args), git.read(['ls-tree', '-r', '-l', '-z', head])]);
  return measure(parseLog(log.stdout), fileSizes(tree.stdout), request);
}

function fileSizes(listing: string): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const line of listing.split('\0')) {
    const [, size, path] = /^\d{6} blob [0-9a-f]+ +(\d+)\t([\s\S]+)$/.exec(line) ?? [];
    if (path !== undefined) sizes.set(path, Number(size));
  }
  return sizes;
}

interface Tally {
  commits: number;
  added: number;
  deleted: number;
  readonly byAuthor: Map<string, number>;
}

export function measure(
  commits: readonly LoggedCommit[],
  sizes: ReadonlyMap<string, number>,
  request: TrackCodeRequest,
): CodeActivity {
  const files = new Map<string, Tally>();
  const authors = new Map<string, { commits: number; lines: number }>();
  const nowCalled = new Map<string, string>();
  let added = 0;
  let deleted = 0;
  for (const commit of commits) {
    const author = authors.get(commit.author) ?? { commits: 0, lines: 0 };
    author.commits += 1;
    authors.set(commit.author, author);
    for (const file of commit.files) {
      const path = nowCalled.get(file.path) ?? file.path;
      if (file.from !== undefined) nowCalled.set(file.from, path);
      const lines = (file.added ?? 0) + (file.deleted ?? 0);
      added += file.added ?? 0;
      deleted += file.deleted ?? 0;
      author.lines += lines;
      if (!sizes.has(path)) continue;
      const tally = files.get(path) ?? {
        commits: 0,
        added: 0,
        deleted: 0,
        byAuthor: new Map<string, number>(),
      };
      tally.commits += 1;
      tally.added += file.added ?? 0;
      tally.deleted += file.deleted ?? 0;
      tally.byAuthor.set(commit.author, (tally.byAuthor.get(commit.author) ?? 0) + lines);
      files.set(path, tally);
    }
  }
  const measured = [...files].map(([path, tally]) => activity(path, tally, sizes.get(path) ?? 0));
  const byPath = (a: FileActivity, b: FileActivity): number => (a.path < b.path ? -1 : 1);
  const lines = (file: FileActivity): number => file.added + file.deleted;
  return {
    commits: commits.length,
    since: request.since ?? null,
    added,
    deleted,
    churn: [...measured].sort((a, b) => lines(b) - lines(a) || byPath(a, b)).slice(0, request.limit),
    hotSpots: measured
      .filter((file) => file.heat > 0)
      .sort((a, b) => b.heat - a.heat || byPath(a, b))
      .slice(0, request.limit),
    owners: [...authors]
      .map(([name, own]) => ({ name, ...own, share: share(own.lines, added + deleted) }))
      .sort((a, b) => b.lines - a.lines || b.commits - a.commits)
      .slice(0, request.limit),
  };
}

function activity(path: string, tally: Tally, size: number): FileActivity {
  const total = tally.added + tally.deleted;
  const owners = [...tally.byAuthor]
    .map(([name, lines]) => ({ name, share: share(lines, total) }))
    .sort((a, b) => b.share - a.share)
    .slice(0, 3);
  const { commits, added, deleted } = tally;
  return { path, commits, added, deleted, size, heat: total * size, owners };
}

/** Of one, to three places. */
function share(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part / whole) * 1000) / 1000;
}
