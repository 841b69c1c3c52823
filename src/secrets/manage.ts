import { BitError } from '../kernel/errors.ts';
import { rememberSecret } from '../kernel/secrets.ts';
import { nearest } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { checkSecretName } from './name.ts';
import { storesOf } from './read.ts';
import { type SecretInfo, SecretStore } from './store.ts';

/** Most bytes of a value; a key file fits, a file of data does not. */
const SIZE_LIMIT = 64 * 1024;

export interface SecretListing {
  readonly secrets: readonly SecretInfo[];
}

export interface SecretChange extends SecretInfo {
  readonly replaced: boolean;
}

/** Names and places, never values. */
export function listSecrets(reader: Reader): SecretListing {
  return { secrets: storesOf(reader).flatMap((store) => store.list()) };
}

/** The value comes from standard input, or from the terminal without echo: never from the command line. */
export async function setSecret(
  reader: Reader,
  request: { readonly name: string; readonly user: boolean },
): Promise<Effect<SecretChange>> {
  const name = checkSecretName(request.name);
  const store = scopeOf(reader, request.user);
  const taken = store
    .list()
    .find((info) => info.name !== name && info.name.toUpperCase() === name.toUpperCase());
  if (taken !== undefined)
    throw new BitError(
      'conflict',
      `${name} differs from ${taken.name} only in case, which not every system tells`,
    );
  const before = store.find(name);
  // a person is asked before the lock is taken; standard input is there already and read when it is needed
  const { ask } = reader;
  const typed = ask.possible ? await ask.text(`Value of ${name}`, { secret: true }) : undefined;
  const passphrase = await store.passphrase(name);
  return {
    summary: `set secret ${name}`,
    target: { name, scope: store.scope, replaces: before !== undefined },
    plan: [`${before === undefined ? 'keep' : 'replace'} secret ${name} of the ${store.scope}`],
    touches: { refs: [] },
    irreversible: [`the value of secret ${name}${before === undefined ? '' : ', the one before is gone'}`],
    async run(writer) {
      const value = typed ?? (await writer.input(SIZE_LIMIT)).toString('utf8').replace(/\r?\n$/, '');
      if (value === '')
        throw new BitError('usage', `a secret has a value: give ${name} one on standard input`);
      rememberSecret(value);
      return { ...(await store.write({ name, value, passphrase })), replaced: before !== undefined };
    },
    record: ({ scope, place, replaced }) => ({ name, scope, place, replaced }),
  };
}

export function removeSecret(
  reader: Reader,
  request: { readonly name: string; readonly user: boolean },
): Effect<SecretInfo> {
  const name = checkSecretName(request.name);
  const store = scopeOf(reader, request.user);
  const info = store.find(name);
  if (info === undefined) {
    const near = nearest(
      name,
      store.list().map((other) => other.name),
    );
    throw new BitError('not-found', `the ${store.scope} has no secret ${name}`, {
      hint: near.length > 0 ? `did you mean: ${near.join(', ')}` : 'see them with: bit secret list',
    });
  }
  return {
    summary: `remove secret ${name}`,
    target: { name, scope: store.scope },
    plan: [`forget secret ${name} of the ${store.scope}`],
    touches: { refs: [] },
    confirm: `Forget secret ${name} of the ${store.scope}?`,
    irreversible: [`the value of secret ${name} is gone`],
    async run() {
      await store.remove(info);
      return info;
    },
    record: ({ scope }) => ({ name, scope }),
  };
}

function scopeOf(reader: Reader, user: boolean): SecretStore {
  return new SecretStore(reader, user || reader.repository === undefined ? 'user' : 'repository');
}
