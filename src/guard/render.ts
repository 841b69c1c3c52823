import type { JsonObject } from '../kernel/json.ts';
import type { Paper } from '../kernel/paper.ts';
import { shorten } from '../kernel/text.ts';
import type { Location, Reason } from '../policy/index.ts';
import type { CheckReport } from './check.ts';
import type { Explanation } from './explain.ts';

const SET_WORDS = { default: 'built-in', accepted: 'accepted', tree: 'tree’s', past: 'former' } as const;

export function place(at: Location): string {
  return at.line === 0 ? at.path : `${at.path}:${at.line}:${at.column}`;
}

export function renderCheck(out: CheckReport, page: Paper): void {
  const { style } = page;
  for (const { at, severity, code, message } of out.problems) {
    const word = severity === 'error' ? style.red('error') : style.yellow('warning');
    page.line(`${page.safe(place(at))}: ${word}: ${page.safe(message)} [${code}]`);
  }
  for (const test of out.tests) {
    if (test.passed) continue;
    page.line(`${page.safe(place(test.at))}: ${style.red('failed')}: ${page.safe(test.name)}`);
    if (test.failing !== undefined) {
      page.line(`  stopped at ${page.safe(test.failing.literal)} (${page.safe(place(test.failing.at))})`);
      renderValues(test.failing.values, page);
    }
    if (test.error !== undefined)
      page.line(`  ${page.safe(`${place(test.error.at)}: ${test.error.message}`)}`);
  }
  const passed = out.tests.filter((test) => test.passed).length;
  const counted = out.tests.length === 0 ? 'no tests' : `${passed} of ${out.tests.length} tests passed`;
  const files = `${out.files.length} ${out.files.length === 1 ? 'file' : 'files'}`;
  const verdict = out.ok ? style.green('policies are sound') : style.red('policies have faults');
  page.line(`${verdict}: ${files} (${out.set}), ${counted}`);
}

export function renderExplanation(out: Explanation, page: Paper): void {
  const { style } = page;
  const { decision, past } = out;
  if (past !== null) {
    page.line(
      `entry ${past.entry.slice(0, 16)} ${past.event} of ${past.ts}, ${past.allowed ? 'allowed' : 'denied'} then`,
    );
    for (const message of past.messages) page.line(`  ${page.safe(message)}`);
    if (past.decision !== null) page.line(style.dim(`  decision ${past.decision}`));
    if (!past.samePolicy)
      page.line(style.yellow('  the policies of then are not kept here; this is what today’s say'));
    else if (!past.sameInput)
      page.line(
        style.yellow(
          '  the repository or its user differ from then; rules that look at them may answer otherwise',
        ),
      );
  }
  const verdict = decision.allowed ? style.green('allowed') : style.red('denied');
  page.line(
    `${page.safe(out.input.action)} is ${verdict} by the ${SET_WORDS[out.set]} policies ${out.digest.slice(0, 19)}`,
  );
  for (const reason of decision.reasons) renderReason(reason, page);
  if (decision.liftedByApproval) page.line('An approval would lift this.');
  if (out.trace.length > 0) page.line(style.dim('trace:'));
  for (const line of out.trace) {
    const mark = line.outcome === 'true' ? style.green('true     ') : style.dim(line.outcome.padEnd(9));
    page.line(
      `  ${mark} ${'  '.repeat(Math.min(line.depth, 20))}${page.safe(line.text)} ${style.dim(page.safe(place(line.at)))}${valuesOf(line.values, page)}`,
    );
  }
}

function renderReason(reason: Reason, page: Paper): void {
  page.line(`  ${reason.verdict}: ${page.safe(reason.message)}`);
  page.line(page.style.dim(`    ${page.safe(reason.rule)} at ${page.safe(place(reason.at))}`));
  if (reason.stoppedBy === undefined) return;
  page.line(
    `    stopped by ${page.safe(reason.stoppedBy.literal)} (${page.safe(place(reason.stoppedBy.at))})`,
  );
  renderValues(reason.stoppedBy.values, page);
}

export function renderValues(values: JsonObject, page: Paper): void {
  for (const [name, value] of Object.entries(values)) {
    page.line(`      ${page.safe(name)} = ${page.safe(shorten(JSON.stringify(value), 200))}`);
  }
}

function valuesOf(values: JsonObject | undefined, page: Paper): string {
  if (values === undefined || Object.keys(values).length === 0) return '';
  const shown = Object.entries(values).map(
    ([name, value]) => `${name}=${shorten(JSON.stringify(value), 60)}`,
  );
  return page.style.dim(` {${page.safe(shown.join(', '))}}`);
}
