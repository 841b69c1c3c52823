import { BitError } from '../kernel/errors.ts';
import { rememberSecret } from '../kernel/secrets.ts';
import { nearest } from '../kernel/text.ts';
import type { Reader } from '../operation/index.ts';
import { checkSecretName } from './name.ts';
import { SecretStore } from './store.ts';

/**
 * The value of a secret: the repository's, else the user's. It is masked in what this process writes from now on.
 *
 * @throws BitError `not-found` naming the nearest, `auth` where its passphrase is wrong or nobody can be asked
 */
export async function readSecret(reader: Reader, name: string): Promise<string> {
  checkSecretName(name);
  const stores = storesOf(reader);
  for (const store of stores) {
    const info = store.find(name);
    if (info === undefined) continue;
    const value = await store.read(info);
    rememberSecret(value);
    return value;
  }
  const near = nearest(
    name,
    stores.flatMap((store) => store.list().map((info) => info.name)),
  );
  throw new BitError('not-found', `there is no secret ${name}`, {
    hint: near.length > 0 ? `did you mean: ${near.join(', ')}` : `set it with: bit secret set ${name}`,
  });
}

/** Those that count here, the nearer first. */
export function storesOf(reader: Reader): readonly SecretStore[] {
  const user = new SecretStore(reader, 'user');
  return reader.repository === undefined ? [user] : [new SecretStore(reader, 'repository'), user];
}
