import { BitError } from '../kernel/errors.ts';
import { isTrusted } from '../keys/index.ts';
import type { EntryFields } from '../ledger/index.ts';
import type { Reader } from '../operation/index.ts';
import { acceptedOrDamage, acceptedSigners } from './accepted.ts';

/** Whether a signer of the ledger is one to believe. */
export type LedgerTrust = (publicKey: string, entry: Pick<EntryFields, 'ts'>) => boolean;

/**
 * Trusted are one's own keys, also those rotated out, and the signers of the accepted set at the time of the entry.
 * Reads public halves only: no passphrase is asked for and no key is made.
 *
 * @throws BitError `integrity` where the accepted set is damaged
 */
export async function ledgerTrust(reader: Reader): Promise<LedgerTrust> {
  const own = new Set<string>((await reader.keys.list()).map((key) => key.publicKey));
  // one handed over in the environment is in no list
  const current = await reader.keys.current();
  if (current !== undefined) own.add(current);
  const damage = acceptedOrDamage(reader.stateDirectory);
  if (damage instanceof BitError) throw damage;
  const signers = acceptedSigners(reader.stateDirectory) ?? [];
  return (publicKey, entry) => own.has(publicKey) || isTrusted(signers, publicKey, new Date(entry.ts));
}
