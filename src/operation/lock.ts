import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type BetterSqlite3 from 'better-sqlite3';
import { BitError, fromErrno } from '../kernel/errors.ts';
import { makeDirectory } from '../kernel/files.ts';

const require = createRequire(import.meta.url);

export interface OperationLock {
  release(): void;
}

export interface LockOptions {
  readonly signal: AbortSignal;
  /** Called once, when another process holds it. */
  readonly onWait: () => void;
  /** Milliseconds to wait before giving up. */
  readonly patience?: number;
}

/**
 * One action at a time changes a repository. The lock is the kernel's (SQLite's exclusive lock on an empty file),
 * so it ends with the process that held it, however that ends: it can't go stale.
 *
 * @throws BitError `busy` when the other does not finish in time, `cancelled` on Ctrl-C
 */
export async function lockRepository(stateDirectory: string, options: LockOptions): Promise<OperationLock> {
  const Database = require('better-sqlite3') as typeof BetterSqlite3;
  let database: BetterSqlite3.Database;
  try {
    makeDirectory(stateDirectory);
    // SQLite would quietly open the file for reading only, and lock nothing
    accessSync(stateDirectory, constants.W_OK);
    database = new Database(join(stateDirectory, 'operation.lock'), { timeout: 0 });
  } catch (error) {
    throw openFailure(error, stateDirectory);
  }
  const deadline = Date.now() + (options.patience ?? 600_000);
  for (let attempt = 0; ; attempt++) {
    try {
      database.exec('BEGIN EXCLUSIVE');
      return { release: () => database.close() };
    } catch (error) {
      const code = (error as { code?: string }).code ?? '';
      if (!code.startsWith('SQLITE_BUSY')) {
        database.close();
        throw openFailure(error, stateDirectory);
      }
    }
    if (attempt === 0) options.onWait();
    if (options.signal.aborted || Date.now() > deadline) {
      database.close();
      if (options.signal.aborted)
        throw new BitError('cancelled', 'interrupted while waiting for another bit');
      throw new BitError('busy', 'another bit is still changing this repository', {
        hint: 'wait for it, or end it; the lock goes with the process',
      });
    }
    await sleep(Math.min(5 + attempt * 5, 100));
  }
}

function openFailure(error: unknown, stateDirectory: string): unknown {
  const mapped = fromErrno(error, `can't lock ${stateDirectory}`);
  if (mapped instanceof BitError) return mapped;
  const code = (error as { code?: string }).code ?? '';
  if (!code.startsWith('SQLITE_')) return error;
  return new BitError('io', `can't lock ${stateDirectory}: ${(error as Error).message}`, {
    cause: error,
    hint: 'bit keeps its state there and needs to write; is the disk full or read-only?',
  });
}
