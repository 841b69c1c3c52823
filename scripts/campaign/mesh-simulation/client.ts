/** A client that submits until it is told that the job is accepted, and sometimes cancels or asks once more. */
import type { Input, JobRecord, Output } from '../../../src/mesh/lifecycle/index.ts';
import type { Controller } from './controller.ts';
import type { Store } from './store.ts';
import { Violation, type World } from './world.ts';

type Send = Extract<Output, { kind: 'send' }>;

interface Wish {
  readonly key: string;
  readonly job: Omit<JobRecord['job'], 'job_id'>;
  job_id: string | undefined;
  readonly cancels: boolean;
  readonly retries: boolean;
  cancelled: boolean;
  retried: boolean;
}

const PEER = 'client 1';

export class Client {
  readonly wishes: Wish[] = [];
  readonly #world: World;
  readonly #store: Store;
  readonly #controllers: readonly Controller[];
  #message = 0;
  readonly #asked = new Map<string, Wish>();

  constructor(world: World, store: Store, controllers: readonly Controller[]) {
    this.#world = world;
    this.#store = store;
    this.#controllers = controllers;
  }

  wish(count: number, within: number): void {
    const world = this.#world;
    for (let n = 0; n < count; n++) {
      const wish: Wish = {
        key: `key ${n}`,
        job: {
          repo: `git+https://example.com/${world.pick(['a', 'b'])}.git`,
          required: { capabilities: ['build'] },
          priority: world.pick([1, 5, 5, 9]),
          timeout_s: world.pick([2, 60]),
        },
        job_id: undefined,
        cancels: world.chance(0.15),
        retries: world.chance(0.5),
        cancelled: false,
        retried: false,
      };
      this.wishes.push(wish);
      world.after(world.between(0, within), () => this.#press(wish));
    }
  }

  /** Every wish is known and every job of it has ended. */
  satisfied(): boolean {
    return this.wishes.every(({ job_id }) => {
      const end = job_id === undefined ? undefined : this.#store.jobs.get(job_id)?.record.end;
      return end !== undefined;
    });
  }

  #press(wish: Wish): void {
    const world = this.#world;
    const record = wish.job_id === undefined ? undefined : this.#store.jobs.get(wish.job_id)?.record;
    // Submitted again now and then, though it was accepted: nobody can know what a client heard.
    if (wish.job_id === undefined || (!world.calm && world.chance(0.1))) {
      this.#ask(wish, (re) => ({
        type: 'submit',
        peer: PEER,
        re,
        submitter: 'me',
        key: wish.key,
        job: wish.job,
      }));
    } else if (wish.cancels && !wish.cancelled && !world.calm) {
      const { job_id } = wish;
      wish.cancelled = world.chance(0.5);
      this.#ask(wish, (re) => ({ type: 'cancel', peer: PEER, re, by: 'me', job_id, reason: 'enough' }));
    } else if (wish.retries && !wish.retried && !world.calm && record?.end !== undefined) {
      const { job_id } = wish;
      wish.retried = world.chance(0.5);
      this.#ask(wish, (re) => ({ type: 'retry', peer: PEER, re, by: 'me', job_id }));
    }
    const more = wish.job_id === undefined || !world.calm;
    if (more) world.after(world.between(300, 3000), () => this.#press(wish));
  }

  #ask(wish: Wish, input: (re: string) => Input): void {
    const re = `M-client-${++this.#message}`;
    this.#asked.set(re, wish);
    const controller = this.#world.pick(this.#controllers);
    this.#world.carry(() => controller.take(input(re)));
  }

  hear({ said, re }: Send): void {
    const wish = this.#asked.get(re ?? '');
    if (wish === undefined || said.type !== 'JOB_ACCEPTED') return;
    const { job_id } = said.payload;
    if (wish.job_id !== undefined && wish.job_id !== job_id)
      throw new Violation(`${wish.key} is ${wish.job_id} and ${job_id}`);
    wish.job_id = job_id;
  }
}
