import { closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync, readSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BitError, isBitError } from '../../kernel/errors.ts';
import { maskSecrets } from '../../kernel/secrets.ts';
import { printable, shorten } from '../../kernel/text.ts';
import { confinementFault, localExecutor, parseAssignments, type Room } from '../../workflow/index.ts';
import type { JobOffer, MeshArtifact } from '../protocol/types.ts';
import { launchWorkflow, UNABLE, type WorkflowLaunch } from '../workflow/index.ts';
import type { Checkout } from './checkout.ts';
import { DiskWatch } from './disk-watch.ts';
import type { EndReason, Execution, Facilities, JobAssignment, JobControl } from './execution.ts';
import { gpuFiles } from './gpus.ts';

/** As timeout(1) has it. */
const TIMED_OUT = 124;
const KILLED = 137;
const SCRATCH = 512 * 1024 * 1024;
/** They travel in one message with all else of a result. */
const MOST_OUTPUTS = 96 * 1024;
const OUTPUTS = 'outputs';
/** Milliseconds a job is given after SIGINT, and after SIGTERM. */
const GRACE = { interrupt: 1000, terminate: 1500 } as const;

/**
 * Does a job: checkout, policies, the task in a room of its own, artifacts. What the job does badly is an outcome; what
 * hinders this runner from doing it is one without an exit code.
 */
export async function executeJob(
  assignment: JobAssignment,
  facilities: Facilities,
  control: JobControl,
): Promise<Execution> {
  const { job } = assignment;
  const started = performance.now();
  const since = (from: number): number => Math.round(performance.now() - from) / 1000;
  const ending = new AbortController();
  const end = (reason: EndReason): void => ending.abort(reason);
  const passOn = (): void => ending.abort(control.signal.reason);
  if (control.signal.aborted) passOn();
  else control.signal.addEventListener('abort', passOn, { once: true });
  const clock = setTimeout(
    () => end({ kind: 'timeout', message: `it took longer than ${job.timeout_s} s` }),
    Math.min(job.timeout_s * 1000, 0x7fffffff),
  );
  const metrics: Record<string, number> = { attempt: assignment.attempt };
  const artifacts: MeshArtifact[] = [];
  const outputs: Record<string, string> = {};
  const outcome = (
    status: 'CompletedSuccessfully' | 'Failed' | 'Cancelled',
    exitCode: number | undefined,
    error?: string,
  ): Execution => {
    control.log.finish();
    metrics['log_bytes'] = control.log.size;
    metrics['log_dropped_bytes'] = control.log.dropped;
    return {
      kind: 'ended',
      outcome: {
        status,
        exitCode,
        error: error === undefined ? undefined : shorten(maskSecrets(error), 4000),
        metrics,
        artifacts,
        outputs,
        seconds: since(started),
      },
    };
  };
  let watch: DiskWatch | undefined;
  try {
    control.onState('PreparingExecution');
    const checkout = await prepare(assignment, facilities, control, ending.signal);
    metrics['checkout_s'] = since(started);
    const reasons = await facilities.preflight({ job, checkout });
    if (reasons.length > 0) return { kind: 'declined', reasons };
    await bringArtifacts(assignment, facilities, control, ending.signal);
    const { diskBytes } = facilities.manifest.limits;
    watch = new DiskWatch({
      folders: [control.place.work, control.place.home],
      most: diskBytes,
      onOver: (message) => end({ kind: 'disk', message }),
    });
    const running = performance.now();
    const launch = await launchOf(job, facilities, control);
    const exitCode = await runTask({
      assignment,
      facilities,
      control,
      checkout,
      launch,
      signal: ending.signal,
    });
    metrics['run_s'] = since(running);
    await watch.end();
    metrics['disk_bytes'] = watch.bytes;
    if (ending.signal.aborted) throw ending.signal.reason;
    const workflow = job.task?.kind === 'workflow';
    if (workflow && exitCode === UNABLE)
      return outcome('Failed', undefined, 'the workflow could not be run here');
    Object.assign(outputs, readOutputs(control.place.home));
    if (exitCode === 0 || workflow) {
      control.onState('ProducingOutputs');
      // of a workflow that failed it says which step did
      const kept = keepArtifacts(assignment, facilities, control, artifacts, ending.signal);
      await (exitCode === 0 ? kept : kept.catch((error: Error) => control.log.event(error.message)));
    }
    if (exitCode !== 0) return outcome('Failed', exitCode, `it ended with exit code ${exitCode}`);
    return outcome('CompletedSuccessfully', 0);
  } catch (error) {
    if (!ending.signal.aborted)
      return outcome('Failed', isJobs(error) ? 1 : undefined, (error as Error).message);
    const { kind, message } = ending.signal.reason as EndReason;
    if (kind === 'lease') return { kind: 'abandoned' };
    control.log.event(`ended: ${message}`);
    if (kind === 'cancelled') return outcome('Cancelled', undefined, message);
    // the job's own doing, so no other runner would fare better
    if (kind === 'timeout') return outcome('Failed', TIMED_OUT, message);
    if (kind === 'disk') return outcome('Failed', KILLED, message);
    return outcome('Failed', undefined, message);
  } finally {
    clearTimeout(clock);
    control.signal.removeEventListener('abort', passOn);
    await watch?.end();
  }
}

