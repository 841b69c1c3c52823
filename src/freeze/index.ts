/**
 * Freeze: nothing changes while it stands.
 *
 * A freeze of the repository, of a branch or of a workflow is a ledger entry (FREEZE, lifted by THAW, both undoable);
 * what stands is read from there, so that deleting a file lifts nothing. `input.freeze` shows it to policies, and
 * {@link frozenBy} refuses whatever they say. Git hooks beside the repository's own hold plain git.
 */
import { acceptedSigners } from '../guard/index.ts';
import { isTrusted } from '../keys/index.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { type FreezeRequest, type FreezeResult, setFreeze } from './set.ts';
import { type Freeze, standingFreezes } from './standing.ts';

export type { FreezeRequest, FreezeResult } from './set.ts';
export { type Freeze, type FreezeScope, freezeJson, SCOPES } from './standing.ts';

/** What stands here: one's own freezes, and those of signers the accepted set trusts. `actor` is one's own key. */
export function freezesHere(
  reader: Reader,
  options: { readonly actor: string; readonly undoing?: readonly string[]; readonly remember?: boolean },
): readonly Freeze[] {
  if (reader.repository === undefined) return [];
  const { ledger, stateDirectory } = reader;
  const own = ledger.chain();
  if (own === undefined && ledger.chains().length === 0) return [];
  const { actor, undoing = [], remember = false } = options;
  let signers: ReturnType<typeof acceptedSigners> | null = null;
  return standingFreezes({
    ledger,
    stateDirectory,
    now: reader.now(),
    undoing,
    remember,
    believes: (entry) => {
      if (entry.chain === own || entry.actor === actor) return true;
      if (signers === null) signers = acceptedSigners(stateDirectory);
      return signers !== undefined && isTrusted(signers, entry.actor, new Date(entry.ts));
    },
  });
}

/**
 * @throws BitError `not-found` for a branch that isn't there or nothing to thaw, `usage`, `changed` where a hook kept
 * earlier is in the way
 */
export async function freeze(reader: Reader, request: FreezeRequest): Promise<Effect<FreezeResult>> {
  const actor = (await reader.keys.current()) ?? '';
  return setFreeze(reader, request, freezesHere(reader, { actor }));
}
