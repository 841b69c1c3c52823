/** Tokens whose pace is remembered; the one asked for longest ago goes first. */
const MOST_HOLDERS = 1024;

interface Bucket {
  left: number;
  at: number;
}

/** How fast each holder may call: `perMinute` on average, a tenth of it at once. Times are milliseconds. */
export class Pace {
  readonly #perMinute: number;
  readonly #burst: number;
  readonly #buckets = new Map<string, Bucket>();
  #heldUntil = 0;

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
    this.#burst = Math.max(1, Math.ceil(perMinute / 10));
  }

  /** Seconds the holder has to wait; 0 where he may go on, which counts. */
  wait(holder: string, now: number): number {
    if (now < this.#heldUntil) return Math.ceil((this.#heldUntil - now) / 1000);
    const before = this.#buckets.get(holder) ?? { left: this.#burst, at: now };
    const left = Math.min(this.#burst, before.left + ((now - before.at) / 60_000) * this.#perMinute);
    this.#buckets.delete(holder);
    this.#buckets.set(holder, { left: left < 1 ? left : left - 1, at: now });
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > MOST_HOLDERS && oldest !== undefined) this.#buckets.delete(oldest);
    return left < 1 ? Math.max(1, Math.ceil(((1 - left) * 60) / this.#perMinute)) : 0;
  }

  /** GitHub asked everybody who uses this credential to wait. */
  hold(seconds: number, now: number): void {
    this.#heldUntil = Math.max(this.#heldUntil, now + Math.min(seconds, 3600) * 1000);
  }
}
