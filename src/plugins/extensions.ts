/** What installed plugins bring at the points, and how it is called: in a sandbox, or of a trusted plugin right here. */
import { BitError } from '../kernel/errors.ts';
import { nearest, printable, shorten } from '../kernel/text.ts';
import type { Reader } from '../operation/index.ts';
import type { Point } from './points/names.ts';
import type { Session } from './session.ts';
import type { Plugin, Provided } from './table.ts';

/** One thing a plugin brings. */
export interface Extension extends Provided {
  readonly plugin: Plugin;
  /** Its code runs in this process. */
  readonly trusted: boolean;
}

export interface Extensions {
  /** Of every installed plugin, by the plugin's name. */
  list(point: Point): readonly Extension[];
  /** A place where it can be called, until it is closed. Starts nothing before its first call. */
  open(point: Point, extension: Extension, signal: AbortSignal): Session;
}

/** What this machine's plugins bring; none where no program is around. */
export async function extensionsOf(reader: Pick<Reader, 'extensions'>): Promise<Extensions> {
  return (await reader.extensions?.()) ?? { list: () => [], open: () => unavailable() };
}

function unavailable(): never {
  throw new BitError('unsupported', 'plugins need the program bit around them');
}

/** Whether it may do what needs a capability; a trusted one may do anything. */
export function may({ trusted, plugin }: Extension): (capability: string) => boolean {
  return (capability) => trusted || plugin.capabilities.includes(capability);
}

/** `plugin:@acme/deploy#upload` taken apart; undefined for what is none. */
export function parseReference(word: string): { readonly plugin: string; readonly name: string } | undefined {
  const [, plugin, name] = /^plugin:([^#\s]{1,214})#([a-z][a-z0-9-]{0,62})$/.exec(word) ?? [];
  return plugin === undefined || name === undefined ? undefined : { plugin, name };
}

/** @throws BitError `usage` for what is no reference, `not-found` with what there is */
export function requireExtension(extensions: Extensions, point: Point, word: string): Extension {
  const shown = printable(shorten(word));
  const reference = parseReference(word);
  if (reference === undefined)
    throw new BitError('usage', `${shown} names nothing of a plugin`, {
      hint: 'written plugin:<package>#<name>',
    });
  const all = extensions.list(point);
  const found = all.find(({ plugin, name }) => plugin.name === reference.plugin && name === reference.name);
  if (found !== undefined) return found;
  const names = all.map(({ plugin, name }) => `plugin:${plugin.name}#${name}`);
  const near = nearest(word, names);
  const known = all.some(({ plugin }) => plugin.name === reference.plugin);
  throw new BitError('not-found', `no installed plugin brings ${shown}`, {
    hint:
      near.length > 0
        ? `did you mean: ${near.join(', ')}`
        : known
          ? `there are: ${names.join(', ')}`
          : `if it is to be had: bit ext install ${printable(shorten(reference.plugin))}`,
    details: { uses: shown },
  });
}
