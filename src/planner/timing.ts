import { median, type WorkflowHistory } from './history.ts';
import type { TimedJob } from './simulate.ts';

/** A job of a workflow file as far as its time is concerned. */
export interface Timeable {
  readonly id: string;
  readonly needs: readonly string[];
  /** It calls another workflow. */
  readonly calls: boolean;
  /** Instances at once, where the file says so. */
  readonly lanes: number | undefined;
}

/** What a job with no history is taken for where no other has one either. */
const UNKNOWN = 60_000;

export interface Timed {
  readonly jobs: readonly TimedJob[];
  /** Jobs without history. */
  readonly unmeasured: readonly string[];
}

/** Jobs with the middle of what each instance took; one nobody measured counts as the middle one of the others. */
export function timed(jobs: readonly Timeable[], history: WorkflowHistory | undefined): Timed {
  const samples = jobs.map((job) => samplesOf(job.id, history).map((one) => median(one) ?? 0));
  const usual = median(samples.flat()) ?? UNKNOWN;
  return {
    jobs: jobs.map(({ id, needs, calls, lanes }, at) => {
      const known = samples[at] ?? [];
      const instances = known.length === 0 ? [usual] : known;
      return { id, needs, instances, lanes: Math.max(1, lanes ?? instances.length), slot: !calls };
    }),
    unmeasured: jobs.flatMap(({ id }, at) => ((samples[at] ?? []).length === 0 ? [id] : [])),
  };
}

/** Of each instance of a job, what it took where it succeeded. */
export function samplesOf(id: string, history: WorkflowHistory | undefined): readonly (readonly number[])[] {
  return instancesOf(id, history).flatMap(({ samples }) => (samples.length === 0 ? [] : [samples]));
}

export function instancesOf(id: string, history: WorkflowHistory | undefined) {
  return [...(history?.instances.values() ?? [])].filter(
    ({ instance }) => instance === id || (instance.startsWith(`${id}(`) && instance.endsWith(')')),
  );
}

/** Middle milliseconds of a job's steps by their place in it; undefined where past runs had other steps. */
export function stepTimes(id: string, steps: number, history: WorkflowHistory | undefined) {
  const [instance] = instancesOf(id, history);
  const own = (instance?.steps ?? []).filter(({ id: step }) => !/[/:]/.test(step));
  if (own.length !== steps) return undefined;
  return own.map(({ samples, ran, succeeded, again, title }) => ({
    milliseconds: median(samples),
    ran,
    succeeded,
    again,
    title,
  }));
}
