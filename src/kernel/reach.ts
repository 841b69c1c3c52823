/** Whether words name a place outside a folder: for those who act for somebody that is held to it. */
import { existsSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve, sep } from 'node:path';

/** Where words may lead. */
export interface Reach {
  /** The work tree. */
  readonly root: string;
  /** What relative paths are relative to; default the root. */
  readonly cwd?: string;
  /** What of it, or beside it, is nobody's to name: the git directories. */
  readonly closed: readonly string[];
  /** `HOME`, for `~/…`. */
  readonly home: string | undefined;
}

/** The first of the words, or of what is in one, that names a place outside; undefined where none does. */
export function leadingOut(words: readonly string[], reach: Reach): string | undefined {
  return words.flatMap(partsOf).find((path) => leadsOut(path, reach));
}

/** No path has more characters: what is longer names nothing, but a part of it may. */
const LONGEST_PATH = 4096;

/**
 * What of a word could be a path: all of it; what follows a `=`, `:`, `,` or `@`; what stands between commas; what follows
 * any of the letters of short options, of which the last takes the rest for its value (`-qC/elsewhere`). A path may hold
 * any of these, and line breaks too.
 */
function partsOf(word: string): readonly string[] {
  const parts = [word, ...word.split(',')];
  const from = Math.max(0, word.length - LONGEST_PATH);
  for (const { index } of word.slice(from).matchAll(/[=:,@]/g)) parts.push(word.slice(from + index + 1));
  const { length = 0 } = /^-[A-Za-z]+/.exec(word)?.[0] ?? '';
  for (let at = Math.max(2, from); at <= length; at++) parts.push(word.slice(at));
  return [...new Set(parts.filter((part) => part.length <= LONGEST_PATH))];
}

function leadsOut(text: string, { root, cwd = root, closed, home }: Reach): boolean {
  const spoken = text.replace(/^file:\/\//, '');
  const tilde = /^~(?:\/|$)/.test(spoken);
  const path = tilde ? join(home ?? homedir(), spoken.slice(1)) : resolve(cwd, spoken);
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

/** Both as they are in the file system, without links. */
export function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}
