/** What a long operation does many times a second, without an operation of its own for each. */
import { ulid } from '../kernel/ids.ts';
import { maskJson } from '../kernel/secrets.ts';
import type { Appended, Draft, Entry } from '../ledger/index.ts';
import { type Decision, offerConfig, type PolicyInput } from '../policy/index.ts';
import { frozenBy, underFreeze } from './frozen.ts';
import type { ActionRequest, Writer } from './index.ts';
import { policyInput } from './input.ts';
import { vouchOf } from './vouch.ts';
import type { Identity, OperationWorld, TokenGate } from './world.ts';

export interface Within {
  readonly operation: string;
  readonly identity: Identity;
}

export function written({ entries, forked }: Appended): readonly Entry[] {
  return forked === undefined ? entries : [forked, ...entries];
}

/** Notes after which one says which set is in force: whoever asks looks back a thousand entries at the most. */
const VOUCH_EVERY = 200;

const UNTOUCHED = { refs: [] };

/** {@link Writer.note}. */
export function noteWithin(world: OperationWorld, { operation, identity }: Within): Writer['note'] {
  let noted = 0;
  return async (notes) => {
    noted += notes.length;
    const vouch = noted < VOUCH_EVERY ? {} : vouchOf(world);
    if (noted >= VOUCH_EVERY) noted = 0;
    const drafts = notes.map(
      ({ event, denied, payload, as = identity.as }, at): Draft => ({
        event,
        phase: denied === true ? 'denied' : 'note',
        op: ulid(world.reader.now().getTime()),
        parent: operation,
        as,
        payload: maskJson(at === 0 ? { ...payload, ...vouch } : payload) as Draft['payload'],
      }),
    );
    const appended = await world.ledger.append(drafts);
    world.mirror(written(appended));
    return appended.entries;
  };
}

/** {@link Writer.gate}: facts that are the same for all questions are gathered once. */
export function gateWithin(
  world: OperationWorld,
  { operation, identity, token }: Within & { readonly token: TokenGate | undefined },
  narrowed: (decision: Decision, input: PolicyInput, token: TokenGate | undefined) => Decision,
): Writer['gate'] {
  return async (request: ActionRequest) => {
    world.policyState.renew();
    const { policy } = world.reader;
    const freezes = await world.reader.freezes({ remember: true });
    const acting = { operation, parent: operation, identity, token, freezes };
    const nothing = { summary: '', target: {}, plan: [], touches: UNTOUCHED, run: () => Promise.resolve({}) };
    const facts = await policyInput(world, request, nothing, acting);
    return ({ action = request.action, target, msg, peer }) => {
      const input = {
        ...facts,
        action,
        target,
        now: world.reader.now().toISOString(),
        ...(msg === undefined ? {} : { msg, config: offerConfig(facts.config) }),
        ...(peer === undefined ? {} : { peer }),
      };
      const judged = policy.decide(input);
      return narrowed(underFreeze(judged, frozenBy(freezes, input, UNTOUCHED)), input, token);
    };
  };
}
