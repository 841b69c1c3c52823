import { isBitError } from '../kernel/errors.ts';
import type { Writer } from '../operation/index.ts';
import { workTreeFiles } from '../runs/index.ts';
import type { RunRequest, SourceFiles } from '../workflow/index.ts';
import { openBench } from './bench.ts';
import { type Failure, historyOf, type PastRun } from './failed.ts';
import { FIXERS } from './fixers/index.ts';
import { judge, renamedSteps, reproduced, type Verdict } from './judge.ts';
import type { JobPlace } from './locate.ts';
import type { Bench, Change, Evidence, Finding } from './model.ts';
import { type PatchPlace, patchOf } from './patch.ts';
import { type Network, requireSandbox } from './room.ts';
import { runTrial, stepKey, type Trial } from './trial.ts';
import { readable } from './unreadable.ts';
import { checkChange, type Ground, type Workshop } from './workshop.ts';

/** A cause that was found, and what became of what would put it right. */
export interface Candidate {
  readonly fixer: string;
  readonly cause: string;
  readonly evidence: readonly Evidence[];
  readonly confidence: number;
  readonly advice: string | null;
  /** Unified diff; null where nothing in the tree puts it right. */
  readonly patch: string | null;
  readonly files: readonly string[];
  /** Null where there was nothing to try, or a better one was found before. */
  readonly verdict: Verdict | null;
}

/** A failed step, what was found, and which candidate is proposed. */
export interface MendedStep {
  readonly run: string;
  readonly job: string;
  readonly step: string;
  readonly title: string;
  readonly workflow: string;
  readonly line: number | null;
  readonly exit: number | null;
  readonly timedOut: boolean;
  /** The last lines it printed. */
  readonly tail: readonly string[];
  readonly candidates: readonly Candidate[];
  /** Fixers that could not say anything, and why. */
  readonly troubles: readonly string[];
  /** Position among the candidates. */
  readonly proposed: number | null;
}

export interface Mending {
  readonly steps: readonly MendedStep[];
  /** What the proposals come to, together. */
  readonly changes: readonly Change[];
  /** Fixers of the proposals. */
  readonly fixers: readonly string[];
}

export interface MendOptions {
  readonly writer: Writer;
  readonly ground: Ground;
  readonly workshop: Workshop;
  readonly patches: PatchPlace;
  /** Undefined where a file could not even be read. */
  readonly run: PastRun | undefined;
  readonly failures: readonly Failure[];
  readonly network: Network;
  /** A workflow run in a copy before anything was changed, where that was done already. */
  readonly baseline?: Trial;
  readonly fixers?: typeof FIXERS;
  readonly progress?: (stage: string) => void;
}

const MOST_FAILURES = 5;
const MOST_TRIED = 6;
const TAIL_LINES = 10;

/** Finds the causes of failures and tries what would put them right; changes nothing of the ground. */
export async function mend(options: MendOptions): Promise<Mending> {
  const { writer, ground, workshop, failures } = options;
  const files = workTreeFiles(ground.root);
  const bench = openBench({ writer, ground, workshop, history: historyOf(writer.stateDirectory, files) });
  const trials = trialsOf(options);
  const mended: { readonly step: MendedStep; readonly finding: Finding | undefined }[] = [];
  for (const failure of failures.slice(0, MOST_FAILURES))
    mended.push(await mendOne(options, { failure, bench, trials, files }));
  const chosen: Finding[] = [];
  for (const { finding } of mended)
    if (finding !== undefined && agrees(finding, chosen)) chosen.push(finding);
  const changes = new Map(
    chosen.flatMap((finding) => (finding.changes ?? []).map((change) => [change.path, change] as const)),
  );
  return {
    steps: mended.map(({ step }) => step),
    changes: [...changes.values()],
    fixers: [...new Set(chosen.map(({ fixer }) => fixer))],
  };
}

/** Two proposals go together only where they change different files, or are the same. */
function agrees(finding: Finding, chosen: readonly Finding[]): boolean {
  const taken = new Set(chosen.flatMap(({ changes }) => (changes ?? []).map(({ path }) => path)));
  return !(finding.changes ?? []).some(({ path }) => taken.has(path));
}

interface Working {
  readonly failure: Failure;
  readonly bench: Bench;
  readonly trials: Trials;
  readonly files: SourceFiles;
}

async function mendOne(
  options: MendOptions,
  working: Working,
): Promise<{ readonly step: MendedStep; readonly finding: Finding | undefined }> {
  const { failure, bench } = working;
  const { failed, title } = failure;
  const troubles: string[] = [];
  const findings = await findingsOf(options, failure, bench, troubles);
  const candidates: Candidate[] = [];
  let proposed: number | null = null;
  let tried = 0;
  for (const [at, finding] of findings.entries()) {
    const { changes } = finding;
    const fitting = changes !== null && changes.length > 0;
    let verdict: Verdict | null = null;
    if (fitting && proposed === null && tried < MOST_TRIED) {
      tried++;
      options.progress?.(`trying ${finding.fixer} on ${failed.job}/${failed.step}`);
      verdict = await verdictOf(options, working, finding, changes);
      if (verdict.kind === 'fixed' || verdict.kind === 'steadied') proposed = at;
    }
    candidates.push({
      fixer: finding.fixer,
      cause: finding.cause,
      evidence: finding.evidence,
      confidence: finding.confidence,
      advice: finding.advice,
      patch: fitting ? await patchOf(options.patches, changes) : null,
      files: (changes ?? []).map(({ path }) => path),
      verdict,
    });
  }
  const lines = failed.log.trimEnd().split('\n');
  return {
    step: {
      run: failed.run,
      job: failed.job,
      step: failed.step,
      title,
      workflow: failed.workflow.path,
      line: failed.workflow.line,
      exit: failed.exit,
      timedOut: failed.timedOut,
      tail: lines.slice(-TAIL_LINES).map((line) => line.slice(0, 500)),
      candidates,
      troubles,
      proposed,
    },
    finding: proposed === null ? undefined : findings[proposed],
  };
}

