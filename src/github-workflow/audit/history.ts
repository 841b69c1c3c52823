import { BitError } from '../../kernel/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import { listRuns, type RunSummary, readJournal, runPlace } from '../../workflow/index.ts';

/** How a workflow's runs here went. */
export interface RunHistory {
  readonly path: string;
  readonly runs: number;
  /** Of those that ended, 0 to 1; null where none did. */
  readonly successRate: number | null;
  /** Milliseconds of those that ended by themselves; null where none did. */
  readonly p50: number | null;
  readonly p95: number | null;
  /** Steps that failed and succeeded at the same commit. */
  readonly flaky: readonly FlakyStep[];
}

export interface FlakyStep {
  readonly job: string;
  readonly step: string;
  readonly title: string;
  readonly failed: number;
  readonly succeeded: number;
}

/** The newest runs looked at. */
const MOST_RUNS = 500;
const MOST_JOURNALS = 60;

export function historyOf(stateDirectory: string, paths: readonly string[]): readonly RunHistory[] {
  const all = listRuns(stateDirectory, MOST_RUNS).filter(({ source }) => source === 'github');
  return paths.flatMap((path) => {
    const runs = all.filter(({ workflow }) => workflow === path);
    return runs.length === 0
      ? []
      : [{ path, runs: runs.length, ...figures(runs), flaky: flakySteps(stateDirectory, runs) }];
  });
}

function figures(runs: readonly RunSummary[]): Pick<RunHistory, 'successRate' | 'p50' | 'p95'> {
  const ended = runs.filter(({ state }) => state === 'success' || state === 'failure');
  const times = ended
    .flatMap(({ startedAt, endedAt }) =>
      endedAt === null ? [] : [Date.parse(endedAt) - Date.parse(startedAt)],
    )
    .sort((left, right) => left - right);
  const good = ended.filter(({ state }) => state === 'success').length;
  return {
    successRate: ended.length === 0 ? null : good / ended.length,
    p50: percentile(times, 0.5),
    p95: percentile(times, 0.95),
  };
}

function percentile(sorted: readonly number[], part: number): number | null {
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? null;
}

interface Tally {
  readonly title: string;
  failed: number;
  succeeded: number;
}

function flakySteps(stateDirectory: string, runs: readonly RunSummary[]): readonly FlakyStep[] {
  const tallies = new Map<string, Map<string, Tally>>();
  for (const { id } of runs.slice(0, MOST_JOURNALS)) {
    let commit = '';
    for (const record of records(runPlace(stateDirectory, id).journal)) {
      if (record['t'] === 'run') commit = commitOf(record['request']);
      if (record['t'] !== 'step' || typeof record['step'] !== 'string') continue;
      const key = JSON.stringify([record['instance'], record['step']]);
      const byCommit = tallies.get(key) ?? new Map<string, Tally>();
      tallies.set(key, byCommit);
      const tally = byCommit.get(commit) ?? { title: String(record['title']), failed: 0, succeeded: 0 };
      byCommit.set(commit, tally);
      const tries = typeof record['tries'] === 'number' ? record['tries'] : 1;
      if (record['outcome'] === 'success') {
        tally.succeeded++;
        tally.failed += tries - 1;
      } else if (record['outcome'] === 'failure') tally.failed++;
    }
  }
  return [...tallies].flatMap(([key, byCommit]) => {
    const flaky = [...byCommit.values()].filter(({ failed, succeeded }) => failed > 0 && succeeded > 0);
    const [first] = flaky;
    if (first === undefined) return [];
    const [job, step] = JSON.parse(key) as [string, string];
    const sum = (of: 'failed' | 'succeeded'): number => flaky.reduce((total, tally) => total + tally[of], 0);
    return [{ job, step, title: first.title, failed: sum('failed'), succeeded: sum('succeeded') }];
  });
}

function records(path: string): readonly JsonObject[] {
  try {
    return readJournal(path).records;
  } catch (error) {
    if (error instanceof BitError) return [];
    throw error;
  }
}

function commitOf(request: Json | undefined): string {
  const options = isJsonObject(request) ? request['options'] : undefined;
  const github = isJsonObject(options) ? options['github'] : undefined;
  return isJsonObject(github) && typeof github['sha'] === 'string' ? github['sha'] : '';
}
