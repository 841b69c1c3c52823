import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GitReader, GitWriter, Oid } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import type { Reader } from '../operation/index.ts';

export interface FileChange {
  readonly path: string;
  /** Lines; null for a binary file. */
  readonly added: number | null;
  readonly deleted: number | null;
}

export interface MergedTrees {
  /** Tree of the merge; holds conflict markers where there are conflicts. */
  readonly tree: Oid;
  readonly conflicts: readonly string[];
}

export interface MergePreview {
  readonly conflicts: readonly string[];
  readonly files: readonly FileChange[];
}

/** Merges two commits as `ort` does, touching no file and no index. Writes the objects of the result. */
export function mergeTrees(git: GitWriter, ours: Oid, theirs: Oid): Promise<MergedTrees> {
  return mergeTree(git, ours, theirs, {});
}

/** As {@link mergeTrees}, with the objects written aside and thrown away: the repository stays byte for byte. */
export async function previewMerge(reader: Reader, ours: Oid, theirs: Oid): Promise<MergePreview> {
  const { git } = reader;
  const scratch = mkdtempSync(join(reader.env['TMPDIR'] ?? tmpdir(), 'bit-merge-'));
  try {
    const env = {
      GIT_OBJECT_DIRECTORY: scratch,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: quotedPath(join(git.paths.commonDir, 'objects')),
    };
    const { tree, conflicts } = await mergeTree(git, ours, theirs, env);
    return { conflicts, files: await changedFiles(git, ours, tree, env) };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** One entry of a list of paths, as git reads it: quoted as in C, it may hold the separator. */
function quotedPath(path: string): string {
  return `"${path.replace(/["\\]/g, (char) => `\\${char}`)}"`;
}

async function mergeTree(
  git: GitReader,
  ours: Oid,
  theirs: Oid,
  env: Readonly<Record<string, string>>,
): Promise<MergedTrees> {
  const args = ['merge-tree', '--write-tree', '-z', '--name-only', '--no-messages', ours, theirs];
  const { stdout } = await git.read(args, { env, accept: [0, 1] });
  const [tree = '', ...names] = stdout.split('\0').filter((field) => field !== '');
  if (!/^[0-9a-f]{40,64}$/.test(tree)) throw new BitError('failed', 'git merge-tree gave no tree');
  return { tree, conflicts: [...new Set(names)] };
}

/** Files that differ between two trees or commits, with their line counts. */
export async function changedFiles(
  git: GitReader,
  from: Oid,
  to: Oid,
  env: Readonly<Record<string, string>> = {},
): Promise<FileChange[]> {
  const { stdout } = await git.read(
    ['diff-tree', '-r', '--numstat', '-z', '--no-renames', '--no-ext-diff', from, to],
    { env },
  );
  return stdout
    .split('\0')
    .filter((row) => row !== '')
    .map((row) => {
      const [added = '-', deleted = '-', ...path] = row.split('\t');
      const lines = (text: string): number | null => (text === '-' ? null : Number(text));
      return { path: path.join('\t'), added: lines(added), deleted: lines(deleted) };
    });
}
