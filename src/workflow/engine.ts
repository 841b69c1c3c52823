import type { RunContext, Scope } from './context.ts';
import { closure, Graph } from './graph.ts';
import type { Job, JobRecord, Outputs, Result, RunState, Workflow } from './model.ts';

/** How the jobs of a workflow ended. */
export interface GraphEnd {
  readonly result: Result;
  readonly records: ReadonlyMap<string, JobRecord>;
  readonly outputs: Outputs;
}

/** Takes a job from its needs' end to its own. */
export type RunJob = (
  context: RunContext,
  scope: Scope,
  job: Job,
  before: { readonly records: ReadonlyMap<string, JobRecord>; readonly again: boolean },
) => Promise<{ readonly record: JobRecord; readonly ran: boolean }>;

/** What a workflow's functions are told. */
export function runState(context: RunContext, scope: Scope, jobs: ReadonlyMap<string, JobRecord>): RunState {
  return {
    run: context.facts,
    request: context.request,
    inputs: scope.inputs,
    jobs,
    cancelled: scope.signal.aborted,
    secret: scope.secret,
    workspace: context.workspace,
  };
}

/**
 * Runs the jobs of a workflow as their needs allow. Every job ends, if only as skipped; what the journal says of one is
 * taken over.
 *
 * @throws BitError `usage` for a graph that is none, `not-found` for a job asked for that is not there
 */
export async function runGraph(
  runJob: RunJob,
  context: RunContext,
  scope: Scope,
  only: readonly string[] = [],
): Promise<GraphEnd> {
  const jobs = chosen(scope.workflow, only);
  const graph = new Graph(jobs);
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const ended = new Map<string, JobRecord>();
  const ending = new AbortController();
  const stop = (): void => ending.abort();
  if (scope.signal.aborted) stop();
  else scope.signal.addEventListener('abort', stop, { once: true });
  const inner: Scope = { ...scope, signal: ending.signal };
  /** Jobs that did something in this attempt: what needs them does it again too. */
  const fresh = new Set<string>();
  await new Promise<void>((resolve, reject) => {
    const startReady = (): void => {
      for (const id of graph.takeReady()) {
        const job = byId.get(id);
        if (job === undefined) continue;
        const again = job.needs.some((need) => fresh.has(need));
        runJob(context, inner, job, { records: ended, again }).then(({ record, ran }) => {
          ended.set(id, record);
          if (ran) fresh.add(id);
          if (record.result === 'failure' && scope.workflow.failFast === true) stop();
          graph.end(id);
          if (graph.done) resolve();
          else startReady();
        }, reject);
      }
    };
    startReady();
    if (jobs.length === 0) resolve();
  }).finally(() => scope.signal.removeEventListener('abort', stop));
  // as they stand in the workflow, in whatever order they ended
  const records = new Map(jobs.flatMap(({ id }) => entryOf(ended, id)));
  const result = resultOf(records, scope.signal.aborted);
  const outputs = scope.workflow.outputs?.(runState(context, scope, records)) ?? {};
  return { result, records, outputs };
}

function entryOf(from: ReadonlyMap<string, JobRecord>, id: string): [string, JobRecord][] {
  const record = from.get(id);
  return record === undefined ? [] : [[id, record]];
}

export function chosen(workflow: Workflow, only: readonly string[]): Workflow['jobs'] {
  if (only.length === 0) return workflow.jobs;
  const wanted = closure(workflow.jobs, only);
  return workflow.jobs.filter(({ id }) => wanted.has(id));
}

/** One that failed makes the whole a failure; so does one that was cancelled by its own timeout. */
export function resultOf(records: ReadonlyMap<string, JobRecord>, cancelled: boolean): Result {
  const results = [...records.values()].map(({ result }) => result);
  if (results.includes('failure')) return 'failure';
  if (results.includes('cancelled')) return cancelled ? 'cancelled' : 'failure';
  if (results.length > 0 && results.every((result) => result === 'skipped'))
    return cancelled ? 'cancelled' : 'skipped';
  return cancelled && results.includes('skipped') ? 'cancelled' : 'success';
}
