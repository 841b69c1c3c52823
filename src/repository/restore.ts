import { lstatSync } from 'node:fs';
import { resolve } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { archiveFormat } from './archive-place.ts';
import { restoreArchive } from './restore-archive.ts';
import { restoreFiles } from './restore-files.ts';
import { restoreInto } from './restore-into.ts';

export interface RestoreRequest {
  /** An archive, or a revision. */
  readonly source: string;
  /** Files of the revision; all of them where none is named. */
  readonly paths: readonly string[];
  /** Make a new clone of the archive there. */
  readonly into?: string | undefined;
  /** Stash uncommitted work that is in the way. */
  readonly force: boolean;
}

export interface RestoredRef {
  /** As the archive has it. */
  readonly name: string;
  /** Where it is now. */
  readonly to: string;
  readonly oid: string;
  readonly how: 'created' | 'fast-forwarded' | 'unchanged' | 'set-aside';
}

export interface RestoreResult {
  /** The new clone, or null. */
  readonly directory: string | null;
  readonly refs: readonly RestoredRef[];
  readonly files: readonly string[];
  /** Commit that holds the work that was in the way, `refs/stash`. */
  readonly stash: string | null;
  /** Copy of the archive's ledger, or null. */
  readonly ledger: string | null;
  readonly assets: number;
  /** Who signed the archive; null where it has no manifest or is none. */
  readonly signer: string | null;
}

/** Files of a commit, or an archive: into this repository, or into a new one. */
export async function restore(reader: Reader, request: RestoreRequest): Promise<Effect<RestoreResult>> {
  const format = archiveFormat(request.source);
  const path = resolve(reader.cwd, request.source);
  const stat = format === undefined ? undefined : lstatSync(path, { throwIfNoEntry: false });
  if (format !== undefined && stat !== undefined) {
    if (!stat.isFile()) throw new BitError('usage', `${printable(path)} is no plain file`);
    if (request.paths.length > 0) {
      throw new BitError('usage', 'paths are taken from a commit, not from an archive', {
        hint: 'restore the archive first, then: bit restore <commit> <path>',
      });
    }
    const place = { path, format };
    return request.into === undefined
      ? restoreArchive(reader, place)
      : restoreInto(reader, place, request.into);
  }
  if (request.into !== undefined) {
    throw new BitError(
      'not-found',
      `there is no archive '${printable(shorten(request.source))}' to restore into a folder`,
    );
  }
  return restoreFiles(reader, request);
}
