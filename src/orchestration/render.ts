import type { Paper } from '../kernel/paper.ts';
import type { FlowCheck, FlowListing, PlannedFlow } from './flows.ts';
import type { StepPlan, WorkflowPlan } from './plan-model.ts';

export function renderPlan(plan: PlannedFlow, page: Paper): void {
  const { style } = page;
  const say = (line: string): void => page.line(page.safe(line));
  const { flow, starts, because, profile, occasion, token } = plan;
  if (plan.specification === null) {
    say('There is no .bithub.yml: this default was made up. Write one with: bit init');
    for (const note of plan.synthesised) say(`  ${note}`);
  }
  page.line(
    `${style.bold(page.safe(flow))}  ${starts ? style.green('starts') : style.yellow('does not start')}: ${page.safe(because)}`,
  );
  say(
    `  event ${occasion.event}${occasion.branch === null ? '' : `, branch ${occasion.branch}`}${occasion.tag === null ? '' : `, tag ${occasion.tag}`}, ${filesOf(occasion.changed)}`,
  );
  if (profile !== null) {
    say(`  profile ${profile.name}: ${profile.because}`);
    if (profile.runnerLabels.length > 0)
      say(`    runners: ${profile.runnerLabels.join(', ')}; here it runs on this machine`);
    if (profile.concurrencyGroup !== null)
      say(
        `    one at a time of ${profile.concurrencyGroup}${profile.cancelInProgress ? ', a new one ends the one before' : ''}`,
      );
    for (const asked of profile.handedToMesh) say(`    ${asked}: handed to the mesh, not given here`);
    if (profile.lacking.length > 0) say(`    can't run here: it needs ${profile.lacking.join(', ')}`);
  }
  for (const { key, applies, because: why, effect } of plan.directives)
    say(`  directive ${key}: ${applies ? effect : 'does not apply'}: ${applies ? '' : 'not '}${why}`);
  for (const [bot, on] of Object.entries(plan.bots)) say(`  bot ${bot}: ${on ? 'on' : 'off'}`);
  say(`  token: ${token.source ?? 'none'}, of ${token.tried.join(', ')}`);
  for (const [at, step] of plan.steps.entries()) renderStep(step, at === plan.steps.length - 1, page);
  for (const { type, level, to } of plan.notify) say(`  tells ${type} (${to}) of ${level} and worse`);
  for (const other of plan.others)
    say(
      `${other.flow}  ${other.starts ? `starts too: bit flow run ${other.flow}` : `does not start: ${other.because}`}`,
    );
}

function filesOf(changed: readonly string[] | null): string {
  if (changed === null) return 'what changed is not known';
  return `${changed.length} ${changed.length === 1 ? 'file' : 'files'} changed`;
}

function renderStep(step: StepPlan, last: boolean, page: Paper): void {
  const { style } = page;
  const mark = step.runs ? style.green('runs') : style.yellow('skipped');
  page.line(
    `  ${last ? '└─' : '├─'} ${step.number}. ${page.safe(`${step.kind} ${step.name}`)}  ${mark}: ${page.safe(step.because)}`,
  );
  const bar = last ? '    ' : '  │ ';
  const notes = [
    ...(step.push === null
      ? []
      : [step.push.push ? `pushes: ${step.push.because}` : `does not push: ${step.push.because}`]),
    ...(step.retries > 0 && step.kind !== 'gate' && step.kind !== 'barrier'
      ? [`up to ${step.retries + 1} tries, ${step.backoffSeconds} s apart and doubling`]
      : []),
    ...(step.continueOnFailure ? ['goes on where it fails'] : []),
    ...(step.artifactPass.length > 0 && step.runs && (step.kind === 'action' || step.kind === 'workflows')
      ? [`passes on ${step.artifactPass.join(', ')}`]
      : []),
  ];
  for (const note of notes) page.line(`${bar}     ${style.dim(page.safe(note))}`);
  for (const workflow of step.workflows) page.line(`${bar}     ${workflowLine(workflow, page)}`);
}

function workflowLine({ name, mode, path, runs, because, tried, near }: WorkflowPlan, page: Paper): string {
  const how = mode === 'series' ? 'then' : 'at once';
  if (!runs) return page.safe(`${how} ${name}: ${because}`);
  if (path !== null) return page.safe(`${how} ${name} (${path})`);
  const hint = near.length > 0 ? `; did you mean: ${near.join(', ')}` : '';
  return page.style.red(
    page.safe(
      `${how} ${name}: not there; tried ${tried.join(', ') || 'nothing: the path leaves the repository'}${hint}`,
    ),
  );
}

export function renderFlowCheck({ path, flows, warnings }: FlowCheck, page: Paper): void {
  for (const warning of warnings) page.line(page.style.yellow(page.safe(warning)));
  if (path === null) page.line('There is no .bithub.yml; the default has the flow default.');
  else
    page.line(page.safe(`${path} is right: ${flows.length === 0 ? 'no flow' : `flows ${flows.join(', ')}`}`));
}

export function renderFlows({ path, flows }: FlowListing, page: Paper): void {
  if (path === null) page.line('There is no .bithub.yml; this default would be run.');
  if (flows.length === 0) page.line('no flow: add one below orchestration.flows');
  page.table(
    flows.map(({ flow, on, steps, about }) => [
      page.safe(flow),
      page.safe(on.join(', ')),
      `${steps} ${steps === 1 ? 'step' : 'steps'}`,
      page.safe(about ?? ''),
    ]),
  );
}
