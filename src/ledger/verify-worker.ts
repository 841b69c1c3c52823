/** A thread of {@link verifyOnAllCores}: verifies the ranges it is sent, over a connection of its own. */
import { parentPort, workerData } from 'node:worker_threads';
import { BitError } from '../kernel/errors.ts';
import { Store } from './store.ts';
import type { WorkerAnswer, WorkerTask } from './verify-parallel.ts';
import { type IdRange, verifyRange } from './verify-range.ts';

const { directory, trust } = workerData as WorkerTask;
const store = new Store(directory, false);

function answer(range: IdRange): WorkerAnswer {
  try {
    if (!store.openToRead()) throw new BitError('io', `the ledger is gone: ${store.path}`);
    return { report: store.snapshot(() => verifyRange(store, range, trust)) };
  } catch (error) {
    if (error instanceof BitError) return { error: { code: error.code, message: error.message } };
    throw error;
  }
}

parentPort?.on('message', (range: IdRange) => parentPort?.postMessage(answer(range)));
