import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, realpathSync } from 'node:fs';
import { sep } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { globFiles } from './glob.ts';

const MOST_BYTES = 2 * 1024 * 1024 * 1024;

/** SHA-256 over the SHA-256 of each file that matches, in order of their paths; empty where none does. */
export function hashFiles(workspace: string, patterns: readonly string[]): string {
  const lines = patterns.flatMap((pattern) => pattern.split(/\r?\n/));
  const root = realpathSync(workspace);
  const { files } = globFiles(lines, { root });
  const whole = createHash('sha256');
  let [count, bytes] = [0, 0];
  for (const path of files) {
    if (!realpathSync(path).startsWith(root + sep)) continue;
    const [digest, size] = digestOf(path);
    bytes += size;
    if (bytes > MOST_BYTES)
      throw new BitError('usage', `hashFiles: the files of ${lines.join(' ')} are larger than 2 GiB`);
    whole.update(digest);
    count++;
  }
  return count === 0 ? '' : whole.digest('hex');
}

function digestOf(path: string): readonly [digest: Buffer, size: number] {
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(1 << 18);
  const file = openSync(path, 'r');
  try {
    let size = 0;
    for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk)) {
      hash.update(chunk.subarray(0, read));
      size += read;
    }
    return [hash.digest(), size];
  } finally {
    closeSync(file);
  }
}
