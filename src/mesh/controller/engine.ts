/**
 * The lifecycle at work: inputs in, outputs carried out. Writes of all inputs that arrive while the disk answers go to
 * it together, and what depends on them is said when it has. Where the store fails, nothing in memory is believed any
 * more: everything is loaded again, and peers begin with HELLO.
 */
import {
  type Input,
  type JobStanding,
  type Mesh,
  type MeshOptions,
  type Moment,
  type Output,
  openMesh,
  type Peer,
  type Said,
  type Scale,
  step,
  type Write,
  wakeAt,
} from '../lifecycle/index.ts';
import type { Membership, MeshStore } from '../store/index.ts';

export interface EngineOptions {
  readonly store: MeshStore;
  readonly lifecycle: Partial<MeshOptions>;
  /** This controller among others. */
  readonly name: string;
  readonly clock: { now(): number; monotonic(): number };
  readonly send: (to: Peer, said: Said, re: string | undefined) => void;
  readonly close: (peer: Peer, reason: string) => void;
  readonly standing: (standing: JobStanding) => void;
  readonly scale: (scale: Scale) => void;
  /** Writes were made that told the ledger something. */
  readonly noted: (writes: readonly Write[]) => void;
  /** The store failed; everybody has to begin anew. `again` in milliseconds. */
  readonly lost: (error: unknown, again: number) => void;
  readonly fault: (error: unknown) => void;
}

const RELOAD_LEAST_MS = 100;
const RELOAD_MOST_MS = 10_000;

export class Engine {
  readonly #options: EngineOptions;
  #mesh: Mesh;
  #writes: Write[] = [];
  #committing = false;
  #scheduled = false;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #ready = false;
  #membership: Membership | undefined;
  #stopped = false;
  #delay = RELOAD_LEAST_MS;
  #leave: (() => Promise<void>) | undefined;
  #stopWatch: (() => Promise<void>) | undefined;
  #idle: (() => void) | undefined;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#mesh = openMesh({ ...options.lifecycle, claim_ms: options.store.claim_ms });
  }

  /** For who asks how things stand; changed by nobody but here. */
  get mesh(): Mesh {
    return this.#mesh;
  }

  /** What the store has is in memory. */
  get ready(): boolean {
    return this.#ready;
  }

  async start(): Promise<void> {
    const { store, name } = this.#options;
    await this.#load();
    const { stop } = await store.watch(({ jobs, runners }) => this.feed({ type: 'changed', jobs, runners }));
    this.#stopWatch = stop;
    const { leave } = await store.join(name, (membership) => {
      this.#membership = membership;
      this.feed({ type: 'standing', ...membership });
    });
    this.#leave = leave;
  }

  feed(input: Input): void {
    if (this.#stopped) return;
    let outputs: readonly Output[];
    try {
      outputs = step(this.#mesh, input, this.#moment());
    } catch (error) {
      this.#options.fault(error);
      return;
    }
    for (const output of outputs) this.#carryOut(output);
    this.#wake();
  }

  /** Takes no more input; what was given is written. */
  async stop(): Promise<void> {
    if (this.#committing || this.#writes.length > 0)
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#stopWatch?.();
    await this.#leave?.();
  }

  #carryOut(output: Output): void {
    const { send, close, standing, scale } = this.#options;
    switch (output.kind) {
      case 'persist':
        this.#writes.push(output.write);
        this.#schedule();
        return;
      case 'send':
        send(output.to, output.said, output.re);
        return;
      case 'standing':
        standing(output.standing);
        return;
      case 'load':
        void this.#find(output.job_id, output.again);
        return;
      case 'close':
        close(output.peer, output.reason);
        return;
      case 'scale':
        scale(output);
        return;
    }
  }

  /** After everything that is at hand was taken in, so that it shares one answer of the disk. */
  #schedule(): void {
    if (this.#scheduled || this.#committing) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      void this.#commit();
    });
  }

  async #commit(): Promise<void> {
    if (this.#committing || this.#writes.length === 0) return;
    const mesh = this.#mesh;
    const writes = this.#writes;
    this.#writes = [];
    this.#committing = true;
    try {
      const outcomes = await this.#options.store.commit(writes);
      this.#committing = false;
      // what failed meanwhile has another memory by now
      if (mesh === this.#mesh) this.feed({ type: 'stored', outcomes });
      if (writes.some(({ events }) => events.length > 0)) this.#options.noted(writes);
    } catch (error) {
      this.#committing = false;
      this.#lose(error);
    }
    if (this.#writes.length > 0) this.#schedule();
    else if (!this.#committing) this.#idle?.();
  }

  #lose(error: unknown): void {
    if (this.#stopped) return;
    this.#ready = false;
    this.#writes = [];
    this.#mesh = openMesh({ ...this.#options.lifecycle, claim_ms: this.#options.store.claim_ms });
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
    const delay = this.#delay;
    this.#delay = Math.min(delay * 2, RELOAD_MOST_MS);
    this.#options.lost(error, delay);
    setTimeout(() => {
      if (this.#stopped) return;
      this.#load().catch((again: unknown) => this.#lose(again));
    }, delay);
  }

  async #load(): Promise<void> {
    const { jobs, runners, mesh } = await this.#options.store.load();
    if (this.#stopped) return;
    this.feed({ type: 'load', jobs, runners, ...(mesh === undefined ? {} : { mesh }) });
    if (this.#membership !== undefined) this.feed({ type: 'standing', ...this.#membership });
    this.#ready = true;
    this.#delay = RELOAD_LEAST_MS;
  }

  async #find(jobId: string, again: Input): Promise<void> {
    try {
      const kept = await this.#options.store.job(jobId);
      this.feed({ type: 'loaded', job_id: jobId, ...(kept === undefined ? {} : { kept }), again });
    } catch (error) {
      this.#lose(error);
    }
  }

  #wake(): void {
    const at = wakeAt(this.#mesh);
    if (at === undefined || at >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    const wait = Math.min(Math.max(0, at - this.#options.clock.monotonic()), 0x7fffffff);
    this.#timer = setTimeout(() => {
      this.#timerAt = Number.POSITIVE_INFINITY;
      this.feed({ type: 'tick' });
    }, wait);
  }

  #moment(): Moment {
    const { clock } = this.#options;
    return { now: clock.monotonic(), wall: clock.now() };
  }
}
