/** A registry's ECDSA signatures: https://docs.npmjs.com/about-registry-signatures. */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { BitError } from '../../kernel/errors.ts';
import { isJsonObject } from '../../kernel/json.ts';
import { printable, shorten } from '../../kernel/text.ts';
import type { Published } from './published.ts';

export interface RegistryKey {
  readonly keyid: string;
  readonly key: KeyObject;
  /** SubjectPublicKeyInfo, DER. */
  readonly der: Buffer;
  /** It counts for what was published before. */
  readonly expires: Date | undefined;
}

const MOST_KEYS = 100;
const SCHEME = 'ecdsa-sha2-nistp256';

/** Reads `/-/npm/v1/keys`; a key of another kind than the one there is is left out. */
export function readKeys(value: unknown, registry: URL): readonly RegistryKey[] {
  const wrong = (): BitError => new BitError('integrity', `the keys of ${registry.host} can't be read`);
  const list: unknown = isJsonObject(value) ? value['keys'] : undefined;
  if (!Array.isArray(list) || list.length > MOST_KEYS) throw wrong();
  return (list as unknown[]).flatMap((row): RegistryKey[] => {
    if (!isJsonObject(row)) throw wrong();
    const { keyid, key, scheme, expires } = row;
    if (typeof keyid !== 'string' || typeof key !== 'string' || key.length > 10_000) throw wrong();
    if (scheme !== SCHEME) return [];
    const until = expires === null || expires === undefined ? undefined : new Date(String(expires));
    if (until !== undefined && Number.isNaN(until.getTime())) throw wrong();
    try {
      const der = Buffer.from(key, 'base64');
      const object = createPublicKey({ key: der, format: 'der', type: 'spki' });
      const curve = object.asymmetricKeyDetails?.namedCurve;
      if (object.asymmetricKeyType !== 'ec' || curve !== 'prime256v1') throw wrong();
      return [{ keyid, key: object, der, expires: until }];
    } catch {
      throw wrong();
    }
  });
}

/**
 * Every signature must hold, over `name@version:integrity`.
 *
 * @throws BitError `integrity` naming the signature that does not
 */
export function verifySignatures(
  { name, version, integrity = '', signatures, published, registry }: Published,
  { keys, now }: { readonly keys: readonly RegistryKey[]; readonly now: Date },
): void {
  const what = `${name}@${version}`;
  for (const { keyid, sig } of signatures) {
    const shown = printable(shorten(keyid));
    const refused = (why: string): BitError =>
      new BitError('integrity', `the signature of ${registry.host} on ${what} ${why}`, {
        details: { package: what, keyid: shown },
      });
    const found = keys.find((key) => key.keyid === keyid);
    if (found === undefined) throw refused(`is by a key that is none of its own: ${shown}`);
    if (found.expires !== undefined && (published ?? now) >= found.expires)
      throw refused(`is by ${shown}, which had expired on ${found.expires.toISOString().slice(0, 10)}`);
    if (!verify('sha256', Buffer.from(`${what}:${integrity}`), found.key, sig))
      throw refused(`by ${shown} does not hold`);
  }
}
