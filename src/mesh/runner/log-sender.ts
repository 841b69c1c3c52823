import type { Link } from '../channel/index.ts';
import type { TokenBucket } from '../identity/index.ts';
import type { JobLog } from './job-log.ts';

export interface LogSenderOptions {
  readonly jobId: string;
  readonly fence: number;
  readonly log: JobLog;
  readonly link: () => Link;
  /** What logs may take of the messages a peer may send; all jobs of a runner share it. */
  readonly pace: () => TokenBucket;
  readonly monotonic: () => number;
}

/** Bytes on their way that nobody said were kept. */
const WINDOW = 1024 * 1024;
/** Of one message; control characters are six times as long in JSON. */
const PIECE = 24 * 1024;
/** What is said within this time travels together. */
const GATHER_MS = 60;

/** Sends a log as it grows, at most a window ahead of what the controller keeps; after a break from there on. */
export class LogSender {
  readonly #options: LogSenderOptions;
  #sent = 0;
  #kept = 0;
  #timer: NodeJS.Timeout | undefined;
  #over = false;
  #waiting: (() => void)[] = [];

  constructor(options: LogSenderOptions) {
    this.#options = options;
  }

  /** Something was said. */
  grown(): void {
    const { log } = this.#options;
    this.#soon(log.size - this.#sent >= PIECE ? 0 : GATHER_MS);
  }

  /** Everything before this offset is kept over there. */
  acknowledged(offset: number): void {
    if (offset > this.#options.log.size) return;
    this.#kept = Math.max(this.#kept, offset);
    this.#sent = Math.max(this.#sent, this.#kept);
    if (this.done) this.#wake();
    else this.#soon(0);
  }

  /** What was on its way may never have arrived: from what is kept, once more. */
  rewind(afterMs = 0): void {
    this.#sent = this.#kept;
    this.#soon(afterMs);
  }

  get done(): boolean {
    return this.#kept >= this.#options.log.size;
  }

  /** Until all is kept, or the time is over. Whether it is. */
  async flush(milliseconds: number): Promise<boolean> {
    if (this.done) return true;
    this.#soon(0);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    return this.done;
  }

  end(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  #soon(milliseconds: number): void {
    if (this.#over) return;
    if (this.#timer !== undefined) {
      if (milliseconds > 0) return;
      clearTimeout(this.#timer);
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#pump();
    }, milliseconds);
  }

  #pump(): void {
    const { jobId, fence, log, link, pace, monotonic } = this.#options;
    const to = link();
    while (!this.#over && to.open && this.#sent < log.size) {
      // the acknowledgement wakes us
      if (this.#sent - this.#kept >= WINDOW) return;
      if (to.channel?.full === true) {
        void to.drained().then(() => this.#soon(0));
        return;
      }
      const wait = pace().take(monotonic());
      if (wait > 0) {
        this.#soon(wait);
        return;
      }
      const piece = log.read(this.#sent, PIECE);
      if (piece === undefined) return;
      const { offset, stream, data, end } = piece;
      // down: it is sent again when it is up
      if (to.send('JOB_LOG', { job_id: jobId, fence, offset, stream, data }) === undefined) return;
      this.#sent = end;
    }
  }
}
