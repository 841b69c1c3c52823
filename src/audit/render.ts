import type { Paper } from '../kernel/paper.ts';
import type { AuditReport, Standing } from './model.ts';
import type { ReadReport, WrittenReport } from './report.ts';

export function renderWritten(out: WrittenReport, page: Paper): void {
  renderReport(out, page);
  page.line(page.safe(`written to ${out.file}, sha256 ${out.sha256}`));
}

export function renderRead({ report, signer, believed, sha256 }: ReadReport, page: Paper): void {
  renderReport(report, page);
  const trust = believed ? 'believed here' : page.style.red('believed by nobody here');
  page.line(page.safe(`signed by ${signer.slice(0, 24)}…, `) + trust);
  page.line(`sha256 ${sha256}`);
}

function renderReport(report: AuditReport, page: Paper): void {
  const { ledger, activity, changes, since, standing } = report;
  page.line(page.style.bold(page.safe(`${report.repository}, ${report.ts}`)));
  const whole = ledger.ok ? 'verified' : page.style.red('BROKEN');
  page.line(`ledger: ${ledger.entries} entries, ${whole}; policies: ${page.safe(report.policy.state)}`);
  const from = since === null ? 'so far' : `since ${since}`;
  page.line(
    page.safe(
      `${activity.operations} operations ${from}, ${activity.failed} failed, ${activity.denied} denied`,
    ),
  );
  for (const { ts, actor, action, why } of activity.denials.slice(0, 10))
    page.line(page.safe(`  denied ${ts} ${actor} ${action}: ${why}`));
  const grave = standing.filter(({ level }) => level !== 'note');
  page.line(`${standing.length} things stand, ${grave.length} of them to look at`);
  if (since === null) for (const one of grave) page.line(lineOf(one, page));
  else {
    for (const one of changes.came) page.line(`+ ${lineOf(one, page)}`);
    for (const one of changes.went) page.line(`- ${lineOf(one, page)}`);
    if (changes.came.length + changes.went.length === 0) page.line('nothing changed since');
  }
}

function lineOf({ area, level, text }: Standing, page: Paper): string {
  const line = page.safe(`${area}: ${text}`);
  return level === 'error' ? page.style.red(line) : level === 'warning' ? page.style.yellow(line) : line;
}
