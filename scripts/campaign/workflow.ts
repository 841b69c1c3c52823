import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isBitError } from '../../src/kernel/errors.ts';
import { ulid } from '../../src/kernel/ids.ts';
import { readJournal, runPlace } from '../../src/workflow/index.ts';
import { random } from './random.ts';

export interface WorkflowOptions {
  readonly rounds: number;
  readonly seed: number;
}

const VICTIM = join(import.meta.dirname, 'workflow-victim.ts');

interface Seen {
  /** Steps that began, `job step`. */
  readonly started: string[];
  /** What the run ended as; undefined where it was killed. */
  readonly end: string | undefined;
  readonly killed: boolean;
  readonly milliseconds: number;
  readonly complaint: string;
}

/**
 * Kills the engine at a random moment of a run of 60 steps, sometimes again while it goes on, and lets it come to its
 * end: no step that the journal holds as succeeded may begin again, outputs and artifacts must be those of a run that
 * nothing disturbed, and nothing the run started may outlive the engine.
 */
export async function workflowCampaign({ rounds, seed }: WorkflowOptions): Promise<boolean> {
  const started = performance.now();
  const dice = random(seed);
  const plain = await inPlace((root) => run(root, ulid(Date.now())));
  if (plain.end === undefined) throw new Error(`the run that nothing disturbs failed: ${plain.complaint}`);
  const figures = { rounds: 0, kills: 0, keptSteps: 0, failed: 0, startedAgain: 0, orphans: 0, different: 0 };
  for (let round = 0; round < rounds; round++) {
    await inPlace(async (root) => {
      const id = ulid(Date.now());
      const succeeded = new Set<string>();
      let end: string | undefined;
      for (let turn = 0; end === undefined && turn < 12; turn++) {
        const kill = turn === 0 || dice.next() < 0.4 ? dice.next() * plain.milliseconds * 1.05 : undefined;
        const seen = await run(root, id, kill);
        figures.startedAgain += seen.started.filter((step) => succeeded.has(step)).length;
        for (const step of stepsIn(root, id)) succeeded.add(step);
        end = seen.end;
        if (!seen.killed) {
          if (end === undefined) process.stdout.write(`round ${round}: ${seen.complaint}\n`);
          if (end === undefined) break;
          continue;
        }
        figures.kills++;
        figures.keptSteps += succeeded.size;
        figures.orphans += await orphans(id);
      }
      if (end !== plain.end) figures.different++;
      if (end === undefined) figures.failed++;
    });
    figures.rounds++;
  }
  const bad = figures.startedAgain + figures.orphans + figures.different + figures.failed;
  for (const [name, value] of [
    ['rounds', figures.rounds],
    ['seed', seed],
    ['engines killed', figures.kills],
    ['steps kept at a kill, on the average', Math.round(figures.keptSteps / Math.max(1, figures.kills))],
    ['steps that had succeeded and began again', figures.startedAgain],
    ['processes that outlived their engine', figures.orphans],
    ['runs that ended otherwise than undisturbed', figures.different],
    ['minutes', ((performance.now() - started) / 60_000).toFixed(1)],
  ] as const)
    process.stdout.write(`${name}: ${value}\n`);
  return bad === 0;
}

async function inPlace<Result>(work: (root: string) => Promise<Result>): Promise<Result> {
  const root = mkdtempSync(join(tmpdir(), 'bit-campaign-workflow-'));
  try {
    return await work(root);
  } finally {
    rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Runs the engine, to its end or until it is killed. */
async function run(root: string, id: string, killAfter?: number): Promise<Seen> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', VICTIM, root, id], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const begun = await output(child, 'stdout');
  const complaint = output(child, 'stderr');
  const ended = new Promise<NodeJS.Signals | null>((resolve) =>
    child.on('close', (_, signal) => resolve(signal)),
  );
  const from = performance.now();
  const timer =
    killAfter === undefined ? undefined : setTimeout(() => void child.kill('SIGKILL'), START_MS + killAfter);
  const signal = await ended;
  clearTimeout(timer);
  const lines = begun()
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as { event?: string; job?: string; step?: string; end?: unknown });
  const end = lines.find((line) => line.end !== undefined)?.end;
  return {
    started: lines.filter(({ event }) => event === 'step-started').map(({ job, step }) => `${job} ${step}`),
    end: end === undefined ? undefined : JSON.stringify(end),
    killed: signal === 'SIGKILL',
    milliseconds: performance.now() - from - START_MS,
    complaint: (await complaint)(),
  };
}

/** What the engine takes to load, before which a kill proves nothing. */
const START_MS = 250;

async function output(child: ChildProcess, stream: 'stdout' | 'stderr'): Promise<() => string> {
  const chunks: Buffer[] = [];
  child[stream]?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}

/** Steps that the journal holds as succeeded, `job step`. */
function stepsIn(root: string, id: string): string[] {
  try {
    return readJournal(runPlace(join(root, 'state'), id).journal).records.flatMap((record) =>
      record['t'] === 'step' && record['conclusion'] === 'success'
        ? [`${record['instance']} ${record['step']}`]
        : [],
    );
  } catch (error) {
    if (isBitError(error, 'not-found')) return [];
    throw error;
  }
}

/** Processes of the run that are still there two seconds after the engine's end. */
async function orphans(id: string): Promise<number> {
  let left = 0;
  for (let turn = 0; turn < 40; turn++) {
    left = withVictim(id);
    if (left === 0) return 0;
    await sleep(50);
  }
  return left;
}

function withVictim(id: string): number {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/environ`, 'latin1').includes(`VICTIM=${id}\0`);
    } catch {
      return false;
    }
  }).length;
}
