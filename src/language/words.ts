import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Profanity } from '../specification/index.ts';

/** Lists of words by category: `slurs/*` of a denylist is every file of `.bithub/words/slurs/`, a word a line. */
const WORDS_FOLDER = '.bithub/words';
const MOST_BYTES = 1024 * 1024;
const MOST_WORDS = 100_000;

export type Redaction = NonNullable<Profanity['logRedaction']>;

export interface Lexicon {
  readonly mode: NonNullable<Profanity['mode']>;
  readonly redaction: Redaction;
  /** Plain form of each word that is denied; a trailing `*` takes what begins so. */
  readonly denied: ReadonlySet<string>;
  readonly beginnings: readonly string[];
  /** Categories that have no list here: nothing is looked for in their name. */
  readonly missing: readonly string[];
}

export function readLexicon(
  root: string,
  profanity: Profanity | undefined,
  allow: readonly string[],
): Lexicon {
  const {
    mode = 'compliant-banter',
    allowlist = [],
    denylist = [],
    logRedaction = 'partial',
  } = profanity ?? {};
  const allowed = new Set([...(mode === 'strict' ? [] : allowlist), ...allow].map(plain));
  const missing: string[] = [];
  const words = denylist.flatMap((entry) => {
    if (!entry.includes('/')) return [entry];
    const listed = category(root, entry);
    if (listed === undefined) missing.push(entry);
    return listed ?? [];
  });
  const denied = new Set<string>();
  const beginnings: string[] = [];
  for (const word of words.slice(0, MOST_WORDS)) {
    const form = plain(word.replace(/\*$/, ''));
    if (form === '' || allowed.has(form)) continue;
    if (word.endsWith('*') && form.length >= 3) beginnings.push(form);
    else denied.add(form);
  }
  return { mode, redaction: logRedaction, denied, beginnings: beginnings.slice(0, 1000), missing };
}

/** Undefined where there is no such list. */
function category(root: string, entry: string): string[] | undefined {
  const [folder = '', name = ''] = entry.split('/');
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(folder) || !/^(?:\*|[A-Za-z0-9_-]{1,64})$/.test(name)) return undefined;
  const directory = join(root, WORDS_FOLDER, folder);
  if (lstatSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) return undefined;
  const files = readdirSync(directory).filter(
    (file) => /\.(?:txt|lst)$/.test(file) && (name === '*' || file.replace(/\.[^.]*$/, '') === name),
  );
  if (files.length === 0) return undefined;
  return files.flatMap((file) => {
    const path = join(directory, file);
    const stat = lstatSync(path);
    if (!stat.isFile() || stat.size > MOST_BYTES) return [];
    return readFileSync(path, 'utf8')
      .split('\n')
      .map((line) => line.replace(/#.*/, '').trim())
      .filter((line) => line !== '');
  });
}

const LOOKALIKES: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  $: 's',
  '@': 'a',
  '!': 'i',
};

function bare(word: string): string {
  return word.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

/** Without case, accents, and signs that stand for letters. */
export function plain(word: string): string {
  return bare(word).replace(/[013457$@!]/g, (sign) => LOOKALIKES[sign] ?? sign);
}

export function redact(word: string, redaction: Redaction): string {
  if (redaction === 'none') return word;
  const letters = [...word];
  return redaction === 'full' ? '***' : `${letters[0] ?? ''}${'*'.repeat(Math.max(2, letters.length - 1))}`;
}

export interface Hit {
  /** From 0, in UTF-16 units. */
  readonly at: number;
  readonly word: string;
}

/** A letter, then letters and the signs that stand for them. */
const WORD = /[\p{L}\p{N}$@](?:[\p{L}\p{M}\p{N}$@!'’]{0,62}[\p{L}\p{M}\p{N}$@])?/gu;

/** Words of a line that are denied; linear in it. */
export function hits(line: string, lexicon: Lexicon): Hit[] {
  if (lexicon.mode === 'off' || (lexicon.denied.size === 0 && lexicon.beginnings.length === 0)) return [];
  const found: Hit[] = [];
  for (const match of line.matchAll(WORD)) {
    const [word] = match;
    // a 1 is written for l as well as for i
    const forms = new Set([plain(word), plain(word.replaceAll('1', 'l')), bare(word)]);
    const denied = [...forms].some(
      (form) =>
        lexicon.denied.has(form) || lexicon.beginnings.some((beginning) => form.startsWith(beginning)),
    );
    // a number is no word, whatever its figures look like
    if (denied && /\p{L}/u.test(word)) found.push({ at: match.index, word });
  }
  return found;
}

export function redactLine(line: string, lexicon: Lexicon): string {
  let text = '';
  let from = 0;
  for (const { at, word } of hits(line, lexicon)) {
    text += line.slice(from, at) + redact(word, lexicon.redaction);
    from = at + word.length;
  }
  return text + line.slice(from);
}
