import { randomBytes, randomFillSync } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';

/** Asking the system's generator takes longer than using what it gives, whatever the size: one question serves many. */
const pool = Buffer.alloc(1024);
let used = pool.length;

/** Random bytes of their own memory, few at a time; what was handed out stands nowhere else. */
export function fewRandomBytes(size: number): Buffer {
  if (used + size > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const bytes = Buffer.from(pool.subarray(used, used + size));
  pool.fill(0, used, used + size);
  used += size;
  return bytes;
}

/**
 * Random bytes fit for secrets: from the kernel itself where it has a file for them, for loading `node:crypto` takes
 * 5 ms, a fifth of a bare start. For who has no other use for it.
 */
export function randomBytesNow(count: number): Buffer {
  return process.platform === 'win32' ? randomBytes(count) : (fromKernel(count) ?? randomBytes(count));
}

function fromKernel(count: number): Buffer | undefined {
  let file: number;
  try {
    file = openSync('/dev/urandom', 'r');
  } catch {
    return undefined;
  }
  try {
    const bytes = Buffer.alloc(count);
    for (let got = 0; got < count; ) {
      const read = readSync(file, bytes, got, count - got, null);
      if (read === 0) return undefined;
      got += read;
    }
    return bytes;
  } catch {
    return undefined;
  } finally {
    closeSync(file);
  }
}
