import {
  acceptedPath,
  POLICY_STATE,
  type PolicyPlace,
  readAccepted,
  readInForce,
  type SetInForce,
  stillInForce,
  VOUCHED,
  vouchFault,
} from '../guard/index.ts';
import { BitError } from '../kernel/errors.ts';
import type { KeyReader } from '../keys/index.ts';
import type { LedgerReader } from '../ledger/index.ts';
import type { OperationWorld } from '../operation/index.ts';

export interface PolicyStateParts {
  readonly place: PolicyPlace;
  readonly ledger: () => LedgerReader;
  readonly keys: () => KeyReader;
  /** Called where what was read of the set in force holds no longer. */
  readonly onChange: () => void;
}

/** The set in force, read once, and what operations ask and are told of it. */
export function openPolicyState({ place, ledger, keys, onChange }: PolicyStateParts): {
  readonly inForce: () => SetInForce | BitError;
  readonly state: OperationWorld['policyState'];
} {
  const { stateDirectory } = place;
  let unvouched: BitError | undefined;
  let read: SetInForce | BitError | undefined;
  const inForce = (): SetInForce | BitError => {
    read ??= unvouched ?? readInForce(place, ledger());
    return read;
  };
  const forget = (): void => {
    read = undefined;
    onChange();
  };
  const state = {
    name: POLICY_STATE,
    file: acceptedPath(stateDirectory),
    digest: () => readAccepted(stateDirectory)?.digest,
    vouched: VOUCHED,
    check: async () => {
      if (place.repository === undefined) return;
      const before = unvouched;
      unvouched = await vouchFault({ stateDirectory, ledger: ledger(), keys: keys() });
      if (unvouched !== before) forget();
    },
    isWhole: () => place.repository !== undefined && !(inForce() instanceof BitError),
    unchanged: () => stillInForce(place, inForce()),
    renew: () => {
      if (!stillInForce(place, inForce())) forget();
    },
  };
  return { inForce, state };
}
