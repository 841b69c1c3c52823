import { existsSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { BitError } from '../../kernel/errors.ts';
import { printable, shorten } from '../../kernel/text.ts';
import type { BitOptions } from '../handler.ts';

/** Where a bot's commands may reach. */
export interface Reach {
  /** The work tree. */
  readonly root: string;
  /** What of it, or beside it, no bot names: the git directories. */
  readonly closed: readonly string[];
  /** `HOME`, for `~/…`. */
  readonly home: string | undefined;
}

const MOST_WORDS = 1000;
const MOST_BYTES = 128 * 1024;
const MOST_INPUT = 8 * 1024 * 1024;

/**
 * The words of a call as a handler gave them, read anew: text, of a size, with no `-C` and no path that leads out of the
 * work tree or into the git directory. The sandbox around the command is what holds; this says why before it starts, and
 * holds by itself where a machine has none.
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
      /^-C|^--dir(?:e(?:c(?:t(?:o(?:ry?)?)?)?)?)?(?:=|$)|^--(?:git-dir|work-tree)/.test(word),
    )
  )
    throw new BitError('denied', 'a bot works in its own repository: no -C, no --git-dir');
  const out = words.flatMap(candidates).find((path) => leadsOut(path, reach));
  if (out === undefined) return;
  throw new BitError('denied', `${printable(shorten(out))} is not in the work tree`, {
    hint: 'a bot reads and writes what lies below the root of its repository',
  });
}

/** What of a word could be a path: all of it, what follows `=`, what follows a short option. */
function candidates(word: string): readonly string[] {
  if (word.includes('\n') || word.length > 4096) return [];
  const after = word.indexOf('=');
  return [
    word,
    ...(after < 0 ? [] : [word.slice(after + 1)]),
    ...(/^-[A-Za-z][^-]/.test(word) ? [word.slice(2)] : []),
  ];
}

function leadsOut(text: string, { root, closed, home }: Reach): boolean {
  const spoken = text.replace(/^file:\/\//, '');
  const tilde = /^~(?:\/|$)/.test(spoken);
  const path = tilde ? join(home ?? homedir(), spoken.slice(1)) : resolve(root, spoken);
  const meant = isAbsolute(spoken) || tilde || /(?:^|\/)\.\.(?:\/|$)/.test(spoken);
  // a message may begin with a slash: what is named must be there, or could be made there
  const there = existsSync(path) || (dirname(path) !== sep && existsSync(dirname(path)));
  if (!there) return false;
  const real = realOf(path);
  const within = isBelow(real, realOf(root));
  if (closed.some((folder) => isBelow(real, realOf(folder)))) return meant || existsSync(path);
  return !within && (meant || existsSync(path));
}

function realOf(path: string): string {
  for (let at = path, rest = ''; ; ) {
    try {
      return join(realpathSync(at), rest);
    } catch {
      const above = dirname(at);
      if (above === at) return path;
      rest = join(at.slice(above.length).replace(/^[/\\]+/, ''), rest);
      at = above;
    }
  }
}

export function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}
