import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BitError, isBitError } from '../kernel/errors.ts';
import type { Reader } from '../operation/index.ts';
import { type AcceptedSet, readAccepted } from './accepted.ts';
import { acceptedHere, type PolicyPlace } from './force.ts';
import { readTreePolicies, treeDiffers } from './tree.ts';
import { vouchedHere } from './vouch.ts';

/** How the tree's policies stand to the set in force. */
export interface PolicyStanding {
  /**
   * `default`: no policies anywhere, the built-in ones judge. `tree`: nobody accepted a set yet, the tree's judges.
   * `accepted`: tree and accepted set agree. `differs`: the accepted set judges, the tree holds another.
   * `damaged`: the accepted set, or a tree's that nobody accepted yet, can't be read; every action is denied.
   */
  readonly state: 'default' | 'tree' | 'accepted' | 'differs' | 'damaged';
  /** Paths that differ from the accepted set. */
  readonly changed: readonly string[];
  /** What is wrong, where damaged or where the tree's can't be read. */
  readonly problem: string | null;
}

/**
 * Compares tree and accepted set without compiling either: a few small reads, and the settings as cached. The ledger is
 * asked which set is in force, and who vouches for it, only with `thorough`, and where one was kept once and none is there.
 */
export async function policyStanding(
  place: PolicyPlace & Pick<Reader, 'settings' | 'ledger' | 'keys'>,
  { thorough = false }: { readonly thorough?: boolean } = {},
): Promise<PolicyStanding> {
  let accepted: AcceptedSet | undefined;
  try {
    accepted = readAccepted(place.stateDirectory);
    if (
      thorough ||
      (accepted === undefined && existsSync(join(place.stateDirectory, 'policy', 'accepted')))
    ) {
      const found = thorough ? await vouchedHere(place) : acceptedHere(place.stateDirectory, place.ledger);
      if (found instanceof BitError) return { state: 'damaged', changed: [], problem: found.message };
    }
    // A bare repository has no tree that could differ.
    if (accepted !== undefined && place.repository !== undefined && place.repository.root === undefined) {
      return { state: 'accepted', changed: [], problem: null };
    }
    const tree = readTreePolicies(place, () => place.settings.policy);
    if (accepted === undefined) {
      return { state: tree.sources.length === 0 ? 'default' : 'tree', changed: [], problem: null };
    }
    const changed = treeDiffers(tree, accepted);
    return { state: changed.length === 0 ? 'accepted' : 'differs', changed, problem: null };
  } catch (error) {
    if (!(error instanceof BitError)) throw error;
    if (!isBitError(error, 'integrity') && !isBitError(error, 'usage')) throw error;
    // what can't be read of the tree changes nothing of what was accepted
    const state = accepted === undefined ? 'damaged' : 'differs';
    return { state, changed: [], problem: error.message };
  }
}
