import { setTimeout as sleep } from 'node:timers/promises';
import { isBitError } from '../../kernel/errors.ts';
import type { Link } from '../channel/index.ts';
import type { MessageOf } from '../protocol/index.ts';
import type { JobNews, WatchOptions } from './index.ts';

const ENDS: ReadonlySet<string> = new Set(['CompletedSuccessfully', 'Failed', 'Cancelled']);
const PAUSE_MS = 500;

/** What is told of one job; knows where it stands, so that a new connection goes on there. */
export class Watch {
  readonly job: string;
  readonly #options: WatchOptions;
  #fence: number | undefined;
  #offset: number;
  #asked = false;
  #ended = false;
  readonly #queue: JobNews[] = [];
  #wake: (() => void) | undefined;

  constructor(job: string, options: WatchOptions) {
    this.job = job;
    this.#options = options;
    this.#fence = options.fence;
    this.#offset = options.offset ?? 0;
  }

  take(message: MessageOf<'JOB_STATE'> | MessageOf<'JOB_LOG'>): void {
    if (message.type === 'JOB_LOG') {
      const { fence, offset, data } = message.payload;
      const end = offset + Buffer.byteLength(data);
      // told twice across a broken connection
      if (fence === this.#fence && end <= this.#offset) return;
      this.#fence = fence;
      this.#offset = end;
      this.#queue.push({ kind: 'log', ...message.payload });
    } else {
      this.#queue.push({ kind: 'state', ...message.payload });
      // the answer comes first; what is told after it, is told after all output until then
      const after = message.re === undefined;
      this.#ended ||= after && (this.#options.soFar === true || ENDS.has(message.payload.standard));
    }
    this.#wake?.();
  }

  /** The connection is another: it has to be asked for once more. */
  again(): void {
    this.#asked = false;
    this.#wake?.();
  }

  /** Until the job has ended, or the signal. */
  async *news(link: Link): AsyncGenerator<JobNews> {
    const { signal } = this.#options;
    const wake = (): void => this.#wake?.();
    signal?.addEventListener('abort', wake, { once: true });
    try {
      while (signal?.aborted !== true) {
        const next = this.#queue.shift();
        if (next !== undefined) yield next;
        else if (this.#ended) return;
        else if (!this.#asked) await this.#ask(link);
        else
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
      }
    } finally {
      signal?.removeEventListener('abort', wake);
    }
  }

  async #ask(link: Link): Promise<void> {
    const { logs, signal } = this.#options;
    this.#asked = true;
    try {
      const state = await link.request(
        'JOB_WATCH',
        {
          job_id: this.job,
          logs,
          ...(this.#fence === undefined ? {} : { fence: this.#fence }),
          offset: this.#offset,
        },
        signal === undefined ? {} : { signal },
      );
      if (state.type === 'JOB_STATE') this.take(state);
    } catch (error) {
      if (signal?.aborted === true) return;
      if (!isBitError(error, 'remote')) throw error;
      // broken in the middle of asking: its successor is asked
      this.#asked = false;
      await sleep(PAUSE_MS, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
      await link.ready(signal);
    }
  }
}
