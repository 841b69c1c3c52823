import { isBitError } from '../../kernel/errors.ts';
import type { Clock, Link } from '../channel/index.ts';
import type { PayloadOf } from '../protocol/types.ts';
import { keyOf, told } from './describe.ts';
import type { KeptResult, Results } from './results.ts';

export interface DeliveryOptions {
  readonly results: Results;
  readonly link: () => Link;
  readonly clock: Clock;
  readonly notice: (line: string) => void;
  /** Nothing of this lease is owed any more. */
  readonly settled: (one: Lease) => void;
  readonly committed: (kept: KeptResult) => Promise<void>;
}

interface Lease {
  readonly job_id: string;
  readonly fence: number;
}

const ANSWER_MS = 15_000;
const AGAIN_MS = 1000;
/** How long a result waits for a controller to come back. */
const RESULT_MS = 24 * 3600 * 1000;
/** What says that a result never counts. */
const FINAL = new Set(['stale-fence', 'not-found', 'conflict', 'forbidden']);

/** Results on their way: kept on disk until the controller says that they count, or never will. */
export class Delivery {
  readonly #options: DeliveryOptions;
  /** Of an earlier life of this runner too. */
  readonly #owed = new Map<string, KeptResult>();
  #stopped = false;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    for (const kept of options.results.all()) this.#owed.set(keyOf(kept.payload), kept);
  }

  get size(): number {
    return this.#owed.size;
  }

  get leases(): readonly Lease[] {
    return [...this.#owed.values()].map(({ payload: { job_id, fence } }) => ({ job_id, fence }));
  }

  /** On disk when this returns. */
  keep(kept: KeptResult): void {
    this.#options.results.keep(kept);
    this.#owed.set(keyOf(kept.payload), kept);
  }

  /** There is a session: everything goes out once more. */
  resume(): void {
    for (const kept of this.#owed.values()) void this.send(kept);
  }

  /** Until the controller says that it counts, or never will. */
  async send(kept: KeptResult): Promise<void> {
    const { payload } = kept;
    const key = keyOf(payload);
    const { clock, notice, link } = this.#options;
    while (!this.#stopped && this.#owed.get(key) === kept && link().open) {
      if (clock.now() - kept.at > RESULT_MS) {
        notice(`${payload.job_id}: nobody wanted its result for a day`);
        this.#settle(payload);
        return;
      }
      try {
        const answer = await link().request('JOB_RESULT', payload, { timeout_ms: ANSWER_MS });
        await this.answered(answer.payload);
        return;
      } catch (error) {
        if (!isBitError(error)) throw error;
        if (FINAL.has(String(error.details['mesh']))) {
          notice(`${payload.job_id}: its result does not count: ${told(error)}`);
          this.#settle(payload);
          return;
        }
        // down: it goes out again when there is a session; else the same is asked again
        if (!link().open) return;
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  }

  async answered({ job_id, fence, committed, reason }: PayloadOf<'JOB_COMMITTED'>): Promise<void> {
    const kept = this.#owed.get(keyOf({ job_id, fence }));
    if (kept === undefined) return;
    this.#settle({ job_id, fence });
    const { notice } = this.#options;
    if (!committed) {
      notice(`${job_id}: its result does not count${reason === undefined ? '' : `: ${reason}`}`);
      return;
    }
    try {
      await this.#options.committed(kept);
    } catch (error) {
      notice(`${job_id}: after its end: ${told(error)}`);
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  #settle(one: Lease): void {
    this.#owed.delete(keyOf(one));
    this.#options.results.forget(one.job_id, one.fence);
    this.#options.settled(one);
  }
}
