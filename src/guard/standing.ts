import { isBitError } from '../kernel/errors.ts';
import { type PolicyPlace, readAccepted } from './accepted.ts';
import { readTreePolicies, treeDiffers } from './tree.ts';

/** How the tree's policies stand to the set in force. */
export interface PolicyStanding {
  /**
   * `default`: no policies anywhere, the built-in ones judge. `tree`: nobody accepted a set yet, the tree's judges.
   * `accepted`: tree and accepted set agree. `differs`: the accepted set judges, the tree holds another.
   * `damaged`: the accepted set or the tree's can't be read; every action is denied.
   */
  readonly state: 'default' | 'tree' | 'accepted' | 'differs' | 'damaged';
  /** Paths that differ from the accepted set. */
  readonly changed: readonly string[];
  /** What is wrong, where damaged. */
  readonly problem: string | null;
}

/** Compares tree and accepted set without compiling either: a few small reads. */
export function policyStanding(place: PolicyPlace): PolicyStanding {
  try {
    const accepted = readAccepted(place.stateDirectory);
    const tree = readTreePolicies(place);
    if (accepted === undefined) {
      return { state: tree.sources.length === 0 ? 'default' : 'tree', changed: [], problem: null };
    }
    // A bare repository has no tree that could differ.
    if (place.repository !== undefined && place.repository.root === undefined) {
      return { state: 'accepted', changed: [], problem: null };
    }
    const changed = treeDiffers(tree, accepted);
    return { state: changed.length === 0 ? 'accepted' : 'differs', changed, problem: null };
  } catch (error) {
    if (!isBitError(error, 'integrity')) throw error;
    return { state: 'damaged', changed: [], problem: error.message };
  }
}
