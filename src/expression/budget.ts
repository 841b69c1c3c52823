import { BitError } from '../kernel/errors.ts';
import type { Json } from '../kernel/json.ts';

const MOST_STEPS = 2_000_000;
const MOST_CHARACTERS = 10 * 1024 * 1024;

/** Bounds what one evaluation may do, by counting: the answer never depends on how fast the machine is. */
export class Budget {
  #steps = MOST_STEPS;
  #characters = MOST_CHARACTERS;

  spend(steps: number): void {
    this.#steps -= steps;
    if (this.#steps < 0)
      throw new BitError('usage', `the expression takes more than ${MOST_STEPS} steps to evaluate`);
  }

  items(items: readonly Json[]): readonly Json[] {
    this.spend(items.length);
    return items;
  }

  /** Counts text that was made, before it is put together. */
  make(characters: number): void {
    this.#characters -= characters;
    if (this.#characters < 0)
      throw new BitError('usage', `the expression makes more than ${MOST_CHARACTERS >> 20} MiB of text`);
    this.spend(characters >> 4);
  }
}
