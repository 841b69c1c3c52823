import { join } from 'node:path';
import { readTextIfExists, writeFileAtomic } from '../kernel/files.ts';
import { type PublicKey, parseAllowedSigners, type TrustedSigner, trustSigner } from '../keys/index.ts';

/**
 * Signers of other clones' chains, believed from the first time they were met (as ssh believes a host), in OpenSSH's
 * allowed_signers form in the local state: the tree can't change them, and a person can.
 */
export function pinnedPath(stateDirectory: string): string {
  return join(stateDirectory, 'pinned_signers');
}

export function pinnedSigners(stateDirectory: string): readonly TrustedSigner[] {
  const path = pinnedPath(stateDirectory);
  return parseAllowedSigners(readTextIfExists(path) ?? '', path).signers;
}

/** Pins keys from now on. */
export function pinSigners(stateDirectory: string, keys: readonly string[], comment: string): void {
  const path = pinnedPath(stateDirectory);
  const before = readTextIfExists(path) ?? '';
  const after = keys.reduce(
    (text, key) => trustSigner(text, { principal: 'pinned@ledger', publicKey: key as PublicKey, comment }),
    before,
  );
  if (after !== before) writeFileAtomic(path, after);
}
