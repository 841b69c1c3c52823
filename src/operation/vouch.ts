import type { JsonObject } from '../kernel/json.ts';
import type { OperationWorld } from './world.ts';

type Vouching = Pick<OperationWorld, 'policyState'>;

/** The set in force, for an entry to vouch for; nothing where it is damaged, or none was accepted. */
export function vouchOf(world: Vouching): JsonObject {
  return world.policyState.isWhole() ? newVouch(world) : {};
}

/** The set that was just put in force. */
export function newVouch({ policyState: { vouched, digest } }: Vouching): JsonObject {
  const now = digest();
  return now === undefined ? {} : { [vouched]: now };
}
