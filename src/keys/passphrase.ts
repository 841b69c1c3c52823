import { readFileSync } from 'node:fs';
import { BitError, fromErrno } from '../kernel/errors.ts';
import type { Environment } from './key-store.ts';

export type Ask = (question: string) => Promise<string>;

/** First line of the file `BIT_PASSPHRASE_FILE` names; undefined where it is not set. */
export function passphraseFromFile(env: Environment): string | undefined {
  const path = env.BIT_PASSPHRASE_FILE;
  if (path === undefined || path === '') return undefined;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new BitError('io', `cannot read the file BIT_PASSPHRASE_FILE names: ${path}`, {
      cause: fromErrno(error, 'cannot read'),
      details: { path },
    });
  }
  const [passphrase = ''] = text.split(/\r?\n/, 1);
  if (passphrase !== '') return passphrase;
  throw new BitError('usage', `the file BIT_PASSPHRASE_FILE names is empty: ${path}`, { details: { path } });
}

/** A passphrase for something new (`the new signing key`), or undefined for none. */
export async function newPassphrase(
  env: Environment,
  ask: Ask | undefined,
  what: string,
): Promise<string | undefined> {
  const given = passphraseFromFile(env);
  if (given !== undefined || ask === undefined) return given;
  for (;;) {
    const first = await ask(`Passphrase for ${what} (empty for none)`);
    if (first === '') return undefined;
    if (first === (await ask('The same passphrase again'))) return first;
  }
}
