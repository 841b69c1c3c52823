import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { KeyInfo } from '../keys/index.ts';
import type { Effect, Reader } from '../operation/index.ts';

export interface KeyChange {
  /** Key that signed before; null where there was none. */
  readonly before: string | null;
  readonly key: KeyInfo;
}

/** Makes a key; `use` signs with it from now on. The first key ever made is current anyway. */
export async function newKey(
  reader: Reader,
  options: { readonly comment: string | undefined; readonly use: boolean },
): Promise<Effect<KeyChange>> {
  const before = await currentKey(reader);
  const { comment, use } = options;
  if (comment !== undefined && (comment.length > 200 || /[\u0000-\u001f\u007f]/.test(comment))) {
    throw new BitError('usage', 'a key comment is one line of at most 200 characters');
  }
  return {
    summary: use ? 'make a signing key and sign with it' : 'make a signing key',
    target: { use },
    plan: [
      'generate an Ed25519 key and store its private half',
      ...(use ? ['sign with it from now on'] : []),
    ],
    touches: { refs: [], files: currentFile(reader) },
    irreversible: ['the key itself stays in your key store'],
    async run({ keys }) {
      // the very first key was made a moment ago, to sign this operation's intent
      const first =
        before === null && comment === undefined ? (await keys.list()).find((key) => key.current) : undefined;
      const options = { current: use || before === null, ...(comment === undefined ? {} : { comment }) };
      return { before, key: first ?? (await keys.create(options)) };
    },
    record,
  };
}

/** A new key that signs from now on. The intent and its outcome are signed by the old one and name the new. */
export async function rotateKey(reader: Reader): Promise<Effect<KeyChange>> {
  refuseEnvironment(reader);
  const before = await currentKey(reader);
  return {
    summary: 'rotate the signing key',
    target: { before },
    plan: [
      'generate an Ed25519 key',
      'sign with it from now on',
      `keep ${before ?? 'the old one'} in the list`,
    ],
    touches: { refs: [], files: currentFile(reader) },
    irreversible: ['the new key itself stays in your key store'],
    run: async ({ keys }) => ({ before, key: await keys.rotate() }),
    record,
  };
}

/** Signs with another key of the list from now on. */
export async function useKey(reader: Reader, wanted: string): Promise<Effect<KeyChange>> {
  refuseEnvironment(reader);
  const before = await currentKey(reader);
  const matching = (await reader.keys.list()).filter(
    (key) =>
      key.fingerprint === wanted ||
      key.publicKey === wanted ||
      (/^[0-9a-f]{8,64}$/.test(wanted) && key.publicKey.startsWith(`ed25519:${wanted}`)),
  );
  const [key] = matching;
  if (key === undefined || matching.length > 1) {
    throw new BitError(
      'not-found',
      `${key === undefined ? 'no key is' : 'several keys are'} called ${wanted.slice(0, 100)}`,
      {
        hint: 'see the keys there are with: bit key show',
      },
    );
  }
  return {
    summary: `sign with ${key.fingerprint}`,
    target: { before, key: key.publicKey },
    plan: [`sign with ${key.publicKey} from now on`],
    touches: { refs: [], files: currentFile(reader) },
    run: async ({ keys }) => ({ before, key: await keys.use(key.publicKey) }),
    record,
  };
}

function record({ before, key }: KeyChange): JsonObject {
  return { before, public_key: key.publicKey, fingerprint: key.fingerprint, place: key.place };
}

async function currentKey(reader: Reader): Promise<string | null> {
  return (await reader.keys.list()).find((key) => key.current)?.publicKey ?? null;
}

/** Which key is current is one small file beside the keys; undo puts it back. */
function currentFile(reader: Reader): string[] {
  return [join(reader.userDirectory, 'keys', 'current')];
}

function refuseEnvironment({ env }: Reader): void {
  if (env['BIT_SIGNING_KEY'] === undefined || env['BIT_SIGNING_KEY'] === '') return;
  throw new BitError(
    'usage',
    'BIT_SIGNING_KEY says which key signs: another one in your list would not be used',
    {
      hint: 'unset it, or put the new key there',
    },
  );
}
