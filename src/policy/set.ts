import { createHash } from 'node:crypto';
import type { Json, JsonObject } from '../kernel/json.ts';
import { canonicalJson } from '../kernel/json.ts';
import { type BuiltinOrigin, type BuiltinSource, moreBuiltins, originsIn } from './brought.ts';
import { Decider } from './decide.ts';
import type { Decision } from './decision.ts';
import { unaskableRules } from './entry-points.ts';
import { formatRego } from './format.ts';
import type { HttpAllowance } from './http.ts';
import { impossibleInput } from './lint-input.ts';
import { locate, type Module, RegoError } from './rego/ast.ts';
import { type Budget, DEFAULT_BUDGET, Machine } from './rego/machine.ts';
import { parseModule, parseQuery } from './rego/parse-module.ts';
import { Program } from './rego/program.ts';
import { undefinedInQuery, undefinedReferences } from './rego/references.ts';
import { toJson } from './rego/text.ts';
import type { PolicyInput, PolicyProblem, PolicySet, PolicySource, QueryResult } from './types.ts';

export interface PolicyOptions {
  /** The base document: what `data` holds beside the rules. */
  readonly data?: JsonObject;
  /** Faults of what the sources were made from; as faults of theirs. */
  readonly problems?: readonly PolicyProblem[];
  /** What one decision may cost; the default ends it after 250 ms. */
  readonly budget?: Partial<Budget>;
  /** Where policies may send requests (`http.send`), asked when one does; nowhere without it. */
  readonly http?: () => HttpAllowance | undefined;
  /** Builtins beside Rego's own. */
  readonly builtins?: BuiltinSource | undefined;
  /** Sets found without fault before: of these, rules are compiled when they are first asked. */
  readonly checked?: CheckedSets;
}

/** Remembers digests of sets. Who could write there could as well exchange this program. */
export interface CheckedSets {
  has(digest: string): boolean;
  add(digest: string): void;
}

/** What stands behind a set, for the other verbs of this domain. */
export interface Loaded {
  readonly modules: readonly Module[];
  readonly program: Program;
  readonly options: PolicyOptions;
  readonly budget: Budget;
}

const loaded = new WeakMap<PolicySet, Loaded>();
/** More files than a repository's policies ever are: the rest is refused, not ignored. */
const MOST_FILES = 1000;

export function behind(set: PolicySet): Loaded {
  const found = loaded.get(set);
  if (found === undefined) throw new Error('the policy set is not of loadPolicySet');
  return found;
}

/**
 * Parses and compiles `sources`. Never throws for what they say: faults are `problems` of the set, which then denies
 * everything. Files ending in `_test.rego` count in the digest only.
 */
export function loadPolicySet(sources: readonly PolicySource[], options: PolicyOptions = {}): PolicySet {
  const problems: PolicyProblem[] = [...(options.problems ?? [])];
  // Hashing loads node:crypto, which takes longer than all else here: only where somebody wants to know.
  const texts = sources.map(({ path, text }): [string, string] => [path, text]);
  let known: string | undefined;
  const origins = originsIn(sources, options.builtins);
  const digest = (): string => {
    known ??= digestOf(texts, origins);
    return known;
  };
  // what is without fault beside one base document may not be beside another
  const remembered = options.data === undefined && problems.length === 0 ? options.checked : undefined;
  const checked = remembered?.has(digest()) === true;
  const rules = sources.filter(({ path }) => !path.endsWith('_test.rego'));
  const { modules, program } = compileSources(rules, problems, options, checked);
  if (!checked && problems.length === 0) remembered?.add(digest());
  const budget = { ...DEFAULT_BUDGET, ...options.budget };
  const decider = new Decider(modules, program, {
    digest,
    problems,
    data: options.data ?? {},
    budget,
    http: options.http ?? (() => undefined),
    builtins: options.builtins,
    origins,
  });
  const set: PolicySet = {
    get digest() {
      return digest();
    },
    sources,
    builtins: origins,
    problems,
    get gatesReads() {
      return decider.gatesReads;
    },
    decide: (input: PolicyInput): Decision => decider.decide(input),
    explain: (input: PolicyInput) => decider.explain(input),
    query: (query: string, input: Json) => runQuery(set, query, input),
  };
  loaded.set(set, { modules, program, options, budget });
  return set;
}

