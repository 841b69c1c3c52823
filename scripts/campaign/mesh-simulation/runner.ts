/** A runner that keeps to what `lifecycle/index.ts` asks of runners, and can be killed, cut off and late. */
import type { Input, Output } from '../../../src/mesh/lifecycle/index.ts';
import type { Controller, Session } from './controller.ts';
import { Clock, Violation, type World } from './world.ts';

type Send = Extract<Output, { kind: 'send' }>;
type End = Extract<Input, { type: 'result' }>['end'];

interface Work {
  readonly job_id: string;
  readonly fence: number;
  /** Of the lease, by the runner's own clock. */
  until: number;
  state: 'unsure' | 'working' | 'done';
  end?: End;
}

export interface RunnerSetting {
  readonly world: World;
  readonly drift: number;
  readonly lease_ms: number;
  readonly places: number;
  readonly controllers: readonly Controller[];
  /** Who works on what right now, in truth. */
  readonly working: Map<string, Set<string>>;
}

export class Runner {
  readonly name: string;
  up = false;
  readonly #setting: RunnerSetting;
  readonly #clock: Clock;
  #session: Session | undefined;
  #sessions = 0;
  #life = 0;
  #message = 0;
  #cutUntil = 0;
  /** When it sent a bid, by its message. */
  readonly #bids = new Map<string, number>();
  readonly #fences = new Map<string, number>();
  readonly #works = new Map<string, Work>();
  readonly #renewals = new Map<string, number>();

  constructor(name: string, setting: RunnerSetting) {
    this.name = name;
    this.#setting = setting;
    this.#clock = new Clock(setting.world, setting.drift);
  }

  start(): void {
    this.up = true;
    this.#life++;
    this.#connect();
    this.#beat(this.#life);
  }

