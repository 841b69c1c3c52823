import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import { checkPath } from '../../git/index.ts';
import { BitError, isBitError } from '../../kernel/errors.ts';
import { compileGlob } from '../../kernel/glob.ts';
import { printable, shorten } from '../../kernel/text.ts';

const MOST_FILE = 4 * 1024 * 1024;
const MOST_LISTED = 10_000;

/** A file of the work tree: below its root through every link, not of git's own. Undefined where there is none. */
export function readTree(root: string, given: unknown): string | undefined {
  if (typeof given !== 'string') throw new BitError('usage', 'tree.read: expected a path');
  let path: string;
  try {
    path = checkPath(given);
  } catch (error) {
    if (!isBitError(error)) throw error;
    throw new BitError(
      'denied',
      `${printable(shorten(given))} is not below the work tree's root: ${error.message}`,
    );
  }
  let real: string;
  let top: string;
  try {
    top = realpathSync(root);
    real = realpathSync(join(top, path));
  } catch {
    return undefined;
  }
  const inside = real.startsWith(`${top}${sep}`) ? real.slice(top.length + 1) : undefined;
  if (inside === undefined || inside.split(sep).some((part) => part.toLowerCase() === '.git'))
    throw new BitError('denied', `${path} leads out of the work tree`);
  const file = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) return undefined;
    const bytes = Buffer.alloc(Math.min(stat.size, MOST_FILE));
    return bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(file);
  }
}

/** What `git` is asked for the paths of files that it tracks or does not ignore; they end with a NUL each. */
export const LIST_FILES = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'] as const;

/** Those of them whose path the glob matches. */
export async function listTree(
  listed: () => Promise<readonly string[]>,
  given: unknown,
): Promise<readonly string[]> {
  if (typeof given !== 'string' || given.length > 1000)
    throw new BitError('usage', 'tree.list: expected a glob');
  const matches = compileGlob(given);
  const paths = new Set((await listed()).filter((path) => path !== '' && matches(path)));
  return [...paths].sort().slice(0, MOST_LISTED);
}
