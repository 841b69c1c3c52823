import { lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import type { Reader } from '../operation/index.ts';
import type { SourceFiles } from '../workflow/index.ts';

/** The files of the work tree as a source reads them. */
export function openWorkTree(reader: Reader): SourceFiles {
  const { root } = reader.git.paths;
  if (root === undefined)
    throw new BitError('unsupported', 'a bare repository has no work tree with workflows in it');
  const real = realpathSync(root);
  const inside = (path: string): string | undefined => {
    const full = join(root, path);
    if (lstatSync(full, { throwIfNoEntry: false }) === undefined) return undefined;
    if (path.split('/').includes('..') || !`${realpathSync(full)}${sep}`.startsWith(real + sep))
      throw new BitError('usage', `${path} leads out of the work tree`);
    return full;
  };
  return {
    root,
    read(path) {
      const full = inside(path);
      return full === undefined || !lstatSync(realpathSync(full)).isFile()
        ? undefined
        : readFileSync(full, 'utf8');
    },
    list(path) {
      const full = inside(path);
      return full === undefined ? [] : readdirSync(full).sort();
    },
  };
}
