/**
 * The thread that fuzzes. What it is at stands in shared memory, so that whoever watches it sees which input it hangs on;
 * nothing in here could stop itself.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { random } from '../random.ts';
import { kindOf, shrink } from './shrink.ts';
import { keptInputs, type Target } from './target.ts';

/** Which target, and where the thread says what it is at. */
export interface WorkerStart {
  readonly module: string;
  readonly name: string;
  readonly at: At;
}

export interface At {
  /** Inputs begun, UTF-16 units of the present one, whether it is being examined. */
  readonly state: Int32Array;
  readonly input: Uint16Array;
}

export interface Run {
  readonly seed: number;
  readonly milliseconds: number;
  /** The end of the run where it is told, whatever the clock says. */
  readonly inputs?: number;
}

export type Order =
  | { readonly run: Run }
  | { readonly examine: string }
  /** Wants the least input that is still wrong in the same way. */
  | { readonly shrink: string; readonly kind: string; readonly milliseconds: number };

export interface Report {
  readonly inputs: number;
  readonly characters: number;
  /** Processor time of the slowest input, milliseconds. */
  readonly slowest: number;
  readonly tallies: Readonly<Record<string, number>>;
  /** Bytes of heap after a collection, at twenty moments at the most, evenly spread. */
  readonly heap: readonly number[];
}

export type Answer =
  | { readonly wrong: string; readonly input: string }
  | { readonly report: Report }
  | { readonly shrunk: string }
  | { readonly verdict: string | undefined };

const SAMPLES = 20;
/** A run that finds this many ends. */
const MOST_WRONG = 10;

const { module, name, at } = workerData as WorkerStart;
const { targets } = (await import(module)) as { targets: readonly Target[] };
const target = targets.find((candidate) => candidate.name === name);
if (target === undefined) throw new Error(`no such target: ${name}`);
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const tallies: Record<string, number> = {};
let inputs = 0;
let characters = 0;
let slowest = 0;

function tally(what: string): void {
  tallies[what] = (tallies[what] ?? 0) + 1;
}

function say(input: string): void {
  for (let i = 0; i < Math.min(input.length, at.input.length); i++) at.input[i] = input.charCodeAt(i);
  Atomics.store(at.state, 1, input.length);
  Atomics.store(at.state, 2, 1);
  Atomics.add(at.state, 0, 1);
}

async function examine({ examine: ask, most }: Target, input: string): Promise<string | undefined> {
  say(input);
  const before = process.threadCpuUsage();
  let wrong: string | undefined;
  try {
    wrong = await ask(input, tally);
  } catch (error) {
    wrong = `thrown: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
  const { user, system } = process.threadCpuUsage(before);
  Atomics.store(at.state, 2, 0);
  const took = (user + system) / 1000;
  inputs += 1;
  characters += input.length;
  slowest = Math.max(slowest, took);
  return (
    wrong ?? (took > most ? `too slow: ${took.toFixed(0)} ms for ${input.length} characters` : undefined)
  );
}

function heapNow(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

async function run(of: Target, { seed, milliseconds, inputs: most }: Run): Promise<void> {
  const started = performance.now();
  const kept = [...keptInputs(of).values()];
  const pool = [...kept, ...of.seeds()];
  const heap: number[] = [];
  let found = 0;
  const whole = most ?? milliseconds;
  const progress = (n: number): number => (most === undefined ? performance.now() - started : n);
  let sample = whole / SAMPLES;
  const take = async (input: string): Promise<void> => {
    const wrong = await examine(of, input);
    if (wrong === undefined) return;
    found += 1;
    parentPort?.postMessage({ wrong, input } satisfies Answer);
  };
  for (const input of kept) await take(input);
  for (let n = 0; found < MOST_WRONG; n++) {
    const passed = progress(n);
    if (passed > sample) {
      heap.push(heapNow());
      // evenly from here on, for the first collections take long
      sample = progress(n) + whole / SAMPLES;
    }
    if (passed > whole) break;
    // every input has dice of its own, so that the rest of a run doesn't hang on what one of them took
    await take(of.mutate(pool, random(seed * 1_000_003 + n)));
  }
  parentPort?.postMessage({
    report: { inputs, characters, slowest, tallies, heap },
  } satisfies Answer);
}

parentPort?.on('message', async (order: Order) => {
  if ('run' in order) await run(target, order.run);
  else if ('shrink' in order) {
    const same = async (candidate: string): Promise<boolean> => {
      const wrong = await examine(target, candidate);
      return wrong !== undefined && kindOf(wrong) === order.kind;
    };
    const shrunk = await shrink(order.shrink, same, order.milliseconds);
    parentPort?.postMessage({ shrunk } satisfies Answer);
  } else parentPort?.postMessage({ verdict: await examine(target, order.examine) } satisfies Answer);
});
