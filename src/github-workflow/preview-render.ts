import type { Paper } from '../kernel/paper.ts';
import { shorten } from '../kernel/text.ts';
import { type Foreseen, type PreviewJob, shownValue, vendorHint, type WorkflowPreview } from './preview.ts';

const WORDS: Readonly<Record<Foreseen, string>> = { runs: 'runs', skipped: 'skipped', later: 'as it comes' };

/** The graph by depth, then each expression with its value. */
export function renderPreview(out: WorkflowPreview, page: Paper): void {
  page.line(
    `${page.safe(out.workflow)} on ${page.safe(out.event)}: ${out.starts.runs ? 'starts' : 'does not start'} (${page.safe(out.starts.because)})`,
  );
  for (const job of [...out.jobs].sort((a, b) => a.depth - b.depth)) renderJob(job, page);
  if (out.expressions.length > 0) page.line('');
  page.table(
    out.expressions.map(({ line, column, job, expression, values, why }) => [
      `${line}:${column}`,
      page.safe(job ?? ''),
      page.safe(shorten(expression, 60)),
      values === null
        ? page.style.dim(page.safe(shorten(`known when it runs: ${why ?? ''}`, 80)))
        : page.safe(shorten(values.map(shownValue).join(' | '), 100)),
    ]),
  );
  if (out.missing.length > 0) {
    page.line('');
    page.line(`not here: ${page.safe(vendorHint(out.missing))}`);
  }
}

function renderJob(job: PreviewJob, page: Paper): void {
  const indent = '  '.repeat(job.depth + 1);
  const many =
    job.instances === null
      ? ' (matrix known when it runs)'
      : job.instances.length > 1
        ? ` × ${job.instances.length}`
        : '';
  const where =
    job.elsewhere === undefined ? job.runsOn.join(', ') : `${job.runsOn.join(', ')}: not this machine`;
  const needs = job.needs.length === 0 ? '' : ` after ${job.needs.join(', ')}`;
  page.line(
    `${indent}${page.style.bold(page.safe(job.id))}${page.safe(many)} ${WORDS[job.if]}${page.safe(needs)}  ${page.style.dim(page.safe(job.calls ?? where))}`,
  );
  for (const step of job.steps) {
    const mark = step.missing === true ? ' (not here)' : '';
    page.line(
      `${indent}  ${page.style.dim(WORDS[step.if].padEnd(11))} ${page.safe(shorten(step.title, 70))}${mark}`,
    );
  }
}
