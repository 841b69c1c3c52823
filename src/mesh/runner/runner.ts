import { availableParallelism, loadavg } from 'node:os';
import { isBitError } from '../../kernel/errors.ts';
import { canonicalJson, type JsonObject } from '../../kernel/json.ts';
import { printable, shorten } from '../../kernel/text.ts';
import type { Signer } from '../../keys/index.ts';
import type { Channel, Clock, Link, LinkOptions } from '../channel/index.ts';
import { signPayload, TokenBucket, verifyPayload } from '../identity/index.ts';
import type { JobOffer, LedgerPosition, Message, MessageOf, PayloadOf } from '../protocol/types.ts';
import type { RunnerManifest } from '../settings/index.ts';
import { ActiveJob, endOf } from './active-job.ts';
import type { Capabilities, Resources } from './capabilities.ts';
import type { Estimates } from './estimate.ts';
import { executeJob } from './execute.ts';
import type { EndReason, Execution, Facilities } from './execution.ts';
import type { Gate } from './gate.ts';
import { LogSender } from './log-sender.ts';
import { declines } from './offers.ts';
import type { RunnerPlace } from './place.ts';
import { type KeptResult, Results } from './results.ts';
import type { JobSummary, RunnerStatus } from './status.ts';

/** How a runner's own ledger hears of its jobs. */
export interface JobRecorder {
  claimed(job: JobOffer, fence: number, controller: LedgerPosition | undefined): Promise<void>;
  /** An intent before the work, its outcome after it. */
  executed(job: JobOffer, fence: number, work: () => Promise<Execution>): Promise<Execution>;
  /** Returns where it stands. */
  result(
    job: JobOffer,
    fence: number,
    outcome: Execution & { readonly kind: 'ended' },
  ): Promise<LedgerPosition | undefined>;
  ledgerHolds(): boolean;
}

export interface RunnerOptions {
  readonly manifest: RunnerManifest;
  readonly capabilities: Capabilities;
  readonly gpus: number;
  /** What it has for all of its jobs together. */
  readonly resources: Resources;
  /** Root of the repository it serves. */
  readonly own: string | undefined;
  /** Why no job can be done at all. */
  readonly unable: string | undefined;
  readonly signer: Signer;
  /** The policies in force now. */
  readonly gate: () => Gate;
  readonly facilities: Omit<Facilities, 'preflight'>;
  readonly estimates: Estimates;
  readonly place: RunnerPlace;
  readonly recorder: JobRecorder;
  readonly clock: Clock;
  readonly open: (
    options: Pick<LinkOptions, 'hello' | 'take' | 'up' | 'down' | 'fault' | 'signer' | 'clock'>,
  ) => Link;
  readonly notice: (line: string) => void;
  readonly changed: (status: RunnerStatus) => void;
  /** A job of this runner has ended, and its result counts. */
  readonly committed: (link: Link, job: JobOffer, result: PayloadOf<'JOB_RESULT'>) => Promise<void>;
  readonly joined?: () => void;
  /** The controller does not let it in, for good. */
  readonly refused?: (why: Error) => void;
}

/** Milliseconds between looks at what leases are left. */
const LOOK_MS = 200;
/** A job has ended, not only begun to, when its lease runs out: so long before it is killed. */
const KILL_MS = 1500;
/** How long it takes at most until a bid is answered, if it is. */
const ANSWERED_MS = 2000;
/** How long a bid is remembered. */
const BID_MS = 60_000;
const FLUSH_MS = 30_000;
const ANSWER_MS = 15_000;
/** How long a result waits for a controller to come back. */
const RESULT_MS = 24 * 3600 * 1000;
/** Share of the messages a peer may send that logs take. */
const LOG_SHARE = 0.6;

interface Bid {
  /** Before it was sent: a lease is never longer than from then. */
  readonly at: number;
  readonly offer: JobOffer;
}