/** What the fixers find, the surest first; one that proposes what can't be is told and left out. */
async function findingsOf(
  { ground, fixers = FIXERS, progress }: MendOptions,
  { failed }: Failure,
  bench: Bench,
  troubles: string[],
): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for (const fixer of fixers) {
    progress?.(`looking for ${fixer.title}`);
    try {
      for (const finding of await fixer.detect(failed, bench)) {
        for (const { path } of finding.changes ?? []) checkChange(ground.root, path);
        found.push(finding);
      }
    } catch (error) {
      if (!isBitError(error)) throw error;
      if (error.code === 'cancelled') throw error;
      troubles.push(`${fixer.name}: ${error.message}`);
    }
  }
  return found.sort((a, b) => b.confidence - a.confidence);
}

interface Trials {
  /** The workflow of a place as it stands. */
  before(place: JobPlace): Promise<Trial>;
  with(
    place: JobPlace,
    changes: readonly Change[],
    most: number,
  ): Promise<{ readonly trial: Trial; readonly files: SourceFiles }>;
}

const LEAST_MS = 2 * 60_000;
const MOST_MS = 60 * 60_000;

function trialsOf(options: MendOptions): Trials {
  const { writer, ground, workshop, run, network } = options;
  const known = new Map<string, Promise<Trial>>();
  const taken = (run?.steps ?? []).reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const usual = Math.min(MOST_MS, Math.max(LEAST_MS, 6 * taken));
  const tryIn = async (place: JobPlace, changes: readonly Change[], most: number) => {
    requireSandbox();
    const copy = await workshop.copy(ground, changes);
    const request = trialRequest(run?.request, place, copy.tree);
    const trial = await runTrial(writer, copy, request, { network, most });
    return { trial, files: workTreeFiles(copy.tree) };
  };
  return {
    before(place) {
      const key = `${place.source} ${place.path}`;
      const earlier = known.get(key);
      if (earlier !== undefined) return earlier;
      options.progress?.(`running ${place.path} as it is in a copy`);
      const trial =
        options.baseline === undefined
          ? tryIn(place, [], usual).then((one) => one.trial)
          : Promise.resolve(options.baseline);
      known.set(key, trial);
      return trial;
    },
    with: (place, changes, most) => tryIn(place, changes, Math.max(most, usual)),
  };
}

/** The run's own request where the job stands in the workflow that was run; else that of the workflow it stands in. */
export function trialRequest(request: RunRequest | undefined, place: JobPlace, tree: string): RunRequest {
  const base: RunRequest = request ?? {
    source: place.source,
    workflow: place.path,
    inputs: {},
    event: { name: 'manual', payload: {} },
    env: {},
    jobs: [],
    on: 'local',
    options: {},
  };
  const own = place.prefix === '';
  const { github } = base.options;
  return {
    ...base,
    source: place.source,
    workflow: place.source === 'executable' ? `${tree}/${place.path}` : place.path,
    ...(own ? {} : { inputs: {}, jobs: [], options: github === undefined ? {} : { github } }),
  };
}

async function verdictOf(
  { run }: MendOptions,
  { failure, trials, files }: Working,
  finding: Finding,
  changes: readonly Change[],
): Promise<Verdict> {
  const { place, failed } = failure;
  // a file that can't be read: that it can be read is all that is asked of it, and nothing has to run for that
  if (failed.run === '') return readable(files, place, changes);
  if (place.source === 'script' || place.source === 'flow' || place.source === 'other')
    return {
      kind: 'impossible',
      what: 'what it does is done to the repository itself, and can’t be tried in a copy',
      tail: [],
    };
  const baseline = await trials.before(place);
  const unable = reproduced({ place, step: failed.step, baseline });
  const intermittent = finding.intermittent === true;
  if (unable !== undefined && !(unable.kind === 'not-reproduced' && intermittent)) return unable;
  const { trial, files: after } = await trials.with(
    place,
    changes,
    failed.timedOut ? 6 * failed.milliseconds : 0,
  );
  return judge({
    place,
    step: failed.step,
    passed: passedIn(run, place, baseline),
    baseline,
    candidate: trial,
    renamed: renamedSteps(place, files, after),
    intermittent,
  });
}

/** Keys of the steps that had passed, in the run and in the copy. */
function passedIn(run: PastRun | undefined, place: JobPlace, baseline: Trial): ReadonlySet<string> {
  const inRun = (run?.steps ?? []).flatMap(({ instance, step, conclusion }) =>
    conclusion === 'success' && instance.startsWith(place.prefix)
      ? [stepKey(instance.slice(place.prefix.length), step)]
      : [],
  );
  const inCopy = [...baseline.steps].flatMap(([key, { outcome }]) => (outcome === 'success' ? [key] : []));
  return new Set([...inRun, ...inCopy]);
}
