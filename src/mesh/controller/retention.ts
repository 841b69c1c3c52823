/**
 * Ended jobs, their logs and what they left behind go when they are old enough: a few at a time, so that nobody waits
 * for it, and the artifacts first, so that a controller killed between the two finds the job again and goes on.
 */
import { isBitError } from '../../kernel/errors.ts';
import type { StreamingDriver } from '../../storage/index.ts';
import type { JobRecord } from '../lifecycle/index.ts';
import type { MeshConfig } from '../settings/index.ts';
import type { MeshStore } from '../store/index.ts';

/** Milliseconds between looks, and after one that left some. */
const EVERY_MS = 60_000;
const SOON_MS = 1000;
const MOST_AT_ONCE = 64;
const DAY_MS = 86_400_000;

export interface RetentionOptions {
  readonly store: Pick<MeshStore, 'prune'>;
  readonly artifacts: () => Promise<Pick<StreamingDriver, 'stat' | 'remove'>>;
  readonly keep: MeshConfig['retention'];
  readonly now: () => number;
  readonly pruned: (jobs: number) => void;
  readonly fault: (error: unknown) => void;
  /** Milliseconds between looks. */
  readonly every?: number;
}

export class Retention {
  readonly #options: RetentionOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  start(): void {
    this.#later(Math.min(SOON_MS, this.#options.every ?? SOON_MS));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** One step; how many jobs went. */
  async step(): Promise<number> {
    const { store, artifacts, keep, now } = this.#options;
    const before = new Date(now() - keep.days * DAY_MS).toISOString();
    return store.prune({ keep: keep.jobs, before, most: MOST_AT_ONCE }, async (jobs) => {
      const left = jobs.flatMap(leftBy);
      if (left.length === 0) return;
      const driver = await artifacts();
      for (const { uri, sha256 } of left) await removeIf(driver, uri, sha256);
    });
  }

  #later(milliseconds: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#look();
    }, milliseconds).unref();
  }

  async #look(): Promise<void> {
    const { pruned, fault, every = EVERY_MS } = this.#options;
    let more = false;
    try {
      const gone = await this.step();
      if (gone > 0) pruned(gone);
      more = gone === MOST_AT_ONCE;
    } catch (error) {
      fault(error);
    }
    this.#later(more ? Math.min(SOON_MS, every) : every);
  }
}

/**
 * What a job left behind and nobody else would: what is kept here under an address of its own, which names it. An
 * address that jobs share belongs to the last of them.
 */
function leftBy({ job_id, end }: JobRecord): readonly { readonly uri: string; readonly sha256: string }[] {
  return (end?.result?.artifacts ?? []).filter(
    ({ uri }) => uri.startsWith('aln+ns://') && uri.split(/[/.]/).includes(job_id),
  );
}

async function removeIf(
  driver: Pick<StreamingDriver, 'stat' | 'remove'>,
  uri: string,
  sha256: string,
): Promise<void> {
  try {
    if ((await driver.stat(uri)).sha256 === sha256) await driver.remove(uri);
  } catch (error) {
    if (!isBitError(error, 'not-found')) throw error;
  }
}