/** A runner on a mesh: what it answers, what it works on, what it owes. */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #link: Link;
  readonly #results: Results;
  readonly #jobs = new Map<string, ActiveJob>();
  /** Results of an earlier life of this runner, and of jobs that are over. */
  readonly #owed = new Map<string, KeptResult>();
  readonly #bids = new Map<string, Bid>();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #startedAt: string;
  readonly #idle: (() => void)[] = [];
  #pace: TokenBucket;
  #heartbeat: NodeJS.Timeout | undefined;
  #renewal: NodeJS.Timeout | undefined;
  #leaseMs = 30_000;
  #draining = false;
  #stopped = false;
  #trouble: string | undefined;
  #done = { succeeded: 0, failed: 0, declined: 0, lost: 0 };

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#startedAt = new Date(options.clock.now()).toISOString();
    this.#pace = new TokenBucket({ per_peer_rps: 5, burst: 20 }, options.clock.monotonic());
    this.#results = new Results(options.place.results);
    for (const kept of this.#results.all()) this.#owed.set(keyOf(kept.payload), kept);
    this.#link = options.open({
      signer: options.signer,
      clock: options.clock,
      hello: () => this.#hello(),
      take: (message, channel) => this.#take(message, channel),
      up: (channel, ack) => this.#up(channel, ack),
      down: (why, again) => this.#down(why, again),
      fault: (error) => options.notice(`fault: ${told(error)}`),
    });
    this.#timers.push(setInterval(() => this.#watchLeases(), LOOK_MS));
    this.#changed();
  }

  get link(): Link {
    return this.#link;
  }

  get status(): RunnerStatus {
    return this.#statusNow();
  }

  /** Takes no more jobs. Those it has go on. */
  drain(drain = true): void {
    if (this.#draining === drain) return;
    this.#draining = drain;
    this.#beat();
    this.#changed();
  }

  /** A bid is out that may be answered by an assignment any moment. */
  get bidding(): boolean {
    const now = this.#options.clock.monotonic();
    return this.#link.open && [...this.#bids.values()].some(({ at }) => now - at < ANSWERED_MS);
  }

  /** When nothing runs and nothing is owed. */
  async idle(): Promise<void> {
    while (this.#jobs.size > 0 || this.#owed.size > 0)
      await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Ends every job so that others can have it, and says so where somebody listens. */
  async stop(message: string, graceMs = 5000): Promise<void> {
    this.#draining = true;
    for (const job of this.#jobs.values()) job.end({ kind: 'stopped', message });
    await Promise.race([
      Promise.all([...this.#jobs.values()].map(({ done }) => done)).then(() => this.#settled(graceMs)),
      new Promise((resolve) => setTimeout(resolve, 2 * graceMs).unref()),
    ]);
    await this.close();
  }

  async close(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearInterval(timer);
    clearInterval(this.#heartbeat);
    clearInterval(this.#renewal);
    // nobody would end them any more
    const left = [...this.#jobs.values()];
    for (const job of left) {
      job.end({ kind: 'lease', message: 'the runner ended' });
      job.sender.end();
    }
    await Promise.all(left.map(({ done }) => done));
    await this.#link.close('the runner ends');
  }

  #settled(graceMs: number): Promise<void> {
    if (this.#owed.size === 0 || !this.#link.open) return Promise.resolve();
    return Promise.race([this.idle(), new Promise<void>((resolve) => setTimeout(resolve, graceMs).unref())]);
  }

  #hello(): ReturnType<LinkOptions['hello']> {
    const { manifest, capabilities, gate } = this.#options;
    const held = [...this.#jobs.values()].map(({ id, fence }) => ({ job_id: id, fence }));
    const owed = [...this.#owed.values()].map(({ payload: { job_id, fence } }) => ({ job_id, fence }));
    const known = new Set(held.map(keyOf));
    const { drivers } = manifest.storage;
    return {
      runner_id: manifest.id,
      role: 'runner',
      persona: manifest.persona,
      capabilities: Object.fromEntries(
        Object.entries(capabilities).map(([kind, names]) => [kind, [...names]]),
      ),
      storage: [
        ...new Set(Object.values(drivers).flatMap(({ scheme, roots }) => [scheme, ...(roots ?? [])])),
      ].slice(0, 16),
      policy_hash: gate().hash,
      policies: gate().packages.slice(0, 256),
      max_concurrent_jobs: manifest.maxConcurrentJobs,
      ...(manifest.profile === undefined ? {} : { profile: manifest.profile }),
      resources: { ...this.#options.resources },
      ...(manifest.priorityBias.length === 0 ? {} : { priority_bias: [...manifest.priorityBias] }),
      jobs: [...held, ...owed.filter((one) => !known.has(keyOf(one)))],
    };
  }

  #up(channel: Channel, ack: MessageOf<'HELLO_ACK'>): void {
    const { clock, notice } = this.#options;
    this.#trouble = undefined;
    this.#leaseMs = ack.lease_s * 1000;
    this.#bids.clear();
    const rates = ack.rates ?? { per_peer_rps: 10, burst: 50 };
    const share = {
      per_peer_rps: rates.per_peer_rps * LOG_SHARE,
      burst: Math.max(1, Math.floor(rates.burst * LOG_SHARE)),
    };
    this.#pace = new TokenBucket(share, clock.monotonic());
    notice(`joined ${channel.peer.id} at ${channel.remote.address}`);
    clearInterval(this.#heartbeat);
    clearInterval(this.#renewal);
    this.#heartbeat = setInterval(() => this.#beat(), Math.max(500, ack.heartbeat_s * 1000));
    this.#renewal = setInterval(() => void this.#renew(), Math.max(200, this.#leaseMs / 3));
    this.#beat();
    void this.#renew();
    this.#options.joined?.();
    for (const job of this.#jobs.values()) {
      job.sender.rewind();
      if (!job.finished) this.#tellState(job);
    }
    for (const kept of this.#owed.values()) void this.#deliver(kept);
    this.#changed();
  }

  #down(why: Error, again: number | undefined): void {
    clearInterval(this.#heartbeat);
    clearInterval(this.#renewal);
    this.#trouble = why.message;
    const next = again === undefined ? 'not again' : `again in ${Math.max(1, Math.round(again / 1000))} s`;
    if (!this.#stopped) this.#options.notice(`no connection: ${told(why)}; ${next}`);
    if (again === undefined && !this.#stopped) this.#options.refused?.(why);
    this.#changed();
  }

  async #take(message: Message, channel: Channel): Promise<void> {
    // an earlier session has no say any more
    if (channel !== this.#link.channel) return;
    switch (message.type) {
      case 'JOB_OFFER':
        this.#offered(message);
        return;
      case 'JOB_ASSIGN':
        await this.#assigned(message, channel);
        return;
      case 'JOB_CANCEL':
        this.#cancelled(message);
        return;
      case 'JOB_LOG_ACK': {
        const job = this.#jobs.get(message.payload.job_id);
        if (job?.fence === message.payload.fence) job.sender.acknowledged(message.payload.offset);
        return;
      }
      case 'JOB_COMMITTED':
        await this.#committed(message.payload);
        return;
      case 'LEASE_RENEWED':
        for (const lost of message.payload.lost) this.#lost(lost, 'the controller says so');
        return;
      case 'MESH_DRAIN':
        this.drain(message.payload.drain);
        channel.send('ACK', {}, message.msg_id);
        return;
      case 'POLICY_QUERY': {
        const { package: name, rule } = message.payload;
        const gate = this.#options.gate();
        const { result, explanation } = gate.answer(message.payload);
        channel.send(
          'POLICY_ANSWER',
          {
            package: name,
            rule,
            policy_hash: gate.hash,
            ...(result === undefined ? {} : { result }),
            ...(explanation === undefined
              ? {}
              : { explanation: explanation.map((line) => shorten(line, 2000)) }),
          },
          message.msg_id,
        );
        return;
      }
      case 'ERROR':
        this.#wrong(message.payload);
        return;
      default:
        return;
    }
  }

  #offered(offer: MessageOf<'JOB_OFFER'>): void {
    const { manifest, capabilities, gpus, own, unable, gate, estimates, clock } = this.#options;
    const { job_id } = offer.payload;
    const active = this.#running();
    const standing = {
      manifest,
      capabilities,
      gpus,
      own,
      unable,
      active,
      gate: gate(),
      draining: this.#draining,
    };
    const decline = declines(offer, standing);
    if (decline !== undefined) {
      this.#done.declined++;
      this.#link.send(
        'JOB_DECLINE',
        { job_id, ...decline, reason: shorten(decline.reason, 2000) },
        offer.msg_id,
      );
      return;
    }
    const terms = estimates.terms(offer.payload, { load: this.#load(), bias: manifest.priorityBias });
    const at = clock.monotonic();
    this.#bids.set(job_id, { at, offer: offer.payload });
    this.#link.send('JOB_BID', { job_id, ...terms }, offer.msg_id);
    for (const [id, bid] of this.#bids) if (at - bid.at > BID_MS) this.#bids.delete(id);
  }

  async #assigned({ payload }: MessageOf<'JOB_ASSIGN'>, channel: Channel): Promise<void> {
    const { manifest, clock, notice } = this.#options;
    const { job_id, fence, job } = payload;
    const bid = this.#bids.get(job_id);
    const decline = (code: PayloadOf<'JOB_DECLINE'>['code'], reason: string): void => {
      this.#done.declined++;
      notice(`${job_id}: declined: ${reason}`);
      this.#link.send('JOB_DECLINE', { job_id, fence, code, reason });
    };
    if (payload.runner_id !== manifest.id || !verifyPayload('JOB_ASSIGN', payload, channel.peer.public_key))
      return decline('policy', 'the assignment is not signed by the controller, or not for this runner');
    const before = this.#jobs.get(job_id);
    if (before?.fence === fence) return;
    if (bid === undefined) return decline('busy', 'it answers no bid of this session');
    this.#bids.delete(job_id);
    // what was allowed is what was offered
    if (canonicalJson(job as unknown as JsonObject) !== canonicalJson(bid.offer as unknown as JsonObject))
      return decline('policy', 'what is assigned is not what was offered');
    if (this.#draining) return decline('draining', 'takes no more jobs');
    if (this.#running() - (before === undefined ? 0 : 1) >= manifest.maxConcurrentJobs)
      return decline('busy', 'works on others by now');
    if (before !== undefined) {
      before.end({ kind: 'lease', message: 'a later lease took its place' });
      await before.done;
    }
    const deadline = bid.at + payload.lease_s * 1000;
    const active = new ActiveJob({
      assignment: { job, fence, attempt: payload.attempt, token: payload.checkout?.token },
      jobs: this.#options.place.jobs,
      mostLog: manifest.limits.logBytes,
      deadline,
      now: () => new Date(clock.now()),
      sender: (log) =>
        new LogSender({
          jobId: job_id,
          fence,
          log,
          link: () => this.#link,
          pace: () => this.#pace,
          monotonic: clock.monotonic,
        }),
    });
    this.#jobs.set(job_id, active);
    // where much of the lease went by since the bid, it is not begun on what is left
    if (deadline - clock.monotonic() < (payload.lease_s * 1000) / 2) await this.#renew();
    active.done = this.#work(active, payload.ledger).catch((error: unknown) => {
      notice(`${job_id}: fault: ${told(error)}`);
      this.#release(active);
    });
    this.#changed();
  }

  async #work(job: ActiveJob, controller: LedgerPosition | undefined): Promise<void> {
    const { recorder, facilities, estimates, gate, notice, signer, clock } = this.#options;
    const { assignment, id, fence } = job;
    const { job: offer } = assignment;
    notice(`${id}: ${describe(offer)}, attempt ${assignment.attempt}`);
    const claim = recorder.claimed(offer, fence, controller);
    claim.catch(() => undefined);
    const preflight: Facilities['preflight'] = (given) =>
      gate().preflight({ ...given, ledgerHolds: recorder.ledgerHolds() });
    const execution = await this.#recorded(offer, fence, async () => {
      await claim;
      return executeJob(
        assignment,
        { ...facilities, preflight },
        {
          place: job.place,
          signal: job.signal,
          log: job.log,
          onState: (state) => {
            job.state = state;
            this.#tellState(job);
          },
          onRoom: (heldBy) => {
            job.heldBy = heldBy;
            this.#changed();
          },
        },
      );
    });
    if (execution.kind === 'abandoned') {
      this.#done.lost++;
      notice(`${id}: its lease is over, and it is ended`);
      return this.#release(job);
    }
    if (execution.kind === 'declined') {
      this.#done.declined++;
      const reason = execution.reasons.join('; ');
      notice(`${id}: declined: ${reason}`);
      this.#link.send('JOB_DECLINE', { job_id: id, fence, code: 'preflight', reason: shorten(reason, 2000) });
      return this.#release(job);
    }
    const { outcome } = execution;
    estimates.learn(offer, outcome.seconds, outcome.exitCode !== undefined, clock.now());
    if (outcome.exitCode === 0) this.#done.succeeded++;
    else this.#done.failed++;
    notice(
      `${id}: ${outcome.status} after ${outcome.seconds} s${outcome.error === undefined ? '' : `: ${outcome.error}`}`,
    );
    const position = await recorder.result(offer, fence, execution);
    const stopped = (job.signal.reason as EndReason | undefined)?.kind === 'stopped';
    await job.sender.flush(stopped ? 1000 : FLUSH_MS);
    const payload = signPayload('JOB_RESULT', endOf(job, execution, position), signer);
    const kept: KeptResult = { payload, job: offer, at: clock.now() };
    this.#results.keep(kept);
    this.#owed.set(keyOf(payload), kept);
    job.finished = true;
    this.#changed();
    void this.#deliver(kept);
  }

  /** What a policy says of the job as an operation of this machine's counts as its own refusal. */
  async #recorded(job: JobOffer, fence: number, work: () => Promise<Execution>): Promise<Execution> {
    try {
      return await this.#options.recorder.executed(job, fence, work);
    } catch (error) {
      if (isBitError(error, 'denied')) return { kind: 'declined', reasons: [error.message] };
      throw error;
    }
  }

  /** Until the controller says that it counts, or never will. */
  async #deliver(kept: KeptResult): Promise<void> {
    const { payload } = kept;
    const key = keyOf(payload);
    const { clock, notice } = this.#options;
    while (!this.#stopped && this.#owed.get(key) === kept && this.#link.open) {
      if (clock.now() - kept.at > RESULT_MS) {
        notice(`${payload.job_id}: nobody wanted its result for a day`);
        this.#settle(payload);
        return;
      }
      try {
        const answer = await this.#link.request('JOB_RESULT', payload, { timeout_ms: ANSWER_MS });
        await this.#committed(answer.payload);
        return;
      } catch (error) {
        if (!isBitError(error)) throw error;
        const { mesh } = error.details;
        if (mesh === 'stale-fence' || mesh === 'not-found' || mesh === 'conflict' || mesh === 'forbidden') {
          notice(`${payload.job_id}: its result does not count: ${told(error)}`);
          this.#settle(payload);
          return;
        }
        // down: it goes out again when there is a session; else the same is asked again
        if (!this.#link.open) return;
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    }
  }

  async #committed({ job_id, fence, committed, reason }: PayloadOf<'JOB_COMMITTED'>): Promise<void> {
    const kept = this.#owed.get(keyOf({ job_id, fence }));
    if (kept === undefined) return;
    this.#settle({ job_id, fence });
    if (!committed) {
      this.#options.notice(
        `${job_id}: its result does not count${reason === undefined ? '' : `: ${reason}`}`,
      );
      return;
    }
    try {
      await this.#options.committed(this.#link, kept.job, kept.payload);
    } catch (error) {
      this.#options.notice(`${job_id}: after its end: ${told(error)}`);
    }
  }

  /** Nothing of it is owed any more. */
  #settle(one: { readonly job_id: string; readonly fence: number }): void {
    this.#owed.delete(keyOf(one));
    this.#results.forget(one.job_id, one.fence);
    const job = this.#jobs.get(one.job_id);
    if (job?.fence === one.fence) this.#release(job);
    else this.#changed();
  }

  #release(job: ActiveJob): void {
    if (this.#jobs.get(job.id) === job) this.#jobs.delete(job.id);
    try {
      job.dispose();
    } catch (error) {
      this.#options.notice(`${job.id}: its folder stays: ${told(error)}`);
    }
    this.#changed();
    this.#beat();
  }

  #cancelled({ payload, msg_id }: MessageOf<'JOB_CANCEL'>): void {
    const job = this.#jobs.get(payload.job_id);
    if (job !== undefined && (payload.fence === undefined || payload.fence === job.fence)) {
      const why = payload.reason === '' ? '' : `: ${printable(payload.reason)}`;
      job.end({ kind: 'cancelled', message: `it was cancelled${why}` });
    }
    this.#link.send('ACK', {}, msg_id);
  }

  #wrong({ code, message, job_id, retry_after_ms }: PayloadOf<'ERROR'>): void {
    if (code === 'rate-limited') {
      for (const job of this.#jobs.values()) job.sender.rewind(retry_after_ms ?? 1000);
      return;
    }
    this.#options.notice(`the controller says: ${code}: ${printable(message)}`);
    const job = job_id === undefined ? undefined : this.#jobs.get(job_id);
    if (code === 'stale-fence' && job !== undefined && !job.finished)
      job.end({ kind: 'lease', message: 'the controller says so' });
  }

  /** One message for all. What is answered counts from when this was sent. */
  async #renew(): Promise<void> {
    const leases = [...this.#jobs.values()].map(({ id, fence }) => ({ job_id: id, fence }));
    if (leases.length === 0 || !this.#link.open) return;
    const { clock } = this.#options;
    const sent = clock.monotonic();
    try {
      const { payload } = await this.#link.request('LEASE_RENEW', { leases }, { timeout_ms: this.#leaseMs });
      for (const { job_id, fence, lease_s } of payload.leases) {
        const job = this.#jobs.get(job_id);
        if (job?.fence === fence) job.deadline = Math.max(job.deadline, sent + lease_s * 1000);
      }
      for (const lost of payload.lost) this.#lost(lost, 'the controller says so');
    } catch (error) {
      // the next one may get through; the deadline stands until one does
      if (!isBitError(error)) throw error;
    }
  }

  #lost({ job_id, fence }: { readonly job_id: string; readonly fence: number }, why: string): void {
    const job = this.#jobs.get(job_id);
    if (job?.fence !== fence) return;
    // its result is on its way: the controller says of it too that it does not count
    if (!job.finished) job.end({ kind: 'lease', message: why });
  }

  #watchLeases(): void {
    const now = this.#options.clock.monotonic();
    const margin = Math.min(KILL_MS, this.#leaseMs / 5);
    for (const job of this.#jobs.values()) {
      if (job.finished || job.signal.aborted || now < job.deadline - margin) continue;
      this.#options.notice(`${job.id}: its lease runs out, and nobody renewed it`);
      job.end({ kind: 'lease', message: 'its lease ran out' });
    }
  }

  #tellState(job: ActiveJob): void {
    const { id, fence, state, assignment } = job;
    const runner_id = this.#options.manifest.id;
    this.#link.send('JOB_STATE', {
      ...{ job_id: id, fence, state, standard: 'Running' as const, runner_id },
      attempt: assignment.attempt,
    });
    this.#changed();
  }

  #beat(): void {
    if (!this.#link.open) return;
    this.#link.heartbeat({
      jobs_active: this.#running(),
      load: Math.round(this.#load() * 1000) / 1000,
      ...(this.#draining ? { draining: true } : {}),
    });
  }

  #running(): number {
    return [...this.#jobs.values()].filter(({ finished }) => !finished).length;
  }

  /** Of the machine, per core; at least as much of this runner's places as are taken. */
  #load(): number {
    const [minute = 0] = loadavg();
    const taken = this.#running() / this.#options.manifest.maxConcurrentJobs;
    return Math.min(1024, Math.max(minute / availableParallelism(), taken));
  }

  #changed(): void {
    if (this.#jobs.size === 0 && this.#owed.size === 0) for (const wake of this.#idle.splice(0)) wake();
    this.#options.changed(this.#statusNow());
  }

  #statusNow(): RunnerStatus {
    const { manifest, capabilities, signer } = this.#options;
    const channel = this.#link?.channel;
    const jobs = [...this.#jobs.values()].map(
      (job): JobSummary => ({
        jobId: job.id,
        fence: job.fence,
        repo: job.assignment.job.repo,
        task: describe(job.assignment.job),
        state: job.finished ? 'Finished' : job.state,
        startedAt: job.startedAt,
        heldBy: job.heldBy,
      }),
    );
    return {
      pid: process.pid,
      id: manifest.id,
      publicKey: signer.publicKey,
      persona: manifest.persona,
      capabilities,
      state: channel === undefined ? 'connecting' : this.#draining ? 'draining' : 'joined',
      controller: channel === undefined ? null : { id: channel.peer.id, address: channel.remote.address },
      trouble: this.#trouble ?? null,
      startedAt: this.#startedAt,
      maxConcurrentJobs: manifest.maxConcurrentJobs,
      jobs,
      owed: this.#owed.size,
      done: { ...this.#done },
    };
  }
}

function keyOf({ job_id, fence }: { readonly job_id: string; readonly fence: number }): string {
  return `${job_id}.${fence}`;
}

function describe({ task, repo }: JobOffer): string {
  const what =
    task?.kind === 'workflow'
      ? `workflow ${task.workflow}${task.job === undefined ? '' : `, job ${task.job}`}`
      : (task?.argv.join(' ') ?? '');
  return printable(shorten(`${what} of ${repo}`, 200));
}

function told(error: unknown): string {
  return printable(shorten(error instanceof Error ? error.message : String(error), 300));
}
