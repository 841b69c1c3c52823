import { BitError } from '../kernel/errors.ts';
import { signsLedgers } from '../keys/index.ts';
import type { TrustRules } from '../ledger/index.ts';
import type { Reader } from '../operation/index.ts';
import { acceptedOrDamage, acceptedSigners } from './accepted.ts';
import { pinnedSigners } from './pinned.ts';

/**
 * Whose ledger entries are believed: one's own keys, also those rotated out, the signers of the accepted set at the time
 * of the entry, and those pinned. Reads public halves only: no passphrase is asked for and no key is made.
 *
 * @throws BitError `integrity` where the accepted set is damaged
 */
export async function ledgerTrust(reader: Reader): Promise<TrustRules> {
  const own = await ownKeys(reader);
  const damage = acceptedOrDamage(reader.stateDirectory);
  if (damage instanceof BitError) throw damage;
  const accepted = acceptedSigners(reader.stateDirectory) ?? [];
  const signers = [...accepted, ...pinnedSigners(reader.stateDirectory)].filter(signsLedgers);
  return {
    own,
    signers: signers.map(({ publicKey, validAfter, validBefore }) => ({
      publicKey,
      validAfter,
      validBefore,
    })),
  };
}

/** One's own keys, also those rotated out; no passphrase is asked for and no key is made. */
export async function ownKeys({ keys }: Pick<Reader, 'keys'>): Promise<readonly string[]> {
  const own = new Set<string>((await keys.list()).map((key) => key.publicKey));
  // one handed over in the environment is in no list
  const current = await keys.current();
  if (current !== undefined) own.add(current);
  return [...own];
}
