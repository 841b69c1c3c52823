import type { Paper } from '../kernel/paper.ts';
import type { CheckResult, OneCheck } from './model.ts';

const MOST_SHOWN = 200;

/** Findings by place, then a line a check. */
export function renderChecks(out: CheckResult, page: Paper & { raw(text: string): void }): void {
  if (out.sarif !== undefined) {
    page.raw(JSON.stringify(out.sarif, null, 2));
    return;
  }
  for (const path of out.fixed) page.line(`formatted ${page.safe(path)}`);
  for (const one of out.checks) renderCheck(one, page);
}

/** The findings of one check, and how it came out. */
export function renderCheck(one: OneCheck, page: Paper): void {
  const { style } = page;
  const paint = { error: style.red, warning: style.yellow, note: style.dim };
  for (const finding of one.findings.slice(0, MOST_SHOWN)) {
    const place = `${page.safe(finding.path)}:${finding.line}:${finding.column}`;
    const more = finding.url === undefined ? '' : ` ${finding.url}`;
    page.line(
      `${place}: ${paint[finding.level](finding.level)}: ${page.safe(finding.message)} [${page.safe(finding.rule)}]${more}`,
    );
  }
  if (one.findings.length > MOST_SHOWN) page.line(`and ${one.findings.length - MOST_SHOWN} more`);
  const word = { passed: style.green, failed: style.red, skipped: style.dim, unknown: style.yellow }[
    one.outcome
  ];
  const noun = one.check === 'secrets' || one.check === 'format' ? 'files' : 'packages';
  const note = one.note === undefined ? '' : `; ${page.safe(one.note)}`;
  page.line(
    `${one.check}: ${word(one.outcome)}, ${one.looked} ${noun}, ${one.findings.length} findings${note}`,
  );
}
