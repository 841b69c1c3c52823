/**
 * Campaigns: what takes too long for the tests of every day.
 *
 *     npm run campaign -- [kill] [--rounds N] [--seed N]      kills `bit` at random moments; default: 1,000 rounds
 *     npm run campaign -- fuzz [--minutes N] [--seed N] [--only NAME]… [--jobs N]
 *                                                             hostile input; default: ten minutes for each reader
 *     npm run campaign -- properties [--rounds N] [--seed N]  the tests' properties over other cases; default: 20 seeds
 *     npm run campaign -- faults                              EIO and SIGKILL at every system call of an append
 *     npm run campaign -- workflow [--rounds N] [--seed N]    kills the workflow engine in runs of 60 steps; default: 200
 *     npm run campaign -- mesh-simulation [--rounds N] [--seed N] [--trace] [--planted]
 *                                                             the mesh's lifecycle in virtual time; default: 100,000
 *                                                             schedules; --planted: are planted bugs found?
 *     npm run campaign -- mesh [--rounds JOBS] [--seed N] [--engine nats --nats-url URL]
 *                                                             a mesh whose parts are killed, cut off and told things
 *                                                             twice; default: 2,000 jobs
 *     npm run campaign -- repair [--only NAME]…               broken repositories, made, mended and run again; writes
 *                                                             docs/repair-gallery.md
 *     npm run campaign -- batch                               programs of batch by Wine's cmd and by ours
 *     npm run campaign -- bots [--rounds EVENTS] [--seed N]   kills the host of bots, bots and their commands; default: 300
 *                                                             events
 *
 * With `--short` each runs as `npm run check` runs it: with one and the same seed, so that what is red there is so by a
 * change.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { batchCampaign } from './campaign/batch.ts';
import { botsCampaign } from './campaign/bots.ts';
import { faultsCampaign } from './campaign/faults.ts';
import { fuzzCampaign } from './campaign/fuzz/index.ts';
import { killCampaign } from './campaign/kill.ts';
import { meshCampaign } from './campaign/mesh/index.ts';
import { meshSimulation, plantedBugs } from './campaign/mesh-simulation/index.ts';
import { propertiesCampaign } from './campaign/properties.ts';
import { repairCampaign } from './campaign/repair.ts';
import { workflowCampaign } from './campaign/workflow.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    seed: { type: 'string' },
    short: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
    planted: { type: 'boolean', default: false },
    minutes: { type: 'string' },
    only: { type: 'string', multiple: true },
    jobs: { type: 'string' },
    engine: { type: 'string', default: 'embedded' },
    'nats-url': { type: 'string' },
  },
});
const [part = 'kill', ...more] = positionals;
const { short } = values;
const seed = whole('seed', values.seed, short ? 1 : Date.now() % 1_000_000);

function whole(name: string, given: string | undefined, otherwise: number): number {
  const value = Number(given ?? otherwise);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`--${name} wants a whole number`);
}

async function run(): Promise<boolean> {
  if (part === 'kill') {
    if (!existsSync(join(import.meta.dirname, '..', 'dist', 'hot', 'hot.json')))
      throw new Error('bit is not built: run `npm run build` first');
    return killCampaign({ rounds: whole('rounds', values.rounds, short ? 25 : 1000), seed });
  }
  if (part === 'fuzz') {
    const minutes = Number(values.minutes ?? 10);
    if (!(minutes > 0)) throw new Error('--minutes wants a number');
    // by number and not by time: on a quicker machine these are no other inputs
    const inputs = short && values.minutes === undefined ? 1_000 : undefined;
    const jobs = values.jobs === undefined ? undefined : whole('jobs', values.jobs, 1);
    return fuzzCampaign({ milliseconds: minutes * 60_000, inputs, seed, only: values.only ?? [], jobs });
  }
  if (part === 'properties') return propertiesCampaign({ rounds: whole('rounds', values.rounds, 20), seed });
  if (part === 'faults') return faultsCampaign({ short });
  if (part === 'workflow')
    return workflowCampaign({ rounds: whole('rounds', values.rounds, short ? 4 : 200), seed });
  if (part === 'mesh-simulation') {
    const otherwise = values.trace ? 1 : short ? 2_000 : values.planted ? 50_000 : 100_000;
    const rounds = whole('rounds', values.rounds, otherwise);
    if (values.planted) return plantedBugs({ rounds, seed });
    return meshSimulation({ rounds, seed, trace: values.trace });
  }
  if (part === 'mesh') {
    const { engine, 'nats-url': natsUrl } = values;
    if (engine !== 'embedded' && engine !== 'nats') throw new Error('--engine wants embedded or nats');
    return meshCampaign({
      ...{ jobs: whole('rounds', values.rounds, short ? 80 : 2000), runners: short ? 3 : 5, seed, engine },
      ...(natsUrl === undefined ? {} : { natsUrl }),
      patience: short ? 240_000 : 4 * 3_600_000,
    });
  }
  if (part === 'batch') return batchCampaign();
  if (part === 'repair') return repairCampaign({ only: values.only ?? [], write: !short });
  if (part === 'bots')
    return botsCampaign({
      ...{ events: whole('rounds', values.rounds, short ? 6 : 300), seed, longest: short ? 8_000 : 20_000 },
      kills: short ? 6 : 10_000,
      patience: short ? 240_000 : 4 * 3_600_000,
    });
  throw new Error(
    `no such campaign: ${part}; there are: kill, fuzz, properties, faults, workflow, bots, mesh, mesh-simulation, repair, batch`,
  );
}

try {
  if (more.length > 0) throw new Error(`one campaign at a time, not ${more.join(', ')} too`);
  process.exitCode = (await run()) ? 0 : 1;
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
