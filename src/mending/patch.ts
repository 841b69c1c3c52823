import { lstatSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { GitWriter, Oid } from '../git/index.ts';
import { readInside } from './bench.ts';
import type { Change } from './model.ts';

/** What git needs to make trees without touching the index or a file of the work tree. */
export interface PatchPlace {
  readonly git: GitWriter;
  /** Absolute: a folder for an index that is thrown away. */
  readonly directory: string;
  /** The work tree the changes are to. */
  readonly root: string;
  readonly commit: Oid;
}

let count = 0;

/** The tree of `base` with files changed; the objects are written, nothing refers to them yet. */
export async function treeWith(
  { git, directory }: PatchPlace,
  base: string,
  changes: readonly Change[],
): Promise<Oid> {
  count++;
  const index = join(directory, `index-${process.pid}-${count}`);
  const env = { GIT_INDEX_FILE: index };
  try {
    await git.run(['read-tree', base], { env });
    const lines: string[] = [];
    for (const { path, content, mode } of changes) {
      const before = (await git.run(['ls-files', '-z', '--stage', '--', `:(literal)${path}`], { env }))
        .stdout;
      if (content === null) {
        lines.push(`0 ${git.zeroOid}\t${path}`);
        continue;
      }
      const blob = await git.run(['hash-object', '-w', `--path=${path}`, '--stdin'], { input: content });
      lines.push(`${mode ?? (before === '' ? '100644' : before.slice(0, 6))} ${blob.stdout.trim()}\t${path}`);
    }
    await git.run(['update-index', '-z', '--index-info'], {
      env,
      input: lines.map((line) => `${line}\0`).join(''),
    });
    return (await git.run(['write-tree'], { env })).stdout.trim();
  } finally {
    rmSync(index, { force: true });
    rmSync(`${index}.lock`, { force: true });
  }
}

/** The changes as a unified diff against the files as they stand. */
export async function patchOf(place: PatchPlace, changes: readonly Change[]): Promise<string> {
  const { git, root, commit } = place;
  const standing = changes.map(({ path }): Change => {
    const content = readInside(root, path) ?? null;
    return { path, content, ...(content === null ? {} : { mode: modeOf(root, path) }) };
  });
  const before = await treeWith(place, commit, standing);
  const withModes = changes.map((change, at): Change => {
    const mode = change.mode ?? standing[at]?.mode;
    return mode === undefined ? change : { ...change, mode };
  });
  const after = await treeWith(place, commit, withModes);
  const words = [
    'diff-tree',
    '-p',
    '--no-color',
    '--no-ext-diff',
    '--no-textconv',
    '--no-renames',
    before,
    after,
  ];
  return (await git.run(words)).stdout;
}

function modeOf(root: string, path: string): '100644' | '100755' {
  return ((lstatSync(join(root, path), { throwIfNoEntry: false })?.mode ?? 0) & 0o100) === 0
    ? '100644'
    : '100755';
}
