import type { Freeze } from '../freeze/index.ts';
import type { JsonObject } from '../kernel/json.ts';
import { Decision, type Location, type PolicyInput } from '../policy/index.ts';
import type { Touches } from './index.ts';

/**
 * Goes on under any freeze: what sets and lifts them, what carries them to other clones and their thaws back, what others
 * agree to, and what takes power away or hands it over.
 */
const FREE: ReadonlySet<string> = new Set([
  'freeze.set',
  'ledger.push',
  'ledger.fetch',
  'workflow.approve',
  'token.revoke',
  'key.revoke',
  'key.rotate',
]);

/**
 * What a freeze that stands refuses whatever the policies say. `touches` of what is really done: a branch is meant by
 * its ref, however the target calls it.
 */
export function frozenBy(
  freezes: readonly Freeze[],
  input: PolicyInput,
  touches: Touches,
): Freeze | undefined {
  if (FREE.has(input.action)) return undefined;
  return freezes.find((freeze) => covers(freeze, input, touches));
}

/** A decision of the policies as it stands under the freezes. */
export function underFreeze(decision: Decision, freeze: Freeze | undefined): Decision {
  if (freeze === undefined || !decision.allowed) return decision;
  const until = freeze.until === undefined ? '' : ` until ${freeze.until}`;
  const why = freeze.reason === undefined ? '' : `: ${freeze.reason}`;
  const message = `${whatOf(freeze)} is frozen${until}${why}`;
  return new Decision({ allowed: false, lifted: false }, () => ({
    ...decision.explain(),
    allowed: false,
    reasons: [{ verdict: 'deny', rule: 'freeze', at: placeOf(freeze), message }],
  }));
}

/** The freeze of somebody else that an action would end, or end earlier; `own` are the keys of who acts. */
export function endsOthers(
  freezes: readonly Freeze[],
  { action, target }: PolicyInput,
  own: ReadonlySet<string>,
): Freeze | undefined {
  if (action !== 'freeze.set') return undefined;
  const { scope, name, thaw, until } = target;
  const freeze = freezes.find((one) => one.scope === scope && one.name === name);
  if (freeze === undefined || own.has(freeze.by)) return undefined;
  const lasts =
    thaw !== true &&
    (until === undefined ||
      (typeof until === 'string' &&
        freeze.until !== undefined &&
        Date.parse(until) >= Date.parse(freeze.until)));
  return lasts ? undefined : freeze;
}

/** A decision of the policies on ending that freeze: another's approval lifts it. */
export function underOwner(decision: Decision, freeze: Freeze | undefined): Decision {
  if (freeze === undefined || !decision.allowed) return decision;
  const message = `${whatOf(freeze)} was frozen by another: only who froze it ends that, or whoever is granted it`;
  return new Decision({ allowed: false, lifted: true }, () => ({
    ...decision.explain(),
    allowed: false,
    liftedByApproval: true,
    approvals: [{ needs: 1, of: [], own: false }],
    reasons: [{ verdict: 'deny', rule: 'freeze', at: placeOf(freeze), message }],
  }));
}

function whatOf({ scope, name }: Freeze): string {
  return scope === 'repo' ? 'the repository' : `${scope} ${name ?? ''}`;
}

/** The operation that set it; nothing of it has lines. */
function placeOf({ op }: Freeze): Location {
  return { path: op, line: 0, column: 0 };
}

function covers({ scope, name = '' }: Freeze, input: PolicyInput, touches: Touches): boolean {
  if (scope === 'repo') return true;
  if (scope !== 'branch') return named(input.target, [scope, `${scope}s`], name);
  if (named(input.target, ['branch', 'branches'], name)) return true;
  const { refs } = touches;
  if (refs !== 'all') return refs.includes(`refs/heads/${name}`);
  // what may move any ref, moves the branch it stands on
  return input.repo['branch'] === name;
}

function named(target: JsonObject, members: readonly string[], name: string): boolean {
  return members.some((member) => {
    const value = target[member];
    return value === name || (Array.isArray(value) && value.includes(name));
  });
}
