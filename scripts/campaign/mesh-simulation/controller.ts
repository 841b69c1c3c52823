/** A controller: the machine under test, driven as `lifecycle/index.ts` says, that can be killed at any moment. */
import type { Input, Kept, Mesh, MeshOptions, Output, Write } from '../../../src/mesh/lifecycle/index.ts';
import type { Runner } from './runner.ts';
import type { Store, Watcher } from './store.ts';
import { Clock, Violation, type World } from './world.ts';

export type Lifecycle = typeof import('../../../src/mesh/lifecycle/index.ts');
type Send = Extract<Output, { kind: 'send' }>;

export interface Session {
  readonly id: string;
  readonly runner: Runner;
  readonly controller: Controller;
  /** Of the controller it is with; another one knows nothing of it. */
  readonly life: number;
}

export interface Setting {
  readonly lifecycle: Lifecycle;
  readonly world: World;
  readonly store: Store;
  readonly options: Partial<MeshOptions> & { readonly drift: number; readonly claim_ms: number };
  readonly toClient: (send: Send) => void;
  readonly steps: { count: number };
}

export class Controller implements Watcher {
  readonly name: string;
  readonly sessions = new Map<string, Session>();
  up = false;
  life = 0;
  mesh: Mesh | undefined;
  readonly #setting: Setting;
  readonly #clock: Clock;
  #me = '';
  #incarnation = 0;
  #validUntil = 0;
  #valid = true;
  #live = '';
  /** Since when, by this clock, a controller was not heard of. */
  readonly #heard = new Map<string, number>();
  readonly #beats = new Map<number, number>();
  #beat = 0;
  #unwritten: Write[] = [];
  #writing = 0;
  #answered = 0;
  #watched = 0;
  #wake = Number.POSITIVE_INFINITY;

  constructor(name: string, setting: Setting) {
    this.name = name;
    this.#setting = setting;
    this.#clock = new Clock(setting.world, setting.options.drift);
  }

  /** By its own clock. */
  get now(): number {
    return this.#clock.read();
  }

