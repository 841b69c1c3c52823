import { BitError } from '../kernel/errors.ts';
import type { Paper } from '../kernel/paper.ts';
import type { Answer, Effect, Reader } from '../operation/index.ts';
import { runScript, type ScriptResult } from '../script/index.ts';
import type { Placement, Sandbox } from '../workflow/index.ts';
import { workTreeFiles } from './files.ts';
import { type RunOptions, type RunResult, requestOf, rootOf, runWorkflow } from './launch.ts';
import { type PlannedJob, planOf } from './plan.ts';
import { named, sourceOf } from './sources.ts';

export interface Planned {
  readonly workflow: string;
  readonly path: string | null;
  readonly plan: readonly PlannedJob[];
}

/** What `bit run` answers. */
export type Ran = ScriptResult | RunResult | Planned;

export interface RunFlags {
  readonly input?: readonly string[] | undefined;
  readonly env?: readonly string[] | undefined;
  readonly job?: readonly string[] | undefined;
  readonly jobs?: number | undefined;
  readonly on: string;
  readonly event: string;
  readonly payload?: string | undefined;
  readonly workspace?: string | undefined;
  readonly sandbox: boolean;
  readonly network?: string | undefined;
  readonly plan: boolean;
  readonly atomic: boolean;
}

/** A `.bit` script runs line by line, as one operation; everything else as a workflow. */
export async function runAnything(
  reader: Reader,
  workflow: string,
  words: readonly string[],
  flags: RunFlags,
): Promise<Effect<Ran> | Answer<Ran>> {
  const inputs = pairs('--input', flags.input);
  if (workflow.endsWith('.bit') && !flags.plan) {
    refuseWords(words);
    return (await runScript(reader, { path: workflow, inputs, atomic: flags.atomic })) as Effect<Ran>;
  }
  if (flags.atomic) {
    throw new BitError('usage', '--atomic is for .bit scripts', {
      hint: 'what a workflow did is taken back by: bit rollback workflow',
    });
  }
  const options: RunOptions = {
    workflow,
    words,
    inputs,
    env: pairs('--env', flags.env),
    jobs: flags.job ?? [],
    on: flags.on as Placement,
    event: { name: flags.event, payload: {} },
    payload: flags.payload,
    parallel: flags.jobs,
    sandbox: sandboxOf(flags),
    workspace: flags.workspace as RunOptions['workspace'],
  };
  if (flags.plan) return { reads: 'run.plan', answer: () => plan(reader, options) };
  return (await runWorkflow(reader, options)) as Effect<Ran>;
}

export function sandboxOf({
  sandbox,
  network,
  on,
}: Pick<RunFlags, 'sandbox' | 'network'> & { readonly on?: string | undefined }): Sandbox | undefined {
  // on a mesh every job is in one, without a network unless it is given
  if (on === 'mesh') return { network: network === 'host' ? 'host' : 'none' };
  if (!sandbox && network !== 'none') return undefined;
  return { network: network === 'none' ? 'none' : 'host' };
}

async function plan(reader: Reader, options: RunOptions): Promise<Planned> {
  const files = workTreeFiles(rootOf(reader));
  const request = await requestOf(reader, options, await named(options.workflow, files, reader.cwd));
  const workflow = await sourceOf(request.source).load(request, files);
  return {
    workflow: workflow.name,
    path: workflow.path ?? null,
    plan: planOf(workflow, options.jobs),
  };
}

export function pairs(flag: string, given: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    given.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new BitError('usage', `${flag} ${pair} is not NAME=VALUE`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

function refuseWords(words: readonly string[]): void {
  const [first] = words;
  if (first !== undefined)
    throw new BitError('usage', `a script takes no ${first}`, { hint: 'give it --input NAME=VALUE' });
}

export function renderRan(out: Ran, page: Paper): void {
  if ('script' in out) {
    page.line(`${page.safe(out.script)}: ${out.ran} ${out.ran === 1 ? 'command' : 'commands'} done`);
    return;
  }
  if ('plan' in out) {
    page.line(page.safe(out.workflow));
    for (const { id, title, needs, stage } of out.plan) {
      const after = needs.length === 0 ? '' : `  after ${needs.join(', ')}`;
      page.line(page.safe(`${'  '.repeat(stage + 1)}${title === id ? id : `${id}: ${title}`}${after}`));
    }
    return;
  }
  const jobs = out.jobs.filter(({ result }) => result === 'success').length;
  const again = out.attempt === 1 ? '' : `, attempt ${out.attempt}`;
  page.line(
    page.safe(`${out.workflow}: ${jobs} of ${out.jobs.length} jobs succeeded (run ${out.id}${again})`),
  );
  for (const [name, value] of Object.entries(out.outputs)) page.line(page.safe(`  ${name}: ${value}`));
  for (const { name, files, size } of out.artifacts)
    page.line(page.safe(`  artifact ${name}: ${files.length} files, ${size} bytes`));
}
