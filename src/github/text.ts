import { resolve } from 'node:path';
import { readBoundedFile } from '../kernel/bounded-file.ts';
import { BitError } from '../kernel/errors.ts';
import { maskRemembered } from '../kernel/secrets.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Reader } from '../operation/index.ts';
import { scanText } from '../scan/index.ts';

export interface TextAsked {
  readonly text: string | undefined;
  /** A file; `-` is standard input. */
  readonly file: string | undefined;
}

/** GitHub takes 65,536; what makes a comment known again (`onceMark`) goes with it. */
const MOST_CHARACTERS = 65_400;
const MOST_BYTES = 4 * MOST_CHARACTERS;

/** What is to be said, as GitHub will have it. @throws BitError `usage`, `denied` where a secret stands in it */
export async function textToSay(reader: Reader, { text, file }: TextAsked): Promise<string> {
  if ((text === undefined) === (file === undefined))
    throw new BitError('usage', 'give what to say: --body TEXT, or --body-file FILE');
  const given = text ?? decoded(file ?? '', await bytesOf(reader, file ?? ''));
  const plain = given
    .replace(/^\ufeff/, '')
    .replaceAll('\r\n', '\n')
    .trim();
  if (plain === '') throw new BitError('usage', 'there is nothing to say: the text is empty');
  if (plain.length > MOST_CHARACTERS)
    throw new BitError(
      'usage',
      `a comment has at most ${MOST_CHARACTERS} characters, and this ${plain.length}`,
    );
  if (!plain.isWellFormed()) throw new BitError('usage', 'the text is no Unicode');
  const strange = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.exec(plain);
  if (strange !== null) {
    const line = plain.slice(0, strange.index).split('\n').length;
    throw new BitError(
      'usage',
      `line ${line} of the text holds the control character ${printable(strange[0])}`,
    );
  }
  refuseSecrets(plain);
  return plain;
}

async function bytesOf(reader: Reader, file: string): Promise<Buffer> {
  if (file === '-') return reader.input(MOST_BYTES);
  try {
    return readBoundedFile(resolve(reader.cwd, file), MOST_BYTES);
  } catch (error) {
    if (error instanceof BitError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'is not there' : `can't be read: ${String(code)}`;
    throw new BitError(code === 'ENOENT' ? 'not-found' : 'io', `${printable(shorten(file))} ${why}`, {
      cause: error,
    });
  }
}

function decoded(file: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new BitError(
      'usage',
      `${file === '-' ? 'standard input' : printable(shorten(file))} is no text in UTF-8`,
    );
  }
}

/** What is said there is read by everybody, and is kept in mails when it was deleted. */
function refuseSecrets(text: string): void {
  const [found] = scanText('the text', text);
  const at = found === undefined ? '' : `, line ${found.line}: ${found.message}`;
  if (found === undefined && maskRemembered(text) === text) return;
  throw new BitError('denied', `a secret stands in the text${at}`, { hint: 'nothing was said' });
}
