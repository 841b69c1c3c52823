import { lstatSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { nearest, printable, shorten } from '../kernel/text.ts';

export type ArchiveFormat = 'bundle' | 'tar.gz' | 'zip';

const ENDINGS: readonly (readonly [string, ArchiveFormat])[] = [
  ['.bundle', 'bundle'],
  ['.tar.gz', 'tar.gz'],
  ['.tgz', 'tar.gz'],
  ['.zip', 'zip'],
];

/** By the ending of its name, or undefined. */
export function archiveFormat(path: string): ArchiveFormat | undefined {
  return ENDINGS.find(([ending]) => path.toLowerCase().endsWith(ending))?.[1];
}

export interface ArchivePlace {
  /** Absolute. */
  readonly path: string;
  readonly format: ArchiveFormat;
}

/** @throws BitError `usage` for an ending that is none, `conflict` where something is there and `force` isn't said */
export function archivePlace(cwd: string, output: string, force: boolean): ArchivePlace {
  if (output === '' || /[\u0000-\u001f\u007f]/.test(output)) {
    throw new BitError('usage', `'${printable(shorten(output))}' is no name for a file`);
  }
  const format = archiveFormat(output);
  if (format === undefined) {
    const ending = /\.[^./]*$/.exec(output)?.[0] ?? '';
    const near = nearest(
      ending,
      ENDINGS.map(([known]) => known),
    );
    throw new BitError('usage', `can't tell the kind of archive from '${printable(shorten(output))}'`, {
      hint: near.length > 0 ? `did you mean: ${near.join(', ')}` : 'end its name in .bundle, .tar.gz or .zip',
    });
  }
  const path = resolve(cwd, output);
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat !== undefined && (!force || !stat.isFile())) {
    throw new BitError(
      'conflict',
      `${printable(path)} exists${stat.isFile() ? '' : ' and is no plain file'}`,
      {
        ...(stat.isFile() ? { hint: 'name another file, or say --force to overwrite it' } : {}),
      },
    );
  }
  if (lstatSync(dirname(path), { throwIfNoEntry: false }) === undefined) {
    throw new BitError('not-found', `there is no folder ${printable(dirname(path))}`);
  }
  return { path, format };
}
