import { createHash } from 'node:crypto';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BitError } from '../kernel/errors.ts';
import { makeDirectory, readTextIfExists } from '../kernel/files.ts';
import { ulid } from '../kernel/ids.ts';
import { type Lock, tryLock } from '../kernel/lock.ts';
import type { Concurrency } from './model.ts';

/** How often one that waits looks again, and one that runs looks whether it is asked to end. Milliseconds. */
const LOOK = 100;

/**
 * Groups of which one at a time runs, among all processes on this state. The lock is the kernel's; who waits leaves a
 * ticket, and of those that wait the newest stays: an older one gives up, as GitHub has it.
 */
export class GroupGate {
  readonly #directory: string;
  /** Held by this run itself: a job of its own group would wait for itself. */
  readonly #held = new Set<string>();

  constructor(stateDirectory: string) {
    this.#directory = join(stateDirectory, 'concurrency');
  }

  /**
   * Enters the group, waiting for whoever is in it.
   *
   * @throws BitError `cancelled` when the signal aborts or a newer one waits too
   */
  async enter(
    group: Concurrency,
    options: { readonly signal: AbortSignal; readonly onWait: () => void; readonly onEvict: () => void },
  ): Promise<Lock> {
    const place = join(this.#directory, createHash('sha256').update(group.group).digest('hex').slice(0, 32));
    makeDirectory(place);
    if (this.#held.has(place)) {
      throw new BitError('failed', `concurrency group ${group.group} is held by this run itself`, {
        hint: 'a workflow and its jobs need groups of different names',
      });
    }
    const lock = await this.#wait(place, group, options);
    this.#held.add(place);
    const evict = setInterval(() => {
      if (readTextIfExists(join(place, 'evict')) !== undefined) options.onEvict();
    }, LOOK);
    return {
      release: () => {
        clearInterval(evict);
        this.#held.delete(place);
        lock.release();
      },
    };
  }

  async #wait(
    place: string,
    { group, cancelInProgress }: Concurrency,
    { signal, onWait }: { readonly signal: AbortSignal; readonly onWait: () => void },
  ): Promise<Lock> {
    const path = join(place, 'lock');
    const first = tryLock(path);
    if (first !== undefined) return fresh(place, first);
    onWait();
    const ticket = `ticket.${ulid(Date.now())}`;
    writeFileSync(join(place, ticket), `${process.pid}\n`);
    try {
      for (;;) {
        if (cancelInProgress) writeFileSync(join(place, 'evict'), ticket);
        await sleep(LOOK);
        if (signal.aborted) throw new BitError('cancelled', `interrupted while waiting for ${group}`);
        if (tickets(place).some((other) => other > ticket)) {
          throw new BitError('cancelled', `a newer run waits for concurrency group ${group}`);
        }
        const lock = tryLock(path);
        if (lock !== undefined) return fresh(place, lock);
      }
    } finally {
      rmSync(join(place, ticket), { force: true });
    }
  }
}

function fresh(place: string, lock: Lock): Lock {
  rmSync(join(place, 'evict'), { force: true });
  return lock;
}

/** Of those that wait; what a killed one left does not count. */
function tickets(place: string): readonly string[] {
  return readdirSync(place).filter((name) => {
    if (!name.startsWith('ticket.')) return false;
    const pid = Number(readTextIfExists(join(place, name)) ?? '');
    try {
      return pid > 0 && process.kill(pid, 0);
    } catch {
      return false;
    }
  });
}
