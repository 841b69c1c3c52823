import { realpathSync, statSync } from 'node:fs';
import { BitError, fromErrno } from '../kernel/errors.ts';
import type { Store } from './store.ts';

/**
 * What tells a clone instance from its copy: the inode and birth time of `ledger.db`. A rename keeps both; `cp -r`,
 * `tar` and a restored cache get new ones. Where the file system keeps no birth time it is 0 and the inode decides.
 * The device number isn't part of it: it changes between mounts of the same disk.
 */
export interface Instance {
  readonly inode: string;
  readonly birth: string;
}

/** @throws BitError `io` where the file is gone from under an open ledger */
export function readInstance(path: string): Instance {
  try {
    const found = statSync(path, { bigint: true });
    return { inode: found.ino.toString(), birth: found.birthtimeNs.toString() };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw fromErrno(error, 'cannot examine the ledger');
    throw moved(path);
  }
}

export function moved(path: string): BitError {
  return new BitError('io', `the ledger was moved or replaced while it was in use: ${path}`, {
    hint: 'run the command again',
    details: { path },
  });
}

/** A chain begun in this file, as the `chains` table has it. */
export interface ChainRow extends Instance {
  readonly chain: string;
}

/** The newest chain of the file; only it can be this instance's. An older one that fits is a file copied over. */
export function newestChain(store: Store): ChainRow | undefined {
  const row = store.get('SELECT chain, inode, birth FROM chains ORDER BY id DESC LIMIT 1');
  return row as ChainRow | undefined;
}

export function isInstance(row: Instance, instance: Instance): boolean {
  return row.inode === instance.inode && row.birth === instance.birth;
}

/** Makes `chain` the one this instance writes. */
export function recordChain(store: Store, chain: string, instance: Instance, begun: string): void {
  store.run('INSERT INTO chains (chain, inode, birth, path, begun) VALUES (?, ?, ?, ?, ?)', [
    chain,
    instance.inode,
    instance.birth,
    realpathSync(store.path),
    begun,
  ]);
}
