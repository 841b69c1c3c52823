/** The user's own names for command lines: `<configDir>/aliases.json`, `{"co": "pr checkout"}`. */
import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { readTextIfExists } from '../kernel/files.ts';
import { isJsonObject } from '../kernel/json.ts';
import { printable, shorten, splitWords } from '../kernel/text.ts';

const MOST_BYTES = 256 * 1024;
const MOST_WORDS = 1000;

export function aliasesFile(configDirectory: string): string {
  return join(configDirectory, 'aliases.json');
}

/**
 * Every alias by name; none where there is no file.
 *
 * @throws BitError `usage` where the file is not an object of strings
 */
export function readAliases(configDirectory: string): Readonly<Record<string, string>> {
  const path = aliasesFile(configDirectory);
  const text = readTextIfExists(path);
  if (text === undefined) return {};
  const wrong = (why: string): BitError => new BitError('usage', `${path}: ${why}`, { details: { path } });
  if (text.length > MOST_BYTES) throw wrong('larger than 256 kB');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw wrong('not JSON');
  }
  if (!isJsonObject(parsed)) throw wrong('expected an object of strings, {"name": "command line"}');
  for (const [name, value] of Object.entries(parsed)) {
    if (typeof value !== 'string') throw wrong(`"${printable(shorten(name))}" is not a string`);
  }
  return parsed as Record<string, string>;
}

/**
 * The words an alias stands for, given the words after it: `$1` … `$9` take one each, `$@` all that are left, and
 * what no placeholder took follows at the end. Never expanded twice.
 *
 * @throws BitError `usage` naming the alias
 */
export function expandAlias(name: string, expansion: string, given: readonly string[]): string[] {
  const wrong = (why: string): BitError => new BitError('usage', `alias ${printable(shorten(name))}: ${why}`);
  const split = splitWords(expansion);
  if (split === undefined) throw wrong('a quote is not closed');
  const taken = new Set<number>();
  const expanded: string[] = [];
  for (const word of split) {
    if (word === '$@') {
      given.forEach((value, at) => {
        if (!taken.has(at)) expanded.push(value);
        taken.add(at);
      });
      continue;
    }
    const filled = word.replace(/\$([1-9])/g, (_, digit: string) => {
      const at = Number(digit) - 1;
      const value = given[at];
      if (value === undefined)
        throw wrong(
          `needs ${digit} ${digit === '1' ? 'word' : 'words'} after it: ${printable(shorten(expansion))}`,
        );
      taken.add(at);
      return value;
    });
    expanded.push(filled);
  }
  const words = [...expanded, ...given.filter((_, at) => !taken.has(at))];
  if (words.length === 0) throw wrong('stands for nothing');
  if (words.length > MOST_WORDS) throw wrong(`stands for more than ${MOST_WORDS} words`);
  return words;
}
