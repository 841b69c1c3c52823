/** Virtual time: what happens next, and a die. The same seed is the same world. */
import { Heap } from '../../../src/mesh/lifecycle/heap.ts';
import { type Random, random } from '../random.ts';

interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export class Violation extends Error {}

export class World {
  /** Milliseconds nobody in the world can read. */
  now = 0;
  /** No faults any more. */
  calm = false;
  events = 0;
  readonly dice: Random;
  readonly trace: string[] | undefined;
  readonly #queue = new Heap<Event>((a, b) => a.at < b.at || (a.at === b.at && a.order < b.order));
  #order = 0;

  constructor(seed: number, trace: boolean) {
    this.dice = random(seed);
    this.trace = trace ? [] : undefined;
  }

  after(milliseconds: number, run: () => void): void {
    this.at(this.now + Math.max(0, milliseconds), run);
  }

  /** What is to happen at the very same time happens in the order it was asked for. */
  at(time: number, run: () => void): void {
    this.#queue.push({ at: time, order: this.#order++, run });
  }

  /** @returns whether `done` came true before `until` */
  runUntil(until: number, done: () => boolean = () => false): boolean {
    for (let next = this.#queue.peek(); next !== undefined && next.at <= until; next = this.#queue.peek()) {
      this.#queue.pop();
      this.now = next.at;
      this.events++;
      next.run();
      if (done()) return true;
    }
    this.now = until;
    return done();
  }

  chance(probability: number): boolean {
    return this.dice.next() < probability;
  }

  between(least: number, most: number): number {
    return least + this.dice.next() * (most - least);
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.dice.next() * items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  note(text: () => string): void {
    this.trace?.push(`${this.now.toFixed(1).padStart(9)} ${text()}`);
  }

  /** A message on its way: mostly soon and once, else late, twice or never; never late or lost in a calm world. */
  carry(run: () => void): void {
    if (this.calm) {
      this.after(this.between(0.2, 2), run);
      return;
    }
    if (this.chance(0.04)) return;
    const late = this.chance(0.06);
    this.after(late ? this.between(20, 6_000) : this.between(0.2, 12), run);
    if (this.chance(0.05)) this.after(this.between(1, 8_000), run);
  }
}

/** A clock of a process: its own zero, and a rate within the bound. */
export class Clock {
  readonly #world: World;
  readonly #zero: number;
  readonly #rate: number;

  constructor(world: World, drift: number) {
    this.#world = world;
    this.#zero = Math.floor(world.between(0, 1e6));
    this.#rate = world.pick([1 - drift, 1 - drift, 1, 1 + drift, 1 + drift]);
  }

  read(): number {
    return this.#zero + this.#world.now * this.#rate;
  }

  /** Runs when this clock shows `time`. */
  at(time: number, run: () => void): void {
    this.#world.after((time - this.read()) / this.#rate, run);
  }
}
