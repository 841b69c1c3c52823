import { compileContract, readContract } from '../contract/index.ts';
import { defaultPolicy, type PolicyProblem, type PolicySource } from '../policy/index.ts';

/** Where a repository's own contract lies. */
export const TREE_CONTRACTS: readonly string[] = ['.bit/contract.aln', 'contracts/contract.aln'];

export function isContract({ path }: PolicySource): boolean {
  return path.endsWith('.aln');
}

/**
 * The Rego a set comes to: its policies, or the built-in ones where it has none, and what its contracts compile to. A
 * contract with errors is a fault of the set, as a policy that doesn't parse is one.
 */
export function rulesOf(sources: readonly PolicySource[]): {
  readonly sources: readonly PolicySource[];
  readonly problems: readonly PolicyProblem[];
} {
  const contracts = sources.filter(isContract);
  if (contracts.length === 0)
    return { sources: sources.length === 0 ? [defaultPolicy()] : sources, problems: [] };
  const policies = sources.filter((source) => !isContract(source));
  const rules = policies.length === 0 ? [defaultPolicy()] : policies;
  const problems: PolicyProblem[] = [];
  for (const { path, text } of contracts) {
    const { contract, diagnostics } = readContract(text);
    for (const { severity, code, message, line, column } of diagnostics)
      problems.push({ severity, code: `contract_${code}`, message, at: { path, line, column } });
    if (contract !== undefined) rules.push({ path: `${path}.rego`, text: compileContract(contract, path) });
  }
  return { sources: rules, problems };
}
