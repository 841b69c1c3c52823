import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FileState, StatusEntry } from './index.ts';

/** isomorphic-git's status row: path, HEAD (0 or 1), work tree (0–2), index (0–3). */
export type StatusRow = readonly [string, number, number, number];

export function stagedState([, head, , stage]: StatusRow): FileState | undefined {
  if (head === 0) return stage === 0 ? undefined : 'added';
  if (stage === 0) return 'deleted';
  return stage === 1 ? undefined : 'modified';
}

export function unstagedState([, , workTree, stage]: StatusRow): FileState | undefined {
  if (stage === 0) return undefined;
  if (workTree === 0) return 'deleted';
  return (stage === 1 && workTree === 2) || stage === 3 ? 'modified' : undefined;
}

export function entriesOf(rows: readonly StatusRow[], conflicted: ReadonlySet<string>): StatusEntry[] {
  return rows.flatMap((row) => {
    const staged = stagedState(row);
    const unstaged = unstagedState(row);
    if ((staged === undefined && unstaged === undefined) || conflicted.has(row[0])) return [];
    return [
      {
        path: row[0],
        ...(staged === undefined ? {} : { staged }),
        ...(unstaged === undefined ? {} : { unstaged }),
      },
    ];
  });
}

/** Untracked files; a folder with nothing tracked in it stands for all it holds (`folder/`), as in git. */
export function untrackedOf(
  rows: readonly StatusRow[],
  collapse: boolean,
  conflicted: ReadonlySet<string>,
): string[] {
  const tracked = new Set<string>();
  for (const [path, , , stage] of rows) {
    if (stage === 0 && !conflicted.has(path)) continue;
    for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) tracked.add(path.slice(0, at));
  }
  const untracked = new Set<string>();
  for (const [path, , workTree, stage] of rows) {
    if (stage !== 0 || workTree === 0 || conflicted.has(path)) continue;
    untracked.add(collapse ? collapsed(path, tracked) : path);
  }
  return [...untracked];
}

function collapsed(path: string, tracked: ReadonlySet<string>): string {
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
    if (!tracked.has(path.slice(0, at))) return path.slice(0, at + 1);
  }
  return path;
}

/**
 * Paths with an unmerged entry in the index (gitformat-index(5), versions 2 and 3): isomorphic-git has no call that
 * lists them.
 */
export function unmergedPaths(gitDir: string): string[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(join(gitDir, 'index'));
  } catch {
    return [];
  }
  if (bytes.length < 12 || bytes.toString('latin1', 0, 4) !== 'DIRC') return [];
  const extended = bytes.readUInt32BE(4) === 3;
  const count = bytes.readUInt32BE(8);
  const paths = new Set<string>();
  for (let i = 0, at = 12; i < count && at + 62 <= bytes.length; i++) {
    const flags = bytes.readUInt16BE(at + 60);
    const nameAt = at + (extended && (flags & 0x4000) !== 0 ? 64 : 62);
    const end = bytes.indexOf(0, nameAt);
    if (end < 0) break;
    if ((flags & 0x3000) !== 0) paths.add(bytes.toString('utf8', nameAt, end));
    at += Math.floor((end - at) / 8) * 8 + 8;
  }
  return [...paths];
}
