import type { Paper } from '../kernel/paper.ts';
import type { Improvement } from './apply.ts';
import type { PlannedWorkflow, Proposal } from './model.ts';

export function renderImprovement(out: Improvement, page: Paper): void {
  for (const workflow of out.workflows) renderWorkflow(workflow, page);
  for (const proposal of out.proposals) renderProposal(proposal, page, out.applied === null);
  const { applied } = out;
  if (applied !== null) {
    const where = applied.branch === null ? 'to the work tree' : `on ${applied.branch}`;
    page.line(page.safe(`written ${where}; take it back with: bit undo`));
  } else if (out.proposals.length === 0) page.line('nothing to improve');
  else page.line('write what is the same but quicker with: --apply; also what is in doubt: --reviewed');
}

function renderWorkflow(
  { path, forecast, critical, written, best, notes }: PlannedWorkflow,
  page: Paper,
): void {
  const { runs, p50, p90, success, unmeasured, risks } = forecast;
  page.line(page.style.bold(page.safe(path)));
  if (p50 === null) page.line(`  no past run tells how long it takes`);
  else {
    const chance = success === null ? '' : `, ${Math.round(success * 100)} % likely to succeed`;
    page.line(`  ${seconds(p50)} expected, ${seconds(p90)} at most 9 times of 10${chance}; by ${runs} runs`);
    page.line(page.safe(`  longest way: ${critical.jobs.join(' → ')}, ${seconds(critical.milliseconds)}`));
  }
  if (written !== null && best !== null && best < written)
    page.line(`  ${seconds(written)} become ${seconds(best)} with what is proposed`);
  if (p50 !== null && unmeasured.length > 0)
    page.line(page.safe(`  without a past run: ${unmeasured.join(', ')}`));
  for (const { job, ran, failed } of risks.slice(0, 5))
    page.line(page.safe(`  ${job} failed ${failed} times of ${ran}`));
  for (const note of notes) page.line(page.style.yellow(page.safe(`  ${note}`)));
}

function seconds(milliseconds: number | null): string {
  return milliseconds === null ? '?' : `${(milliseconds / 1000).toFixed(1)} s`;
}

function renderProposal(
  { id, title, because, doubts, patch, saves }: Proposal,
  page: Paper,
  shown: boolean,
): void {
  const gain = saves === null || saves <= 0 ? '' : ` (${seconds(saves)} less)`;
  page.line();
  page.line(page.safe(`${id}. ${title}${gain}`));
  for (const why of because) page.line(page.safe(`   ${why}`));
  for (const doubt of doubts) page.line(page.style.yellow(page.safe(`   look first: ${doubt}`)));
  if (!shown) return;
  for (const line of patch.split('\n').slice(0, -1)) {
    const text = page.safe(line);
    page.line(
      line.startsWith('+') ? page.style.green(text) : line.startsWith('-') ? page.style.red(text) : text,
    );
  }
}
