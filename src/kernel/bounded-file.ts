import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { BitError } from './errors.ts';
import { printable, shorten } from './text.ts';

/** Milliseconds a pipe may say nothing. */
const PATIENCE = 10_000;
const PAUSE = 10;
const CHUNK = 64 * 1024;

/**
 * The bytes of a file somebody named: a regular file or a pipe. A device has no end, and a link in a stranger's tree
 * may lead to one; a pipe nobody writes to is empty.
 *
 * @throws BitError `usage` for what is neither, holds more than `limit` bytes or gives nothing; else the system's error
 */
export function readBoundedFile(path: string, limit: number): Buffer {
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  const refused = (why: string): BitError => new BitError('usage', `${printable(shorten(path))} ${why}`);
  try {
    const kind = fstatSync(file);
    if (!kind.isFile() && !kind.isFIFO()) throw refused('is no file');
    const chunks: Buffer[] = [];
    let length = 0;
    for (let waited = 0; ; ) {
      const chunk = Buffer.alloc(CHUNK);
      const got = readSome(file, chunk);
      if (got === 0) return Buffer.concat(chunks, length);
      if (got === undefined) {
        if (waited >= PATIENCE) throw refused('is a pipe that gives nothing');
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
        waited += PAUSE;
        continue;
      }
      length += got;
      if (length > limit) throw refused(`is too large: more than ${limit} bytes`);
      chunks.push(chunk.subarray(0, got));
    }
  } finally {
    closeSync(file);
  }
}

/** Undefined where a pipe has nothing yet. */
function readSome(file: number, into: Buffer): number | undefined {
  try {
    return readSync(file, into, 0, into.length, null);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined;
    throw error;
  }
}
