/**
 * One digest over every byte, name and mode below a directory: what a query must leave as it was. Without the files
 * SQLite lets readers and writers meet in: the shared memory, and a write-ahead log that holds nothing.
 */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

export function digestOf(...directories: string[]): string {
  return digestWithout(() => false, ...directories);
}

/** The same without the paths that `excepted` names. */
export function digestWithout(excepted: (path: string) => boolean, ...directories: string[]): string {
  const hash = createHash('sha256');
  for (const directory of directories) {
    hash.update(`${directory}\n`);
    if (!existsSync(directory)) continue;
    for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()) {
      const path = join(directory, name);
      if (excepted(path)) continue;
      const stat = lstatSync(path);
      if (name.endsWith('ledger.db-shm') || (name.endsWith('ledger.db-wal') && stat.size === 0)) continue;
      hash.update(`${name}\0${stat.mode}\0`);
      if (stat.isSymbolicLink()) hash.update(readlinkSync(path));
      else if (stat.isFile()) hash.update(readFileSync(path));
    }
  }
  return hash.digest('hex');
}
