/** What `bit job` and `bit mesh` ask: one connection, one question or a stream of answers. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BitError } from '../../kernel/errors.ts';
import type { Reader } from '../../operation/index.ts';
import type { StandardState } from '../protocol/types.ts';
import { openMesh } from './connect.ts';
import { followJob } from './follow.ts';
import type { JobRow, MeshClient, MeshStatus } from './index.ts';
import { plainPaper } from './plain-paper.ts';
import { renderMesh, renderPeers } from './rows.ts';

export interface At {
  readonly controller: string | undefined;
}

const STATES: Readonly<Record<string, StandardState>> = {
  waiting: 'Pending',
  running: 'Running',
  done: 'CompletedSuccessfully',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

export interface JobPage {
  readonly mesh: string;
  readonly jobs: readonly JobRow[];
  /** What `--after` takes for the next page. */
  readonly next: string | null;
}

export function listJobs(
  reader: Reader,
  asked: At & {
    readonly states: readonly string[];
    readonly repo: string | undefined;
    readonly after: string | undefined;
    readonly limit: number;
  },
): Promise<JobPage> {
  const { states, repo, after, limit } = asked;
  return withMesh(reader, asked, async (mesh) => {
    const { jobs, next } = await mesh.jobs({
      ...(states.length === 0 ? {} : { standard: states.flatMap((state) => STATES[state] ?? []) }),
      ...(repo === undefined ? {} : { repo }),
      ...(after === undefined ? {} : { after }),
      limit,
    });
    return { mesh: mesh.mesh, jobs, next: next ?? null };
  });
}

/** @throws BitError `not-found` */
export function watchJob(
  reader: Reader,
  asked: At & { readonly job: string; readonly logs: boolean },
): Promise<JobRow> {
  return withMesh(reader, asked, async (mesh) => {
    await mesh.job(asked.job);
    return followJob(reader, mesh, { job: asked.job, logs: asked.logs });
  });
}

export interface JobOutput {
  readonly job_id: string;
  readonly standard: StandardState;
}

/** Output alone: so far, or until the end. */
export function jobOutput(
  reader: Reader,
  asked: At & { readonly job: string; readonly fence: number | undefined; readonly follow: boolean },
): Promise<JobOutput> {
  return withMesh(reader, asked, async (mesh) => {
    const { job, fence, follow } = asked;
    const row = await mesh.job(job);
    const { standard } = await followJob(reader, mesh, {
      job: row.job_id,
      logs: true,
      raw: true,
      soFar: !follow,
      ...(fence === undefined ? {} : { fence }),
    });
    return { job_id: job, standard };
  });
}

export type MeshStanding = MeshStatus;

export function meshStanding(reader: Reader, asked: At): Promise<MeshStanding> {
  return withMesh(reader, asked, (mesh) => mesh.status({ peers: true }));
}

/** Redrawn on a terminal, a report a look elsewhere. The last one is returned. */
export function topOfMesh(
  reader: Reader,
  asked: At & { readonly interval: string; readonly count: number | undefined },
): Promise<MeshStanding> {
  const seconds = Number(asked.interval);
  if (!(seconds >= 0.1 && seconds <= 3600))
    throw new BitError('usage', `an interval is 0.1 to 3600 seconds, not ${asked.interval}`);
  const { output, free } = reader.streams;
  const terminal = free && 'isTTY' in output && output.isTTY === true;
  return withMesh(reader, asked, async (mesh) => {
    for (let looks = 1; ; looks++) {
      const [status, { jobs }] = await Promise.all([
        mesh.status({ peers: true }),
        mesh.jobs({ standard: ['Pending', 'Running'], limit: 20 }),
      ]);
      const text = free
        ? reportOf(status, jobs, reader.now())
        : `${JSON.stringify({ ...status, open: jobs })}\n`;
      output.write(terminal ? `\u001b[H\u001b[J${text}` : text);
      if (looks === asked.count || reader.signal.aborted) return status;
      await sleep(seconds * 1000, undefined, { signal: reader.signal }).catch(() => undefined);
      if (reader.signal.aborted) return status;
    }
  });
}

function reportOf(status: MeshStatus, jobs: readonly JobRow[], now: Date): string {
  const paper = plainPaper();
  renderMesh(status, paper);
  paper.line(`at ${now.toISOString()}`);
  paper.line();
  renderPeers(
    (status.peers ?? []).filter(({ role }) => role === 'runner'),
    paper,
  );
  paper.line();
  paper.jobs(jobs, now);
  return paper.text();
}

export async function withMesh<Out>(
  reader: Reader,
  { controller }: At,
  work: (mesh: MeshClient) => Promise<Out>,
): Promise<Out> {
  const mesh = await openMesh(reader, { controller });
  try {
    return await work(mesh);
  } finally {
    await mesh.close();
  }
}
