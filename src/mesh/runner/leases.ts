import { isBitError } from '../../kernel/errors.ts';
import type { Clock, Link } from '../channel/index.ts';
import type { ActiveJob } from './active-job.ts';
import type { Guard } from './guard/index.ts';

export interface LeasesOptions {
  /** What this runner works on, by the jobs' names. */
  readonly jobs: ReadonlyMap<string, ActiveJob>;
  readonly link: () => Link;
  readonly guard: Guard | undefined;
  readonly clock: Clock;
  readonly notice: (line: string) => void;
}

interface Held {
  readonly job_id: string;
  readonly fence: number;
}

/** Milliseconds between looks at what leases are left. */
const LOOK_MS = 200;
/** A job has ended, not only begun to, when its lease runs out: so long before it is killed. */
const KILL_MS = 1500;

/** The leases of a runner's jobs: renewed while somebody answers, and kept to where nobody does. */
export class Leases {
  readonly #options: LeasesOptions;
  readonly #look: NodeJS.Timeout;
  #renewal: NodeJS.Timeout | undefined;
  #leaseMs = 30_000;

  constructor(options: LeasesOptions) {
    this.#options = options;
    this.#look = setInterval(() => this.watch(), LOOK_MS);
  }

  /** @param leaseMs as this session's controller gives them */
  up(leaseMs: number): void {
    this.#leaseMs = leaseMs;
    clearInterval(this.#renewal);
    this.#renewal = setInterval(() => void this.renew(), Math.max(200, leaseMs / 3));
    void this.renew();
  }

  down(): void {
    clearInterval(this.#renewal);
  }

  close(): void {
    clearInterval(this.#look);
    clearInterval(this.#renewal);
  }

  /** One message for all. What is answered counts from when this was sent. */
  async renew(): Promise<void> {
    const { jobs, clock, guard } = this.#options;
    const link = this.#options.link();
    const leases = [...jobs.values()].map(({ id, fence }) => ({ job_id: id, fence }));
    if (leases.length === 0 || !link.open) return;
    const sent = clock.monotonic();
    try {
      const { payload } = await link.request('LEASE_RENEW', { leases }, { timeout_ms: this.#leaseMs });
      for (const { job_id, fence, lease_s } of payload.leases) {
        const job = jobs.get(job_id);
        if (job?.fence !== fence) continue;
        job.deadline = Math.max(job.deadline, sent + lease_s * 1000);
        guard?.until({ job_id, fence }, job.deadline);
      }
      for (const lost of payload.lost) this.lost(lost);
    } catch (error) {
      // the next one may get through; the deadline stands until one does
      if (!isBitError(error)) throw error;
    }
  }

  /** The controller says that a lease is over. */
  lost({ job_id, fence }: Held): void {
    const job = this.#options.jobs.get(job_id);
    if (job?.fence !== fence) return;
    // its result is on its way: the controller says of it too that it does not count
    if (!job.finished) job.end({ kind: 'lease', message: 'the controller says so' });
  }

  /** Ends what has no lease any more. */
  watch(): void {
    const { jobs, clock, notice } = this.#options;
    const now = clock.monotonic();
    const margin = Math.min(KILL_MS, this.#leaseMs / 5);
    for (const job of jobs.values()) {
      if (job.finished || job.signal.aborted || now < job.deadline - margin) continue;
      notice(`${job.id}: its lease runs out, and nobody renewed it`);
      job.end({ kind: 'lease', message: 'its lease ran out' });
    }
  }
}
