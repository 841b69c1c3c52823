/** SQLite as the embedded store uses it. */
import { createRequire } from 'node:module';
import { BitError } from '../../kernel/errors.ts';

export interface Statement {
  run(...values: readonly Value[]): { readonly changes: number; readonly lastInsertRowid: number | bigint };
  get(...values: readonly Value[]): unknown;
  all(...values: readonly Value[]): unknown[];
}

export interface Database {
  prepare(sql: string): Statement;
  exec(sql: string): unknown;
  pragma(text: string): unknown;
  close(): unknown;
}

export type Value = string | number | Uint8Array | null;

/** Opens or makes a database that this process has for itself. @throws BitError `busy` where another one has it */
export function openDatabase(path: string, synchronous: 'FULL' | 'NORMAL', schema: string): Database {
  const Loaded = createRequire(import.meta.url)('better-sqlite3') as new (path: string) => Database;
  return translated(path, () => {
    const database = new Loaded(path);
    try {
      database.pragma('busy_timeout = 0');
      // No other process reads it, so no memory is shared, and who comes second is told at once.
      database.pragma('locking_mode = EXCLUSIVE');
      database.pragma('journal_mode = WAL');
      database.pragma(`synchronous = ${synchronous}`);
      database.exec(schema);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/** Runs `work` with SQLite's errors as ours, naming the file. */
export function translated<Out>(path: string, work: () => Out): Out {
  try {
    return work();
  } catch (error) {
    const code = (error as { code?: unknown } | null)?.code;
    if (error instanceof BitError || typeof code !== 'string' || !code.startsWith('SQLITE_')) throw error;
    const busy = code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED');
    const disk = /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|PERM)/.test(code);
    if (busy)
      throw new BitError('busy', `another controller has the store open: ${path}`, {
        hint: 'one controller serves an embedded store; several need --engine nats',
        cause: error,
      });
    throw new BitError(disk ? 'io' : 'integrity', `the mesh's store cannot be used: ${path}`, {
      hint: disk ? 'check the disk, its free space and the permissions' : 'restore it from a backup',
      cause: error,
      details: { path, sqlite: code },
    });
  }
}
