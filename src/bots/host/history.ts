import type { BotEvent } from '../model.ts';
import { type Database, readBotsDatabase } from './database.ts';

/** How an event stands: `queued`, `running`, `done`, `dead` (given up), `rerouted`. */
export type EventState = 'queued' | 'running' | 'done' | 'dead' | 'rerouted';

export interface HandledEvent {
  readonly bot: string;
  readonly event: BotEvent;
  readonly state: EventState;
  /** Tries that failed. */
  readonly attempts: number;
  /** Times the host died at it. */
  readonly crashes: number;
  /** RFC 3339. */
  readonly queued: string;
  readonly started: string | null;
  readonly ended: string | null;
  /** When it is tried next; null where that is now, or never. */
  readonly due: string | null;
  /** Why it failed, or waits. */
  readonly why: string | null;
  /** The runner of the mesh that handled it last; null: it was handled here. */
  readonly runner: string | null;
  /** The `bit` commands it came to. */
  readonly calls: readonly HandledCall[];
}

export interface HandledCall {
  readonly n: number;
  readonly words: readonly string[];
  /** Null: it was begun, and is under way or its end was not seen. */
  readonly status: number | null;
}

export interface BotStanding {
  readonly bot: string;
  readonly waiting: number;
  readonly running: boolean;
  readonly done: number;
  readonly dead: number;
  /** The last that ended or is at work, RFC 3339. */
  readonly last: string | null;
}

interface Row {
  readonly bot: string;
  readonly id: string;
  readonly event: string;
  readonly state: EventState;
  readonly attempts: number;
  readonly crashes: number;
  readonly due: number;
  readonly queued: number;
  readonly started: number | null;
  readonly ended: number | null;
  readonly why: string | null;
}

/** Events of a bot, or of all, newest first. Empty where no host ever ran. */
export function readEvents(
  stateDirectory: string,
  asked: { readonly bot?: string; readonly states?: readonly EventState[]; readonly most: number },
): readonly HandledEvent[] {
  const { bot, states = [], most } = asked;
  return (
    readBotsDatabase(stateDirectory, (database) => {
      const where = [
        ...(bot === undefined ? [] : ['bot = ?']),
        ...(states.length === 0 ? [] : [`state IN (${states.map(() => '?').join(', ')})`]),
      ];
      const rows = database
        .prepare(
          `SELECT bot, id, event, state, attempts, crashes, due, queued, started, ended, why FROM events ${where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`} ORDER BY seq DESC LIMIT ?`,
        )
        .all(...(bot === undefined ? [] : [bot]), ...states, most) as Row[];
      const runners = runnersIn(database);
      const calls = database.prepare(
        'SELECT n, words, answer FROM calls WHERE bot = ? AND id = ? ORDER BY n',
      );
      return rows.map((row): HandledEvent => {
        const { bot: name, event, state, attempts, crashes, due, queued, started, ended, why } = row;
        const made = calls.all(name, row.id) as { n: number; words: string; answer: string | null }[];
        return {
          ...{ bot: name, state, attempts, crashes, why },
          runner: runners(name, row.id),
          event: JSON.parse(event) as BotEvent,
          queued: iso(queued),
          started: started === null ? null : iso(started),
          ended: ended === null ? null : iso(ended),
          due: due === 0 || ended !== null ? null : iso(due),
          calls: made.map(({ n, words, answer }) => ({
            n,
            words: JSON.parse(words) as readonly string[],
            status: answer === null ? null : (JSON.parse(answer) as { status: number }).status,
          })),
        };
      });
    }) ?? []
  );
}

/** Who handled an event of a bot elsewhere; null where it was handled here, or is forgotten. */
export function readRunners(
  stateDirectory: string,
  asked: readonly { readonly bot: string; readonly event: string }[],
): readonly (string | null)[] {
  const found = readBotsDatabase(stateDirectory, (database) => {
    const runners = runnersIn(database);
    return asked.map(({ bot, event }) => runners(bot, event));
  });
  return found ?? asked.map(() => null);
}

/** A database that an earlier host wrote knows of no runners. */
function runnersIn(database: Database): (bot: string, id: string) => string | null {
  const there = database
    .prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'elsewhere'")
    .get();
  if (there === undefined) return () => null;
  const one = database.prepare('SELECT runner FROM elsewhere WHERE bot = ? AND id = ?');
  return (bot, id) => (one.get(bot, id) as { readonly runner: string | null } | undefined)?.runner ?? null;
}

/** How each bot stands that ever had an event, by name. */
export function readStandings(stateDirectory: string): readonly BotStanding[] {
  return (
    readBotsDatabase(stateDirectory, (database) => {
      const rows = database
        .prepare(
          `SELECT bot, sum(state = 'queued') AS waiting, sum(state = 'running') AS running, sum(state = 'done') AS done,
             sum(state = 'dead') AS dead, max(coalesce(ended, started)) AS last FROM events GROUP BY bot ORDER BY bot`,
        )
        .all() as {
        bot: string;
        waiting: number;
        running: number;
        done: number;
        dead: number;
        last: number | null;
      }[];
      return rows.map(({ running, last, ...row }) => ({
        ...row,
        running: running > 0,
        last: last === null ? null : iso(last),
      }));
    }) ?? []
  );
}

export interface UsedCapability {
  readonly capability: string;
  readonly times: number;
  /** RFC 3339. */
  readonly last: string;
}

/** Capabilities a bot has asked for by what it did, whether or not it was let: `repo:commit`, `tree:read`. */
export function readUsed(stateDirectory: string, bot: string): readonly UsedCapability[] {
  return (
    readBotsDatabase(stateDirectory, (database) =>
      (
        database
          .prepare('SELECT capability, times, last FROM used WHERE bot = ? ORDER BY capability')
          .all(bot) as { capability: string; times: number; last: number }[]
      ).map((row) => ({ ...row, last: iso(row.last) })),
    ) ?? []
  );
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
