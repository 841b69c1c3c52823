import { setTimeout as sleep } from 'node:timers/promises';
import type { Effect, Reader, Writer } from '../../operation/index.ts';
import { runnerPlace } from './place.ts';
import { isRunning, readStatus } from './status.ts';

export interface StopRequest {
  /** Its jobs are given back at once. */
  readonly now: boolean;
  /** Seconds it is waited for; its jobs go on to their end meanwhile. */
  readonly wait: number;
}

export interface StoppedRunner {
  readonly id: string | null;
  readonly pid: number | null;
  /** `none`: nothing ran here; `draining`: it takes no more jobs, and has some. */
  readonly state: 'none' | 'stopped' | 'draining';
  readonly jobs: number;
}

/** Ends this repository's runner: it takes no more jobs, brings those it has to their end, and ends. */
export async function stopRunner(reader: Reader, request: StopRequest): Promise<Effect<StoppedRunner>> {
  const status = readStatus(runnerPlace(reader.stateDirectory));
  const jobs = status?.jobs.length ?? 0;
  return {
    summary: status === undefined ? 'end no runner: none runs here' : `end ${status.id}`,
    target: { runner: status?.id ?? null, pid: status?.pid ?? null, jobs, now: request.now },
    plan:
      status === undefined
        ? ['do nothing: no runner of this repository runs']
        : [
            `tell process ${status.pid} to take no more jobs`,
            request.now ? `give ${jobs} jobs back` : `wait ${request.wait} s for ${jobs} jobs to end`,
          ],
    touches: { refs: [] },
    beside: true,
    event: 'RUNNER_STOP',
    run: (writer) => stop(writer, request),
    record: (out) => ({ ...out }),
  };
}

async function stop(writer: Writer, { now, wait }: StopRequest): Promise<StoppedRunner> {
  const place = runnerPlace(writer.stateDirectory);
  const status = readStatus(place);
  if (status === undefined) return { id: null, pid: null, state: 'none', jobs: 0 };
  const { pid, id } = status;
  // the lock is held, so the process that wrote the status is there still
  signal(pid);
  const until = performance.now() + wait * 1000;
  let asked = 1;
  while (isRunning(place) && performance.now() < until && !writer.signal.aborted) {
    await sleep(100);
    const left = readStatus(place);
    if (now && asked < 2 && left?.state === 'draining') {
      signal(pid);
      asked++;
    }
  }
  const left = readStatus(place);
  return left === undefined
    ? { id, pid, state: 'stopped', jobs: 0 }
    : { id, pid, state: 'draining', jobs: left.jobs.length };
}

function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // it has just ended
  }
}
