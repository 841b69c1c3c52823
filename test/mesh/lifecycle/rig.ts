/** A mesh on a clock of its own, with a store that never fails and answers when told. */
import {
  type Input,
  type JobRecord,
  jobIdOf,
  type Kept,
  type MeshOptions,
  type Outcome,
  type Output,
  openMesh,
  type RunnerFacts,
  type Said,
  step,
  type Write,
} from '../../../src/mesh/lifecycle/index.ts';
import type { JobEnd, JobSpecification } from '../../../src/mesh/protocol/types.ts';

export type Sent = Extract<Output, { kind: 'send' }>;
type InputOf<T extends Input['type']> = Extract<Input, { type: T }>;

export class Rig {
  readonly mesh;
  readonly kept = new Map<string, Kept>();
  readonly unwritten: Write[] = [];
  readonly sent: Sent[] = [];
  readonly outputs: Output[] = [];
  now = 0;
  /** Whether the store answers at once. */
  prompt = true;
  #message = 0;

  constructor(options: Partial<MeshOptions> = {}) {
    this.mesh = openMesh({ lease_ms: 30_000, margin_ms: 3_000, ...options });
    this.do({ type: 'load', jobs: [], runners: [] });
    this.do({ type: 'standing', me: 'C1', live: ['C1'], valid: true });
  }

  do(input: Input): Sent[] {
    const sent: Sent[] = [];
    for (let next: Input | undefined = input; next !== undefined; ) {
      const loads: Input[] = [];
      for (const output of step(this.mesh, next, { now: this.now, wall: 1_800_000_000_000 + this.now })) {
        this.outputs.push(output);
        if (output.kind === 'persist') this.unwritten.push(output.write);
        else if (output.kind === 'send') sent.push(output);
        else if (output.kind === 'load') {
          const kept = this.kept.get(output.job_id);
          loads.push({ type: 'loaded', job_id: output.job_id, again: output.again, ...(kept && { kept }) });
        }
      }
      this.sent.push(...sent.slice());
      for (const load of loads) sent.push(...this.do(load));
      next =
        this.prompt && this.unwritten.length > 0 ? { type: 'stored', outcomes: this.write() } : undefined;
    }
    return sent;
  }

  /** What waits is written. */
  write(): Outcome[] {
    return this.unwritten.splice(0).map((write) => {
      if (write.kind !== 'job') return { stored: true, revision: 0 };
      const before = this.kept.get(write.record.job_id);
      if ((before?.revision ?? 0) !== write.after)
        return { stored: false, ...(before === undefined ? {} : { kept: before }) };
      const kept = { record: write.record, revision: write.after + 1 };
      this.kept.set(write.record.job_id, kept);
      return { stored: true, revision: kept.revision };
    });
  }

  settle(): Sent[] {
    return this.do({ type: 'stored', outcomes: this.write() });
  }

  pass(milliseconds: number): Sent[] {
    this.now += milliseconds;
    return this.do({ type: 'tick' });
  }

  id(): string {
    return `M-${++this.#message}`;
  }

  join(
    name: string,
    facts: Partial<RunnerFacts> = {},
    jobs: InputOf<'hello'>['jobs'] = [],
    peer = name,
  ): Sent[] {
    const { now } = this;
    return this.do({ type: 'hello', peer, sent: now, challenged: now, runner: runnerOf(name, facts), jobs });
  }

  submit(key: string, job: Partial<JobSpecification> = {}): string {
    this.do({
      type: 'submit',
      peer: 'client',
      re: this.id(),
      submitter: 'aln://client/a',
      key,
      job: jobOf(job),
    });
    return jobIdOf('aln://client/a', key);
  }

  bid(peer: string, job_id: string): Sent[] {
    return this.do({
      type: 'bid',
      peer,
      re: this.id(),
      job_id,
      terms: { eta_s: 1, cost_units: 1, confidence: 1 },
    });
  }

  result(peer: string, job_id: string, fence: number, end: Partial<JobEnd> = {}): Sent[] {
    return this.do({ type: 'result', peer, re: this.id(), end: endOf(job_id, fence, end) });
  }

  record(job_id: string): JobRecord {
    const kept = this.kept.get(job_id);
    if (kept === undefined) throw new Error(`no ${job_id}`);
    return kept.record;
  }
}

export function runnerOf(name: string, facts: Partial<RunnerFacts> = {}): RunnerFacts {
  return {
    runner_id: `aln://runner/${name}`,
    public_key: `ed25519:${name}`,
    persona: 'hybrid',
    capabilities: { build: ['node18'] },
    policies: [],
    max_concurrent_jobs: 1,
    ...facts,
  };
}

export function jobOf(job: Partial<JobSpecification> = {}): JobSpecification {
  return {
    repo: 'git+https://example.com/foo/bar.git#main',
    required: { capabilities: ['build'] },
    priority: 5,
    timeout_s: 600,
    ...job,
  };
}

export function endOf(job_id: string, fence: number, end: Partial<JobEnd> = {}): JobEnd {
  return {
    job_id,
    fence,
    idempotency_key: `${job_id}.${fence}`,
    status: 'CompletedSuccessfully',
    exit_code: 0,
    metrics: {},
    artifacts: [],
    ...end,
  };
}

/** A job that `name` works on. */
export function working(rig: Rig, name: string, key = 'k'): string {
  rig.join(name);
  const job = rig.submit(key);
  rig.bid(name, job);
  return job;
}

/** What was said to whom, in short. */
export function told(sent: readonly Sent[]): string[] {
  return sent.map(({ to, said }) => `${to} ${words(said)}`);
}

function words(said: Said): string {
  switch (said.type) {
    case 'JOB_ASSIGN':
      return `ASSIGN ${said.payload.fence}`;
    case 'JOB_COMMITTED': {
      const { committed, duplicate, reason } = said.payload;
      return `COMMITTED ${committed}${duplicate ? ' again' : ''}${reason === undefined ? '' : ` (${reason})`}`;
    }
    case 'JOB_ACCEPTED':
      return `ACCEPTED${said.payload.duplicate ? ' again' : ''}`;
    case 'LEASE_RENEWED':
      return `RENEWED ${said.payload.leases.length} LOST ${said.payload.lost.length}`;
    case 'ERROR':
      return `ERROR ${said.payload.code}`;
    default:
      return said.type;
  }
}
