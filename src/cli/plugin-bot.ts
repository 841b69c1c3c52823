/** The process of a bot: one event, handled by a module or by a script, and everything asked of the host. */
import { pathToFileURL } from 'node:url';
import type { BitAnswer, Bot, BotContext } from '../bots/handler.ts';
import type { BotTask } from '../bots/task.ts';
import { BitError } from '../kernel/errors.ts';
import type { Json } from '../kernel/json.ts';
import type { ParentLink } from './plugin-child.ts';
import { loadItems } from './plugin-items.ts';

export type { BotTask };

export async function handleEvent(task: BotTask, link: ParentLink): Promise<null> {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), task.seconds * 1000);
  timer.unref();
  link.onStop(() => over.abort());
  const told: Promise<unknown>[] = [];
  const context: BotContext = {
    bot: task.bot,
    settings: task.settings,
    signal: over.signal,
    now: () => (task.now === undefined ? new Date() : new Date(task.now)),
    context: task.context ?? undefined,
    bit: async (words, options = {}) => (await link.call('bit', words, options)) as BitAnswer,
    state: {
      get: async (key) => ((await link.call('state.get', key)) as Json | null) ?? undefined,
      set: async (key, value) => void (await link.call('state.set', key, value)),
    },
    tree: {
      read: async (path) => ((await link.call('tree.read', path)) as string | null) ?? undefined,
      list: async (glob) => (await link.call('tree.list', glob)) as readonly string[],
    },
    log: (line) => void told.push(link.call('log', String(line)).catch(() => undefined)),
  };
  try {
    await handle(task, context);
    // what it said last is written before it is done
    await Promise.all(told);
  } finally {
    clearTimeout(timer);
  }
  return null;
}

async function handle(task: BotTask, context: BotContext): Promise<void> {
  const { handler, event } = task;
  if (handler.kind === 'module') {
    const bot = (await loadItems('bots', handler.file, task.bot)).find(({ name }) => name === handler.name);
    if (bot === undefined) throw new BitError('not-found', `its package brings no bot ${handler.name}`);
    await (bot as Bot).handle(event, context);
    return;
  }
  if (handler.language !== 'javascript') {
    const { runBotScript } = await import('./plugin-bot-script.ts');
    return runBotScript(task, handler, context);
  }
  const module = (await import(pathToFileURL(handler.file).href)) as {
    handle?: unknown;
    default?: unknown;
  };
  const found = module.handle ?? module.default;
  if (typeof found !== 'function')
    throw new BitError('usage', `${handler.path} exports no function named handle, nor one by default`);
  await (found as Bot['handle'])(event, context);
}
