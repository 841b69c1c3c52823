/** Notes that follow no change of a job (a refusal, an artifact, an event): gathered, and written together. */
import type { Entry } from '../../ledger/index.ts';
import type { Note } from '../../operation/index.ts';
import type { ControllerLedger } from './index.ts';

const GATHER_MS = 20;
/** Beyond this nothing is taken that nobody waits for: a flood of refusals is counted, not written. */
const MOST_WAITING = 2000;

interface Waiting {
  readonly note: Note;
  readonly done: (entry: Entry | undefined, error?: unknown) => void;
}

export class Notes {
  readonly #ledger: ControllerLedger;
  readonly #fault: (error: unknown) => void;
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  #last: Promise<void> = Promise.resolve();
  /** Notes that were not taken. */
  dropped = 0;

  constructor(ledger: ControllerLedger, fault: (error: unknown) => void) {
    this.#ledger = ledger;
    this.#fault = fault;
  }

  /** Sooner or later. */
  add(note: Note): void {
    if (this.#waiting.length >= MOST_WAITING) this.dropped += 1;
    else this.#push({ note, done: (_entry, error) => error !== undefined && this.#fault(error) });
  }

  /** Resolves when it is on disk. */
  record(note: Note): Promise<Entry | undefined> {
    return new Promise((resolve, reject) => {
      this.#push({ note, done: (entry, error) => (error === undefined ? resolve(entry) : reject(error)) });
    });
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#waiting;
    this.#waiting = [];
    this.#last = this.#last.then(() => this.#write(batch));
    await this.#last;
  }

  #push(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#timer ??= setTimeout(() => void this.flush(), GATHER_MS);
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    if (batch.length === 0) return;
    try {
      const entries = await this.#ledger.note(batch.map(({ note }) => note));
      for (const [i, { done }] of batch.entries()) done(entries[i]);
    } catch (error) {
      for (const { done } of batch) done(undefined, error);
    }
  }
}
