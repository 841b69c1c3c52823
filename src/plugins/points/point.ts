import { BitError } from '../../kernel/errors.ts';
import type { JsonObject } from '../../kernel/json.ts';
import { printable, shorten } from '../../kernel/text.ts';
import type { Provided } from '../table.ts';

/** Asks the host for something, by name; in the sandbox over the channel, of a trusted plugin directly. */
export type Tool = (method: string, ...args: readonly unknown[]) => Promise<unknown>;

/** What a call of something a plugin brings may use. */
export interface Invocation {
  readonly tool: Tool;
  /** Never aborted in a sandbox: its process is ended instead. */
  readonly signal: AbortSignal;
}

/** A point, seen from the process in which the plugin's module is loaded. */
export interface PointKind<Item extends { readonly name: string }> {
  /** What one of them is, for messages: `step kind`. */
  readonly what: string;
  /** @throws BitError `usage` naming what is none */
  check(value: unknown, where: string): readonly Item[];
  describe(item: Item): Provided;
  invoke(item: Item, method: string, args: readonly unknown[], invocation: Invocation): Promise<unknown>;
}

const NAME = /^[a-z][a-z0-9-]{0,62}$/;
const MOST = 100;

/** The list a module exports, each member an object with a name of its own and the functions it needs. */
export function checkItems<Item>(
  value: unknown,
  at: {
    readonly where: string;
    readonly point: string;
    readonly what: string;
    readonly texts: readonly string[];
    readonly functions: readonly string[];
  },
): readonly Item[] {
  const { where, point, what, texts, functions } = at;
  if (!Array.isArray(value) || value.length > MOST)
    throw new BitError('usage', `${where} exports no list named ${point}`);
  const seen = new Set<string>();
  for (const item of value as unknown[]) {
    const member = (name: string): unknown =>
      typeof item === 'object' && item !== null ? Reflect.get(item, name) : undefined;
    const name = member('name');
    const shown = typeof name === 'string' ? printable(shorten(name)) : 'one without a name';
    const wrong = (why: string): BitError =>
      new BitError('usage', `${where}: ${shown} is no ${what}: ${why}`);
    if (typeof name !== 'string' || !NAME.test(name))
      throw wrong('its name must be lower-case letters, digits and dashes');
    for (const text of texts) if (typeof member(text) !== 'string') throw wrong(`${text} must be a text`);
    for (const call of functions)
      if (typeof member(call) !== 'function') throw wrong(`${call} must be a function`);
    if (seen.has(name)) throw wrong('there are two of that name');
    seen.add(name);
  }
  return value as readonly Item[];
}

/** How it is told of at install. */
export function described(name: string, description: string, facts: JsonObject): Provided {
  return { name, description: printable(shorten(description, 300)), facts };
}
