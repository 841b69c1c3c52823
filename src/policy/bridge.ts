import type { Decision, PolicySet, PolicySource } from './index.ts';

export function defaultPolicy(): PolicySource {
  return { path: 'default.rego', text: 'package bit.default\n' };
}

export function loadPolicySet(sources: readonly PolicySource[]): PolicySet {
  const decision: Decision = {
    allowed: true,
    reasons: [],
    policy: 'sha256:0',
    input: 'sha256:0',
    liftedByApproval: false,
  };
  return {
    digest: 'sha256:0',
    sources,
    problems: [],
    gatesReads: false,
    decide: () => decision,
    explain: () => ({ decision, trace: [] }),
    query: () => ({ defined: false }),
  };
}
