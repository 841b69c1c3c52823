import type { WorkflowHistory } from './history.ts';
import type { Forecast } from './model.ts';
import { simulate, type TimedJob } from './simulate.ts';
import { instancesOf, samplesOf } from './timing.ts';

const DRAWS = 300;

/**
 * A run foreseen: its jobs as long as they were in past runs, drawn again and again (a bootstrap), on so many slots. The
 * draws are the same each time, so that the same history gives the same forecast.
 */
export function forecast(
  jobs: readonly TimedJob[],
  slots: number,
  history: WorkflowHistory | undefined,
  unmeasured: readonly string[],
): Forecast {
  const risks = jobs
    .map(({ id }) => {
      const instances = instancesOf(id, history);
      const ran = instances.reduce((sum, one) => sum + one.ran, 0);
      return { job: id, ran, failed: ran - instances.reduce((sum, one) => sum + one.succeeded, 0) };
    })
    .filter(({ failed }) => failed > 0)
    .sort((a, b) => b.failed / b.ran - a.failed / a.ran);
  const runs = history?.ran ?? 0;
  if (history === undefined || unmeasured.length === jobs.length)
    return { runs, p50: null, p90: null, success: null, unmeasured, risks };
  const draw = drawer();
  const pools = jobs.map((job) => {
    const known = samplesOf(job.id, history);
    return known.length === 0 ? job.instances.map((one) => [one]) : known;
  });
  const spans: number[] = [];
  for (let turn = 0; turn < DRAWS; turn++) {
    const drawn = jobs.map((job, at) => ({
      ...job,
      instances: (pools[at] ?? []).map((pool) => pool[draw(pool.length)] ?? 0),
    }));
    spans.push(simulate(drawn, slots).makespan);
  }
  spans.sort((a, b) => a - b);
  return {
    runs,
    p50: spans[Math.floor(DRAWS / 2)] ?? null,
    p90: spans[Math.floor(DRAWS * 0.9)] ?? null,
    success: jobs.reduce((all, { id }) => all * chance(id, history), 1),
    unmeasured,
    risks,
  };
}

/** Of all of a job's instances, as Jeffreys' prior has it: what never failed yet isn't certain. */
function chance(id: string, history: WorkflowHistory): number {
  return instancesOf(id, history).reduce(
    (all, { ran, succeeded }) => all * ((succeeded + 0.5) / (ran + 1)),
    1,
  );
}

/** Numbers below `most`, the same each time (xorshift32). */
function drawer(): (most: number) => number {
  let state = 0x9e3779b9;
  return (most) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % Math.max(1, most);
  };
}
