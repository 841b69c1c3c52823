/** Issues and pull requests in which something stands, as the bot keeps them from event to event. */
import type { BotContext, Json } from '@bithub/cli';
import { isObject } from '../answers.ts';

export interface Thread {
  /** `octo/hello#7`. */
  readonly name: string;
  /** What of it holds a denied word: `issue`, `comment 123`. */
  readonly standing: readonly string[];
}

export interface Threads {
  readonly threads: readonly Thread[];
  /** Ids of comments the bot made: it answers none of them. */
  readonly own: readonly number[];
}

const KEY = 'github';
/** Those touched last: what a bot may keep is bounded, and who opens issues is not. */
const MOST_THREADS = 200;
const MOST_STANDING = 50;
const MOST_OWN = 1000;

export async function readThreads({ state }: BotContext): Promise<Threads> {
  const kept = await state.get(KEY);
  const own = isObject(kept) ? list(kept['own']).filter((id) => typeof id === 'number') : [];
  const threads = isObject(kept)
    ? list(kept['threads'])
        .filter(isObject)
        .map(({ name, standing }) => ({ name: String(name), standing: list(standing).map(String) }))
    : [];
  return { threads, own };
}

export function standingIn({ threads }: Threads, name: string): readonly string[] {
  return threads.find((thread) => thread.name === name)?.standing ?? [];
}

export async function keepThread(
  { state }: BotContext,
  kept: Threads,
  { name, standing }: Thread,
  made: readonly number[],
): Promise<void> {
  const others = kept.threads.filter((thread) => thread.name !== name);
  const threads = [
    ...others,
    ...(standing.length === 0 ? [] : [{ name, standing: standing.slice(-MOST_STANDING) }]),
  ];
  const own = [...kept.own, ...made].slice(-MOST_OWN);
  await state.set(KEY, { threads: threads.slice(-MOST_THREADS).map((thread) => ({ ...thread })), own });
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}
