/**
 * Freeze: nothing changes while it stands.
 *
 * A freeze of the repository, of a branch, a workflow or a bucket is a ledger entry (FREEZE, lifted by THAW, both undoable);
 * what stands is read from there, so that deleting a file lifts nothing. `input.freeze` shows it to policies, and
 * {@link frozenBy} refuses whatever they say. Git hooks beside the repository's own hold plain git.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { acceptedSigners } from '../guard/index.ts';
import { BitError, isBitError } from '../kernel/errors.ts';
import { isTrusted } from '../keys/index.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { type FreezeRequest, type FreezeResult, setFreeze } from './set.ts';
import { type Freeze, type FreezeScope, SCOPES, standingFreezes } from './standing.ts';

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
 * The freezes that stand, for what asks often: where nothing was ever frozen it is one look at a folder. What can't be
 * read of the ledger shows none; verifying tells of that.
 */
export async function freezesShown(reader: Reader): Promise<readonly Freeze[]> {
  if (!existsSync(join(reader.stateDirectory, 'freeze'))) return [];
  try {
    return await reader.freezes();
  } catch (error) {
    if (isBitError(error, 'integrity')) return [];
    throw error;
  }
}

/** What is meant: a scope and its name, or one flag that says both. */
export interface FreezeWish extends Omit<FreezeRequest, 'scope'> {
  readonly scope: FreezeScope | undefined;
  readonly flags: Readonly<Record<Exclude<FreezeScope, 'repo'>, string | undefined>>;
}

/**
 * @throws BitError `not-found` for a branch that isn't there or nothing to thaw, `usage`, `changed` where a hook kept
 * earlier is in the way
 */
export async function freeze(reader: Reader, wish: FreezeWish): Promise<Effect<FreezeResult>> {
  const request = requestOf(wish);
  const actor = (await reader.keys.current()) ?? '';
  return setFreeze(reader, request, freezesHere(reader, { actor }));
}

function requestOf({ flags, ...said }: FreezeWish): FreezeRequest {
  const [named] = SCOPES.flatMap((scope) => {
    const name = scope === 'repo' ? undefined : flags[scope];
    return name === undefined ? [] : [{ scope, name }];
  });
  if (named === undefined) {
    if (said.scope !== undefined) return { ...said, scope: said.scope };
    throw new BitError('usage', 'say what to freeze', {
      hint: 'bit freeze repo, bit freeze branch [name], bit freeze --workflow <name>, bit freeze --bucket <name>',
    });
  }
  if (said.scope === undefined || (said.scope === named.scope && said.name === undefined))
    return { ...said, ...named };
  throw new BitError('usage', `say what to freeze once: ${said.scope} or --${named.scope}`);
}
