import { ledgerTrust } from '../guard/index.ts';
import { believes } from '../ledger/index.ts';
import type { Reader } from '../operation/index.ts';
import { revocations } from './revoke.ts';
import type { VerifyOptions } from './verify.ts';

/** How tokens are judged here: by one's own keys, the signers of the accepted set, and this ledger's revocations. */
export async function verificationHere(reader: Reader, audience?: string): Promise<VerifyOptions> {
  const believed = believes(await ledgerTrust(reader));
  const now = reader.now();
  const trusted = (publicKey: string) => believed({ actor: publicKey, ts: now.toISOString() });
  return {
    now,
    trusted,
    revoked: revocations(reader.ledger, trusted),
    ...(audience === undefined ? {} : { audience }),
  };
}
