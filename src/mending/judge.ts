import type { SourceFiles } from '../workflow/index.ts';
import { type JobPlace, jobsOf, type StepText } from './locate.ts';
import { stepKey, type Trial } from './trial.ts';

/** What became of a candidate when it was tried. */
export interface Verdict {
  /**
   * `fixed`: the step failed without it and passes with it. `steadied`: it passed with it, and without it fails now and
   * then. The others are never proposed.
   */
  readonly kind:
    | 'fixed'
    | 'steadied'
    | 'still-fails'
    | 'breaks'
    | 'not-reproduced'
    | 'not-reached'
    | 'impossible';
  /** One line. */
  readonly what: string;
  /** The last lines of what failed. */
  readonly tail: readonly string[];
}

/** Names of a job's steps before a candidate, and what each is called with it. */
export type Renamed = (instance: string, step: string) => string | undefined;

/**
 * A candidate may add steps to a workflow, which moves the numbers of those that have no name: steps are found again by
 * what they do, from both ends; between them the last one stands for the one that was changed.
 */
export function renamedSteps(place: JobPlace, before: SourceFiles, after: SourceFiles): Renamed {
  const texts = [before.read(place.path), after.read(place.path)];
  const [old = '', now = ''] = texts;
  if (old === now) return (_instance, step) => step;
  const was = jobsOf(place, old);
  const is = jobsOf(place, now);
  const names = new Map<string, string>();
  for (const job of was) {
    const other = is.find(({ id }) => id === job.id);
    if (other === undefined) continue;
    for (const [from, to] of aligned(job.steps, other.steps)) names.set(stepKey(job.id, from), to);
  }
  return (instance, step) => {
    const job = was.map(({ id }) => id).find((id) => instance === id || instance.startsWith(`${id}(`));
    const [outer = '', ...inner] = step.split('/');
    const [plain = '', post] = outer.split(':');
    const name = job === undefined ? undefined : names.get(stepKey(job, plain));
    // what the engine itself adds to a job
    if (name === undefined) return job !== undefined && /^_(?:start|stop)$/.test(plain) ? step : undefined;
    return [post === undefined ? name : `${name}:${post}`, ...inner].join('/');
  };
}

function aligned(was: readonly StepText[], is: readonly StepText[]): readonly (readonly [string, string])[] {
  const least = Math.min(was.length, is.length);
  let front = 0;
  while (front < least && was[front]?.signature === is[front]?.signature) front++;
  let back = 0;
  while (back < least - front && was.at(-1 - back)?.signature === is.at(-1 - back)?.signature) back++;
  const pairs: (readonly [string, string])[] = [];
  for (const [at, { id }] of was.entries()) {
    const to =
      at < front
        ? at
        : at >= was.length - back
          ? at + is.length - was.length
          : Math.min(at + is.length - was.length, is.length - back - 1);
    const step = is[Math.max(at < front ? 0 : front, to)];
    if (step !== undefined) pairs.push([id, step.id]);
  }
  return pairs;
}

export interface Judged {
  readonly place: JobPlace;
  readonly step: string;
  /** Keys of steps that had passed, in the run that failed or without the candidate. */
  readonly passed: ReadonlySet<string>;
  /** Without the candidate. */
  readonly baseline: Trial;
  readonly candidate: Trial;
  readonly renamed: Renamed;
  /** The finding is of one that fails now and then. */
  readonly intermittent: boolean;
}

/** Steps the step in question, and no other, fails at without the candidate: else it was not what was seen. */
export function reproduced({
  place,
  step,
  baseline,
}: Pick<Judged, 'place' | 'step' | 'baseline'>): Verdict | undefined {
  const failed = baseline.steps.get(stepKey(place.instance, step));
  const verdict = (kind: Verdict['kind'], what: string, tail: readonly string[] = []): Verdict => ({
    kind,
    what,
    tail,
  });
  if (baseline.fault !== null) return verdict('impossible', `it can't be run in a copy: ${baseline.fault}`);
  if (step === '') {
    const result = baseline.jobs.get(place.instance);
    return result === 'success'
      ? verdict('not-reproduced', `job ${place.instance} passes in a copy of the tree as it is now`)
      : undefined;
  }
  if (failed?.outcome === 'success')
    return verdict('not-reproduced', 'the step passes in a copy of the tree as it is now');
  if (
    failed !== undefined &&
    failed.outcome !== 'skipped' &&
    (failed.outcome === 'failure' || !baseline.late)
  )
    return undefined;
  const earlier = [...baseline.steps].find(([, { outcome }]) => outcome === 'failure');
  const why =
    earlier === undefined
      ? baseline.late
        ? 'its time was over'
        : 'it was passed over'
      : `${earlier[0].replace(' ', '/')} fails before it`;
  return verdict('not-reached', `in the sandbox the step is not reached: ${why}`, earlier?.[1].tail ?? []);
}

/** Whether a candidate is any good. */
export function judge(judged: Judged): Verdict {
  const { passed, baseline, candidate, renamed, intermittent } = judged;
  const verdict = (kind: Verdict['kind'], what: string, tail: readonly string[] = []): Verdict => ({
    kind,
    what,
    tail,
  });
  const unable = reproduced(judged);
  const passedBefore = unable?.kind === 'not-reproduced';
  if (unable !== undefined && !(passedBefore && intermittent)) return unable;
  if (candidate.fault !== null)
    return verdict('breaks', `with it the workflow can't be run: ${candidate.fault}`);
  for (const key of passed) {
    const [instance = '', name = ''] = splitKey(key);
    const before = baseline.steps.get(key);
    // what fails here without the candidate too is the sandbox's doing, not the candidate's
    if (before !== undefined && before.outcome !== 'success') continue;
    const now = renamed(instance, name);
    const after = now === undefined ? undefined : candidate.steps.get(stepKey(instance, now));
    if (after?.outcome === 'success') continue;
    if (before === undefined && after?.outcome === 'skipped') continue;
    const how =
      after === undefined
        ? 'is not there any more'
        : after.outcome === 'failure'
          ? 'fails'
          : `is ${after.outcome}`;
    return verdict('breaks', `with it ${instance}/${name} ${how}, which passed before`, after?.tail ?? []);
  }
  const result = stepResult(judged);
  if (result.outcome !== 'success')
    return verdict('still-fails', `with it the step still fails: ${result.why}`, result.tail);
  const next = [...candidate.steps].find(([, { outcome }]) => outcome === 'failure');
  const then =
    next === undefined ? '' : `; then ${next[0].replace(' ', '/')} fails, which was not reached before`;
  return passedBefore
    ? verdict('steadied', `the step passes with it, and failed without it only now and then${then}`)
    : verdict('fixed', `the step failed without it and passes with it${then}`, next?.[1].tail ?? []);
}

function stepResult({ place, step, candidate, renamed }: Judged): {
  readonly outcome: string;
  readonly why: string;
  readonly tail: readonly string[];
} {
  if (step === '') {
    const result = candidate.jobs.get(place.instance) ?? 'not there';
    return { outcome: result, why: `the job is ${result}`, tail: [] };
  }
  const name = renamed(place.instance, step);
  const found = name === undefined ? undefined : candidate.steps.get(stepKey(place.instance, name));
  if (found === undefined) return { outcome: 'missing', why: 'it is not reached', tail: [] };
  return { outcome: found.outcome, why: found.error ?? found.outcome, tail: found.tail };
}

function splitKey(key: string): readonly [string, string] {
  // an instance's name may hold spaces, a step's path none
  const at = key.lastIndexOf(' ');
  return [key.slice(0, at), key.slice(at + 1)];
}
