import { nearest } from '../kernel/text.ts';
import { entriesOf } from './entry-points.ts';
import { locate } from './rego/ast.ts';
import { dependencyGraph } from './rego/recursion.ts';
import { everyTerm } from './rego/references.ts';
import type { Group } from './rego/tree.ts';
import { behind } from './set.ts';
import type { PolicyProblem, PolicySet } from './types.ts';

/** Top-level fields of {@link import('./types.ts').PolicyInput}. */
const INPUT_FIELDS = 'action command args actor user tx repo target token config freeze now msg peer'.split(
  ' ',
);

/**
 * What loading accepts but its author can't have meant: rules no entry point asks (`unasked_rule`), files without any
 * rule that is asked (`no_entry_point`), and paths `input` never has (`rego_type_error`). The set's own problems
 * come first; where they have errors they come alone.
 */
export function lintPolicySet(set: PolicySet): PolicyProblem[] {
  const problems = [...set.problems];
  if (problems.some(({ severity }) => severity === 'error')) return problems;
  const { program, modules } = behind(set);
  const edges = dependencyGraph(program.groups, program.root);
  const asked = new Set<Group>();
  const waiting = entriesOf(program).map(({ group }) => group);
  for (let group = waiting.pop(); group !== undefined; group = waiting.pop()) {
    if (asked.has(group)) continue;
    asked.add(group);
    waiting.push(...(edges.get(group) ?? []));
  }
  const used = new Set(
    program.groups
      .filter(({ group }) => asked.has(group))
      .flatMap(({ rules }) => rules.map(({ file }) => file)),
  );
  for (const module of modules) {
    if (used.has(module.file)) continue;
    const message = `no entry point: nothing asks package ${module.package.join('.')}`;
    problems.push({ severity: 'warning', code: 'no_entry_point', message, at: locate(module.packageAt) });
  }
  for (const { group, rules } of program.groups) {
    const [first] = rules;
    if (asked.has(group) || first === undefined || !used.has(first.file)) continue;
    const message = `${group.name} is asked by nothing`;
    problems.push({ severity: 'warning', code: 'unasked_rule', message, at: locate(first.at) });
  }
  for (const entry of program.groups) {
    for (const term of everyTerm(entry)) {
      if (term.kind !== 'ref' || term.head.kind !== 'var' || term.head.name !== 'input') continue;
      const [field] = term.path;
      if (field?.kind !== 'const' || typeof field.value !== 'string' || INPUT_FIELDS.includes(field.value))
        continue;
      const [near] = nearest(field.value, INPUT_FIELDS, 1);
      const hint = near === undefined ? '' : `; did you mean input.${near}?`;
      const message = `input has no ${field.value}${hint}`;
      problems.push({ severity: 'error', code: 'rego_type_error', message, at: locate(term.at) });
    }
  }
  return problems;
}
