/** How a runner presents itself: to the mesh, and to its owner. */
import type { Link, LinkOptions } from '../channel/index.ts';
import type { Announcement } from '../discovery/index.ts';
import type { ActiveJob } from './active-job.ts';
import { describeJob, keyOf } from './describe.ts';
import type { RunnerOptions } from './options.ts';
import type { JobSummary, RunnerStatus } from './status.ts';

interface Lease {
  readonly job_id: string;
  readonly fence: number;
}

/** @param owed leases whose results nobody acknowledged yet */
export function helloOf(
  { manifest, capabilities, gate, resources }: RunnerOptions,
  jobs: Iterable<ActiveJob>,
  owed: readonly Lease[],
): ReturnType<LinkOptions['hello']> {
  const held = [...jobs].map(({ id, fence }) => ({ job_id: id, fence }));
  const known = new Set(held.map(keyOf));
  const { drivers } = manifest.storage;
  return {
    runner_id: manifest.id,
    role: 'runner',
    persona: manifest.persona,
    capabilities: Object.fromEntries(Object.entries(capabilities).map(([kind, names]) => [kind, [...names]])),
    storage: [
      ...new Set(Object.values(drivers).flatMap(({ scheme, roots }) => [scheme, ...(roots ?? [])])),
    ].slice(0, 16),
    policy_hash: gate().hash,
    policies: gate().packages.slice(0, 256),
    max_concurrent_jobs: manifest.maxConcurrentJobs,
    ...(manifest.profile === undefined ? {} : { profile: manifest.profile }),
    resources: { ...resources, gpus: { ...resources.gpus } },
    ...(manifest.priorityBias.length === 0 ? {} : { priority_bias: [...manifest.priorityBias] }),
    jobs: [...held, ...owed.filter((one) => !known.has(keyOf(one)))],
  };
}

/** What it says on the local network of itself, and of the controller it is with: others find that one through it. */
export function announcementOf(
  { manifest: { id, version, persona }, capabilities }: Pick<RunnerOptions, 'manifest' | 'capabilities'>,
  mesh: string,
  address: string,
): Announcement {
  return { id, version, persona, mesh, address, capabilities: Object.keys(capabilities) };
}

interface Now extends Pick<RunnerStatus, 'trouble' | 'startedAt' | 'owed' | 'done'> {
  readonly link: Link | undefined;
  readonly jobs: Iterable<ActiveJob>;
  readonly draining: boolean;
}

export function statusOf(
  { manifest, capabilities, signer }: RunnerOptions,
  { link, jobs, draining, ...rest }: Now,
): RunnerStatus {
  const channel = link?.channel;
  return {
    pid: process.pid,
    id: manifest.id,
    publicKey: signer.publicKey,
    persona: manifest.persona,
    capabilities,
    state: channel === undefined ? 'connecting' : draining ? 'draining' : 'joined',
    controller: channel === undefined ? null : { id: channel.peer.id, address: channel.remote.address },
    maxConcurrentJobs: manifest.maxConcurrentJobs,
    jobs: [...jobs].map(summaryOf),
    ...rest,
  };
}

function summaryOf(job: ActiveJob): JobSummary {
  const { id, fence, assignment, startedAt, heldBy } = job;
  return {
    jobId: id,
    fence,
    repo: assignment.job.repo,
    task: describeJob(assignment.job),
    state: job.finished ? 'Finished' : job.state,
    startedAt,
    heldBy,
  };
}
