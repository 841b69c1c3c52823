/**
 * `<state>/bots/bots.db`: what waits for bots, what they asked of `bit` and were answered, how far each source was read,
 * and what bots keep. One process writes, the host, which holds a lock of its own; any may read beside it.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type BetterSqlite3 from 'better-sqlite3';
import { BitError } from '../../kernel/errors.ts';
import { makeDirectory } from '../../kernel/files.ts';

export type Database = BetterSqlite3.Database;

const VERSION = 1;

const SCHEMA = `
CREATE TABLE IF NOT EXISTS events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, bot TEXT NOT NULL, id TEXT NOT NULL, event TEXT NOT NULL,
  state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, crashes INTEGER NOT NULL DEFAULT 0,
  due INTEGER NOT NULL, depth INTEGER NOT NULL, queued INTEGER NOT NULL, started INTEGER, ended INTEGER, why TEXT,
  UNIQUE (bot, id)
);
CREATE INDEX IF NOT EXISTS events_open ON events (bot, seq) WHERE state IN ('queued', 'running');
CREATE INDEX IF NOT EXISTS events_ended ON events (ended) WHERE ended IS NOT NULL;
CREATE TABLE IF NOT EXISTS calls (
  bot TEXT NOT NULL, id TEXT NOT NULL, n INTEGER NOT NULL, try INTEGER NOT NULL, attempt INTEGER NOT NULL,
  words TEXT NOT NULL, digest TEXT NOT NULL, begun INTEGER NOT NULL, answer TEXT,
  PRIMARY KEY (bot, id, n)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cursors (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS state (
  bot TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (bot, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS used (
  bot TEXT NOT NULL, capability TEXT NOT NULL, times INTEGER NOT NULL, last INTEGER NOT NULL,
  PRIMARY KEY (bot, capability)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS elsewhere (
  bot TEXT NOT NULL, id TEXT NOT NULL, runner TEXT, waits INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (bot, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS marks (mark TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bots (bot TEXT PRIMARY KEY, since INTEGER NOT NULL) WITHOUT ROWID;
PRAGMA user_version = ${VERSION}`;

export function botsDirectory(stateDirectory: string): string {
  return join(stateDirectory, 'bots');
}

export function databaseFile(stateDirectory: string): string {
  return join(botsDirectory(stateDirectory), 'bots.db');
}

/** For the host, who has the lock. @throws BitError `io`, `integrity` */
export function openBotsDatabase(stateDirectory: string): Database {
  const path = databaseFile(stateDirectory);
  makeDirectory(botsDirectory(stateDirectory), 0o700);
  return translated(path, () => {
    const database = load()(path);
    try {
      database.pragma('busy_timeout = 5000');
      database.pragma('journal_mode = WAL');
      // what is queued or answered is on disk when it is said to be
      database.pragma('synchronous = FULL');
      refuseNewer(path, database);
      database.exec(SCHEMA);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/** Reads while a host may write; undefined where no host ever ran. */
export function readBotsDatabase<Out>(
  stateDirectory: string,
  read: (database: Database) => Out,
): Out | undefined {
  const path = databaseFile(stateDirectory);
  if (!existsSync(path)) return undefined;
  return translated(path, () => {
    const database = load()(path, { readonly: true });
    try {
      database.pragma('busy_timeout = 5000');
      refuseNewer(path, database);
      if (database.pragma('user_version', { simple: true }) === 0) return undefined;
      return read(database);
    } finally {
      database.close();
    }
  });
}

function load(): (path: string, options?: BetterSqlite3.Options) => Database {
  const Loaded = createRequire(import.meta.url)('better-sqlite3') as typeof BetterSqlite3;
  return (path, options) => new Loaded(path, options);
}

function refuseNewer(path: string, database: Database): void {
  const version = Number(database.pragma('user_version', { simple: true }));
  if (version <= VERSION) return;
  throw new BitError('unsupported', `${path} was written by a newer bit`, { hint: 'update bit' });
}

function translated<Out>(path: string, work: () => Out): Out {
  try {
    return work();
  } catch (error) {
    const code = (error as { code?: unknown } | null)?.code;
    if (error instanceof BitError || typeof code !== 'string' || !code.startsWith('SQLITE_')) throw error;
    const disk = /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|PERM)/.test(code);
    throw new BitError(disk ? 'io' : 'integrity', `the queue of the bots cannot be used: ${path}`, {
      hint: disk ? 'check the disk, its free space and the permissions' : 'restore it, or put it aside',
      cause: error,
      details: { path, sqlite: code },
    });
  }
}
