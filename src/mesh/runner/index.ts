/**
 * The runner: joins a mesh for a repository, bids on what its policies and its machine allow, and does each job in a
 * room of its own.
 *
 * A job is a checkout at its commit from a mirror that is kept (no hooks, no filters, a token for that host alone), the
 * preflight policies, its task in a confined sandbox (nothing of the machine but its programs; no network unless asked;
 * processes, memory and cores held by control groups where there are some), its artifacts. Leases are counted from
 * before what they answer was sent, by a clock that goes on while the machine sleeps, and a job is dead before its lease
 * can pass on. Its result is on disk before it is sent and until the controller says that it counts or never will. What
 * it does is in its own ledger: RUNNER_START, in it JOB_CLAIM, JOB_EXECUTE and JOB_RESULT of each job.
 */
export {
  type BackgroundRunner,
  type InstalledRunner,
  installRunner,
  startInBackground,
} from './background.ts';
export { initRunner } from './init.ts';
export { renderRunner } from './render.ts';
export { type ShownRunner, showRunner } from './show.ts';
export { type RunnerSession, type StartRequest, startRunner } from './start.ts';
export type { JobSummary, RunnerStatus } from './status.ts';
export { type StoppedRunner, type StopRequest, stopRunner } from './stop.ts';
