import type { Freeze } from '../freeze/index.ts';
import type { JsonObject } from '../kernel/json.ts';
import { Decision, type PolicyInput } from '../policy/index.ts';
import type { Touches } from './index.ts';

/**
 * Goes on under any freeze: what sets and lifts them, what carries them to other clones and their thaws back, and what
 * takes power away or hands it over.
 */
const FREE: ReadonlySet<string> = new Set([
  'freeze.set',
  'ledger.push',
  'ledger.fetch',
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
  const what = freeze.scope === 'repo' ? 'the repository' : `${freeze.scope} ${freeze.name ?? ''}`;
  const until = freeze.until === undefined ? '' : ` until ${freeze.until}`;
  const why = freeze.reason === undefined ? '' : `: ${freeze.reason}`;
  const message = `${what} is frozen${until}${why}`;
  return new Decision({ allowed: false, lifted: false }, () => ({
    ...decision.explain(),
    allowed: false,
    reasons: [{ verdict: 'deny', rule: 'freeze', at: { path: freeze.op, line: 1, column: 1 }, message }],
  }));
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
