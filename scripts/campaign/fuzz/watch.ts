import { Worker } from 'node:worker_threads';
import type { Answer, At, Order, WorkerStart } from './worker.ts';

/** Characters of an input that can be told of a thread that hangs. */
const MOST_SHOWN = 1 << 20;

export interface WatchOptions {
  /** Module that exports `targets`. */
  readonly module: string;
  readonly name: string;
  /** Milliseconds by the clock after which an input counts as one that hangs. */
  readonly patience: number;
}

export interface Wrong {
  readonly what: string;
  readonly input: string;
}

/**
 * Starts a thread, gives it an order and hands over its answers; `done` says which is the last. A thread that stays at
 * one input for too long, or dies of one, is ended, and that input told as wrong.
 */
export async function watched(
  options: WatchOptions,
  order: Order,
  take: (answer: Answer) => boolean,
): Promise<Wrong | undefined> {
  const at: At = {
    state: new Int32Array(new SharedArrayBuffer(12)),
    input: new Uint16Array(new SharedArrayBuffer(MOST_SHOWN * 2)),
  };
  const start: WorkerStart = { module: options.module, name: options.name, at };
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: start, stderr: false });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Wrong | undefined>((resolve, reject) => {
      let count = -1;
      let since = performance.now();
      const fail = (what: string): void =>
        count <= 0 ? reject(new Error(what)) : resolve({ what, input: inputOf(at) });
      timer = setInterval(() => {
        const now = Atomics.load(at.state, 0);
        if (now !== count || Atomics.load(at.state, 2) === 0) {
          count = now;
          since = performance.now();
        } else if (performance.now() - since > options.patience)
          fail(`hangs: nothing came of it in ${(options.patience / 1000).toFixed(1)} s`);
      }, 50);
      worker.on('message', (answer: Answer) => {
        if (take(answer)) resolve(undefined);
      });
      worker.on('error', (error) => {
        count = Atomics.load(at.state, 0);
        fail(`ends the thread: ${error.message}`);
      });
      worker.on('exit', () => reject(new Error('the thread ended without an answer')));
      worker.postMessage(order);
    });
  } finally {
    clearInterval(timer);
    await worker.terminate();
  }
}

function inputOf({ state, input }: At): string {
  const units = input.subarray(0, Math.min(Atomics.load(state, 1), input.length));
  let text = '';
  for (const unit of units) text += String.fromCharCode(unit);
  return text;
}

/** What is wrong with one input, in a thread of its own. */
export async function verdictOn(options: WatchOptions, input: string): Promise<string | undefined> {
  let verdict: string | undefined;
  const ended = await watched(options, { examine: input }, (answer) => {
    if ('verdict' in answer) verdict = answer.verdict;
    return 'verdict' in answer;
  });
  return ended?.what ?? verdict;
}
