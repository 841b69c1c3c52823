import { sha256 } from '../../kernel/digest.ts';
import { BitError } from '../../kernel/errors.ts';
import { isJsonObject, type Json } from '../../kernel/json.ts';
import { printable, shorten } from '../../kernel/text.ts';
import type { BitAnswer } from '../handler.ts';

/** A call that ended: what was asked, by its digest, and what came of it. */
export interface Answered {
  readonly digest: string;
  readonly answer: BitAnswer;
}

/** What is asked beyond the journal. */
export interface Wanted {
  readonly n: number;
  readonly words: Json;
  readonly options: Json;
}

/** Of an event whose handler runs elsewhere: each begins the handler anew. */
export const MOST_CALLS_ELSEWHERE = 200;

/** What a call of `bit` is known by: its words and its input. */
export function callDigest(words: unknown, asked: unknown): string {
  const { json, input } = isJsonObject(asked) ? asked : {};
  const options = { ...(json === true ? { json } : {}), ...(typeof input === 'string' ? { input } : {}) };
  return sha256(JSON.stringify([words ?? null, options])).toString('hex');
}

export interface ReplayOptions {
  readonly journal: readonly Answered[];
  /** As many of them were asked in this very try, and have to be asked again. */
  readonly fixed: number;
  /** It has asked beyond the journal, or otherwise than before: there is nothing more to be had of it. */
  readonly over: () => void;
}

/**
 * Where the handler is: answers its calls out of the journal, in the order in which they are asked, up to the first that
 * is not in it. That one, and what is asked beside it, gets no answer here.
 */
export class Replay {
  readonly #options: ReplayOptions;
  #last = 0;
  #wanted: Wanted | undefined;
  #stray: BitError | undefined;

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  /** The first call that is in no journal. */
  get wanted(): Wanted | undefined {
    return this.#wanted;
  }

  /** It asked otherwise than before. */
  get stray(): BitError | undefined {
    return this.#stray;
  }

  call(words: unknown, asked: unknown): Promise<BitAnswer> {
    const { journal, fixed, over } = this.#options;
    if (this.#wanted !== undefined || this.#stray !== undefined) return NEVER;
    this.#last += 1;
    const n = this.#last;
    const known = journal[n - 1];
    if (known?.digest === callDigest(words, asked)) return Promise.resolve(known.answer);
    if (n <= fixed) this.#stray = strayed(n, words);
    else this.#wanted = { n, words: (words ?? null) as Json, options: (asked ?? {}) as Json };
    over();
    return NEVER;
  }
}

const NEVER = new Promise<never>(() => undefined);

function strayed(n: number, words: unknown): BitError {
  const told = Array.isArray(words) ? words.slice(0, 20).map(String).join(' ') : 'something';
  return new BitError(
    'failed',
    `call ${n} is bit ${printable(shorten(told, 200))}, and was another before: a handler that runs elsewhere begins anew for each call, and has to ask the same each time; the time is context.now()`,
  );
}

/** At home: the journal as it grows, and which call may be asked for next. */
export class Progress {
  #journal: readonly Answered[];
  #fixed = 0;

  /** @param known calls of earlier tries that need not be run again, from the first one on without a gap */
  constructor(known: readonly Answered[]) {
    this.#journal = known;
  }

  get journal(): readonly Answered[] {
    return this.#journal;
  }

  /** Calls of this try, or before one of it. */
  get fixed(): number {
    return this.#fixed;
  }

  /** @throws BitError `integrity` for a call that can't come now, `failed` where there were too many */
  expect(n: number): void {
    if (n <= this.#fixed || n > this.#journal.length + 1)
      throw new BitError(
        'integrity',
        `a runner asks for call ${n}, where ${this.#journal.length + 1} would be next`,
        { details: { call: n, next: this.#journal.length + 1 } },
      );
    if (n > MOST_CALLS_ELSEWHERE)
      throw new BitError(
        'failed',
        `an event that is handled elsewhere comes to at most ${MOST_CALLS_ELSEWHERE} commands`,
      );
  }

  /** What came of the call; what an earlier try had after it is of another course. */
  add(n: number, answered: Answered): void {
    this.#journal = [...this.#journal.slice(0, n - 1), answered];
    this.#fixed = n;
  }
}
