/** A controller in this process for a repository's commands: found by the file one leaves in its state. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { controllerFile } from '../../../src/mesh/client/index.ts';
import type { JobRecord } from '../../../src/mesh/lifecycle/index.ts';
import { JOB, type MeshGround, meshGround } from './ground.ts';
import { memoryStore } from './memory-store.ts';

/** One that ended well, one that was cancelled, one that waits. */
export const DONE = 'J-DONE';
export const CANCELLED = 'J-CANCELLED';
export const WAITING = 'J-WAITING';

export async function controllerHere(stateDirectory: string): Promise<MeshGround> {
  const at = new Date().toISOString();
  const record = (job_id: string): JobRecord => ({
    ...{ job_id, job: { job_id, ...JOB }, digest: '0', idempotency_key: job_id, submitted_at: at },
    ...{ submitted_by: 'aln://client/test', fence: 0, attempt: 0, attempts: [] },
  });
  const ground = await meshGround({
    store: memoryStore([
      { ...record(DONE), end: { state: 'CompletedSuccessfully', at } },
      { ...record(CANCELLED), end: { state: 'Cancelled', at } },
      record(WAITING),
    ]),
  });
  const file = controllerFile(stateDirectory);
  mkdirSync(dirname(file), { recursive: true });
  const { address } = ground.listener;
  writeFileSync(
    file,
    JSON.stringify({ address, public_key: ground.publicKey, mesh: 'test', pid: process.pid }),
  );
  return ground;
}