/** Whether a job itself is to blame: it did not make what it said it would. */
function isJobs(error: unknown): boolean {
  return isBitError(error, 'failed') && error.details?.['job'] === true;
}

async function prepare(
  { job, token, fence }: JobAssignment,
  { mirrors, artifacts }: Facilities,
  { place, log }: JobControl,
  signal: AbortSignal,
): Promise<Checkout> {
  mkdirSync(place.home, { recursive: true, mode: 0o700 });
  const bundle = job.task?.kind === 'workflow' ? job.task.delegation?.bundle : undefined;
  const path = join(place.folder, 'bundle');
  if (bundle !== undefined) await artifacts.bring(bundle.uri, path, { jobId: job.job_id, fence, signal });
  const checkout = await mirrors.checkout({
    repo: job.repo,
    commit: job.commit,
    token,
    bundle: bundle === undefined ? undefined : { path, complete: bundle.complete },
    into: place.work,
    signal,
  });
  log.event(`checked out ${checkout.commit} of ${checkout.url}`);
  return checkout;
}

async function bringArtifacts(
  { job, fence }: JobAssignment,
  { artifacts }: Facilities,
  { place, log }: JobControl,
  signal: AbortSignal,
): Promise<void> {
  for (const uri of job.artifacts_in ?? []) {
    const path = join(place.work, nameOf(uri));
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined)
      throw new BitError('conflict', `${uri} can't be brought: the checkout has ${nameOf(uri)} already`);
    await artifacts.bring(uri, path, { jobId: job.job_id, fence, signal });
    log.event(`brought ${uri}`);
  }
}

