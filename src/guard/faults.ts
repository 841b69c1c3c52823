import { lintPolicySet, lintResponses, type PolicyProblem, type PolicySet } from '../policy/index.ts';
import { commandShapes, targetSchemas } from './shapes.ts';

/** What keeps a set from being accepted: errors of the set itself, of what it asks of `input`, of what it answers. */
export function faultsOf(set: PolicySet): PolicyProblem[] {
  const found = [...lintPolicySet(set, commandShapes(), targetSchemas()), ...lintResponses(set)];
  return found.filter(({ severity }) => severity === 'error');
}