  get #shared(): boolean {
    return this.#setting.options.claim_ms > 0;
  }

  start(): void {
    const { lifecycle, options, store, world } = this.#setting;
    this.up = true;
    this.life++;
    this.#wake = Number.POSITIVE_INFINITY;
    this.#unwritten = [];
    this.#heard.clear();
    this.#me = `${this.name}.${++this.#incarnation}`;
    this.mesh = lifecycle.openMesh(options);
    world.note(() => `${this.name} starts as ${this.#me}`);
    store.watchers.add(this);
    this.#valid = !this.#shared;
    this.#live = '';
    this.#stand();
    const jobs: Kept[] = [...store.jobs.values()].filter(({ record }) => record.end === undefined);
    this.#do({
      type: 'load',
      jobs,
      runners: [...store.runners.values()],
      ...(store.mesh && { mesh: store.mesh }),
    });
    if (this.#shared) this.#pulse(this.life);
  }

  kill(): void {
    const { store, world } = this.#setting;
    world.note(() => `${this.name} is killed`);
    this.up = false;
    this.mesh = undefined;
    store.watchers.delete(this);
    const sessions = [...this.sessions.values()];
    this.sessions.clear();
    for (const { runner, id } of sessions) world.after(world.between(1, 500), () => runner.closed(id));
  }

  take(input: Input): void {
    if (this.up) this.#do(input);
  }

  changed(kept: Kept): void {
    this.#watch(() => this.#do({ type: 'changed', jobs: [kept] }));
  }

  alive(me: string, beat: number): void {
    this.#watch(() => {
      this.#heard.set(me, this.#clock.read());
      const sent = this.#beats.get(beat);
      if (me === this.#me && sent !== undefined) {
        this.#beats.clear();
        this.#validUntil = Math.max(this.#validUntil, sent + this.#setting.options.claim_ms);
      }
      this.#stand();
    });
  }

  /** Watchers hear of everything in order, sooner or later. */
  #watch(run: () => void): void {
    const { world } = this.#setting;
    const life = this.life;
    const late = !world.calm && world.chance(0.01) ? world.between(0, 3000) : world.between(0.2, 4);
    this.#watched = Math.max(this.#watched, world.now + late);
    world.at(this.#watched, () => {
      if (this.up && this.life === life) run();
    });
  }

  #pulse(life: number): void {
    const { world, store, options } = this.#setting;
    if (!this.up || this.life !== life) return;
    const beat = ++this.#beat;
    const me = this.#me;
    this.#beats.set(beat, this.#clock.read());
    if (world.calm || !world.chance(0.1))
      world.after(world.between(0.2, 5), () => {
        for (const watcher of store.watchers) watcher.alive(me, beat);
      });
    this.#stand();
    this.#clock.at(this.#clock.read() + options.claim_ms / 4, () => this.#pulse(life));
  }

  #stand(): void {
    const { options, world } = this.#setting;
    const now = this.#clock.read();
    let valid = true;
    let live = [this.#me];
    if (this.#shared) {
      valid = now < this.#validUntil;
      if (this.#valid && !valid) {
        this.#me = `${this.name}.${++this.#incarnation}`;
        this.#beats.clear();
        world.note(() => `${this.name} lost its claim, now ${this.#me}`);
      }
      const patience = options.claim_ms * (1 + 3 * options.drift) + 50;
      live = [...this.#heard].filter(([me, at]) => me !== this.#me && at + patience > now).map(([me]) => me);
      if (valid) live.push(this.#me);
      live.sort();
    }
    const key = `${this.#me} ${valid} ${live.join()}`;
    if (key === this.#live) return;
    this.#live = key;
    this.#valid = valid;
    this.#do({ type: 'standing', me: this.#me, live, valid });
  }

  #do(input: Input): void {
    const { mesh } = this;
    if (mesh === undefined) return;
    const { lifecycle, world, store, steps } = this.#setting;
    if (this.#shared && this.#valid && this.#clock.read() >= this.#validUntil) this.#stand();
    steps.count++;
    const at = { now: this.#clock.read(), wall: 1.8e12 + this.#clock.read() };
    for (const output of lifecycle.step(mesh, input, at)) {
      if (output.kind === 'persist') this.#unwritten.push(output.write);
      else if (output.kind === 'send') this.#send(output);
      else if (output.kind === 'close') this.#close(output.peer);
      else if (output.kind === 'load') {
        const { life } = this;
        const { job_id, again } = output;
        world.after(world.between(0.1, 2), () => {
          const kept = store.jobs.get(job_id);
          if (this.up && this.life === life)
            this.#do({ type: 'loaded', job_id, again, ...(kept && { kept }) });
        });
      }
    }
    if (this.#unwritten.length > 0) this.#write();
    this.#sleep();
  }

  #write(): void {
    const { world, store } = this.#setting;
    const writes = this.#unwritten;
    this.#unwritten = [];
    const { life } = this;
    const slow = !world.calm && world.chance(0.02) ? world.between(0, 4000) : world.between(0.1, 3);
    // In order, however long the one before takes.
    this.#writing = Math.max(this.#writing, world.now + slow);
    world.at(this.#writing, () => {
      const here = this.up && this.life === life;
      // What a killed controller had sent to a server may still arrive there.
      if (!here && !(this.#shared && world.chance(0.5))) return;
      const outcomes = store.apply(writes, here ? this : undefined);
      this.#answered = Math.max(this.#answered, world.now + world.between(0, 2));
      world.at(this.#answered, () => {
        if (this.up && this.life === life) this.#do({ type: 'stored', outcomes });
      });
    });
  }

  #sleep(): void {
    const { lifecycle } = this.#setting;
    const { mesh, life } = this;
    const at = mesh === undefined ? undefined : lifecycle.wakeAt(mesh);
    if (at === undefined || at >= this.#wake) return;
    this.#wake = at;
    this.#clock.at(at + 0.01, () => {
      if (!this.up || this.life !== life || this.#wake !== at) return;
      this.#wake = Number.POSITIVE_INFINITY;
      this.#do({ type: 'tick' });
    });
  }

  #send(send: Send): void {
    const { world, toClient } = this.#setting;
    this.#checkSaid(send);
    const session = this.sessions.get(send.to);
    world.note(
      () =>
        `${this.name} to ${send.to}: ${send.said.type} ${JSON.stringify(send.said.payload).slice(0, 120)}`,
    );
    if (session !== undefined) world.carry(() => session.runner.hear(session, send));
    else if (send.to.startsWith('client')) world.carry(() => toClient(send));
  }

  /** Whatever is promised has to be on disk already. */
  #checkSaid({ said }: Send): void {
    const { store } = this.#setting;
    if (said.type === 'JOB_ACCEPTED' && !store.jobs.has(said.payload.job_id))
      throw new Violation(`${said.payload.job_id} accepted, but nowhere`);
    if (said.type === 'JOB_ASSIGN') {
      const { job_id, fence } = said.payload;
      if ((store.jobs.get(job_id)?.record.fence ?? 0) < fence)
        throw new Violation(`${job_id} assigned with fence ${fence}, which is nowhere`);
    }
    if (said.type === 'JOB_COMMITTED') {
      const { job_id, fence, committed } = said.payload;
      const there = store.committed.has(`${job_id} ${fence}`);
      if (committed && !there) throw new Violation(`${job_id}: committed ${fence}, which is not`);
      // Asked for once more, it is another job's past.
      if (!committed && there && store.jobs.get(job_id)?.record.end?.fence === fence)
        throw new Violation(`${job_id}: the committed result of ${fence} was called void`);
    }
  }

  #close(peer: string): void {
    const { world } = this.#setting;
    const session = this.sessions.get(peer);
    this.sessions.delete(peer);
    if (session !== undefined) world.after(world.between(0.2, 50), () => session.runner.closed(session.id));
  }
}