async function keepArtifacts(
  { job, fence }: JobAssignment,
  { artifacts }: Facilities,
  { place, log }: JobControl,
  kept: MeshArtifact[],
  signal: AbortSignal,
): Promise<void> {
  for (const wanted of job.artifacts_out ?? []) {
    const uri = wanted.replaceAll('{job_id}', job.job_id);
    const name = nameOf(uri);
    const path = join(place.work, name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    // a link could lead to any file of this machine
    if (stat === undefined || !(stat.isFile() || stat.isDirectory()))
      throw new BitError('failed', `the job left no file or folder ${printable(name)} for ${uri}`, {
        details: { job: true },
      });
    const artifact = await artifacts.keep(uri, path, { jobId: job.job_id, fence, signal });
    kept.push(artifact);
    log.event(`kept ${artifact.uri}, ${artifact.size} bytes, sha256 ${artifact.sha256}`);
  }
}

/** The base name of what a URI names. */
function nameOf(uri: string): string {
  const name = basename(uri.replace(/^[a-z0-9+]+:\/\//, '/'));
  if (name === '' || name === '.' || name === '..' || name === '.git')
    throw new BitError('usage', `${uri} names no file`);
  return name;
}

async function launchOf(
  job: JobOffer,
  { manifest, secrets }: Facilities,
  { place }: JobControl,
): Promise<WorkflowLaunch> {
  const { task } = job;
  if (task === undefined) throw new BitError('usage', 'the job has no task');
  if (task.kind === 'command') return { argv: task.argv, readable: [] };
  return launchWorkflow(job, place.home, {
    secrets: await secrets(task.secrets ?? []),
    confined: !isLoose(manifest),
  });
}

interface Task {
  readonly assignment: JobAssignment;
  readonly facilities: Facilities;
  readonly control: JobControl;
  readonly checkout: Checkout;
  readonly launch: WorkflowLaunch;
  readonly signal: AbortSignal;
}

async function runTask(task: Task): Promise<number> {
  const { assignment, control, launch, signal } = task;
  const { job, fence, attempt } = assignment;
  const room = await openRoom(task);
  // nobody may wait for what no longer is ours
  const leave = (): void => {
    if ((signal.reason as EndReason).kind === 'lease') void room.close();
  };
  signal.addEventListener('abort', leave, { once: true });
  try {
    // this process may have stood still meanwhile, and its lease run out
    control.onRoom(room);
    if (signal.aborted) throw signal.reason;
    control.onState('Running');
    const exit = await room.run({
      argv: launch.argv,
      cwd: control.place.work,
      env: {
        ...job.env,
        BIT_JOB_ID: job.job_id,
        BIT_JOB_FENCE: String(fence),
        BIT_JOB_ATTEMPT: String(attempt),
        BIT_OUTPUT: join(control.place.home, OUTPUTS),
      },
      signal,
      onOutput: (stream, bytes) => control.log.write(stream, bytes),
    });
    if (exit.status === undefined && !signal.aborted)
      // the keeper is the job's to kill: memory it ate ends it too
      throw new BitError('failed', exit.lost ?? 'its end was not seen', { details: { job: true } });
    return exit.status ?? KILLED;
  } finally {
    signal.removeEventListener('abort', leave);
    await room.close();
  }
}

/** Jobs of it have no sandbox, for this machine has none and it was told to do without. */
function isLoose({ isolation }: Facilities['manifest']): boolean {
  return isolation === 'process' && confinementFault() !== undefined;
}

function openRoom({ assignment, facilities, control, checkout, launch }: Task): Promise<Room> {
  const { job } = assignment;
  const { manifest, programs, path } = facilities;
  const { place } = control;
  const { cpu, memoryBytes, processes, diskBytes } = manifest.limits;
  const asked = job.required.resources;
  const loose = isLoose(manifest);
  const gpus = (asked?.gpu ?? 0) > 0 ? gpuFiles() : { devices: [], readable: [] };
  const cores = asked?.cpu === undefined || asked.cpu === 0 ? cpu : Math.min(asked.cpu, cpu ?? asked.cpu);
  return localExecutor().open({
    title: job.job_id,
    workspace: place.work,
    env: {
      PATH: path,
      HOME: place.home,
      TMPDIR: loose ? place.home : '/tmp',
      USER: 'job',
      LOGNAME: 'job',
      LANG: 'C.UTF-8',
      CI: 'true',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
    },
    sandbox: loose
      ? undefined
      : {
          network: job.network === true ? 'host' : 'none',
          confined: {
            readable: [...checkout.reads, ...programs, ...launch.readable, ...gpus.readable],
            scratch: Math.min(SCRATCH, diskBytes),
            devices: gpus.devices,
          },
        },
    limits: {
      processes,
      memory: Math.min(asked?.memory_bytes || memoryBytes, memoryBytes),
      fileSize: diskBytes,
      ...(cores === undefined ? {} : { cpu: cores }),
    },
    writable: [place.home],
    hidden: [],
    grace: GRACE,
  });
}

/** `NAME=value` lines the job left in BIT_OUTPUT; a link there is followed by nobody. */
function readOutputs(home: string): Readonly<Record<string, string>> {
  const path = join(home, OUTPUTS);
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return {};
  const wrong = (why: string): BitError =>
    new BitError('failed', `what the job left in BIT_OUTPUT ${why}`, { details: { job: true } });
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    throw wrong('is no file');
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw wrong('is no file');
    if (stat.size > MOST_OUTPUTS) throw wrong(`is larger than ${MOST_OUTPUTS} bytes`);
    const bytes = Buffer.alloc(stat.size);
    const got = readSync(file, bytes);
    const found = assignmentsIn(bytes.toString('utf8', 0, got), wrong);
    if (found.length > 256) throw wrong('holds more than 256 values');
    const bad = found.find(([name, value]) => name.length > 128 || value.length > 65_536);
    if (bad !== undefined) throw wrong(`has ${printable(shorten(bad[0]))}, which is too large`);
    return Object.fromEntries(found);
  } finally {
    closeSync(file);
  }
}

function assignmentsIn(
  text: string,
  wrong: (why: string) => BitError,
): readonly (readonly [string, string])[] {
  try {
    return parseAssignments(text, 'BIT_OUTPUT');
  } catch (error) {
    throw wrong(`can't be read: ${(error as Error).message}`);
  }
}
