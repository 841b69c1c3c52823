import type { Interfaces } from '@oclif/core';
import { BitError } from '../kernel/errors.ts';
import { nearest, printable, shorten } from '../kernel/text.ts';
import { helpHint } from './failure.ts';

/** As far as it is used here. */
export interface Parsed {
  readonly args: Readonly<Record<string, unknown>>;
  readonly argv: readonly unknown[];
  readonly flags: object;
}

/**
 * Reads words by oclif's parser, which leaves to us whether an argument is among those to choose from: a first argument
 * that has a default may be left out although more follow (`bit bot query NAME` for `bit bot query state NAME`).
 * @throws BitError `usage` for a word that can't be chosen, with those that are near it
 */
export async function readWords(
  command: string,
  declared: Interfaces.ArgInput,
  words: readonly string[],
  parse: (args: Interfaces.ArgInput, words: readonly string[]) => Promise<Parsed>,
): Promise<Parsed> {
  const args = unasked(declared);
  const parsed = await parse(args, words);
  const wrong = unchoosable(declared, parsed);
  if (wrong === undefined) return parsed;
  const otherwise = leftOut(declared, wrong);
  const again =
    otherwise === undefined ? undefined : await parse(args, [otherwise, ...words]).catch(() => undefined);
  if (again !== undefined && unchoosable(declared, again) === undefined) return again;
  const near = nearest(wrong.word, wrong.options);
  const meant = near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`;
  const word = printable(shorten(wrong.word, 200));
  throw new BitError('usage', `${word} is none of: ${wrong.options.join(', ')}${meant}`, {
    hint: helpHint(command),
  });
}

/** oclif reads an argument that is missing from stdin, 10 ms and a lost input later: never here. */
function unasked(declared: Interfaces.ArgInput): Interfaces.ArgInput {
  return Object.fromEntries(
    Object.entries(declared).map(([name, arg]) => [name, { ...arg, options: undefined, ignoreStdin: true }]),
  ) as never;
}

interface Wrong {
  readonly name: string;
  readonly word: string;
  readonly options: readonly string[];
}

function unchoosable(declared: Interfaces.ArgInput, { args }: Parsed): Wrong | undefined {
  for (const [name, { options }] of Object.entries(declared)) {
    const word = args[name];
    if (options === undefined || typeof word !== 'string' || options.includes(word)) continue;
    return { name, word, options };
  }
  return undefined;
}

/** The default of the first argument, where the wrong word may be meant for the second. */
function leftOut(declared: Interfaces.ArgInput, { name, word, options }: Wrong): string | undefined {
  const [first, second] = Object.entries(declared);
  if (first === undefined || second === undefined || first[0] !== name) return undefined;
  // who misspelt a word to choose meant no name
  if (nearest(word, options).length > 0) return undefined;
  const otherwise: unknown = first[1].default;
  return typeof otherwise === 'string' ? otherwise : undefined;
}
