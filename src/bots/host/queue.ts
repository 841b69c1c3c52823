import type { Json, JsonObject } from '../../kernel/json.ts';
import type { BitAnswer } from '../handler.ts';
import type { BotEvent } from '../model.ts';
import type { Database } from './database.ts';
import { Places } from './places.ts';

/** An event that waits for a bot, or is handled by it. */
export interface Queued {
  readonly bot: string;
  readonly event: BotEvent;
  /** Tries that ended badly, of the handler and by a crash together. */
  readonly attempts: number;
  readonly crashes: number;
  /** Milliseconds since the epoch, before which it is not tried. */
  readonly due: number;
  /** How many bots led to it, one by the other. */
  readonly depth: number;
}

/** A call of `bit` as the journal has it. */
export interface Call {
  readonly n: number;
  /** Which time it is run: again only after a failed try in which it had not succeeded. */
  readonly try: number;
  /** The event's attempts when it was begun. */
  readonly attempt: number;
  /** Of its words and input. */
  readonly digest: string;
  /** Undefined: it was begun, and nobody heard of its end. */
  readonly answer: BitAnswer | undefined;
}

export interface Arrival {
  readonly bot: string;
  readonly event: BotEvent;
  readonly depth: number;
}

/** Bytes a bot may keep. */
export const MOST_STATE = 1024 * 1024;
/** Ended events that are remembered, so that none is handled twice. */
const MOST_ENDED = 50_000;
const LONGEST_ENDED = 90 * 24 * 60 * 60 * 1000;

interface Row {
  readonly bot: string;
  readonly event: string;
  readonly attempts: number;
  readonly crashes: number;
  readonly due: number;
  readonly depth: number;
}

/** The host's side of the database: every method is one transaction, on disk when it returns. */
export class Queue {
  /** Of events that are handled elsewhere. */
  readonly places: Places;
  readonly #database: Database;
  readonly #now: () => number;

  constructor(database: Database, now: () => number) {
    this.places = new Places(database);
    this.#database = database;
    this.#now = now;
  }

