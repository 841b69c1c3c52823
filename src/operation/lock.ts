import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { type Lock, waitForLock } from '../kernel/lock.ts';

export type OperationLock = Lock;

export interface LockOptions {
  readonly signal: AbortSignal;
  /** Called once, when another process holds it. */
  readonly onWait: () => void;
  /** Milliseconds to wait before giving up. */
  readonly patience?: number;
}

/**
 * One action at a time changes a repository.
 *
 * @throws BitError `busy` when the other does not finish in time, `cancelled` on Ctrl-C
 */
export async function lockRepository(stateDirectory: string, options: LockOptions): Promise<OperationLock> {
  const { signal, onWait, patience = 600_000 } = options;
  const lock = await waitForLock(join(stateDirectory, 'operation.lock'), { signal, onWait, patience });
  if (lock !== undefined) return lock;
  if (signal.aborted) throw new BitError('cancelled', 'interrupted while waiting for another bit');
  throw new BitError('busy', 'another bit is still changing this repository', {
    hint: 'wait for it, or end it; the lock goes with the process',
  });
}
