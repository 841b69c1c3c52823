import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
const REFERENCE = 'secret:';

/** Names are those of environment variables, for that is where most secrets go. @throws BitError `usage` */
export function checkSecretName(name: string): string {
  if (NAME.test(name)) return name;
  throw new BitError('usage', `'${printable(shorten(name))}' is no name of a secret`, {
    hint: 'letters, digits and _, as in NPM_TOKEN',
  });
}

/** `NAME` of `secret:NAME`; undefined where the text is no reference. */
export function secretName(reference: string): string | undefined {
  return reference.startsWith(REFERENCE) ? checkSecretName(reference.slice(REFERENCE.length)) : undefined;
}