  /** What a source found and how far it read, together: neither is there without the other. Returns what was new. */
  take(arrivals: readonly Arrival[], cursors: Readonly<Record<string, Json>>): number {
    const insert = this.#database.prepare(
      "INSERT INTO events (bot, id, event, state, due, depth, queued) VALUES (?, ?, ?, 'queued', 0, ?, ?) ON CONFLICT DO NOTHING",
    );
    const move = this.#database.prepare(
      'INSERT INTO cursors VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    );
    return this.#transaction(() => {
      let taken = 0;
      for (const { bot, event, depth } of arrivals)
        taken += insert.run(bot, event.id, JSON.stringify(event), depth, this.#now()).changes;
      for (const [name, value] of Object.entries(cursors)) move.run(name, JSON.stringify(value));
      return taken;
    });
  }

  cursor(name: string): Json | undefined {
    const row = this.#database.prepare('SELECT value FROM cursors WHERE name = ?').get(name) as
      | { value: string }
      | undefined;
    return row === undefined ? undefined : (JSON.parse(row.value) as Json);
  }

  /** Since when a bot hears of events: when it was deployed first, as far as the host saw. */
  since(bot: string, deployed: number): number {
    this.#database.prepare('INSERT INTO bots VALUES (?, ?) ON CONFLICT DO NOTHING').run(bot, deployed);
    const row = this.#database.prepare('SELECT since FROM bots WHERE bot = ?').get(bot) as { since: number };
    return row.since;
  }

  /** A bot that is gone: its queue with it, so that one of its name that comes later begins anew. */
  forgetOthers(bots: readonly string[]): readonly string[] {
    const known = this.#database.prepare('SELECT bot FROM bots').all() as { bot: string }[];
    const gone = known.map(({ bot }) => bot).filter((bot) => !bots.includes(bot));
    this.#transaction(() => {
      for (const bot of gone) {
        this.#database
          .prepare(
            "UPDATE events SET state = 'dead', ended = ?, why = 'its bot is gone' WHERE bot = ? AND ended IS NULL",
          )
          .run(this.#now(), bot);
        this.#database.prepare('DELETE FROM bots WHERE bot = ?').run(bot);
      }
    });
    return gone;
  }

  /** The oldest event of a bot that has not ended. */
  next(bot: string): Queued | undefined {
    const row = this.#database
      .prepare(
        "SELECT bot, event, attempts, crashes, due, depth FROM events WHERE bot = ? AND state IN ('queued', 'running') ORDER BY seq LIMIT 1",
      )
      .get(bot) as Row | undefined;
    return row === undefined ? undefined : queuedOf(row);
  }

  waiting(bot?: string): number {
    const of = bot === undefined ? '' : ' AND bot = ?';
    const row = this.#database
      .prepare(`SELECT count(*) AS n FROM events WHERE state IN ('queued', 'running')${of}`)
      .get(...(bot === undefined ? [] : [bot])) as { n: number };
    return row.n;
  }

  depthOf(bot: string, id: string): number | undefined {
    const row = this.#database.prepare('SELECT depth FROM events WHERE bot = ? AND id = ?').get(bot, id) as
      | { depth: number }
      | undefined;
    return row?.depth;
  }

  /** Begins with an event. One found running died with its host, or its host with it: that counts as a crash. */
  begin({ bot, event }: Queued): Queued {
    return this.#transaction(() => {
      this.#database
        .prepare(
          "UPDATE events SET crashes = crashes + (state = 'running'), state = 'running', started = ? WHERE bot = ? AND id = ?",
        )
        .run(this.#now(), bot, event.id);
      const row = this.#database
        .prepare('SELECT bot, event, attempts, crashes, due, depth FROM events WHERE bot = ? AND id = ?')
        .get(bot, event.id) as Row;
      return queuedOf(row);
    });
  }

  /** Done, and what it set in its own state with it. */
  done({ bot, event }: Queued, set: ReadonlyMap<string, Json>): void {
    const keep = this.#database.prepare(
      'INSERT INTO state VALUES (?, ?, ?) ON CONFLICT (bot, key) DO UPDATE SET value = excluded.value',
    );
    const drop = this.#database.prepare('DELETE FROM state WHERE bot = ? AND key = ?');
    this.#transaction(() => {
      for (const [key, value] of set) {
        if (value === null) drop.run(bot, key);
        else keep.run(bot, key, JSON.stringify(value));
      }
      this.#end(bot, event.id, 'done', null);
    });
  }

  /** Tried in vain: again at `due`, or never where that is undefined. */
  failed(
    { bot, event }: Queued,
    { why, due }: { readonly why: string; readonly due: number | undefined },
  ): void {
    this.#transaction(() => {
      this.#database
        .prepare('UPDATE events SET attempts = attempts + 1, why = ? WHERE bot = ? AND id = ?')
        .run(why, bot, event.id);
      if (due === undefined) this.#end(bot, event.id, 'dead', why);
      else
        this.#database
          .prepare("UPDATE events SET state = 'queued', due = ? WHERE bot = ? AND id = ?")
          .run(due, bot, event.id);
    });
  }

  /** Back to the queue until `due`: no try of it is counted. */
  postpone({ bot, event }: Queued, { why, due }: { readonly why: string; readonly due: number }): void {
    this.#database
      .prepare("UPDATE events SET state = 'queued', why = ?, due = ? WHERE bot = ? AND id = ?")
      .run(why, due, bot, event.id);
  }

  /** Tried anew, as if it had never failed; false where it did not, or began since. What had gone well is not run again. */
  revive({ bot, id, at }: { readonly bot: string; readonly id: string; readonly at: string }): boolean {
    return this.#transaction(() => {
      const { changes } = this.#database
        .prepare(
          "UPDATE events SET state = 'queued', attempts = 0, crashes = 0, due = 0, ended = NULL WHERE bot = ? AND id = ? AND (state = 'dead' OR state = 'queued' AND due > 0) AND started < ?",
        )
        .run(bot, id, Date.parse(at));
      // of no try that is to come
      if (changes > 0)
        this.#database.prepare('UPDATE calls SET attempt = -1 WHERE bot = ? AND id = ?').run(bot, id);
      return changes > 0;
    });
  }

  /** Back to the queue, as the host ends: no try of it is counted. */
  release({ bot, event }: Queued): void {
    this.#database
      .prepare("UPDATE events SET state = 'queued' WHERE bot = ? AND id = ? AND state = 'running'")
      .run(bot, event.id);
  }

  /** Given to another bot, in its place. False where that one had it already. */
  handOver({ bot, event, depth }: Queued, to: string): void {
    this.#transaction(() => {
      this.#database
        .prepare(
          "INSERT INTO events (bot, id, event, state, due, depth, queued) VALUES (?, ?, ?, 'queued', 0, ?, ?) ON CONFLICT DO NOTHING",
        )
        .run(to, event.id, JSON.stringify(event), depth, this.#now());
      this.#end(bot, event.id, 'rerouted', `given to ${to}`);
    });
  }

  #end(bot: string, id: string, state: string, why: string | null): void {
    this.#database
      .prepare('UPDATE events SET state = ?, ended = ?, why = coalesce(?, why) WHERE bot = ? AND id = ?')
      .run(state, this.#now(), why, bot, id);
  }

  call({ bot, event }: Queued, n: number): Call | undefined {
    const row = this.#database
      .prepare('SELECT n, try, attempt, digest, answer FROM calls WHERE bot = ? AND id = ? AND n = ?')
      .get(bot, event.id, n) as (Omit<Call, 'answer'> & { answer: string | null }) | undefined;
    if (row === undefined) return undefined;
    return { ...row, answer: row.answer === null ? undefined : (JSON.parse(row.answer) as BitAnswer) };
  }

  /** Before it runs. */
  callBegun({ bot, event }: Queued, call: Omit<Call, 'answer'>, words: readonly string[]): void {
    this.#database
      .prepare(
        'INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL) ON CONFLICT (bot, id, n) DO UPDATE SET try = excluded.try, attempt = excluded.attempt, words = excluded.words, digest = excluded.digest, begun = excluded.begun, answer = NULL',
      )
      .run(bot, event.id, call.n, call.try, call.attempt, JSON.stringify(words), call.digest, this.#now());
  }

  /** After it ran. */
  callDone({ bot, event }: Queued, n: number, answer: BitAnswer): void {
    this.#database
      .prepare('UPDATE calls SET answer = ? WHERE bot = ? AND id = ? AND n = ?')
      .run(JSON.stringify(answer), bot, event.id, n);
  }

  stateOf(bot: string): ReadonlyMap<string, Json> {
    const rows = this.#database.prepare('SELECT key, value FROM state WHERE bot = ?').all(bot) as {
      key: string;
      value: string;
    }[];
    return new Map(rows.map(({ key, value }) => [key, JSON.parse(value) as Json]));
  }

  used(bot: string, capability: string): void {
    this.#database
      .prepare(
        'INSERT INTO used VALUES (?, ?, 1, ?) ON CONFLICT (bot, capability) DO UPDATE SET times = times + 1, last = excluded.last',
      )
      .run(bot, capability, this.#now());
  }

  hasMark(mark: string): boolean {
    return this.#database.prepare('SELECT 1 FROM marks WHERE mark = ?').get(mark) !== undefined;
  }

  mark(marks: readonly string[]): void {
    const insert = this.#database.prepare('INSERT INTO marks VALUES (?, ?) ON CONFLICT DO NOTHING');
    this.#transaction(() => {
      for (const mark of marks) insert.run(mark, this.#now());
    });
  }

  /** Forgets what ended long ago: the calls of an event once it ended, the event itself much later. */
  sweep(): void {
    const before = this.#now() - LONGEST_ENDED;
    this.#transaction(() => {
      this.#database
        .prepare(
          "DELETE FROM calls WHERE (bot, id) IN (SELECT bot, id FROM events WHERE ended < ? AND state IN ('done', 'dead'))",
        )
        .run(this.#now() - 7 * 24 * 60 * 60 * 1000);
      this.#database
        .prepare(
          'DELETE FROM events WHERE ended < ? OR seq <= (SELECT max(seq) FROM events WHERE ended IS NOT NULL) - ? AND ended IS NOT NULL',
        )
        .run(before, MOST_ENDED);
      this.#database.prepare('DELETE FROM marks WHERE at < ?').run(before);
      this.places.sweep();
    });
  }

  close(): void {
    try {
      // so that who reads it while no host runs leaves no files beside it
      this.#database.pragma('journal_mode = DELETE');
    } catch {
      // somebody reads it just now
    }
    this.#database.close();
  }

  #transaction<Out>(work: () => Out): Out {
    return this.#database.transaction(work).immediate();
  }
}

function queuedOf({ event, ...row }: Row): Queued {
  return { ...row, event: JSON.parse(event) as BotEvent };
}

/** Bytes it takes. */
export function sizeOf(state: ReadonlyMap<string, Json>): number {
  let size = 0;
  for (const [key, value] of state)
    size += Buffer.byteLength(key) + Buffer.byteLength(JSON.stringify(value satisfies Json | JsonObject));
  return size;
}
