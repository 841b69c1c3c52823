import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { assetPath, assetPlace, type Pointer, parsePointer } from '../assets/index.ts';
import type { GitReader } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { readTextIfExists } from '../kernel/files.ts';
import { printable } from '../kernel/text.ts';
import type { Reader } from '../operation/index.ts';

export interface AssetListing {
  /** Patterns of `.gitattributes` at the root that are kept as assets. */
  readonly patterns: readonly string[];
  readonly files: readonly {
    readonly path: string;
    readonly oid: string;
    readonly size: number;
    /** This clone has the bytes. */
    readonly here: boolean;
  }[];
}

/** What is tracked as assets: the patterns, and the pointers of the index with whether their bytes are here. */
export async function listTrackedAssets(reader: Reader): Promise<AssetListing> {
  const { git } = reader;
  const root = git.paths.root;
  if (root === undefined) throw new BitError('unsupported', 'a bare repository has no index to list');
  const place = assetPlace(reader.stateDirectory, git.paths.commonDir, await git.config('lfs.storage'));
  const pointers = await readPointers(git, await indexedFiles(git, []));
  return {
    patterns: trackedPatterns(readTextIfExists(join(root, '.gitattributes')) ?? ''),
    files: [...pointers].map(([path, { oid, size }]) => ({
      path,
      oid,
      size,
      here: assetPath(place, oid) !== undefined,
    })),
  };
}

/** Patterns of a `.gitattributes` file that git-lfs keeps. */
export function trackedPatterns(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const [pattern, ...attributes] = line.trim().split(/\s+/);
    return pattern === undefined || pattern.startsWith('#') || !attributes.includes('filter=lfs')
      ? []
      : [pattern];
  });
}

export interface IndexedFile {
  readonly path: string;
  readonly mode: string;
  readonly oid: string;
  readonly size: number;
}

/** Regular files of the index under the pathspecs. @throws BitError `conflict` where one is unmerged */
export async function indexedFiles(git: GitReader, pathspecs: readonly string[]): Promise<IndexedFile[]> {
  const listed = await git.read(['ls-files', '-s', '-z', '--', ...pathspecs]);
  const found: Omit<IndexedFile, 'size'>[] = [];
  for (const line of listed.stdout.split('\0')) {
    const [, mode, oid, stage, path] = /^(\d{6}) ([0-9a-f]+) (\d)\t([\s\S]+)$/.exec(line) ?? [];
    if (mode === undefined || oid === undefined || path === undefined || !mode.startsWith('100')) continue;
    if (stage !== '0')
      throw new BitError('conflict', `${printable(path)} is in conflict`, { hint: 'resolve it first' });
    found.push({ path, mode, oid });
  }
  if (found.length === 0) return [];
  const asked = `${[...new Set(found.map((file) => file.oid))].join('\n')}\n`;
  const sizes = await git.read(['cat-file', '--batch-check=%(objectname) %(objectsize)'], { input: asked });
  const sizeOf = new Map(
    sizes.stdout.split('\n').map((line) => [line.slice(0, line.indexOf(' ')), line] as const),
  );
  return found.map((file) => ({ ...file, size: Number(sizeOf.get(file.oid)?.split(' ')[1] ?? Number.NaN) }));
}

/** Those of the files that are pointers, by path. */
export async function readPointers(
  git: GitReader,
  files: readonly IndexedFile[],
): Promise<Map<string, Pointer>> {
  const small = files.filter((file) => file.size > 0 && file.size < 1024);
  if (small.length === 0) return new Map();
  const asked = `${small.map((file) => file.oid).join('\n')}\n`;
  // No blob can hold this run's nonce, so none can pass for the head line of another.
  const nonce = randomBytes(12).toString('hex');
  const shown = await git.read(['cat-file', `--batch=${nonce} %(objectname)`, '--buffer'], { input: asked });
  const pointers = new Map<string, Pointer>();
  for (const file of small) {
    const head = `${nonce} ${file.oid}\n`;
    const start = shown.stdout.indexOf(head) + head.length;
    if (start < head.length) continue;
    const pointer = parsePointer(Buffer.from(shown.stdout.slice(start, start + file.size)));
    if (pointer !== undefined) pointers.set(file.path, pointer);
  }
  return pointers;
}
