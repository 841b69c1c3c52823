import { type RateLimits, TokenBucket } from '../identity/index.ts';
import type { MessageType } from '../protocol/index.ts';
import { CLOSE, type Connection, CUT_OFF, FULL } from '../transport/index.ts';
import type { Clock } from './types.ts';

/** What may wait for everything else: where little may be said, jobs come before what they say. */
const PATIENT: ReadonlySet<MessageType> = new Set(['JOB_LOG', 'EVENT_EMIT']);

/** Sends no faster than the other side takes, where it said how fast that is. */
export class Pacer {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #bucket: TokenBucket | undefined;
  readonly #urgent: string[] = [];
  readonly #patient: string[] = [];
  /** Characters in both. */
  #held = 0;
  #timer: NodeJS.Timeout | undefined;
  #waiting: (() => void)[] = [];

  constructor(connection: Connection, limits: RateLimits | undefined, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
    // a little less than allowed: on their way messages may come closer together
    const { per_peer_rps = 0, burst = 0 } = limits ?? {};
    const slower = { per_peer_rps: per_peer_rps * 0.95, burst: Math.max(1, Math.floor(burst * 0.8)) };
    this.#bucket = limits === undefined ? undefined : new TokenBucket(slower, clock.monotonic());
  }

  get buffered(): number {
    return this.#held + this.#connection.buffered;
  }

  get full(): boolean {
    return this.buffered >= FULL;
  }

  drained(): Promise<void> {
    if (this.#held < FULL) return this.#connection.drained();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  send(text: string, type: MessageType): void {
    if (
      this.#bucket === undefined ||
      (this.#held === 0 && this.#bucket.take(this.#clock.monotonic()) === 0)
    ) {
      this.#connection.send(text);
      return;
    }
    (PATIENT.has(type) ? this.#patient : this.#urgent).push(text);
    this.#held += text.length;
    if (this.#held > CUT_OFF) this.#connection.close(CLOSE.slow, 'more is said than the other side takes');
    this.#timer ??= setTimeout(() => this.#go(), 1);
  }

  #go(): void {
    this.#timer = undefined;
    while (this.#held > 0) {
      const wait = this.#bucket?.take(this.#clock.monotonic()) ?? 0;
      if (wait > 0) {
        this.#timer = setTimeout(() => this.#go(), wait);
        break;
      }
      const text = this.#urgent.shift() ?? this.#patient.shift() ?? '';
      this.#held -= text.length;
      this.#connection.send(text);
    }
    if (this.#held < FULL) this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#urgent.length = 0;
    this.#patient.length = 0;
    this.#held = 0;
    this.#wake();
  }
}
