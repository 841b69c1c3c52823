import { BitError } from '../kernel/errors.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { Effect, Reader } from '../operation/index.ts';

export interface Revoked {
  readonly publicKey: string;
  /** What of each chain is still believed of the key. */
  readonly positions: readonly { readonly chain: string; readonly size: number }[];
}

/**
 * Declares a key void from here on: what it signed counts up to the present length of each chain known here, and nothing
 * after, whatever time it claims. The revocation is an entry, so it travels and is verified with the chains.
 */
export async function revokeKey(reader: Reader, wanted: string): Promise<Effect<Revoked>> {
  const keys = await reader.keys.list();
  const publicKey = /^ed25519:[0-9a-f]{64}$/.test(wanted)
    ? wanted
    : keys.find(
        (key) =>
          key.fingerprint === wanted ||
          (/^[0-9a-f]{8,64}$/.test(wanted) && key.publicKey.startsWith(`ed25519:${wanted}`)),
      )?.publicKey;
  if (publicKey === undefined) {
    throw new BitError('not-found', `no key is called ${wanted.slice(0, 100)}`, {
      hint: 'give ed25519:<64 hex digits>, or one of: bit key show',
    });
  }
  if ((await reader.keys.current()) === publicKey) {
    throw new BitError('conflict', 'this key signs now: its own revocation would be void', {
      hint: 'make a new one first: bit key rotate',
    });
  }
  return {
    summary: `revoke ${publicKey}`,
    target: { public_key: publicKey },
    plan: [
      `declare ${publicKey} void after what is in the ledger now`,
      ...reader.ledger
        .chains()
        .map(({ chain, entries }) => `believe it in the first ${entries} entries of ${chain}`),
    ],
    touches: { refs: [] },
    irreversible: ['a revocation stands for good'],
    confirm: `Revoke ${publicKey} for good?`,
    async run({ ledger }) {
      return { publicKey, positions: ledger.chains().map(({ chain, entries: size }) => ({ chain, size })) };
    },
    record: ({ positions }): JsonObject => ({
      public_key: publicKey,
      positions: positions.map((at) => ({ ...at })),
    }),
  };
}
