import type { Paper } from '../kernel/paper.ts';
import type { SuiteResult, TestResult } from './test.ts';

const MOST_LISTED = 100;

/** Suites with their counts, then every failed test by name. */
export function renderTestRun(out: TestResult, page: Paper): void {
  const { style } = page;
  page.table(
    out.suites.map((suite) => [
      suite.ok ? style.green('passed') : style.red('failed'),
      page.safe(suite.name),
      told(suite),
      `${(suite.milliseconds / 1000).toFixed(1)} s`,
    ]),
  );
  for (const name of out.unchanged) page.line(style.dim(`left out, nothing changed: ${page.safe(name)}`));
  if (out.failures.length > 0) page.line(style.red('failed:'));
  for (const name of out.failures.slice(0, MOST_LISTED)) page.line(`  ${page.safe(name)}`);
  if (out.failures.length > MOST_LISTED) page.line(`  and ${out.failures.length - MOST_LISTED} more`);
  if (out.suites.length === 0) page.line('nothing to run');
  else page.line(`${out.passed} passed, ${out.failed} failed, ${out.skipped} skipped`);
  if (!out.ok) page.line(style.dim(`the output: ${page.safe(out.log)}`));
}

function told({ counts, exitCode, ended }: SuiteResult): string {
  if (ended === 'timeout') return 'took longer than it may';
  if (counts === undefined) return exitCode === 0 ? 'not counted' : `not counted, ended with ${exitCode}`;
  const { passed, failed, skipped, form } = counts;
  const odd = failed === 0 && exitCode !== 0 ? `, ended with ${exitCode}` : '';
  return `${passed} passed, ${failed} failed, ${skipped} skipped (${form})${odd}`;
}
