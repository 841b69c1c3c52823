import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { fromErrno } from './errors.ts';

/**
 * Writes a file so that a reader, or a machine that loses power, sees the old bytes or the new ones and never
 * a part: temporary file beside it, fsync, rename, fsync of the directory.
 */
export function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  options: { mode?: number } = {},
): void {
  putFile(path, data, options, renameSync);
}

/** {@link writeFileAtomic}, where there is no such file yet; what is there stays as it is. False: it was there. */
export function createFileAtomic(
  path: string,
  data: string | Uint8Array,
  options: { mode?: number } = {},
): boolean {
  let created = true;
  putFile(path, data, options, (temporary, final) => {
    try {
      linkSync(temporary, final);
    } catch (error) {
      created = (error as NodeJS.ErrnoException).code !== 'EEXIST';
      // a file system without links
      if (created) return renameSync(temporary, final);
    }
    rmSync(temporary, { force: true });
  });
  return created;
}

function putFile(
  path: string,
  data: string | Uint8Array,
  options: { mode?: number },
  place: (temporary: string, path: string) => void,
): void {
  makeDirectory(dirname(path));
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const file = openSync(temporary, 'wx', options.mode ?? 0o644);
    try {
      const bytes = typeof data === 'string' ? Buffer.from(data) : data;
      for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    place(temporary, path);
  } catch (error) {
    dropTemporary(temporary);
    throw fromErrno(error, `cannot write ${path}`);
  }
  fsyncDirectory(dirname(path));
}

/** What can't be removed from a disk that has just refused a write is no second failure. */
function dropTemporary(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // the first failure is told
  }
}

/**
 * Makes `path` and what is missing above it; returns the outermost directory made. On a disk that refuses, Node's own
 * recursive form says that a parent doesn't exist, whatever the reason was: the reason is found out.
 */
export function makeDirectory(path: string, mode?: number): string | undefined {
  try {
    return mkdirSync(path, { recursive: true, ...(mode === undefined ? {} : { mode }) });
  } catch (error) {
    throw fromErrno(reasonOf(error, path), `cannot make ${path}`);
  }
}

function reasonOf(error: unknown, path: string): unknown {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return error;
  let outermost = path;
  while (!existsSync(dirname(outermost)) && dirname(outermost) !== outermost) outermost = dirname(outermost);
  try {
    mkdirSync(outermost);
    return error;
  } catch (reason) {
    return reason;
  }
}

/** Makes a rename or unlink in `path` durable. Windows has no such call and needs none. */
export function fsyncDirectory(path: string): void {
  if (process.platform === 'win32') return;
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

/** The file's text, or `undefined` where there is none. Other failures are thrown. */
export function readTextIfExists(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
