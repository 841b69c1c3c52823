import type { Json, JsonObject } from '../kernel/json.ts';
import { moreBuiltins } from './brought.ts';
import { Coverage, type PolicyCoverage } from './coverage.ts';
import { locate } from './rego/ast.ts';
import { DEFAULT_BUDGET, Machine } from './rego/machine.ts';
import { Program } from './rego/program.ts';
import { Tracer } from './rego/tracer.ts';
import { evaluateGroup } from './rego/tree.ts';
import { compileSources, type PolicyOptions, problemOf } from './set.ts';
import type { Location, PolicyProblem, PolicySource } from './types.ts';

export interface PolicyTestResult {
  /** `data.package.test_name`. */
  readonly name: string;
  readonly at: Location;
  readonly passed: boolean;
  readonly milliseconds: number;
  /** The literal the test stopped at, as written, its operands' values, and both sides where it compares. */
  readonly failing?: {
    readonly literal: string;
    readonly at: Location;
    readonly values: JsonObject;
    readonly compared?: { readonly actual: Json; readonly expected: Json };
  };
  /** Why it could not be run to its end. */
  readonly error?: PolicyProblem;
}

export interface PolicyTestRun {
  readonly results: readonly PolicyTestResult[];
  /** Faults in the sources; with an error nothing runs. */
  readonly problems: readonly PolicyProblem[];
  readonly coverage: PolicyCoverage;
}

export interface PolicyTestOptions extends PolicyOptions {
  /** Only tests whose name has this in it. */
  readonly only?: string;
}

/** Runs the rules `test_*` of the files `*_test.rego`. */
export function runPolicyTests(
  sources: readonly PolicySource[],
  options: PolicyTestOptions = {},
): PolicyTestRun {
  const problems: PolicyProblem[] = [];
  const coverage = new Coverage();
  const { modules } = compileSources(sources, problems, options);
  if (problems.some(({ severity }) => severity === 'error'))
    return { results: [], problems, coverage: coverage.over([]) };
  const program = new Program(modules, { traced: true, more: moreBuiltins(options.builtins) });
  const results: PolicyTestResult[] = [];
  for (const { group, name, rules } of program.groups) {
    if (!name.startsWith('test_') || !rules.some(({ file }) => file.path.endsWith('_test.rego'))) continue;
    if (options.only !== undefined && !group.name.includes(options.only)) continue;
    const tracer = new Tracer(coverage);
    const budget = { ...DEFAULT_BUDGET, ...options.budget };
    const machine = new Machine(undefined, options.data ?? {}, { strict: true, budget, tracer });
    const started = performance.now();
    const result = { name: group.name, at: locate(group.at) };
    try {
      const passed = evaluateGroup(group, machine) === true;
      const milliseconds = performance.now() - started;
      const stop = tracer.clauses.find((clause) => clause.rule === group.name && !clause.held)?.stop;
      results.push({
        ...result,
        passed,
        milliseconds,
        ...(passed || stop === undefined ? {} : { failing: stop }),
      });
    } catch (error) {
      const problem = problemOf(error, result.at.path);
      results.push({ ...result, passed: false, milliseconds: performance.now() - started, error: problem });
    }
  }
  return { results, problems, coverage: coverage.over(modules) };
}
