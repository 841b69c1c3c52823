import { printable, shorten } from '../../kernel/text.ts';
import type { OutcomeEvent } from '../../operation/index.ts';
import type { PayloadOf } from '../protocol/index.ts';

export interface ListenersOptions {
  /** Tells the listeners that the user switched on. */
  readonly tell: (event: OutcomeEvent) => Promise<void>;
  readonly now: () => Date;
  readonly notice: (line: string) => void;
}

/** Events that wait while listeners hear of another one; a listener may be a process that is started for each. */
const MOST_WAITING = 64;

/**
 * Listeners on the controller's machine hear what runners and clients emit, one at a time. Whatever it calls itself, to
 * them it is an `EVENT_EMIT`: nobody on the mesh makes them believe that something was done here.
 */
export class EmittedEvents {
  readonly #options: ListenersOptions;
  readonly #waiting: OutcomeEvent[] = [];
  #telling: Promise<void> | undefined;
  #dropped = 0;

  constructor(options: ListenersOptions) {
    this.#options = options;
  }

  emit({ source, event, tags, context }: PayloadOf<'EVENT_EMIT'>, job: string | undefined): void {
    if (this.#waiting.length >= MOST_WAITING) {
      this.#dropped++;
      return;
    }
    const mood = typeof context['mood'] === 'string' ? [context['mood']] : [];
    const about = [...(job === undefined ? [] : [job]), ...mood, ...tags].join(', ');
    this.#waiting.push({
      event: 'EVENT_EMIT',
      op: job ?? source,
      ok: true,
      summary: printable(shorten(`${event} from ${source}${about === '' ? '' : `: ${about}`}`, 300)),
      ts: this.#options.now().toISOString(),
      as: null,
    });
    this.#telling ??= this.#tell().finally(() => {
      this.#telling = undefined;
    });
  }

  /** When everything was told that came so far. */
  async settled(): Promise<void> {
    await this.#telling;
  }

  async #tell(): Promise<void> {
    const { tell, notice } = this.#options;
    for (let event = this.#waiting.shift(); event !== undefined; event = this.#waiting.shift()) {
      // listeners change nothing, and what fails in one is theirs
      await tell(event).catch((error: Error) => notice(`listeners: ${printable(error.message)}`));
      if (this.#dropped > 0) notice(`listeners: ${this.#dropped} events came too fast and were left out`);
      this.#dropped = 0;
    }
  }
}
