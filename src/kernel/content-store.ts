import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fromErrno } from './errors.ts';
import { makeDirectory } from './files.ts';

/**
 * Files by their SHA-256 under one folder, `sha256/<aa>/<digest>`. What is taken out is compared with its name again: a
 * byte that turned on the disk, or was turned, is found before anyone uses it. Losing all of it must only cost time:
 * nothing here waits for the disk.
 */
export interface ContentStore {
  readonly directory: string;
}

export interface Stored {
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

export function contentPath(store: ContentStore, sha256: string): string {
  return join(store.directory, 'sha256', sha256.slice(0, 2), sha256);
}

export function hasContent(store: ContentStore, sha256: string): boolean {
  return existsSync(contentPath(store, sha256));
}

/** Stores a copy of the file at `path`; a link is followed by nobody: it is an error. */
export function putFile(store: ContentStore, path: string): Stored {
  const temporary = temporaryIn(store);
  try {
    copyFileSync(path, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    chmodSync(temporary, 0o600);
    const stored = digestOf(temporary);
    place(store, temporary, stored.sha256);
    return stored;
  } catch (error) {
    throw fromErrno(error, `cannot store ${path}`);
  } finally {
    rmSync(temporary, { force: true });
  }
}

export function putBytes(store: ContentStore, bytes: Uint8Array): Stored {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (!hasContent(store, sha256)) {
    const temporary = temporaryIn(store);
    try {
      writeFileSync(temporary, bytes, { flag: 'wx', mode: 0o600 });
      place(store, temporary, sha256);
    } catch (error) {
      throw fromErrno(error, `cannot write ${store.directory}`);
    } finally {
      rmSync(temporary, { force: true });
    }
  }
  return { sha256, size: bytes.length };
}

/** The bytes, or undefined where the store has not got them whole: then what it had is thrown away. */
export function readContent(store: ContentStore, sha256: string, most: number): Buffer | undefined {
  const path = contentPath(store, sha256);
  const bytes = readUpTo(path, most);
  if (bytes === undefined) return undefined;
  if (createHash('sha256').update(bytes).digest('hex') === sha256) return bytes;
  rmSync(path, { force: true });
  return undefined;
}

/**
 * Writes the content to `target`, whose folder exists, in one step. False where the store has not got it whole: then
 * nothing was changed, and what it had is thrown away.
 */
export function takeFile(store: ContentStore, sha256: string, target: string, mode: number): boolean {
  const path = contentPath(store, sha256);
  if (!existsSync(path)) return false;
  const temporary = `${target}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    copyFileSync(path, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    if (digestOf(temporary).sha256 !== sha256) {
      rmSync(path, { force: true });
      return false;
    }
    chmodSync(temporary, mode & 0o777);
    renameSync(temporary, target);
    return true;
  } catch (error) {
    throw fromErrno(error, `cannot write ${target}`);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Everything the store holds, in no order. */
export function* listContents(store: ContentStore): IterableIterator<Stored> {
  const top = join(store.directory, 'sha256');
  if (!existsSync(top)) return;
  for (const folder of readdirSync(top)) {
    for (const name of readdirSync(join(top, folder))) {
      if (/^[0-9a-f]{64}$/.test(name)) yield { sha256: name, size: statSync(join(top, folder, name)).size };
    }
  }
}

export function dropContent(store: ContentStore, sha256: string): void {
  rmSync(contentPath(store, sha256), { force: true });
}

/** SHA-256 and length of a file, read in pieces. A link or anything but a plain file is refused by the system. */
export function digestOf(path: string): Stored {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  try {
    const hash = createHash('sha256');
    const piece = Buffer.allocUnsafe(1 << 18);
    let size = 0;
    for (let got = readSync(file, piece); got > 0; got = readSync(file, piece)) {
      hash.update(piece.subarray(0, got));
      size += got;
    }
    return { sha256: hash.digest('hex'), size };
  } finally {
    closeSync(file);
  }
}

function readUpTo(path: string, most: number): Buffer | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isFile() || stat.size > most) return undefined;
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(stat.size);
    let have = 0;
    for (let got = 1; got > 0 && have < bytes.length; have += got)
      got = readSync(file, bytes, have, bytes.length - have, null);
    return bytes.subarray(0, have);
  } finally {
    closeSync(file);
  }
}

function temporaryIn(store: ContentStore): string {
  const folder = join(store.directory, 'tmp');
  makeDirectory(folder);
  return join(folder, `${process.pid}.${randomBytes(6).toString('hex')}`);
}

function place(store: ContentStore, temporary: string, sha256: string): void {
  const path = contentPath(store, sha256);
  // one that is there already may be damaged: the fresh copy takes its place
  makeDirectory(dirname(path));
  renameSync(temporary, path);
}
