/** What `bit job` and `bit mesh` have changed: each an operation here, and noted in the controller's ledger too. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BitError } from '../../kernel/errors.ts';
import type { Effect, Reader } from '../../operation/index.ts';
import { type At, withMesh } from './asks.ts';
import type { openMesh } from './connect.ts';
import type { JobRow } from './index.ts';
import { stateWord } from './rows.ts';

export interface JobChanged {
  readonly job_id: string;
  readonly mesh: string;
  /** Its state before. */
  readonly was: string;
}

/** @throws BitError `not-found`; `conflict` where it has ended */
export async function cancelJob(
  reader: Reader,
  asked: At & { readonly job: string; readonly reason: string },
): Promise<Effect<JobChanged>> {
  const row = await rowOf(reader, asked);
  if (row.ended_at !== undefined)
    throw new BitError('conflict', `job ${row.job_id} is ${stateWord(row.standard)} already`);
  return changed(asked, row, `cancel job ${row.job_id}`, async (mesh) => {
    await mesh.cancel(row.job_id, asked.reason);
  });
}

/** @throws BitError `not-found`; `conflict` where it did not end badly */
export async function retryJob(
  reader: Reader,
  asked: At & { readonly job: string },
): Promise<Effect<JobChanged>> {
  const row = await rowOf(reader, asked);
  if (row.standard !== 'Failed' && row.standard !== 'Cancelled')
    throw new BitError('conflict', `job ${row.job_id} is ${stateWord(row.standard)}`, {
      hint: 'what failed or was cancelled is run again; hand in others anew: bit job submit',
    });
  return changed(asked, row, `run job ${row.job_id} again`, async (mesh) => {
    await mesh.retry(row.job_id);
  });
}

function rowOf(reader: Reader, asked: At & { readonly job: string }): Promise<JobRow> {
  return withMesh(reader, asked, (mesh) => mesh.job(asked.job));
}

function changed(
  at: At,
  row: JobRow,
  summary: string,
  work: (mesh: Awaited<ReturnType<typeof openMesh>>) => Promise<void>,
): Effect<JobChanged> {
  return {
    summary,
    target: { job_id: row.job_id, repo: row.repo, standard: row.standard },
    plan: [`${summary}: ${row.summary}, ${stateWord(row.standard)} now`],
    touches: { refs: [] },
    beside: true,
    irreversible: [`${summary} on a mesh`],
    run: (writer) =>
      withMesh(writer, at, async (mesh) => {
        await work(mesh);
        return { job_id: row.job_id, mesh: mesh.mesh, was: stateWord(row.standard) };
      }),
    record: (out) => ({ ...out }),
  };
}

export interface Drained {
  readonly mesh: string;
  /** Null: the mesh itself. */
  readonly runner: string | null;
  readonly drain: boolean;
  /** Jobs that run there still. */
  readonly running: number;
}

const LOOK_MS = 500;

/** @throws BitError `usage` where neither a runner nor all is named; `not-found` */
export async function drainMesh(
  _reader: Reader,
  asked: At & {
    readonly runner: string | undefined;
    readonly all: boolean;
    readonly drain: boolean;
    readonly wait: boolean;
  },
): Promise<Effect<Drained>> {
  const { runner, all, drain, wait } = asked;
  if ((runner === undefined) !== all)
    throw new BitError('usage', 'name a runner, or say --all for the whole mesh', {
      hint: 'the runners are: bit mesh peers',
    });
  const what = runner ?? 'the mesh';
  const summary = drain ? `let ${what} take no more jobs` : `let ${what} take jobs again`;
  return {
    summary,
    target: { runner: runner ?? null, drain },
    plan: [summary, ...(drain && wait ? ['wait until what runs has ended'] : [])],
    touches: { refs: [] },
    beside: true,
    irreversible: [`${summary} on a mesh`],
    run: (writer) =>
      withMesh(writer, asked, async (mesh) => {
        await mesh.drain(runner, drain);
        for (;;) {
          const { peers = [] } = await mesh.status({ peers: true });
          const running = peers
            .filter((peer) => peer.role === 'runner' && (runner === undefined || peer.runner_id === runner))
            .reduce((sum, { jobs }) => sum + jobs.length, 0);
          if (!drain || !wait || running === 0 || writer.signal.aborted)
            return { mesh: mesh.mesh, runner: runner ?? null, drain, running };
          await sleep(LOOK_MS, undefined, { signal: writer.signal }).catch(() => undefined);
        }
      }),
    record: (out) => ({ ...out }),
  };
}
