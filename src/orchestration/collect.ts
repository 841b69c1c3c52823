import { lstatSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { globBase, globSet } from '../kernel/glob.ts';
import { printable } from '../kernel/text.ts';

const MOST_FILES = 100_000;

export interface Collected {
  /** Relative, with `/`, sorted. */
  readonly path: string;
  /** Absolute. */
  readonly from: string;
}

/** Regular files of the tree that patterns take; links are not followed, `.git` is no part of it. */
export function collectFiles(
  root: string,
  patterns: readonly string[],
  options: { readonly exclude?: readonly string[]; readonly skip?: readonly string[] } = {},
): Collected[] {
  const takes = globSet(patterns);
  const leaves = globSet(options.exclude ?? []);
  const skip = new Set(['.git', ...(options.skip ?? [])]);
  const found: Collected[] = [];
  for (const base of bases(patterns)) {
    const open = [base];
    for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
      const full = join(root, folder);
      const stat = lstatSync(full, { throwIfNoEntry: false });
      if (stat === undefined) continue;
      if (stat.isFile() && takes(folder) && !leaves(folder)) found.push({ path: folder, from: full });
      if (!stat.isDirectory()) continue;
      for (const name of readdirSync(full))
        if (!skip.has(name)) open.push(folder === '' ? name : `${folder}/${name}`);
      if (found.length > MOST_FILES)
        throw new BitError('usage', `more than ${MOST_FILES} files match ${patterns.join(' ')}`);
    }
  }
  const unique = new Map(found.map((file) => [file.path, file]));
  return [...unique.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Folders to walk, none within another. Hostile patterns lead nowhere outside. */
function bases(patterns: readonly string[]): string[] {
  const all = patterns.filter((pattern) => !pattern.startsWith('!')).map(globBase);
  const inside = all.filter(
    (base) => !base.split('/').includes('..') && !isAbsolute(base) && !/^\.git(?:\/|$)/.test(base),
  );
  return [...new Set(inside)].filter(
    (base) => !inside.some((other) => other !== base && (other === '' || base.startsWith(`${other}/`))),
  );
}

/**
 * Where a file of this repository may be written: inside, whatever links stand on the way, and not in `.git`.
 *
 * @throws BitError `usage`
 */
export function placeInside(root: string, path: string): string {
  const full = resolve(root, path);
  const away = relative(root, full);
  let standing = dirname(full);
  while (lstatSync(standing, { throwIfNoEntry: false }) === undefined) standing = dirname(standing);
  const real = relative(realpathSync(root), realpathSync(standing));
  const outside = [away, real].some((one) => one === '..' || one.startsWith(`..${sep}`) || isAbsolute(one));
  if (outside || away === '' || isAbsolute(path) || /^\.git(?:$|[\\/])/i.test(away))
    throw new BitError('usage', `${printable(path)} leaves the repository`, { details: { path } });
  if (lstatSync(full, { throwIfNoEntry: false })?.isSymbolicLink() === true)
    throw new BitError('usage', `${printable(path)} is a link, and is not written through`, {
      details: { path },
    });
  return full;
}
