import { printable, shorten } from '../../kernel/text.ts';
import type { Channel, Link } from '../channel/index.ts';
import { signPayload, type TokenBucket } from '../identity/index.ts';
import type { LedgerPosition, Message, MessageOf, PayloadOf } from '../protocol/types.ts';
import { type ActiveJob, endOf } from './active-job.ts';
import { judgeAssignment } from './assignment.ts';
import { beginJob } from './begin.ts';
import { Bids } from './bids.ts';
import { Delivery } from './delivery.ts';
import { describeJob, told } from './describe.ts';
import type { EndReason } from './execution.ts';
import { answerTo } from './gate.ts';
import { Leases } from './leases.ts';
import { loadOf, paceOfLogs } from './load.ts';
import { answerOffer } from './offers.ts';
import type { RunnerOptions } from './options.ts';
import { helloOf, statusOf } from './present.ts';
import { Results } from './results.ts';
import type { RunnerStatus } from './status.ts';
import { workOn } from './work.ts';

const FLUSH_MS = 30_000;

/** A runner on a mesh: what it answers, what it works on, what it owes. */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #link: Link;
  readonly #jobs = new Map<string, ActiveJob>();
  readonly #bids = new Bids();
  readonly #leases: Leases;
  readonly #delivery: Delivery;
  readonly #startedAt: string;
  readonly #idle: (() => void)[] = [];
  #pace: TokenBucket;
  #heartbeat: NodeJS.Timeout | undefined;
  #draining = false;
  #stopped = false;
  #trouble: string | undefined;
  #done = { succeeded: 0, failed: 0, declined: 0, lost: 0 };

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#startedAt = new Date(options.clock.now()).toISOString();
    this.#pace = paceOfLogs(undefined, options.clock.monotonic());
    const { clock, notice } = options;
    const link = (): Link => this.#link;
    this.#leases = new Leases({ jobs: this.#jobs, link, clock, notice, guard: options.guard });
    this.#delivery = new Delivery({
      ...{ results: new Results(options.place.results), link, clock, notice },
      settled: (one) => this.#settled(one),
      committed: ({ job, payload }) => options.committed(this.#link, job, payload),
    });
    this.#link = options.open({
      signer: options.signer,
      clock: options.clock,
      hello: () => helloOf(options, this.#jobs.values(), this.#delivery.leases),
      take: (message, channel) => this.#take(message, channel),
      up: (channel, ack) => this.#up(channel, ack),
      down: (why, again) => this.#down(why, again),
      fault: (error) => options.notice(`fault: ${told(error)}`),
    });
    this.#changed();
  }

  get link(): Link {
    return this.#link;
  }

  get status(): RunnerStatus {
    return statusOf(this.#options, {
      link: this.#link,
      jobs: this.#jobs.values(),
      draining: this.#draining,
      trouble: this.#trouble ?? null,
      startedAt: this.#startedAt,
      owed: this.#delivery.size,
      done: { ...this.#done },
    });
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
    return this.#link.open && this.#bids.waiting(this.#options.clock.monotonic());
  }

  /** When nothing runs and nothing is owed. */
  async idle(): Promise<void> {
    while (this.#jobs.size > 0 || this.#delivery.size > 0)
      await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Ends every job so that others can have it, and says so where somebody listens. */
  async stop(message: string, graceMs = 5000): Promise<void> {
    this.#draining = true;
    for (const job of this.#jobs.values()) job.end({ kind: 'stopped', message });
    await Promise.race([
      Promise.all([...this.#jobs.values()].map(({ done }) => done)).then(() => this.#delivered(graceMs)),
      new Promise((resolve) => setTimeout(resolve, 2 * graceMs).unref()),
    ]);
    await this.close();
  }

  async close(): Promise<void> {
    this.#stopped = true;
    this.#delivery.stop();
    this.#leases.close();
    clearInterval(this.#heartbeat);
    // nobody would end them any more
    const left = [...this.#jobs.values()];
    for (const job of left) {
      job.end({ kind: 'lease', message: 'the runner ended' });
      job.sender.end();
    }
    await Promise.all(left.map(({ done }) => done));
    await this.#link.close('the runner ends');
  }

  #delivered(graceMs: number): Promise<void> {
    if (this.#delivery.size === 0 || !this.#link.open) return Promise.resolve();
    return Promise.race([this.idle(), new Promise<void>((resolve) => setTimeout(resolve, graceMs).unref())]);
  }

  #up(channel: Channel, ack: MessageOf<'HELLO_ACK'>): void {
    const { clock, notice } = this.#options;
    this.#trouble = undefined;
    this.#bids.clear();
    this.#pace = paceOfLogs(ack.rates, clock.monotonic());
    const { address, secure, endPoint } = channel.remote;
    this.#options.guard?.controller(`${secure ? 'wss' : 'ws'}://${address}`, endPoint);
    notice(`joined ${channel.peer.id} at ${address}`);
    clearInterval(this.#heartbeat);
    this.#heartbeat = setInterval(() => this.#beat(), Math.max(500, ack.heartbeat_s * 1000));
    this.#beat();
    this.#leases.up(ack.lease_s * 1000);
    this.#options.joined?.();
    for (const job of this.#jobs.values()) {
      job.sender.rewind();
      if (!job.finished) this.#tellState(job);
    }
    this.#delivery.resume();
    this.#changed();
  }

  #down(why: Error, again: number | undefined): void {
    clearInterval(this.#heartbeat);
    this.#leases.down();
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
        await this.#delivery.answered(message.payload);
        return;
      case 'LEASE_RENEWED':
        for (const lost of message.payload.lost) this.#leases.lost(lost);
        return;
      case 'MESH_DRAIN':
        this.drain(message.payload.drain);
        channel.send('ACK', {}, message.msg_id);
        return;
      case 'POLICY_QUERY':
        channel.send('POLICY_ANSWER', answerTo(message.payload, this.#options.gate()), message.msg_id);
        return;
      case 'ERROR':
        this.#wrong(message.payload);
        return;
      default:
        return;
    }
  }

  #offered(offer: MessageOf<'JOB_OFFER'>): void {
    const { job_id } = offer.payload;
    const answer = answerOffer(offer, {
      ...this.#options,
      ...{ gate: this.#options.gate(), active: this.#running(), draining: this.#draining },
    });
    if (answer.kind === 'declined') {
      this.#done.declined++;
      this.#link.send('JOB_DECLINE', { job_id, ...answer.decline }, offer.msg_id);
      return;
    }
    const at = this.#options.clock.monotonic();
    const id = this.#link.send('JOB_BID', { job_id, ...answer.terms }, offer.msg_id);
    if (id !== undefined) this.#bids.add(id, { at, offer: offer.payload });
  }

  async #assigned({ payload, re }: MessageOf<'JOB_ASSIGN'>, channel: Channel): Promise<void> {
    const { manifest, clock, notice } = this.#options;
    const { job_id, fence } = payload;
    const before = this.#jobs.get(job_id);
    const judged = judgeAssignment(payload, re, {
      runnerId: manifest.id,
      controller: channel.peer.public_key,
      bids: this.#bids,
      now: clock.monotonic(),
      draining: this.#draining,
      full: this.#running() - (before === undefined ? 0 : 1) >= manifest.maxConcurrentJobs,
    });
    if (judged.kind === 'stale') return;
    if (judged.kind === 'declined') {
      this.#done.declined++;
      notice(`${job_id}: declined: ${judged.reason}`);
      const { code, reason } = judged;
      this.#link.send('JOB_DECLINE', { job_id, fence, code, reason });
      return;
    }
    const { bid } = judged;
    if (before !== undefined) {
      before.end({ kind: 'lease', message: 'a later lease took its place' });
      await before.done;
    }
    const deadline = bid.at + payload.lease_s * 1000;
    const active = beginJob(payload, {
      ...{ place: this.#options.place, mostLog: manifest.limits.logBytes, deadline, clock },
      link: () => this.#link,
      pace: () => this.#pace,
    });
    this.#jobs.set(job_id, active);
    this.#options.guard?.hold({ job_id, fence }, deadline);
    // where much of the lease went by since the bid, it is not begun on what is left
    if (deadline - clock.monotonic() < (payload.lease_s * 1000) / 2) await this.#leases.renew();
    active.done = this.#work(active, payload.ledger).catch((error: unknown) => {
      notice(`${job_id}: fault: ${told(error)}`);
      this.#release(active);
    });
    this.#changed();
  }

  async #work(job: ActiveJob, controller: LedgerPosition | undefined): Promise<void> {
    const { recorder, estimates, notice, signer, clock } = this.#options;
    const { assignment, id, fence } = job;
    const { job: offer } = assignment;
    notice(`${id}: ${describeJob(offer)}, attempt ${assignment.attempt}`);
    const execution = await workOn(job, controller, this.#options, {
      onState: (state) => {
        job.state = state;
        this.#tellState(job);
      },
      onRoom: ({ heldBy = {}, found }) => {
        job.heldBy = heldBy;
        if (found !== undefined) this.#options.guard?.room({ job_id: id, fence }, found);
        this.#leases.watch();
        this.#changed();
      },
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
    const kept = { payload, job: offer, at: clock.now() };
    this.#options.guard?.drop(payload);
    this.#delivery.keep(kept);
    job.finished = true;
    this.#changed();
    void this.#delivery.send(kept);
  }

  /** Nothing of it is owed any more. */
  #settled(one: { readonly job_id: string; readonly fence: number }): void {
    const job = this.#jobs.get(one.job_id);
    if (job?.fence === one.fence) this.#release(job);
    else this.#changed();
  }

  #release(job: ActiveJob): void {
    if (this.#jobs.get(job.id) === job) this.#jobs.delete(job.id);
    this.#options.guard?.drop({ job_id: job.id, fence: job.fence });
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

  #tellState(job: ActiveJob): void {
    const { id: job_id, fence, state, assignment } = job;
    const { attempt } = assignment;
    const runner_id = this.#options.manifest.id;
    this.#link.send('JOB_STATE', { job_id, fence, state, standard: 'Running', runner_id, attempt });
    this.#changed();
  }

  #beat(): void {
    if (!this.#link.open) return;
    this.#link.heartbeat({
      jobs_active: this.#running(),
      load: Math.round(loadOf(this.#running(), this.#options.manifest.maxConcurrentJobs) * 1000) / 1000,
      ...(this.#draining ? { draining: true } : {}),
    });
  }

  #running(): number {
    return [...this.#jobs.values()].filter(({ finished }) => !finished).length;
  }

  #changed(): void {
    if (this.#jobs.size === 0 && this.#delivery.size === 0) for (const wake of this.#idle.splice(0)) wake();
    this.#options.changed(this.status);
  }
}