  kill(): void {
    const { world } = this.#setting;
    world.note(() => `${this.name} is killed`);
    this.up = false;
    for (const work of this.#works.values()) this.#stop(work);
    this.#release();
    // Results not yet committed are on its disk; what it was doing is not.
    for (const [key, work] of this.#works) if (work.state !== 'done') this.#works.delete(key);
    this.#bids.clear();
    this.#fences.clear();
    this.#renewals.clear();
    this.#leave();
  }

  /** Nothing gets through for a while. */
  cut(milliseconds: number): void {
    this.#cutUntil = this.#setting.world.now + milliseconds;
  }

  closed(session: string): void {
    if (this.#session?.id !== session) return;
    this.#session = undefined;
    this.#retry();
  }

  #leave(): void {
    const { world } = this.#setting;
    const session = this.#session;
    this.#session = undefined;
    if (session === undefined) return;
    // The other side may never notice.
    if (world.calm || world.chance(0.7))
      world.after(world.between(0.5, 2000), () => {
        const { controller, id, life } = session;
        if (controller.life !== life || !controller.sessions.delete(id)) return;
        controller.take({ type: 'gone', peer: id });
      });
  }

  /** Its guard saw it end and what it did with it, and tells so; it may be late, or fail. */
  #release(): void {
    const { world, controllers } = this.#setting;
    const public_key = `key of ${this.name}`;
    const leases = [...this.#works.values()]
      .filter(({ state }) => state !== 'done')
      .map(({ job_id, fence }) => ({ job_id, fence, public_key }));
    if (leases.length === 0 || world.chance(0.3)) return;
    const controller = world.pick(controllers);
    world.after(world.between(50, 500), () =>
      world.carry(() => {
        if (controller.up) controller.take({ type: 'released', leases });
      }),
    );
  }

  #retry(): void {
    const { world } = this.#setting;
    const life = this.#life;
    world.after(world.between(5, 400), () => {
      if (this.up && this.#life === life && this.#session === undefined) this.#connect();
    });
  }

  #connect(): void {
    const { world, controllers, places } = this.#setting;
    const controller = world.pick(controllers);
    if (!controller.up || world.now < this.#cutUntil) {
      this.#retry();
      return;
    }
    const session = {
      id: `${this.name}#${++this.#sessions}`,
      runner: this,
      controller,
      life: controller.life,
    };
    this.#session = session;
    // an assignment answers a bid of its session
    this.#bids.clear();
    controller.sessions.set(session.id, session);
    const jobs = [...this.#works.values()].map(({ job_id, fence }) => ({ job_id, fence }));
    world.note(
      () => `${session.id} says HELLO to ${controller.name} with ${jobs.map(({ job_id }) => job_id).join()}`,
    );
    const runner = {
      runner_id: this.name,
      public_key: `key of ${this.name}`,
      persona: 'hybrid',
      capabilities: { build: [] },
      policies: [],
      max_concurrent_jobs: places,
    } as const;
    const hello: Input = {
      ...{ type: 'hello', peer: session.id, sent: this.#clock.read(), challenged: controller.now },
      ...{ runner, jobs },
    };
    let greeted = false;
    const greet = () => {
      if (controller.life !== session.life || !controller.sessions.has(session.id)) return;
      greeted = true;
      controller.take(hello);
    };
    // A connection that loses what is said on it is none: it is late, or heard twice, at the worst.
    world.after(!world.calm && world.chance(0.1) ? world.between(500, 9000) : world.between(0.2, 10), greet);
    if (!world.calm && world.chance(0.05)) world.after(world.between(1, 6000), greet);
    world.after(1500, () => {
      if (greeted || this.#session !== session) return;
      this.#leave();
      this.#retry();
    });
    world.after(15, () => this.#renew());
    for (const work of this.#works.values()) world.after(20, () => this.#report(work));
  }

  #say(input: Input): void {
    const session = this.#session;
    const { world } = this.#setting;
    if (session === undefined || world.now < this.#cutUntil) return;
    world.carry(() => {
      if (session.controller.life === session.life && session.controller.sessions.has(session.id))
        session.controller.take(input);
    });
  }

  hear(session: Session, { said, re }: Send): void {
    const { world } = this.#setting;
    // After a HELLO nothing from an earlier session counts.
    if (!this.up || this.#session !== session || world.now < this.#cutUntil) return;
    const peer = session.id;
    if (said.type === 'JOB_OFFER') {
      const { job_id } = said.payload;
      if (!world.calm && world.chance(0.05)) {
        this.#say({ type: 'decline', peer, job_id, code: world.pick(['busy', 'policy']), reason: 'no' });
        return;
      }
      const re = `M-${this.name}-${++this.#message}`;
      this.#bids.set(re, this.#clock.read());
      this.#say({
        type: 'bid',
        peer,
        re,
        job_id,
        ...(world.chance(0.5) && { terms: { eta_s: 1, cost_units: 1, confidence: 1 } }),
      });
    } else if (said.type === 'JOB_ASSIGN') {
      this.#assigned(peer, re ?? '', said.payload);
    } else if (said.type === 'LEASE_RENEWED') {
      const sent = this.#renewals.get(re ?? '');
      for (const { job_id, fence, lease_s } of said.payload.leases) {
        const work = this.#works.get(`${job_id} ${fence}`);
        if (work === undefined || sent === undefined) continue;
        work.until = Math.max(work.until, sent + lease_s * 1000);
        if (work.state === 'unsure' && work.until > this.#clock.read()) this.#begin(work);
      }
      for (const lost of said.payload.lost) this.#drop(lost.job_id, lost.fence);
    } else if (said.type === 'JOB_COMMITTED') {
      this.#drop(said.payload.job_id, said.payload.fence);
    } else if (said.type === 'JOB_CANCEL') {
      const work = this.#works.get(`${said.payload.job_id} ${said.payload.fence ?? 0}`);
      if (work?.state === 'working') this.#finish(work, { status: 'Cancelled' });
    }
  }

  #assigned(
    peer: string,
    re: string,
    { job_id, fence, lease_s }: { job_id: string; fence: number; lease_s: number },
  ): void {
    const { world } = this.#setting;
    if (fence <= (this.#fences.get(job_id) ?? 0)) return;
    const bid = this.#bids.get(re);
    this.#fences.set(job_id, fence);
    this.#bids.delete(re);
    if (bid === undefined || (!world.calm && world.chance(0.02))) {
      this.#say({ type: 'decline', peer, job_id, fence, code: 'busy', reason: 'no such bid' });
      return;
    }
    const work: Work = { job_id, fence, until: bid + lease_s * 1000, state: 'unsure' };
    this.#works.set(`${job_id} ${fence}`, work);
    if (this.#clock.read() < bid + lease_s * 500) this.#begin(work);
    else this.#renew();
  }

  #begin(work: Work): void {
    const { world, working } = this.#setting;
    const there = working.get(work.job_id) ?? new Set();
    working.set(work.job_id, there);
    there.add(this.name);
    work.state = 'working';
    world.note(() => `${this.name} works on ${work.job_id} ${work.fence}`);
    if (there.size > 1) throw new Violation(`${work.job_id} is worked on by ${[...there].join(' and ')}`);
    this.#guard(work);
    const long = world.chance(0.2) ? world.between(1000, 12_000) : world.between(5, 1500);
    const life = this.#life;
    world.after(long, () => {
      if (!this.up || this.#life !== life || work.state !== 'working' || !this.#has(work)) return;
      if (!world.calm && world.chance(0.08))
        this.#finish(work, { status: 'Failed', error: 'the sandbox broke' });
      else if (world.chance(0.1)) this.#finish(work, { status: 'Failed', exit_code: 1 });
      else this.#finish(work, { status: 'CompletedSuccessfully', exit_code: 0 });
    });
  }

  #has(work: Work): boolean {
    return this.#works.get(`${work.job_id} ${work.fence}`) === work;
  }

  /** Ends its work when its lease runs out by its own clock. */
  #guard(work: Work): void {
    this.#clock.at(work.until, () => {
      if (work.state !== 'working' || !this.#has(work)) return;
      if (this.#clock.read() >= work.until - 0.001) this.#drop(work.job_id, work.fence);
      else this.#guard(work);
    });
  }

  #stop(work: Work): void {
    if (work.state === 'working') this.#setting.working.get(work.job_id)?.delete(this.name);
  }

  #drop(job_id: string, fence: number): void {
    const key = `${job_id} ${fence}`;
    const work = this.#works.get(key);
    if (work === undefined) return;
    this.#stop(work);
    this.#works.delete(key);
  }

  #finish(work: Work, end: Pick<End, 'status'> & Partial<End>): void {
    this.#stop(work);
    work.state = 'done';
    const { job_id, fence } = work;
    work.end = {
      job_id,
      fence,
      idempotency_key: `${job_id}.${fence}.${this.name}`,
      metrics: {},
      artifacts: [],
      ...end,
    };
    this.#report(work);
  }

  #report(work: Work): void {
    if (work.end === undefined || !this.#has(work) || this.#session === undefined) return;
    this.#say({ type: 'result', peer: this.#session.id, re: `M-${++this.#message}`, end: work.end });
  }

  #renew(): void {
    if (this.#works.size === 0 || this.#session === undefined) return;
    const re = `M-${this.name}-${++this.#message}`;
    this.#renewals.set(re, this.#clock.read());
    const leases = [...this.#works.values()].map(({ job_id, fence }) => ({ job_id, fence }));
    this.#say({ type: 'renew', peer: this.#session.id, re, leases });
  }

  /** Every third of a lease: how it is, what it works on, what it waits for. */
  #beat(life: number): void {
    const { world, lease_ms } = this.#setting;
    if (!this.up || this.#life !== life) return;
    if (this.#session !== undefined) {
      const peer = this.#session.id;
      this.#say({ type: 'heartbeat', peer, load: world.dice.next(), draining: false });
      this.#renew();
      for (const work of this.#works.values()) this.#report(work);
      const gone =
        this.#session.controller.life !== this.#session.life || !this.#session.controller.sessions.has(peer);
      if (gone || (!world.calm && world.chance(0.02))) {
        this.#leave();
        this.#retry();
      }
    }
    this.#clock.at(this.#clock.read() + lease_ms / 3, () => this.#beat(life));
  }
}
