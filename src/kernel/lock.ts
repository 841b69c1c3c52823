import { accessSync, constants, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type BetterSqlite3 from 'better-sqlite3';
import { BitError, fromErrno } from './errors.ts';
import { makeDirectory } from './files.ts';

const require = createRequire(import.meta.url);

export interface Lock {
  release(): void;
}

/**
 * Takes an exclusive lock that is the kernel's (SQLite's on an empty file), so it ends with the process that held it,
 * however that ends: it can't go stale. Undefined while another process holds it.
 *
 * @throws BitError `io` where the file can't be made or locked
 */
export function tryLock(path: string): Lock | undefined {
  const Database = require('better-sqlite3') as typeof BetterSqlite3;
  let database: BetterSqlite3.Database | undefined;
  try {
    makeDirectory(dirname(path));
    // SQLite would quietly open the file for reading only, and lock nothing
    accessSync(dirname(path), constants.W_OK);
    const opened = new Database(path, { timeout: 0 });
    database = opened;
    opened.exec('BEGIN EXCLUSIVE');
    return { release: () => opened.close() };
  } catch (error) {
    database?.close();
    if (((error as { code?: string }).code ?? '').startsWith('SQLITE_BUSY')) return undefined;
    throw lockFailure(error, path);
  }
}

/** Whether a process holds it now; the lock is the kernel's, so the answer is never stale. Makes no file. */
export function isHeld(path: string): boolean {
  if (!existsSync(path)) return false;
  const lock = tryLock(path);
  lock?.release();
  return lock === undefined;
}

export interface WaitForLock {
  readonly signal: AbortSignal;
  /** Called once, when another process holds it. */
  readonly onWait: () => void;
  /** Milliseconds to wait before giving up. */
  readonly patience: number;
}

/** {@link tryLock} until it is free; undefined when `patience` is over or the signal aborted. */
export async function waitForLock(path: string, options: WaitForLock): Promise<Lock | undefined> {
  const deadline = Date.now() + options.patience;
  for (let attempt = 0; ; attempt++) {
    const lock = tryLock(path);
    if (lock !== undefined) return lock;
    if (attempt === 0) options.onWait();
    if (options.signal.aborted || Date.now() > deadline) return undefined;
    await sleep(Math.min(5 + attempt * 5, 100));
  }
}

function lockFailure(error: unknown, path: string): unknown {
  const mapped = fromErrno(error, `can't lock ${path}`);
  if (mapped instanceof BitError) return mapped;
  const code = (error as { code?: string }).code ?? '';
  if (!code.startsWith('SQLITE_')) return error;
  return new BitError('io', `can't lock ${path}: ${(error as Error).message}`, {
    cause: error,
    hint: 'bit keeps its state there and needs to write; is the disk full or read-only?',
  });
}
