/** One schedule: a small mesh in a bad world, which gets better; what must hold is checked all the time. */
import { Client } from './client.ts';
import { Controller, type Lifecycle } from './controller.ts';
import { Runner } from './runner.ts';
import { Store } from './store.ts';
import { Violation, World } from './world.ts';

export interface Seen {
  readonly violation: string | undefined;
  readonly steps: number;
  readonly jobs: number;
  readonly kills: number;
  readonly figures: Store['figures'];
  readonly trace: readonly string[] | undefined;
}

const LEASE_MS = 3_000;
const DRIFT = 0.03;
/** How long the world is bad, and how long what is left over may take then. */
const BAD_MS = 25_000;
const GOOD_MS = 240_000;

export function simulate(lifecycle: Lifecycle, seed: number, trace = false): Seen {
  const world = new World(seed, trace);
  const shared = world.chance(0.5);
  const attempts = world.pick([2, 3, 6]);
  const store = new Store(world, attempts);
  const steps = { count: 0 };
  const options = {
    lease_ms: LEASE_MS,
    // Just more than the least that is safe.
    margin_ms: Math.ceil((LEASE_MS * 2 * DRIFT) / (1 - DRIFT)) + 5,
    drift: DRIFT,
    claim_ms: shared ? 1_000 : 0,
    heartbeat_ms: 1_000,
    bid_most_ms: 300,
    attempts,
    avoid_ms: 800,
    overtime_ms: 3_000,
    quarantine_after: 3,
    quarantine_ms: 2_000,
    quarantine_most_ms: 6_000,
    steal_ms: 30,
    remembered: world.pick([1, 2, 100]),
  };
  const controllers: Controller[] = [];
  const client = new Client(world, store, controllers);
  const setting = { lifecycle, world, store, options, steps, toClient: client.hear.bind(client) };
  for (let n = 0; n < (shared ? 2 : 1); n++) controllers.push(new Controller(`C${n}`, setting));
  const working = new Map<string, Set<string>>();
  const runners = Array.from(
    { length: world.pick([1, 2, 3, 4]) },
    (_, n) =>
      new Runner(`R${n}`, {
        world,
        drift: DRIFT,
        lease_ms: LEASE_MS,
        places: world.pick([1, 2]),
        controllers,
        working,
      }),
  );
  let kills = 0;
  const trouble = (process: { up: boolean; kill(): void; start(): void }, often: number) => {
    if (world.calm) return;
    world.after(world.between(0, often), () => {
      if (world.calm) return;
      if (process.up) {
        kills++;
        process.kill();
        // One that has others beside it may never come back.
        if (process instanceof Runner && process !== runners[0] && world.chance(0.2)) return;
        world.after(world.between(1, 5000), () => process.start());
      }
      trouble(process, often);
    });
  };
  let violation: string | undefined;
  try {
    client.wish(world.pick([1, 2, 4, 8]), 8_000);
    for (const controller of controllers) {
      world.after(world.between(0, 100), () => controller.start());
      world.after(200, () => trouble(controller, world.pick([15_000, 60_000, 1e9])));
    }
    for (const runner of runners) {
      world.after(world.between(0, 1000), () => runner.start());
      world.after(1100, () => trouble(runner, world.pick([15_000, 60_000, 1e9])));
      const cut = () => {
        if (world.calm) return;
        runner.cut(world.between(10, 6_000));
        world.after(world.between(500, 15_000), cut);
      };
      world.after(world.between(500, 15_000), cut);
    }
    world.runUntil(BAD_MS);
    world.calm = true;
    for (const runner of runners) runner.cut(0);
    const settle = () => {
      if (!world.runUntil(world.now + GOOD_MS, () => client.satisfied()))
        throw new Violation(`jobs are lost: ${unfinished(store, client).join(', ')}`);
    };
    settle();
    // What is still on its way arrives, and changes nothing; but it may ask for an ended job once more.
    world.runUntil(world.now + 20_000);
    settle();
    for (const [id, ends] of store.ends) if (ends !== 1) throw new Violation(`${id} ended ${ends} times`);
    if (store.jobs.size !== client.wishes.length)
      throw new Violation(`${client.wishes.length} keys made ${store.jobs.size} jobs`);
  } catch (error) {
    if (!(error instanceof Violation)) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      violation = `the machine broke: ${text}`;
    } else violation = error.message;
  }
  return {
    violation,
    steps: steps.count,
    jobs: store.jobs.size,
    kills,
    figures: store.figures,
    trace: world.trace,
  };
}

function unfinished(store: Store, client: Client): string[] {
  return client.wishes.flatMap(({ key, job_id }) => {
    const record = job_id === undefined ? undefined : store.jobs.get(job_id)?.record;
    if (record?.end !== undefined) return [];
    return [
      `${key} (${job_id ?? 'never accepted'}, fence ${record?.fence ?? 0}, ${record?.lease === undefined ? 'queued' : 'leased'})`,
    ];
  });
}
