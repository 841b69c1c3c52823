/**
 * Listeners on outcome events. They hear of an operation once its outcome is on disk, and nothing they do or fail to
 * do changes that command's result: off by default, bounded in time, their failures one line on stderr.
 */
import { BitError } from '../kernel/errors.ts';
import { nearest, printable, shorten } from '../kernel/text.ts';
import type { Effect, OutcomeEvent, Reader } from '../operation/index.ts';
import { appendLore, checkCard, type LoreCard } from './lore.ts';
import { changeSettings, readSettings, settingsFile } from './settings.ts';
import type { Plugin } from './table.ts';

/** What a listener may do beside listening. */
export interface ListenerOutput {
  /** One line to a person on stderr. */
  line(text: string): void;
  /** Appends one line of JSON to `.bithub/ledger/lore.log` of the repository; at most 4 kB. */
  card(card: LoreCard): void;
}

export interface Listener {
  /** As it is switched on and off: `magic.lol`. */
  readonly name: string;
  readonly description: string;
  readonly on: 'outcome';
  /** Ledger events it hears of (`COMMIT`); left out: all. */
  readonly events?: readonly string[];
  handle(event: OutcomeEvent, out: ListenerOutput): void | Promise<void>;
}

export type { LoreCard };

/** Milliseconds all listeners of one plugin have together, from when they hear of a command's outcomes. */
export const LISTENER_LIMIT = 2000;
const MOST_LINES = 20;
const MOST_CARDS = 4;
const NAME = /^[a-z][a-z0-9]*(?:[.-][a-z0-9]+){0,5}$/;

/** @throws BitError `usage` for a module whose `listeners` are none */
export function checkListeners(value: unknown, where: string): readonly Listener[] {
  if (!Array.isArray(value) || value.length > 100)
    throw new BitError('usage', `${where} exports no list named listeners`);
  return value.map((item: unknown) => {
    const listener = item as Partial<Listener> | null;
    const name = listener?.name;
    const sound =
      typeof name === 'string' &&
      NAME.test(name) &&
      typeof listener?.description === 'string' &&
      listener.on === 'outcome' &&
      typeof listener.handle === 'function' &&
      (listener.events === undefined ||
        (Array.isArray(listener.events) && listener.events.every((event) => typeof event === 'string')));
    if (!sound)
      throw new BitError(
        'usage',
        `${where}: ${printable(shorten(String(name)))} is no listener: name, description, on and handle are needed`,
      );
    return listener as Listener;
  });
}

/** What a listener of one event may print and write, counted. */
export function boundedOutput(reader: Pick<Reader, 'notice' | 'repository'>, name: string): ListenerOutput {
  let lines = 0;
  let cards = 0;
  return {
    line(text) {
      lines += 1;
      if (lines > MOST_LINES) throw new BitError('usage', `${name} prints more than ${MOST_LINES} lines`);
      reader.notice(printable(shorten(String(text), 500)));
    },
    card(card) {
      cards += 1;
      if (cards > MOST_CARDS) throw new BitError('usage', `${name} writes more than ${MOST_CARDS} cards`);
      const line = checkCard(card);
      // outside a work tree there is no lore
      if (reader.repository?.root !== undefined) appendLore(reader.repository.root, line);
    },
  };
}

/** Has one listener hear of one event, in this process. */
export async function hear(listener: Listener, event: OutcomeEvent, out: ListenerOutput): Promise<void> {
  if (listener.events !== undefined && !listener.events.includes(event.event)) return;
  await listener.handle(event, out);
}

export interface ListenerState {
  readonly name: string;
  readonly description: string;
  readonly plugin: string;
  readonly on: boolean;
}

export function listListeners(
  reader: Reader,
  plugins: readonly Plugin[],
): { readonly listeners: readonly ListenerState[] } {
  const on = new Set(readSettings(reader.configDirectory).listeners);
  const listeners = plugins.flatMap((plugin) =>
    plugin.listeners.map(({ name, description }) => ({
      name,
      description,
      plugin: plugin.name,
      on: on.has(name),
    })),
  );
  return { listeners: listeners.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

export interface SwitchedListener {
  readonly name: string;
  readonly on: boolean;
  readonly listeners: readonly string[];
}

/** Switches one listener on or off in the user's settings. @throws BitError `not-found` naming the nearest */
export function switchListener(
  reader: Reader,
  plugins: readonly Plugin[],
  request: { readonly name: string; readonly on: boolean },
): Effect<SwitchedListener> {
  // the blueprint writes creative.enjoyments.exe
  const name = request.name.replace(/\.exe$/, '');
  const { listeners } = listListeners(reader, plugins);
  const known = listeners.find((listener) => listener.name === name);
  const before = readSettings(reader.configDirectory).listeners;
  if (known === undefined && (request.on || !before.includes(name))) {
    const near = nearest(
      name,
      listeners.map((listener) => listener.name),
    );
    throw new BitError('not-found', `no listener is called ${printable(shorten(name))}`, {
      hint: near.length > 0 ? `did you mean: ${near.join(', ')}` : 'see them with: bit listener list',
    });
  }
  const after = request.on ? [...new Set([...before, name])] : before.filter((other) => other !== name);
  const verb = request.on ? 'enable' : 'disable';
  return {
    summary: `${verb} listener ${name}`,
    target: { listener: name, plugin: known?.plugin ?? null, on: request.on },
    plan:
      before.includes(name) === request.on
        ? [`${name} is ${request.on ? 'on' : 'off'} already`]
        : [`switch ${name} ${request.on ? 'on' : 'off'}`],
    touches: { refs: [], files: [settingsFile(reader.configDirectory)] },
    async run() {
      changeSettings(reader.configDirectory, { listeners: after });
      return { name, on: request.on, listeners: after };
    },
    record: (out) => ({ listener: out.name, on: out.on }),
  };
}
