import { verifyEd25519 } from '../kernel/ed25519.ts';
import { entryDigest, entryText, signedMessage } from './entry.ts';
import type { Entry } from './index.ts';

/** Whether one entry's digest and signature hold, without its chain. */
export function entryHolds(entry: Entry): boolean {
  const digest = entryDigest(entryText(entry));
  if (digest.toString('hex') !== entry.entry_sha256) return false;
  return verifyEd25519(entry.actor, signedMessage(digest), Buffer.from(entry.signature, 'base64'));
}
