import { BitError } from '../kernel/errors.ts';
import type { Paper } from '../kernel/paper.ts';
import { shorten } from '../kernel/text.ts';
import type { Reader } from '../operation/index.ts';
import {
  type PolicyCoverage,
  type PolicyProblem,
  type PolicyTestResult,
  runPolicyTests,
} from '../policy/index.ts';
import { rulesOf } from './contracts.ts';
import { place, renderValues } from './render.ts';
import { findSet, type NamedSet } from './which.ts';

export interface TestQuestion {
  /** Only tests whose name has this in it. */
  readonly only: string | undefined;
  /** The accepted set, not the tree's. */
  readonly accepted: boolean;
  /** Percent of lines the tests have to reach. */
  readonly least: number | undefined;
}

export interface TestReport {
  readonly set: NamedSet['from'];
  readonly problems: readonly PolicyProblem[];
  readonly tests: readonly PolicyTestResult[];
  readonly coverage: PolicyCoverage & { readonly percent: number };
  readonly ok: boolean;
}

/** Runs the tests of a policy set and says which lines they reached. */
export function testPolicies(reader: Reader, { only, accepted, least }: TestQuestion): TestReport {
  const set = findSet(reader, accepted ? 'accepted' : 'tree');
  if (set === undefined) throw new BitError('not-found', 'no policy set was accepted yet');
  const run = runPolicyTests(rulesOf(set.sources).sources, {
    builtins: reader.builtins,
    ...(only === undefined ? {} : { only }),
  });
  if (only !== undefined && run.results.length === 0 && run.problems.length === 0)
    throw new BitError('not-found', `no test has ${JSON.stringify(shorten(only))} in its name`);
  const { lines, covered } = run.coverage;
  const percent = lines === 0 ? 100 : Math.floor((covered / lines) * 1000) / 10;
  const sound = !run.problems.some(({ severity }) => severity === 'error');
  return {
    set: set.from,
    problems: run.problems,
    tests: run.results,
    coverage: { ...run.coverage, percent },
    ok: sound && run.results.every(({ passed }) => passed) && percent >= (least ?? 0),
  };
}

export function renderTests(out: TestReport, page: Paper, coverage: boolean): void {
  const { style } = page;
  for (const { at, severity, message, code } of out.problems)
    page.line(`${page.safe(place(at))}: ${style.red(severity)}: ${page.safe(message)} [${code}]`);
  for (const test of out.tests) renderTest(test, page);
  const passed = out.tests.filter((test) => test.passed).length;
  const { percent, covered, lines, missed } = out.coverage;
  if (coverage) {
    for (const { at, rule, why, stop } of missed) {
      const reason =
        why === 'unasked'
          ? `no test asks ${rule}`
          : stop === undefined
            ? `${rule} ends before it`
            : `${rule} stops at ${place(stop.at)}: ${stop.literal}`;
      page.line(
        `${page.safe(`${at.path}:${at.line}`)}: ${style.yellow('not covered')}: ${page.safe(reason)}`,
      );
      if (stop !== undefined) renderValues(stop.values, page);
    }
  }
  const verdict = out.ok ? style.green('passed') : style.red('failed');
  page.line(
    `${verdict}: ${passed} of ${out.tests.length} tests, ${percent} % of lines covered (${covered} of ${lines})`,
  );
}

function renderTest(test: PolicyTestResult, page: Paper): void {
  const { style } = page;
  if (test.passed) return;
  page.line(`${page.safe(place(test.at))}: ${style.red('failed')}: ${page.safe(test.name)}`);
  if (test.error !== undefined) page.line(`  ${page.safe(`${place(test.error.at)}: ${test.error.message}`)}`);
  const { failing } = test;
  if (failing === undefined) return;
  page.line(`  stopped at ${page.safe(failing.literal)} (${page.safe(place(failing.at))})`);
  if (failing.compared !== undefined) {
    const { actual, expected } = failing.compared;
    page.line(`      actual   ${page.safe(shorten(JSON.stringify(actual), 400))}`);
    page.line(`      expected ${page.safe(shorten(JSON.stringify(expected), 400))}`);
  }
  renderValues(failing.values, page);
}
