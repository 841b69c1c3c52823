import type { Answered } from '../elsewhere/replay.ts';
import type { BitAnswer } from '../handler.ts';
import type { Database } from './database.ts';
import type { Call, Queued } from './queue.ts';

/** The host's side of what it keeps of events that are handled elsewhere. */
export class Places {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Not tried: where it was to be handled nobody took it. Answers how often that has been so since it was tried last. */
  waits({ bot, event }: Queued): number {
    this.#database
      .prepare(
        'INSERT INTO elsewhere (bot, id, waits) VALUES (?, ?, 1) ON CONFLICT (bot, id) DO UPDATE SET waits = waits + 1',
      )
      .run(bot, event.id);
    const row = this.#database
      .prepare('SELECT waits FROM elsewhere WHERE bot = ? AND id = ?')
      .get(bot, event.id) as { waits: number };
    return row.waits;
  }

  /** A runner of the mesh has it. */
  placed({ bot, event }: Queued, runner: string): void {
    this.#database
      .prepare(
        'INSERT INTO elsewhere (bot, id, runner) VALUES (?, ?, ?) ON CONFLICT (bot, id) DO UPDATE SET runner = excluded.runner, waits = 0',
      )
      .run(bot, event.id, runner);
  }

  /** Calls of earlier tries that a handler would be answered from the journal, from the first one on without a gap. */
  answered(queued: Queued): readonly Answered[] {
    const rows = this.#database
      .prepare('SELECT n, attempt, digest, answer FROM calls WHERE bot = ? AND id = ? ORDER BY n')
      .all(queued.bot, queued.event.id) as (Pick<Call, 'n' | 'attempt' | 'digest'> & {
      answer: string | null;
    })[];
    const known: Answered[] = [];
    for (const { n, attempt, digest, answer: text } of rows) {
      if (n !== known.length + 1 || text === null) break;
      const answer = JSON.parse(text) as BitAnswer;
      if (answer.status !== 0 && attempt !== queued.attempts) break;
      known.push({ digest, answer });
    }
    return known;
  }

  /** With events that are forgotten. */
  sweep(): void {
    this.#database.prepare('DELETE FROM elsewhere WHERE (bot, id) NOT IN (SELECT bot, id FROM events)').run();
  }
}