/** Modules that parse, linked; what doesn't becomes a problem, one per file. */
export function compileSources(
  sources: readonly PolicySource[],
  problems: PolicyProblem[],
  options: PolicyOptions,
  checked = false,
): { modules: Module[]; program: Program } {
  const modules: Module[] = [];
  if (sources.length > MOST_FILES) {
    const at = { path: sources[MOST_FILES]?.path ?? '', line: 1, column: 1 };
    problems.push({
      severity: 'error',
      code: 'too_many_files',
      message: `more than ${MOST_FILES} policy files`,
      at,
    });
  }
  for (const source of sources.slice(0, MOST_FILES)) {
    try {
      modules.push(parseModule(source));
    } catch (error) {
      problems.push(problemOf(error, source.path));
    }
  }
  // With a file missing every name in it would be an error too: say only what is wrong.
  if (problems.length > 0) return { modules, program: new Program([]) };
  const program = new Program(modules, { checked, more: moreBuiltins(options.builtins) });
  if (checked) return { modules, program };
  for (const fault of program.faults) problems.push(problemOf(fault, ''));
  if (problems.length === 0) problems.push(...unaskableRules(modules));
  if (problems.length === 0)
    problems.push(...undefinedReferences(program, options.data ?? {}, impossibleInput));
  return { modules, program };
}

export function problemOf(error: unknown, path: string): PolicyProblem {
  if (error instanceof RegoError) {
    return { severity: 'error', code: error.code, message: error.message, at: locate(error.at) };
  }
  if (error instanceof RangeError) {
    const message = 'nested too deeply';
    return { severity: 'error', code: 'rego_parse_error', message, at: { path, line: 1, column: 1 } };
  }
  throw error;
}

/** The source laid out, or why it can't be read. */
export function formatPolicy(
  source: PolicySource,
): { readonly text: string } | { readonly problem: PolicyProblem } {
  try {
    return { text: formatRego(source) };
  } catch (error) {
    return { problem: problemOf(error, source.path) };
  }
}

function digestOf(
  texts: readonly (readonly [path: string, text: string])[],
  origins: readonly BuiltinOrigin[],
): string {
  const hash = createHash('sha256');
  const sorted = [...texts].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const files = sorted.map(([path, text]) => [path.toWellFormed(), text.toWellFormed()]);
  // what plugins do in it is as much a part of it as what it says
  const builtins = origins.map(({ plugin, version, digest }) => [plugin, version, digest]);
  hash.update(canonicalJson(builtins.length === 0 ? files : { builtins, files }));
  return `sha256:${hash.digest('hex')}`;
}

/** What a decision, which is strict, would have stopped at. */
function faultOf(set: PolicySet, query: string, input: Json): PolicyProblem | undefined {
  const { program, budget, options } = behind(set);
  try {
    program.solve(query, new Machine(input, options.data ?? {}, { budget, strict: true }), 1);
    return undefined;
  } catch (error) {
    return problemOf(error, 'query');
  }
}

function runQuery(set: PolicySet, query: string, input: Json): QueryResult {
  const { program, budget, options } = behind(set);
  const broken = set.problems.find(({ severity }) => severity === 'error');
  if (broken !== undefined) return { error: broken };
  try {
    const machine = new Machine(input, options.data ?? {}, { budget });
    const solutions = program.solve(query, machine, 1000);
    if (solutions.length === 0) {
      const why =
        undefinedInQuery(parseQuery(query), program, options.data ?? {}) ?? faultOf(set, query, input);
      return { defined: false, ...(why === undefined ? {} : { why }) };
    }
    return { defined: true, value: toJson(solutions.single ?? solutions.bindings) };
  } catch (error) {
    return { error: problemOf(error, 'query') };
  }
}
