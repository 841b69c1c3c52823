/**
 * A thousand empty steps in one job with the journal on, against `sh -c true` spawned a thousand times; and going on with
 * such a run that was killed at step 900, against the whole of it. Both sides turn about; medians.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ulid } from '../src/kernel/ids.ts';
import { sealWith, startRun, type Watch, type Workflow } from '../src/workflow/index.ts';
import { median, type Row } from './row.ts';

const STEPS = 1000;
const ROUNDS = 5;

function workflow(): Workflow {
  return {
    name: 'empty steps',
    jobs: [
      {
        id: 'a',
        needs: [],
        plan: () => ({
          kind: 'steps',
          env: {},
          steps: Array.from({ length: STEPS }, (_, at) => ({
            id: `s${at}`,
            title: `s${at}`,
            prepare: () => ({ kind: 'process', argv: ['sh', '-c', 'true'], env: {}, files: {} }),
          })),
        }),
      },
    ],
  };
}

function start(root: string, id: string, fresh: boolean, watch: Watch, signal: AbortSignal) {
  return startRun({
    stateDirectory: join(root, 'state'),
    cacheDirectory: join(root, 'cache'),
    workspace: root,
    id,
    load: async () => workflow(),
    request: fresh
      ? {
          source: 'bench',
          workflow: 'empty',
          inputs: {},
          event: { name: 'manual', payload: {} },
          env: {},
          jobs: [],
          on: 'local',
          options: {},
        }
      : undefined,
    env: { PATH: process.env['PATH'] ?? '' },
    secrets: async () => () => undefined,
    seal: sealWith(Buffer.alloc(32)),
    signal,
    now: () => new Date(),
    watch,
    bit: async () => 0,
  });
}

const NEVER = new AbortController().signal;

async function whole(root: string): Promise<number> {
  const started = performance.now();
  const { result } = await start(root, ulid(Date.now()), true, () => undefined, NEVER);
  if (result !== 'success') throw new Error(`the run ended as ${result}`);
  return performance.now() - started;
}

/** Stops a run after 900 steps, and measures going on with it. */
async function rest(root: string): Promise<number> {
  const id = ulid(Date.now());
  const stop = new AbortController();
  let done = 0;
  const count: Watch = ({ event }) => {
    if (event === 'step-finished' && ++done === STEPS * 0.9) stop.abort();
  };
  await start(root, id, true, count, stop.signal);
  const started = performance.now();
  const { result } = await start(root, id, false, () => undefined, NEVER);
  if (result !== 'success') throw new Error(`the run gone on with ended as ${result}`);
  return performance.now() - started;
}

function spawned(): Promise<void> {
  return new Promise((resolve) => {
    const child: ChildProcess = spawn('sh', ['-c', 'true'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.on('close', () => resolve());
  });
}

async function bare(): Promise<number> {
  const started = performance.now();
  for (let n = 0; n < STEPS; n++) await spawned();
  return performance.now() - started;
}

export async function run(): Promise<Row[]> {
  const root = mkdtempSync(join(tmpdir(), 'bit-bench-'));
  try {
    const wholes: number[] = [];
    const bares: number[] = [];
    const rests: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      wholes.push(await whole(root));
      bares.push(await bare());
      rests.push(await rest(root));
    }
    const [steps, spawns, resumed] = [median(wholes), median(bares), median(rests)];
    return [
      {
        name: 'workflow: 1,000 empty steps, journal on',
        value: steps / STEPS,
        unit: 'ms a step',
        ratio: steps / spawns,
        goal: '≤ 1.3',
        peer: `sh -c true spawned by Node ${process.versions.node}: ${(spawns / STEPS).toFixed(2)} ms`,
      },
      {
        name: 'resume: of 1,000 steps killed at 900',
        value: resumed,
        unit: 'ms',
        ratio: resumed / steps,
        goal: '≤ 0.2',
        peer: `the whole run: ${steps.toFixed(0)} ms`,
      },
    ];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
