import type { Clock, Link } from '../channel/index.ts';
import type { TokenBucket } from '../identity/index.ts';
import type { PayloadOf } from '../protocol/types.ts';
import { ActiveJob } from './active-job.ts';
import { LogSender } from './log-sender.ts';
import type { RunnerPlace } from './place.ts';

interface Beginning {
  readonly place: RunnerPlace;
  readonly mostLog: number;
  /** When its lease runs out, by the clock that never goes back. */
  readonly deadline: number;
  readonly clock: Clock;
  /** As they are when a log is sent: a connection ends, another follows. */
  readonly link: () => Link;
  readonly pace: () => TokenBucket;
}

/** The job that was assigned, with its folder and its log; nothing of it runs yet. */
export function beginJob(
  { job_id, fence, job, attempt, checkout }: PayloadOf<'JOB_ASSIGN'>,
  { place, mostLog, deadline, clock, link, pace }: Beginning,
): ActiveJob {
  const { monotonic } = clock;
  return new ActiveJob({
    assignment: { job, fence, attempt, token: checkout?.token },
    jobs: place.jobs,
    mostLog,
    deadline,
    now: () => new Date(clock.now()),
    sender: (log) => new LogSender({ jobId: job_id, fence, log, link, pace, monotonic }),
  });
}
