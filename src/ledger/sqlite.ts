import { createRequire } from 'node:module';
import { BitError } from '../kernel/errors.ts';

/** The part of better-sqlite3 used here. */
export interface Statement {
  run(...values: readonly Value[]): unknown;
  get(...values: readonly Value[]): unknown;
  all(...values: readonly Value[]): unknown[];
  iterate(...values: readonly Value[]): IterableIterator<unknown>;
  raw(): Statement;
  pluck(): Statement;
}

export interface Connection {
  readonly open: boolean;
  readonly inTransaction: boolean;
  prepare(sql: string): Statement;
  exec(sql: string): unknown;
  pragma(text: string, options?: { readonly simple?: boolean }): unknown;
  close(): unknown;
}

export type Value = string | number | Uint8Array | null;

interface ConnectionOptions {
  readonly readonly?: boolean;
  readonly fileMustExist?: boolean;
  readonly timeout?: number;
}

type Constructor = new (path: string, options: ConnectionOptions) => Connection;

let Database: Constructor | undefined;

/** Opens a database; the library (5 ms to load) is loaded by the first. */
export function openConnection(path: string, options: ConnectionOptions): Connection {
  Database ??= load();
  return new Database(path, options);
}

/**
 * better-sqlite3 understands `file:` URIs only where `SQLITE_USE_URI` stands in the environment while it is loaded;
 * it is taken out again so that no child process inherits it.
 */
function load(): Constructor {
  const before = process.env.SQLITE_USE_URI;
  process.env.SQLITE_USE_URI = '1';
  try {
    const Loaded = createRequire(import.meta.url)('better-sqlite3') as Constructor;
    new Loaded(':memory:', {}).close();
    return Loaded;
  } finally {
    if (before === undefined) delete process.env.SQLITE_USE_URI;
    else process.env.SQLITE_USE_URI = before;
  }
}

/** A `file:` URI of SQLite for an absolute path, with the characters that end a path in one escaped. */
export function fileUri(path: string, query: string): string {
  const escaped = path.replace(/[%?#]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
  return `file:${process.platform === 'win32' ? `/${escaped.replaceAll('\\', '/')}` : escaped}?${query}`;
}

/** Primary SQLite result codes that are the machine's state or the file's, by prefix of better-sqlite3's `code`. */
const MEANINGS: readonly (readonly [string, 'busy' | 'io' | 'integrity', string, string])[] = [
  ['SQLITE_BUSY', 'busy', 'another process kept the ledger locked', 'try again when it has finished'],
  ['SQLITE_LOCKED', 'busy', 'the ledger is locked', 'try again'],
  ['SQLITE_FULL', 'io', 'the disk is full', 'free some space; nothing acknowledged was lost'],
  ['SQLITE_IOERR', 'io', 'the disk reported an input/output error', 'check the disk and its free space'],
  ['SQLITE_READONLY', 'io', 'the ledger is read-only', 'check the permissions of its directory and files'],
  [
    'SQLITE_CANTOPEN',
    'io',
    'the ledger cannot be opened',
    'check the permissions of its directory and files',
  ],
  ['SQLITE_PERM', 'io', 'permission denied', 'check the permissions of its directory and files'],
  [
    'SQLITE_NOTADB',
    'integrity',
    'the file is not a ledger',
    'restore it from a backup; bit repair sets aside what still verifies',
  ],
  // Our SQL is fixed: whatever else SQLite objects to is in the file (a dropped table, text that is no JSON).
  [
    'SQLITE_',
    'integrity',
    'the ledger is damaged',
    'restore it from a backup; bit repair sets aside what still verifies',
  ],
];

/** Turns SQLite's errors into {@link BitError}s that name the file; anything else comes back unchanged. */
export function fromSqlite(error: unknown, path: string): unknown {
  const code = (error as { code?: unknown } | null)?.code;
  if (error instanceof BitError || typeof code !== 'string') return error;
  const found = MEANINGS.find(([prefix]) => code.startsWith(prefix));
  if (found === undefined) return error;
  const [, kind, message, hint] = found;
  return new BitError(kind, `${message}: ${path}`, { hint, cause: error, details: { path, sqlite: code } });
}

/** Runs `work` with SQLite's errors translated. */
export function translated<Out>(path: string, work: () => Out): Out {
  try {
    return work();
  } catch (error) {
    throw fromSqlite(error, path);
  }
}
