/** The simulation of the mesh's lifecycle: as many schedules as asked for, each from a seed that replays it. */
import * as lifecycle from '../../../src/mesh/lifecycle/index.ts';
import { findPlanted } from './planted.ts';
import { simulate } from './simulate.ts';

export interface SimulationOptions {
  readonly rounds: number;
  readonly seed: number;
  /** Shows what happens in the one schedule of this seed. */
  readonly trace: boolean;
}

const MOST_SHOWN = 5;

export function meshSimulation({ rounds, seed, trace }: SimulationOptions): boolean {
  const started = performance.now();
  const sums: Record<string, number> = { schedules: 0, jobs: 0, kills: 0, steps: 0 };
  let failed = 0;
  for (let round = 0; round < rounds; round++) {
    const seen = simulate(lifecycle, seed + round, trace);
    sums['schedules'] = (sums['schedules'] ?? 0) + 1;
    for (const [name, count] of Object.entries({
      jobs: seen.jobs,
      kills: seen.kills,
      steps: seen.steps,
      ...seen.figures,
    }))
      sums[name] = (sums[name] ?? 0) + count;
    if (trace) process.stdout.write(`${seen.trace?.join('\n') ?? ''}\n`);
    if (seen.violation === undefined) continue;
    failed++;
    if (failed <= MOST_SHOWN)
      process.stdout.write(
        `seed ${seed + round}: ${seen.violation}\n  again: npm run campaign -- mesh-simulation --seed ${seed + round} --trace\n`,
      );
  }
  const seconds = (performance.now() - started) / 1000;
  const figures = Object.entries(sums).map(([name, count]) => `${name} ${count}`);
  process.stdout.write(
    `mesh simulation from seed ${seed}: ${figures.join(', ')}; failed ${failed}; ${seconds.toFixed(1)} s\n`,
  );
  return failed === 0;
}

/** Whether the simulation finds each bug that is planted, in at most `rounds` schedules. */
export async function plantedBugs({
  rounds,
  seed,
}: {
  readonly rounds: number;
  readonly seed: number;
}): Promise<boolean> {
  const found = await findPlanted(seed, rounds);
  for (const { name, after, violation } of found)
    process.stdout.write(
      after === undefined ? `NOT FOUND: ${name}\n` : `found after ${after + 1}: ${name}: ${violation}\n`,
    );
  return found.every(({ after }) => after !== undefined);
}
