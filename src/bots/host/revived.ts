import { join } from 'node:path';
import { BitError } from '../../kernel/errors.ts';
import { readTextIfExists, writeFileAtomic } from '../../kernel/files.ts';
import { isJsonObject, type Json } from '../../kernel/json.ts';
import type { Effect } from '../../operation/index.ts';
import { botsDirectory } from './database.ts';

/** An event that was given up, or waits longer after each failure, and is to be tried anew. */
export interface Revived {
  readonly bot: string;
  readonly id: string;
  /** When that was said, RFC 3339: what began later is not meant. */
  readonly at: string;
}

const MOST = 1000;

/** Beside the queue, which its host alone writes: a file, so that undo takes back what no host saw yet. */
export function revivedFile(stateDirectory: string): string {
  return join(botsDirectory(stateDirectory), 'revived.json');
}

/** @throws BitError `integrity` where the file is damaged */
export function readRevived(stateDirectory: string): readonly Revived[] {
  const path = revivedFile(stateDirectory);
  const text = readTextIfExists(path);
  if (text === undefined) return [];
  const damaged = new BitError('integrity', `${path} is damaged`, { hint: 'put it aside' });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw damaged;
  }
  const events = isJsonObject(value) ? value['events'] : undefined;
  if (!Array.isArray(events)) throw damaged;
  return (events as readonly Json[]).map((one) => {
    const { bot, id, at } = isJsonObject(one) ? one : {};
    if (typeof bot !== 'string' || typeof id !== 'string' || typeof at !== 'string') throw damaged;
    if (Number.isNaN(Date.parse(at))) throw damaged;
    return { bot, id, at };
  });
}

export interface RevivedBot {
  readonly bot: string;
  readonly events: number;
}

/** Has the host try these events of a bot anew, as if they had never failed. */
export function reviveEvents(
  { stateDirectory, now }: { readonly stateDirectory: string; readonly now: () => Date },
  bot: string,
  ids: readonly string[],
): Effect<RevivedBot> {
  const path = revivedFile(stateDirectory);
  const before = readRevived(stateDirectory);
  return {
    summary: `have ${bot} try ${ids.length} events anew`,
    target: { bot, events: ids.slice(0, 100) },
    plan: ids.map((id) => `${bot}: ${id} is tried anew`),
    touches: { refs: [], files: [path] },
    async run() {
      if (JSON.stringify(readRevived(stateDirectory)) !== JSON.stringify(before))
        throw new BitError('changed', `${path} was changed meanwhile; nothing was written`);
      const at = now().toISOString();
      const others = before.filter((one) => one.bot !== bot || !ids.includes(one.id));
      const events = [...others, ...ids.map((id) => ({ bot, id, at }))].slice(-MOST);
      writeFileAtomic(path, `${JSON.stringify({ events }, null, 2)}\n`, { mode: 0o600 });
      return { bot, events: ids.length };
    },
    record: (out) => ({ ...out }),
  };
}
