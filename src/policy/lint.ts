import { entriesOf, entryNear } from './entry-points.ts';
import type { TakesOf } from './lint-calls.ts';
import { type CommandShape, lintInput } from './lint-input.ts';
import type { TargetSchemas } from './lint-target.ts';
import { locate } from './rego/ast.ts';
import { dependencyGraph } from './rego/recursion.ts';
import type { Group } from './rego/tree.ts';
import { behind } from './set.ts';
import type { PolicyProblem, PolicySet } from './types.ts';

/**
 * What loading accepts but its author can't have meant: rules no entry point asks (`unasked_rule`, an error where the
 * name is nearly an entry point's), files without any rule that is asked (`no_entry_point`), what `input` can't be or
 * commands and targets don't have (`rego_type_error`, `unknown_name`), and what nothing uses (`unused_variable`,
 * `unused_import`). The set's own problems come first; where they have errors they come alone.
 */
export function lintPolicySet(
  set: PolicySet,
  commands: readonly CommandShape[] = [],
  targets: TargetSchemas = {},
): PolicyProblem[] {
  const problems = [...set.problems];
  if (problems.some(({ severity }) => severity === 'error')) return problems;
  const { program, modules, options } = behind(set);
  const takesOf: TakesOf = (name) =>
    options.builtins?.find(name)?.args.map((type) => (type === 'any' ? undefined : [type]));
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
  for (const { group, name, packagePath, rules } of program.groups) {
    const [first] = rules;
    if (asked.has(group) || first === undefined) continue;
    const meant = group.kind === 'function' ? undefined : entryNear(packagePath, name);
    if (meant !== undefined) {
      const misspelt = `${group.name} is asked by nothing; did you mean ${meant}?`;
      problems.push({ severity: 'error', code: 'misspelt_rule', message: misspelt, at: locate(first.at) });
    }
    if (meant !== undefined || !used.has(first.file)) continue;
    const message = `${group.name} is asked by nothing`;
    problems.push({ severity: 'warning', code: 'unasked_rule', message, at: locate(first.at) });
  }
  for (const entry of program.groups) problems.push(...lintInput(entry, commands, targets, takesOf));
  for (const { name, kind, at } of program.unused) {
    const message = `${kind} ${name} is never used; _ says so`;
    problems.push({ severity: 'warning', code: 'unused_variable', message, at: locate(at) });
  }
  for (const { alias, at } of program.unusedImports()) {
    const message = `import ${alias} is never used`;
    problems.push({ severity: 'warning', code: 'unused_import', message, at: locate(at) });
  }
  return problems;
}
