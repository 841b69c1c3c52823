/** Open Policy Agent's compliance cases: one file holds a list of them, all of one version of the syntax. */
import { type Module, RegoError } from '../../src/policy/rego/ast.ts';
import { Machine } from '../../src/policy/rego/machine.ts';
import { parseModule } from '../../src/policy/rego/parse-module.ts';
import type { RegoVersion } from '../../src/policy/rego/parse-terms.ts';
import { Program } from '../../src/policy/rego/program.ts';
import { jsonText, termText, toJson } from '../../src/policy/rego/text.ts';
import {
  compare,
  isArray,
  isObject,
  objectEntries,
  RegoObject,
  type Value,
} from '../../src/policy/rego/values.ts';
import type { Verdict } from '../conformance.ts';
import { judgeEach } from './cases.ts';

export interface Case {
  readonly note: string;
  readonly folder: string;
  readonly query: string;
  readonly modules?: readonly string[] | null;
  readonly data?: Value;
  readonly input?: Value;
  readonly input_term?: string;
  readonly want_result?: readonly Value[] | null;
  readonly want_error_code?: string;
  readonly want_error?: string;
  readonly strict_error?: boolean;
  readonly sort_bindings?: boolean;
}

/** Everything but graphql, jwt, aws, crypto.x509, rego.*, net.lookup, jsonschema and render_template. */
export function isCore({ folder }: Case): boolean {
  return !/^(?:graphql|jwt|providers-aws|cryptox509|rego[mp]|netlookup|jsonschema|rendertemplate)/.test(
    folder,
  );
}

const BUDGET = { steps: 5_000_000, milliseconds: 5000, output: 1 << 22 };

type Outcome = { readonly results: readonly Value[] } | { readonly error: RegoError };

function run(item: Case, version: RegoVersion, late: boolean): Outcome {
  try {
    const modules = (item.modules ?? []).map((text, i) => parseModule({ path: `m${i}.rego`, text }, version));
    const asked = modules.filter((module) => !isPlan(module, item));
    const whole = new Program(asked);
    const [fault] = whole.faults;
    if (fault !== undefined) throw fault;
    const program = late ? new Program(asked, { checked: true }) : whole;
    const machine = new Machine(inputOf(item), item.data ?? {}, {
      strict: item.strict_error === true,
      budget: BUDGET,
    });
    const results: Value[] = [];
    program.query(item.query)(machine, (bindings) => {
      results.push(new RegoObject(bindings));
      return false;
    });
    return { results };
  } catch (error) {
    if (error instanceof RegoError) return { error };
    throw error;
  }
}

/** The query once more as the rule `data.query.result`, for engines that need a plan: not part of the documents. */
function isPlan(module: Module, { query }: Case): boolean {
  const names = module.rules.map(({ path: [first] }) => (first?.kind === 'const' ? first.value : undefined));
  return (
    module.package.join('.') === 'query' &&
    !query.includes('data.query') &&
    names.length > 0 &&
    names.every((name) => name === 'result')
  );
}

function inputOf({ input, input_term }: Case): Value | undefined {
  return input_term === undefined
    ? input
    : new Program([]).solve(input_term, new Machine(undefined, {}), 1).single;
}

/** Undefined where the case comes out as wanted, else what came instead. `late`: rules compiled when first asked. */
export function mismatch(item: Case, version: RegoVersion, late = false): string | undefined {
  const outcome = run(item, version, late);
  if (item.want_error_code !== undefined || item.want_error !== undefined) {
    if ('results' in outcome) return `no error, but ${told(outcome.results)}`;
    const { code, message } = outcome.error;
    return item.want_error_code === undefined || item.want_error_code === code
      ? undefined
      : `${code}: ${message}, not ${item.want_error_code}`;
  }
  if ('error' in outcome) return `${outcome.error.code}: ${outcome.error.message}`;
  if (item.want_result === undefined || item.want_result === null) return undefined;
  const texts = (values: readonly Value[]) => values.map((value) => bindingsText(value, item)).sort();
  const [got, wanted] = [texts(outcome.results), texts(item.want_result)];
  return JSON.stringify(got) === JSON.stringify(wanted) ? undefined : told(outcome.results);
}

/** Sets are lists by now; where a case says so, those that bindings are come in any order. */
function bindingsText(bindings: Value, { sort_bindings }: Case): string {
  const json = toJson(bindings) as Value;
  if (sort_bindings !== true || !isObject(json)) return jsonText(json);
  const sorted = objectEntries(json).map(
    ([key, value]) => [key, isArray(value) ? [...value].sort(compare) : value] as const,
  );
  return jsonText(new RegoObject(sorted));
}

function told(results: readonly Value[]): string {
  const text = results.map(termText).join(' and ');
  return text === '' ? 'nothing' : text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

export function readCases(text: string): Case[] {
  return JSON.parse(text) as Case[];
}

/** The version of the syntax all cases of a file are in: the one more of their modules can be read as. */
export function versionOf(cases: readonly Case[]): RegoVersion {
  const readable = (version: RegoVersion): number =>
    cases.reduce(
      (sum, { modules }) => sum + (modules ?? []).filter((text) => parses(text, version)).length,
      0,
    );
  return readable('v0') > readable('v1') ? 'v0' : 'v1';
}

function parses(text: string, version: RegoVersion): boolean {
  try {
    parseModule({ path: 'case.rego', text }, version);
    return true;
  } catch (error) {
    if (error instanceof RegoError) return false;
    throw error;
  }
}

const FIELDS = { note: 'string', query: 'string', modules: 'texts?' };

export function* judge(text: string, file: string): Generator<Verdict> {
  let version: RegoVersion | undefined;
  yield* judgeEach(text, file, FIELDS, (item: Case) => {
    version ??= versionOf(readCases(text).filter(isReadable));
    const why = mismatch(item, version);
    return why === undefined ? { name: item.note, passed: true } : { name: item.note, passed: false, why };
  });
}

function isReadable(item: unknown): boolean {
  const modules: unknown =
    typeof item === 'object' && item !== null ? Reflect.get(item, 'modules') : undefined;
  return Array.isArray(modules) && modules.every((module) => typeof module === 'string');
}
