import { BitError } from '../../kernel/errors.ts';
import { leadingOut, type Reach } from '../../kernel/reach.ts';
import { printable, shorten } from '../../kernel/text.ts';
import type { BitOptions } from '../handler.ts';

const MOST_WORDS = 1000;
const MOST_BYTES = 128 * 1024;
const MOST_INPUT = 8 * 1024 * 1024;

/**
 * The words of a call as a handler gave them, read anew: text, of a size, with no `-C` and no path that leads out of the
 * work tree or into the git directory. The command looks at them again when it has read them, and the sandbox around it is
 * what holds; this says why before it starts.
 *
 * @throws BitError `usage` for what is no call, `denied` for a path or `-C`
 */
export function checkCall(
  words: unknown,
  options: unknown,
  reach: Reach,
): { readonly words: readonly string[]; readonly options: BitOptions } {
  if (!Array.isArray(words) || words.length === 0 || words.length > MOST_WORDS)
    throw new BitError('usage', `bit: expected 1 to ${MOST_WORDS} words`);
  let bytes = 0;
  for (const word of words as unknown[]) {
    if (typeof word !== 'string' || word.includes('\0')) throw new BitError('usage', 'bit: a word is text');
    bytes += Buffer.byteLength(word);
  }
  if (bytes > MOST_BYTES) throw new BitError('usage', `bit: the words are longer than ${MOST_BYTES} bytes`);
  const given = words as readonly string[];
  const { json, input } = (options ?? {}) as { json?: unknown; input?: unknown };
  if (input !== undefined && (typeof input !== 'string' || Buffer.byteLength(input) > MOST_INPUT))
    throw new BitError('usage', `bit: input is text of at most ${MOST_INPUT} bytes`);
  refuseElsewhere(given, reach);
  return {
    words: given,
    options: { ...(json === true ? { json } : {}), ...(typeof input === 'string' ? { input } : {}) },
  };
}

function refuseElsewhere(words: readonly string[], reach: Reach): void {
  const end = words.indexOf('--');
  const flags = end < 0 ? words : words.slice(0, end);
  if (
    flags.some((word) =>
      /^-[qy]*C|^--dir(?:e(?:c(?:t(?:o(?:ry?)?)?)?)?)?(?:=|$)|^--(?:git-dir|work-tree)/.test(word),
    )
  )
    throw new BitError('denied', 'a bot works in its own repository: no -C, no --git-dir');
  const out = leadingOut(words, reach);
  if (out === undefined) return;
  throw new BitError('denied', `${printable(shorten(out))} is not in the work tree`, {
    hint: 'a bot reads and writes what lies below the root of its repository',
  });
}
