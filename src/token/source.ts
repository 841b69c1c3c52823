import { resolve } from 'node:path';
import { readBoundedFile } from '../kernel/bounded-file.ts';
import { BitError, fromErrno } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Reader } from '../operation/index.ts';
import { SIZE_LIMIT } from './claims.ts';

/** Three parts of base64url: a JWT and no file's name. */
const COMPACT = /^[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}$/;

/**
 * The token meant by an argument: itself, a file with it, `-` for standard input, or nothing for `BITHUB_TOKEN`.
 *
 * @throws BitError `usage`, `not-found`
 */
export async function readToken(reader: Reader, source: string | undefined): Promise<string> {
  if (source === undefined) {
    const given = reader.env['BITHUB_TOKEN'];
    if (given !== undefined && given !== '') return given.trim();
    throw new BitError('usage', 'which token?', { hint: 'give it, a file with it, - or BITHUB_TOKEN' });
  }
  if (source === '-') return (await reader.input(SIZE_LIMIT)).toString('utf8').trim();
  if (COMPACT.test(source)) return source;
  const path = resolve(reader.cwd, source);
  try {
    return readBoundedFile(path, SIZE_LIMIT).toString('utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new BitError('not-found', `${printable(shorten(source))} is neither a token nor a file`);
    throw fromErrno(error, `can't read ${printable(shorten(source))}`);
  }
}
