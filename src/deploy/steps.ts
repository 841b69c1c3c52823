import { existsSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { printable } from '../kernel/text.ts';
import type { Job, JobState, RunState, Step, StepTools, Workflow } from '../workflow/index.ts';
import type { Release } from './releases.ts';
import type { Health, Target } from './target.ts';

/** A release as the commands of a target are told of it. */
export interface Told {
  readonly release: Pick<Release, 'id' | 'commit'>;
  /** Absolute. */
  readonly folder: string;
  /** Absolute: where the target's own command runs; the work tree where nothing is said. */
  readonly directory?: string;
}

export interface DeployPlan {
  readonly target: Target;
  readonly root: string;
  /** What is deployed; undefined where it only goes back. */
  readonly to: Told | undefined;
  /** What it goes back to: when that fails, or at once. */
  readonly back: Told | undefined;
  readonly sandboxed: boolean;
}

export const FORTH = 'deploy';
export const BACK = 'back';

/** The deployment as a run: there, and, where that fails and there is a way, back. */
export function deployWorkflow(plan: DeployPlan): Workflow {
  const { target, to, back } = plan;
  const jobs: Job[] = [];
  if (to !== undefined) jobs.push(job(plan, FORTH, [], `deploy to ${target.name}`, to, workSteps(plan, to)));
  if (back !== undefined) {
    const title = `go back to release ${back.release.id}`;
    const needs = to === undefined ? [] : [FORTH];
    jobs.push({ ...job(plan, BACK, needs, title, back, backSteps(plan, back)), decide: whenFailed });
  }
  return { name: target.name, jobs, secrets: target.secrets };
}

function whenFailed({ needs, cancelled }: JobState): { run: true } | { run: false; why: string } {
  if (cancelled) return { run: false, why: 'the deployment was interrupted' };
  const forth = needs.get(FORTH);
  if (forth === undefined || forth.result === 'failure') return { run: true };
  return { run: false, why: 'the deployment stands' };
}

function job(
  { target, sandboxed }: DeployPlan,
  id: string,
  needs: readonly string[],
  title: string,
  told: Told,
  steps: readonly Step[],
): Job {
  return {
    id,
    title,
    needs,
    plan: (state) => ({
      kind: 'steps',
      env: { ...target.environment, ...secretsOf(target, state), ...variables(target, told) },
      steps,
      resumeFrom: 'job',
      ...(sandboxed
        ? {
            sandbox: {
              network: 'host',
              writable: [told.folder, ...(told.directory ? [told.directory] : []), ...target.writable],
            },
          }
        : {}),
    }),
  };
}

function secretsOf({ name, secrets }: Target, state: RunState): Record<string, string> {
  return Object.fromEntries(
    secrets.map((secret) => {
      const value = state.secret(secret);
      if (value === undefined) throw new BitError('not-found', `target ${name} needs secret ${secret}`);
      return [secret, value];
    }),
  );
}

function variables({ name }: Target, { release, folder }: Told): Record<string, string> {
  return {
    BIT_TARGET: name,
    BIT_RELEASE: release.id,
    BIT_RELEASE_COMMIT: release.commit ?? '',
    BIT_RELEASE_DIR: folder,
  };
}

function workSteps(plan: DeployPlan, told: Told): readonly Step[] {
  const { target } = plan;
  return [workStep(plan, told), ...(target.health === undefined ? [] : [healthStep(target.health)])];
}

function backSteps(plan: DeployPlan, told: Told): readonly Step[] {
  const { target } = plan;
  if (target.rollback === undefined) return workSteps(plan, told);
  const step = shell('rollback', 'the rollback command', target.rollback, target.timeoutMs);
  return [step, ...(target.health === undefined ? [] : [healthStep(target.health)])];
}

function workStep({ target, root }: DeployPlan, { directory = root }: Told): Step {
  const { work, timeoutMs } = target;
  if ('bot' in work) return botStep(work, directory === root ? undefined : directory);
  if ('script' in work) return shell('release', 'the deploy command', work.script, timeoutMs, directory);
  return {
    id: 'release',
    title: work.program,
    timeoutMs: () => timeoutMs,
    prepare: () => ({
      kind: 'process',
      argv: [programIn(directory, work.program)],
      cwd: directory,
      env: {},
      files: {},
    }),
  };
}

/** `bit bot deploy`, an operation of its own inside this one: gated, recorded, and taken back by itself too. */
function botStep(
  work: { readonly bot: string; readonly scope: 'repo' | 'org' },
  tree: string | undefined,
): Step {
  const words = [
    'bot',
    'deploy',
    work.bot,
    work.scope,
    '--yes',
    ...(tree === undefined ? [] : ['--tree', tree]),
  ];
  return {
    id: 'release',
    title: `bit bot deploy ${work.bot} ${work.scope}`,
    prepare: () => ({
      kind: 'native',
      async run(tools: StepTools) {
        const status = await tools.bit(words);
        if (status !== 0) throw new BitError('failed', `bit bot deploy ${work.bot} ended with ${status}`);
      },
    }),
  };
}

function programIn(directory: string, program: string): string {
  const path = resolve(directory, program);
  const inside = relative(directory, path);
  if (inside === '' || inside.startsWith(`..${sep}`) || inside === '..')
    throw new BitError('usage', `${printable(program)} leads out of the repository`);
  if (!existsSync(path)) throw new BitError('not-found', `there is no ${printable(program)}`);
  return join(directory, inside);
}

function shell(id: string, title: string, text: string, timeoutMs: number, cwd?: string): Step {
  return {
    id,
    title,
    timeoutMs: () => timeoutMs,
    prepare: () => ({
      kind: 'process',
      argv: ['sh', '-e', '{0}'],
      script: { text, extension: '.sh' },
      ...(cwd === undefined ? {} : { cwd }),
      env: {},
      files: {},
    }),
  };
}

function healthStep({ ask, retries, timeoutMs, intervalMs }: Health): Step {
  const step = {
    id: 'health',
    title: 'url' in ask ? `health: ${ask.url}` : 'health',
    timeoutMs: () => timeoutMs,
    retry: { times: retries, backoffMs: intervalMs, mostMs: intervalMs },
  };
  if ('command' in ask) return { ...shell(step.id, step.title, ask.command, timeoutMs), ...step };
  return { ...step, prepare: () => ({ kind: 'native', run: (tools) => answers(tools, ask) }) };
}

/** A redirect is an answer like others: only the status asked for is health. */
async function answers(
  tools: StepTools,
  { url, status }: { readonly url: string; readonly status: number | undefined },
): Promise<void> {
  let response: Response;
  try {
    response = await fetch(url, { redirect: 'manual', signal: tools.signal });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const { code } = cause as NodeJS.ErrnoException;
    throw new BitError('failed', `${url} does not answer: ${code ?? 'no connection'}`, { cause: error });
  }
  await response.body?.cancel();
  tools.log(`${url} answered ${response.status}`);
  const well = status === undefined ? response.ok : response.status === status;
  if (!well) throw new BitError('failed', `${url} answered ${response.status}`);
}
