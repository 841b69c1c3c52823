/**
 * A digest over every byte, name and mode below a directory: what a query must leave as it was. Without the files
 * SQLite lets readers and writers meet in: the shared memory, and a write-ahead log that holds nothing.
 */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Digest of each path below `directory`, without those that `excepted` names. */
export function digestsIn(
  directory: string,
  excepted: (path: string) => boolean = () => false,
): ReadonlyMap<string, string> {
  const digests = new Map<string, string>();
  if (!existsSync(directory)) return digests;
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()) {
    const path = join(directory, name);
    if (excepted(path)) continue;
    const stat = lstatSync(path);
    if (name.endsWith('ledger.db-shm') || (name.endsWith('ledger.db-wal') && stat.size === 0)) continue;
    const hash = createHash('sha256').update(`${stat.mode}\0`);
    if (stat.isSymbolicLink()) hash.update(readlinkSync(path));
    else if (stat.isFile()) hash.update(readFileSync(path));
    digests.set(name, hash.digest('hex'));
  }
  return digests;
}

/** Paths that differ between two readings; none where not a byte changed. */
export function changedPaths(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): string[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].filter((path) => before.get(path) !== after.get(path)).sort();
}

/** One digest over everything below several directories. */
export function digestOf(...directories: string[]): string {
  const hash = createHash('sha256');
  for (const directory of directories) {
    hash.update(`${directory}\n`);
    for (const [name, digest] of digestsIn(directory)) hash.update(`${name}\0${digest}\n`);
  }
  return hash.digest('hex');
}
