import { parseTimestamp } from '../protocol/index.ts';

/** Message ids a window holds at the most: two generations of half of it. */
const MOST = 1024;

export type Freshness = 'fresh' | 'replayed' | 'clock-skew' | 'malformed';

/**
 * Tells what came before. Holds the ids of the last messages, a bounded number; older ones are refused by their time, for
 * nothing from before the forgotten ones is taken any more. So no replay passes, however many messages lie between, and a
 * sender whose times go forward is never refused.
 */
export class ReplayWindow {
  readonly #skew: number;
  #seen = new Set<string>();
  #before = new Set<string>();
  /** Greatest times, milliseconds, of both generations, and of all that is forgotten. */
  #seenUntil = Number.NEGATIVE_INFINITY;
  #beforeUntil = Number.NEGATIVE_INFINITY;
  #floor = Number.NEGATIVE_INFINITY;
  #turnAt = Number.POSITIVE_INFINITY;

  /** @param skew milliseconds a sender's clock may be from ours, a message's way included */
  constructor(skew: number) {
    this.#skew = skew;
  }

  /** Whether a message with that id and time is new; from then on it is not. */
  take(id: string, ts: string, now: number): Freshness {
    const time = parseTimestamp(ts);
    if (Number.isNaN(time)) return 'malformed';
    if (time < this.#floor || this.#before.has(id)) return 'replayed';
    if (Math.abs(now - time) > this.#skew) return this.#seen.has(id) ? 'replayed' : 'clock-skew';
    if (this.#seen.size === 0) this.#turnAt = now + 2 * this.#skew;
    const { size } = this.#seen;
    if (this.#seen.add(id).size === size) return 'replayed';
    if (time > this.#seenUntil) this.#seenUntil = time;
    // after twice the skew ids need not be held: what is that old is refused by its time
    if (this.#seen.size >= MOST / 2 || now > this.#turnAt) this.#turn();
    return 'fresh';
  }

  #turn(): void {
    const floor = Math.max(this.#floor, this.#beforeUntil + 1);
    this.#floor = floor;
    this.#before = this.#seen;
    this.#beforeUntil = this.#seenUntil;
    this.#seen = new Set();
  }
}
