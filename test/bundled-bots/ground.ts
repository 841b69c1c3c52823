/** A bot handled here as its host would: real `bit` commands, under a token of just its capabilities. */

import type { Bot, BotContext, BotEvent, Json, JsonObject } from '../../src/api/index.ts';
import { mayRun, needOf } from '../../src/bots/index.ts';
import type { World } from '../world.ts';

/** A specification by which `zounds` is a word not to be written. */
export function deniesZounds(logRedaction: 'full' | 'none' = 'full'): string {
  return `apiVersion: bithub/v1\nkind: OrchestrationSpec\npolicy:\n  profanity: { mode: strict, denylist: [zounds], logRedaction: ${logRedaction} }\n`;
}

export interface Handled {
  readonly log: readonly string[];
  /** Commands it ran, words without flags. */
  readonly commands: readonly string[];
  /** What it asked for without being allowed to. */
  readonly beyond: readonly string[];
}

export interface Handling {
  handle(event: Partial<BotEvent> & Pick<BotEvent, 'event'>, settings?: JsonObject): Promise<Handled>;
}

/** Keeps the bot's state from event to event, and its token. */
export async function handling(place: World, bot: Bot, capabilities = bot.capabilities): Promise<Handling> {
  const caps = capabilities.flatMap((one) => (/^(?:tree|network):/.test(one) ? [] : ['--cap', one]));
  const minted = await place.bit('token', 'mint', ...caps, '--for', `bot:${bot.name}`, '--json');
  const { token } = JSON.parse(minted.stdout) as { token: string };
  const state = new Map<string, Json>();
  return {
    async handle(given, settings = {}) {
      const log: string[] = [];
      const commands: string[] = [];
      const beyond: string[] = [];
      const env = place.env as Record<string, string>;
      const context: BotContext = {
        bot: bot.name,
        settings,
        signal: new AbortController().signal,
        now: () => new Date(),
        context: undefined,
        async bit(words, options = {}) {
          const need = needOf(words);
          commands.push(need?.command ?? words.join(' '));
          if (need === undefined || !mayRun(capabilities, need)) beyond.push(words.join(' '));
          const json = options.json === true ? ['--json'] : [];
          env['BITHUB_TOKEN'] = token;
          try {
            const ran = await place.bitWith({ input: options.input ?? '' }, ...words, '--no-input', ...json);
            const parsed = options.json === true ? read(ran.stdout) : undefined;
            return {
              status: ran.code,
              stdout: ran.stdout,
              stderr: ran.stderr,
              ...(parsed === undefined ? {} : { json: parsed }),
            };
          } finally {
            delete env['BITHUB_TOKEN'];
          }
        },
        state: {
          get: async (key) => state.get(key),
          set: async (key, value) => void state.set(key, value),
        },
        tree: { read: async () => undefined, list: async () => [] },
        log: (line) => void log.push(line),
      };
      await bot.handle(
        { id: 'schedule:test/1', kind: '', ts: new Date().toISOString(), facts: {}, ...given },
        context,
      );
      return { log, commands, beyond };
    },
  };
}

function read(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** Entries of the ledger, newest first. */
export async function entries(place: World, ...words: string[]): Promise<readonly JsonObject[]> {
  const { stdout } = await place.bit('history', 'query', ...words, '--json');
  return (JSON.parse(stdout) as { entries: readonly JsonObject[] }).entries;
}

export function eventOf(entry: JsonObject | undefined): Pick<BotEvent, 'id' | 'event' | 'kind'> {
  return {
    event: 'ledger',
    kind: String(entry?.['event']),
    id: `ledger:${String(entry?.['chain'])}/${String(entry?.['seq'])}`,
  };
}
