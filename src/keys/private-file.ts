import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { BitError, fromErrno } from '../kernel/errors.ts';

const SIZE_LIMIT = 64 * 1024;

/**
 * Text of a file that holds a private key; undefined where there is none. Like ssh it refuses a file others can read
 * or own, and it doesn't follow a symbolic link. The checks are made on the open file, so nothing can be swapped in.
 */
export function readPrivateFile(path: string): string | undefined {
  let file: number;
  try {
    // O_NOFOLLOW is undefined on Windows, where modes mean nothing either.
    file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP') throw refused(path, 'is a symbolic link', 'put the file itself there');
    throw fromErrno(error, 'cannot read the signing key');
  }
  try {
    const found = fstatSync(file);
    if (!found.isFile()) throw refused(path, 'is not a file', 'move it away');
    if (found.size > SIZE_LIMIT) throw refused(path, 'is too large for a key', 'move it away');
    if (process.platform !== 'win32') checkOwner(path, found.uid, found.mode);
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

function checkOwner(path: string, uid: number, mode: number): void {
  const self = process.getuid?.();
  if (self !== undefined && uid !== self && uid !== 0) {
    throw refused(path, 'belongs to another user', `chown it to yourself, or make another key`);
  }
  if ((mode & 0o077) !== 0) {
    const bits = (mode & 0o777).toString(8).padStart(4, '0');
    throw refused(path, `can be used by others (mode ${bits})`, `chmod 600 '${path}'`);
  }
}

function refused(path: string, what: string, hint: string): BitError {
  return new BitError('auth', `the signing key ${what}: ${path}`, { hint, details: { path } });
}
