/**
 * Who follows a job: its output from where they stand, then states in their order. Everything is read back from the
 * store, a page at a time and no faster than the watcher takes it, so a slow one costs nothing but its page.
 */
import type { PeerChannel } from '../channel/index.ts';
import type { JobStanding } from '../lifecycle/index.ts';
import type { PayloadOf } from '../protocol/index.ts';
import type { MeshStore } from '../store/index.ts';

const PAGE_BYTES = 256 * 1024;
const ENDED: ReadonlySet<string> = new Set(['CompletedSuccessfully', 'Failed', 'Cancelled']);

interface Watcher {
  readonly channel: PeerChannel;
  readonly job: string;
  readonly logs: boolean;
  /** It asked for the log of one lease and no other. */
  readonly fixed: boolean;
  fence: number | undefined;
  offset: number;
  /** States not told yet. */
  readonly states: JobStanding[];
  latest: JobStanding;
  running: boolean;
  again: boolean;
}

export class Watchers {
  readonly #logs: MeshStore['logs'];
  readonly #fault: (error: unknown) => void;
  readonly #byJob = new Map<string, Set<Watcher>>();
  #count = 0;

  constructor(logs: MeshStore['logs'], fault: (error: unknown) => void) {
    this.#logs = logs;
    this.#fault = fault;
  }

  get count(): number {
    return this.#count;
  }

  /** Whether anybody follows the job. */
  has(job: string): boolean {
    return this.#byJob.has(job);
  }

  /** Begins with what is kept, then tells the state once more: everything until then has been said. */
  add(channel: PeerChannel, asked: PayloadOf<'JOB_WATCH'>, standing: JobStanding): void {
    const watcher: Watcher = {
      channel,
      job: asked.job_id,
      logs: asked.logs,
      fixed: asked.fence !== undefined,
      fence: asked.fence ?? standing.fence,
      offset: asked.offset,
      states: [standing],
      latest: standing,
      running: false,
      again: false,
    };
    const others = this.#byJob.get(watcher.job);
    if (others === undefined) this.#byJob.set(watcher.job, new Set([watcher]));
    else others.add(watcher);
    this.#count += 1;
    void channel.closed.then(() => this.#drop(watcher));
    this.#pump(watcher);
  }

  standing(standing: JobStanding): void {
    for (const watcher of this.#byJob.get(standing.job_id) ?? []) {
      watcher.states.push(standing);
      watcher.latest = standing;
      this.#pump(watcher);
    }
  }

  /** There is more output. */
  output(job: string): void {
    for (const watcher of this.#byJob.get(job) ?? []) this.#pump(watcher);
  }

  #drop(watcher: Watcher): void {
    const others = this.#byJob.get(watcher.job);
    if (others?.delete(watcher) !== true) return;
    this.#count -= 1;
    if (others.size === 0) this.#byJob.delete(watcher.job);
  }

  #pump(watcher: Watcher): void {
    if (watcher.running) {
      watcher.again = true;
      return;
    }
    watcher.running = true;
    this.#tell(watcher)
      .catch((error: unknown) => {
        this.#drop(watcher);
        this.#fault(error);
      })
      .finally(() => {
        watcher.running = false;
        if (!watcher.again) return;
        watcher.again = false;
        if (this.#byJob.get(watcher.job)?.has(watcher) === true) this.#pump(watcher);
      });
  }

  async #tell(watcher: Watcher): Promise<void> {
    const { channel, job } = watcher;
    for (;;) {
      await this.#tellOutput(watcher);
      const state = watcher.states.shift();
      if (state === undefined) return;
      channel.send('JOB_STATE', stateOf(state));
      // a later lease has a log of its own
      if (state.fence !== undefined && state.fence > (watcher.fence ?? 0) && !this.#stays(watcher)) {
        watcher.fence = state.fence;
        watcher.offset = 0;
      }
      if (ENDED.has(state.standard) && watcher.states.length === 0 && watcher.latest === state) {
        this.#drop(watcher);
        return;
      }
      if (channel.full) await channel.drained();
      if (!this.#byJob.has(job)) return;
    }
  }

  /** The log of an earlier lease was asked for: that one is shown, whatever comes after. */
  #stays({ fixed, latest, fence }: Watcher): boolean {
    return fixed && ENDED.has(latest.standard) && latest.fence !== fence;
  }

  async #tellOutput(watcher: Watcher): Promise<void> {
    const { channel, job, logs } = watcher;
    while (logs && watcher.fence !== undefined && channel.open) {
      const chunks = await this.#logs.read(job, watcher.fence, watcher.offset, PAGE_BYTES);
      if (chunks.length === 0) return;
      for (const { fence, offset, stream, data } of chunks) {
        channel.send('JOB_LOG', { job_id: job, fence, offset, stream, data });
        watcher.offset = offset + Buffer.byteLength(data);
        if (channel.full) await channel.drained();
      }
    }
  }
}

export function stateOf(standing: JobStanding): PayloadOf<'JOB_STATE'> {
  const { job_id, state, standard, attempt, fence, runner_id, reason } = standing;
  return {
    ...{ job_id, state, standard, attempt },
    ...(fence === undefined || fence < 1 ? {} : { fence }),
    ...(runner_id === undefined ? {} : { runner_id }),
    ...(reason === undefined ? {} : { reason: reason.slice(0, 2000) }),
  };
}
