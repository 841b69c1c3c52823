import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { BitError, type ErrorCode } from '../kernel/errors.ts';
import type { VerifyReport } from './index.ts';
import type { Store } from './store.ts';
import type { TrustRules } from './trust.ts';
import { concludeRanges, type VerifyOptions, verifyStore } from './verify.ts';
import { type IdRange, type RangeReport, verifyRange } from './verify-range.ts';

export interface ParallelOptions extends VerifyOptions {
  /** Threads; default one a core. */
  readonly threads?: number;
  /** Rows a thread takes at a time; fewer than twice as many aren't worth threads. */
  readonly rows?: number;
  readonly onProgress?: (entries: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** What a worker is started with, and is sent range by range. */
export interface WorkerTask {
  readonly directory: string;
  readonly trust: TrustRules | undefined;
}

export type WorkerAnswer =
  | { readonly report: RangeReport }
  | { readonly error: { readonly code: ErrorCode; readonly message: string } };

/** A thread costs 30 ms and a connection. */
const ROWS = 4_096;

/** A thread's rows die young: with more room for them it only takes more memory, of 100,000 entries a seventh. */
const YOUNG = { maxYoungGenerationSizeMb: 16 };

/** Verifies with threads, each reading the file itself; what they say is joined in the file's order. */
export async function verifyOnAllCores(store: Store, options: ParallelOptions): Promise<VerifyReport> {
  const [bounds] = store.rows('SELECT min(id), max(id) FROM entries');
  const [first, last] = (bounds ?? []).map(Number);
  const rows = first === undefined || last === undefined ? 0 : last - first + 1;
  const step = options.rows ?? ROWS;
  const threads = Math.min(options.threads ?? availableParallelism(), Math.ceil(rows / step));
  const program = workerProgram();
  if (first === undefined || last === undefined || rows < 2 * step || threads < 2 || program === undefined)
    return store.snapshot(() => verifyStore(store, options));
  const ranges: IdRange[] = [];
  for (let from = first; from <= last; from += step)
    ranges.push({ from, to: Math.min(last, from + step - 1) });
  const reports = new Array<RangeReport>(ranges.length);
  const queue = ranges.map((range, at) => ({ range, at }));
  let done = 0;
  const task: WorkerTask = { directory: store.directory, trust: options.trust };
  const pool = Array.from(
    { length: threads },
    () => new Worker(program, { workerData: task, resourceLimits: YOUNG }),
  );
  try {
    await Promise.all(
      pool.map(async (worker) => {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
          options.signal?.throwIfAborted();
          reports[next.at] = await ask(worker, next.range);
          done += next.range.to - next.range.from + 1;
          options.onProgress?.(Math.min(done, rows), rows);
        }
      }),
    );
  } finally {
    await Promise.all(pool.map((worker) => worker.terminate()));
  }
  return store.snapshot(() => {
    // What was appended meanwhile is in the snapshot the file's other tables are compared in.
    const appended = verifyRange(store, { from: last + 1, to: Number.MAX_SAFE_INTEGER }, options.trust);
    return concludeRanges(store, [...reports, appended], options);
  });
}

function ask(worker: Worker, range: IdRange): Promise<RangeReport> {
  return new Promise((resolve, reject) => {
    const settle = (answer: WorkerAnswer | Error): void => {
      worker.off('message', settle).off('error', settle).off('exit', ended);
      if (answer instanceof Error) reject(answer);
      else if ('report' in answer) resolve(answer.report);
      else reject(new BitError(answer.error.code, answer.error.message));
    };
    const ended = (code: number): void => settle(new Error(`a thread that verifies ended with ${code}`));
    worker.on('message', settle).on('error', settle).on('exit', ended);
    worker.postMessage(range);
  });
}

/** The worker as a file of its own, beside this one; the bundle stands elsewhere and its sources beside it. */
function workerProgram(): string | undefined {
  return ['./verify-worker.ts', './verify-worker.js', '../src/ledger/verify-worker.js']
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((path) => existsSync(path));
}
