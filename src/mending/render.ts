import type { Paper } from '../kernel/paper.ts';
import { shorten } from '../kernel/text.ts';
import type { AutofixResult } from './autofix.ts';
import type { Candidate, MendedStep } from './mend.ts';
import type { Evidence } from './model.ts';

export function renderAutofix(out: AutofixResult, page: Paper): void {
  for (const note of out.notes) page.line(page.safe(note));
  for (const step of out.steps) renderStep(step, page);
  if (out.steps.length === 0) page.line('nothing that failed could be seen here');
  if (out.applied !== null) {
    const { branch, commit, files } = out.applied;
    page.line(page.safe(`committed ${files.join(', ')} on ${branch}: ${commit.slice(0, 10)}`));
  } else if (out.patch !== '') page.line('commit it with: --apply');
  if (out.pushed !== null) {
    const { remote, branch, comment } = out.pushed;
    page.line(page.safe(`pushed ${branch} to ${remote}${comment === null ? '' : `; said so at ${comment}`}`));
  }
}

function renderStep(step: MendedStep, page: Paper): void {
  const { red, bold } = page.style;
  const where = step.line === null ? step.workflow : `${step.workflow}:${step.line}`;
  const how = step.timedOut ? 'took too long' : step.exit === null ? 'failed' : `exit status ${step.exit}`;
  const name = step.job === '' ? '' : `${step.job}/${step.step}: `;
  page.line(`${red('✗')} ${bold(page.safe(`${name}${step.title}`))} ${page.safe(`(${where}, ${how})`)}`);
  const chosen = step.proposed === null ? undefined : step.candidates[step.proposed];
  if (chosen === undefined) for (const line of step.tail) page.line(page.safe(`  | ${line}`));
  for (const candidate of step.candidates) renderCandidate(candidate, candidate === chosen, page);
  for (const trouble of step.troubles) page.line(page.safe(`  ! ${trouble}`));
  if (chosen === undefined)
    page.line(`  no fix found${step.candidates.length === 0 ? ': no known cause fits' : ''}`);
}

function renderCandidate(candidate: Candidate, chosen: boolean, page: Paper): void {
  const { green, yellow } = page.style;
  const sure = `${Math.round(100 * candidate.confidence)} %`;
  page.line(
    `  ${chosen ? green('✓') : yellow('·')} ${page.safe(`${candidate.cause} [${candidate.fixer}, ${sure}]`)}`,
  );
  for (const item of candidate.evidence)
    page.line(page.safe(`      ${placeOf(item)}${shorten(item.text, 200)}`));
  if (candidate.verdict !== null) {
    page.line(page.safe(`    tried: ${candidate.verdict.what}`));
    if (!chosen)
      for (const line of candidate.verdict.tail.slice(-3))
        page.line(page.safe(`      | ${shorten(line, 200)}`));
  }
  if (candidate.advice !== null && !chosen) page.line(page.safe(`    what to do: ${candidate.advice}`));
  if (chosen && candidate.patch !== null)
    for (const line of candidate.patch.trimEnd().split('\n')) page.line(`    ${page.safe(line)}`);
}

function placeOf({ file, line }: Evidence): string {
  if (file === undefined) return '';
  return `${file}${line === undefined ? '' : `:${line}`}: `;
}
