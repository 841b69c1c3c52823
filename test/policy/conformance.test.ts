/**
 * Open Policy Agent's own compliance cases, read in place. The floors are a ratchet: they only go up.
 * `REGO_CONFORMANCE=folders` prints the folders with failures, `REGO_CONFORMANCE=<folder>` each failure in it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { RegoError } from '../../src/policy/rego/ast.ts';
import { Machine } from '../../src/policy/rego/machine.ts';
import { parseModule } from '../../src/policy/rego/parse-module.ts';
import { Program } from '../../src/policy/rego/program.ts';
import { jsonText, toJson } from '../../src/policy/rego/text.ts';
import { RegoObject, type Value } from '../../src/policy/rego/values.ts';
import { requireService, suite } from '../suite.ts';

interface Case {
  readonly note: string;
  readonly folder: string;
  readonly query: string;
  readonly modules?: readonly string[];
  readonly data?: Value;
  readonly input?: Value;
  readonly input_term?: string;
  readonly want_result?: readonly Value[];
  readonly want_error_code?: string;
  readonly want_error?: string;
  readonly strict_error?: boolean;
}

const FOLDER = fileURLToPath(new URL('../../../shared/conformance/rego/', import.meta.url));
const NOT_CORE = /^(?:graphql|jwt|providers-aws|cryptox509|rego[mp]|netlookup|jsonschema|rendertemplate)/;
const FLOORS = { v0: 1019, v1: 1288 } as const;
const BUDGET = { steps: 5_000_000, milliseconds: 2000, output: 1 << 22 };

type Outcome = { readonly results: readonly Value[] } | { readonly error: string };

function run(item: Case, version: 'v0' | 'v1'): Outcome {
  try {
    const modules = (item.modules ?? []).map((text, i) => parseModule({ path: `m${i}.rego`, text }, version));
    const program = new Program(modules);
    const [fault] = program.faults;
    if (fault !== undefined) throw fault;
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
    if (error instanceof RegoError) return { error: error.code };
    throw error;
  }
}

function inputOf({ input, input_term }: Case): Value | undefined {
  return input_term === undefined
    ? input
    : new Program([]).solve(input_term, new Machine(undefined, {}), 1).single;
}

function passes(item: Case, version: 'v0' | 'v1'): boolean {
  const outcome = run(item, version);
  if (item.want_error_code !== undefined || item.want_error !== undefined) {
    return (
      'error' in outcome && (item.want_error_code === undefined || outcome.error === item.want_error_code)
    );
  }
  if ('error' in outcome) return false;
  if (item.want_result === undefined) return true;
  const texts = (values: readonly Value[]) => values.map((value) => jsonText(toJson(value) as Value)).sort();
  return JSON.stringify(texts(outcome.results)) === JSON.stringify(texts(item.want_result));
}

suite('Open Policy Agent conformance', (test) => {
  if (!requireService('the conformance data', existsSync(FOLDER))) {
    test('has no data here', () => assert.ok(true));
    return;
  }
  for (const version of ['v0', 'v1'] as const) {
    test(`${version} passes as many core cases as ever`, () => {
      const cases = (JSON.parse(readFileSync(`${FOLDER}${version}.json`, 'utf8')) as Case[]).filter(
        ({ folder }) => !NOT_CORE.test(folder),
      );
      const failed = cases.filter((item) => !passes(item, version));
      report(version, cases, failed);
      const passed = cases.length - failed.length;
      assert.ok(
        passed >= FLOORS[version],
        `${passed} of ${cases.length} core cases pass, the floor is ${FLOORS[version]}`,
      );
    });
  }
});

function report(version: string, cases: readonly Case[], failed: readonly Case[]): void {
  const wanted = process.env['REGO_CONFORMANCE'];
  if (wanted === undefined) return;
  console.log(`${version}: ${cases.length - failed.length} of ${cases.length}`);
  const folders = Map.groupBy(failed, ({ folder }) => folder);
  for (const [folder, items] of folders) {
    const all = cases.filter((item) => item.folder === folder).length;
    if (wanted === 'folders') console.log(`  ${folder} ${all - items.length}/${all}`);
    if (wanted === folder) for (const { note } of items) console.log(`  ${note}`);
  }
}
