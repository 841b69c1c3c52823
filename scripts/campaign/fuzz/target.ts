import { hash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Random } from '../random.ts';

/** One reader of hostile input, and how to make some. Inputs are texts; those of bytes have a character a byte. */
export interface Target {
  readonly name: string;
  /** Folder of what is kept, from the project's root. */
  readonly corpus: string;
  /** Ending of kept files. */
  readonly ending: string;
  readonly encoding: 'utf8' | 'latin1';
  /** Processor time an input may take, milliseconds. */
  readonly most: number;
  /** What to start from beside the corpus. */
  seeds(): readonly string[];
  mutate(pool: readonly string[], dice: Random): string;
  /** What is wrong with how the input is taken, or undefined. Something thrown is wrong too. */
  examine(input: string, tally: Tally): string | undefined | Promise<string | undefined>;
}

/** Counts that show how deep inputs reach: `parsed`, `signed`, …. */
export type Tally = (what: string) => void;

export const root = dirname(dirname(dirname(import.meta.dirname)));

/** Longest input made, characters. */
export const LONGEST = 20_000;

/** What is kept of a target, by file name. */
export function keptInputs({ corpus, encoding }: Target): Map<string, string> {
  const folder = resolve(root, corpus);
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  return new Map(
    names.map((name) => {
      const text = readFileSync(join(folder, name), encoding);
      return [name, name.endsWith('.json-string') ? (JSON.parse(text) as string) : text];
    }),
  );
}

/** Keeps an input for every later run, and returns its file's name. What UTF-8 can't hold is kept as a JSON string. */
export function keepInput(target: Target, input: string, why: string): string {
  const { corpus, encoding, ending } = target;
  const folder = resolve(root, corpus);
  const plain = encoding === 'latin1' || input.isWellFormed();
  const name = `${why}-${hash('sha256', JSON.stringify(input)).slice(0, 8)}.${ending}${plain ? '' : '.json-string'}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), plain ? input : JSON.stringify(input), plain ? encoding : 'utf8');
  return join(corpus, name);
}
