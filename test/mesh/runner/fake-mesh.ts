/** A controller that says what a test wants, on a connection that a test cuts; the runner at the other end is real. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { exportPublicKey } from '../../../src/kernel/ed25519.ts';
import { BitError } from '../../../src/kernel/errors.ts';
import type { Signer } from '../../../src/keys/index.ts';
import type { Channel, Link, LinkOptions } from '../../../src/mesh/channel/index.ts';
import { signPayload } from '../../../src/mesh/identity/index.ts';
import type { EnvelopedType, JobOffer, Message, PayloadOf } from '../../../src/mesh/protocol/types.ts';
import { bootClock } from '../../../src/mesh/runner/boot.ts';
import { Mirrors } from '../../../src/mesh/runner/checkout.ts';
import { Estimates } from '../../../src/mesh/runner/estimate.ts';
import type { Execution } from '../../../src/mesh/runner/execution.ts';
import { Gate } from '../../../src/mesh/runner/gate.ts';
import { runnerPlace } from '../../../src/mesh/runner/place.ts';
import { Runner } from '../../../src/mesh/runner/runner.ts';
import { runnerManifestOf } from '../../../src/mesh/settings/index.ts';
import { loadPolicySet, offerConfig } from '../../../src/policy/index.ts';
import type { Ground } from './job.ts';

export interface Said {
  readonly type: string;
  readonly payload: Record<string, unknown>;
  readonly re: string | undefined;
  readonly id: string;
  readonly at: number;
}

export function signer(): Signer {
  const { privateKey } = generateKeyPairSync('ed25519') as { privateKey: KeyObject };
  return { publicKey: exportPublicKey(privateKey), sign: (message) => sign(null, message, privateKey) };
}

type Answer = (payload: Record<string, unknown>) => unknown;

export class FakeMesh {
  readonly key = signer();
  readonly said: Said[] = [];
  readonly notices: string[] = [];
  readonly committed: string[] = [];
  readonly recorded: string[] = [];
  /** What requests are answered with; undefined: not at all. */
  readonly answers: Partial<Record<EnvelopedType, Answer>> = {};
  leaseS = 30;
  keepLogs = true;
  #options: Parameters<ConstructorParameters<typeof Runner>[0]['open']>[0] | undefined;
  #channel: Channel | undefined;
  #count = 0;
  #waiting = new Set<() => void>();

  constructor() {
    this.answers.LEASE_RENEW = ({ leases }) => ({
      leases: (leases as object[]).map((lease) => ({ ...lease, lease_s: this.leaseS })),
      lost: [],
    });
    this.answers.JOB_RESULT = ({ job_id, fence }) => ({ job_id, fence, committed: true, duplicate: false });
  }

  link(options: NonNullable<(typeof this)['__options']>): Link {
    this.#options = options;
    const mesh = this;
    const link = {
      get channel() {
        return mesh.#channel;
      },
      get open() {
        return mesh.#channel !== undefined;
      },
      session: 'session',
      skew: 0,
      buffered: 0,
      drained: () => Promise.resolve(),
      send: (type: EnvelopedType, payload: unknown, re?: string) => mesh.#hear(type, payload, re),
      request: async (type: EnvelopedType, payload: unknown) => {
        mesh.#hear(type, payload, undefined);
        const answer = mesh.#channel === undefined ? undefined : mesh.answers[type];
        if (answer === undefined) {
          await sleep(20);
          throw new BitError('remote', 'nobody answered');
        }
        return { type, payload: answer(payload as Record<string, unknown>) };
      },
      heartbeat: (beat: unknown) => void mesh.#hear('HEARTBEAT', beat, undefined),
      ready: async () => mesh.#channel as Channel,
      close: async () => {
        mesh.#channel = undefined;
      },
    };
    return link as unknown as Link;
  }

  declare readonly __options?: Parameters<ConstructorParameters<typeof Runner>[0]['open']>[0];

  hello(): ReturnType<LinkOptions['hello']> {
    if (this.#options === undefined) throw new Error('nobody dialled');
    return this.#options.hello();
  }

  connect(): void {
    const channel = {
      peer: { id: 'aln://mesh/controller', role: 'controller', public_key: this.key.publicKey },
      remote: { address: '127.0.0.1:1', secure: true, endPoint: undefined },
      open: true,
      full: false,
      send: (type: EnvelopedType, payload: unknown, re?: string) => this.#hear(type, payload, re),
    } as unknown as Channel;
    this.#channel = channel;
    this.#options?.up?.(channel, {
      lease_s: this.leaseS,
      heartbeat_s: 10,
      rates: { per_peer_rps: 1000, burst: 1000 },
    } as never);
  }

  cut(): void {
    this.#channel = undefined;
    this.#options?.down?.(new Error('the test cut it'), 100);
  }

  /** Says something to the runner; its `msg_id`. */
  async say<T extends EnvelopedType>(type: T, payload: PayloadOf<T>, re?: string): Promise<string> {
    this.#count++;
    const msg_id = `M-test.${this.#count}`;
    const message = {
      type,
      schema: '',
      msg_id,
      sender: 'aln://mesh/controller',
      ts: new Date().toISOString(),
      ...(re === undefined ? {} : { re }),
      payload,
    };
    if (this.#channel !== undefined) await this.#options?.take(message as unknown as Message, this.#channel);
    return msg_id;
  }

  assignment(job: JobOffer, fence: number, runner = 'aln://runner/test'): PayloadOf<'JOB_ASSIGN'> {
    const payload = { job_id: job.job_id, runner_id: runner, fence, lease_s: this.leaseS, attempt: 1, job };
    return signPayload('JOB_ASSIGN', payload, this.key);
  }

  /** Offers a job and waits for the bid; its `msg_id`. */
  async bid(job: JobOffer): Promise<string> {
    const re = await this.say('JOB_OFFER', job);
    return (await this.heard((one) => one.type === 'JOB_BID' && one.re === re)).id;
  }

  /** Offers a job, waits for the bid, assigns it. */
  async give(job: JobOffer, fence = 1): Promise<void> {
    await this.say('JOB_ASSIGN', this.assignment(job, fence), await this.bid(job));
  }

  /** The first thing the runner said, or comes to say, that is so. */
  async heard(is: (said: Said) => boolean, milliseconds = 10_000): Promise<Said> {
    const until = performance.now() + milliseconds;
    for (;;) {
      const found = this.said.find(is);
      if (found !== undefined) return found;
      if (performance.now() > until)
        throw new Error(
          `never said; it said ${this.said.map(({ type }) => type).join(' ')}\n${this.notices.join('\n')}`,
        );
      await Promise.race([new Promise<void>((resolve) => this.#waiting.add(resolve)), sleep(100)]);
    }
  }

  #hear(type: string, payload: unknown, re: string | undefined): string | undefined {
    if (this.#channel === undefined) return undefined;
    this.#count++;
    const id = `M-runner.${this.#count}`;
    this.said.push({ type, payload: payload as Record<string, unknown>, re, id, at: performance.now() });
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
    if (type === 'JOB_LOG' && this.keepLogs) {
      const { job_id, fence, offset, data } = payload as PayloadOf<'JOB_LOG'>;
      const behind = offset + Buffer.byteLength(data);
      setImmediate(() => void this.say('JOB_LOG_ACK', { job_id, fence, offset: behind }));
    }
    return id;
  }

  log(jobId: string): string {
    const pieces = new Map<number, string>();
    for (const { type, payload } of this.said)
      if (type === 'JOB_LOG' && payload['job_id'] === jobId)
        pieces.set(payload['offset'] as number, payload['data'] as string);
    return [...pieces]
      .sort(([a], [b]) => a - b)
      .map(([, text]) => text)
      .join('');
  }
}

export function startRunner(
  mesh: FakeMesh,
  { root, repo }: Ground,
  options: { readonly manifest?: string; readonly policies?: string; readonly monotonic?: () => number } = {},
): Runner {
  const manifest = runnerManifestOf(
    `runner:\n  id: aln://runner/test\n  repositories: ['file://**']\n${options.manifest ?? ''}`,
  );
  const place = runnerPlace(join(root, 'state'));
  mkdirSync(place.folder, { recursive: true });
  const clock = bootClock();
  const key = signer();
  const recorded = (event: string, id: string) => mesh.recorded.push(`${event} ${id}`);
  const set = loadPolicySet(
    options.policies === undefined ? [] : [{ path: 'mesh.rego', text: options.policies }],
  );
  const gate = new Gate({
    set,
    decide: (asked) =>
      set.decide({
        ...{ action: 'mesh.job', command: 'runner.start', args: {}, actor: '', user: {}, tx: {}, repo: {} },
        ...{ token: null, config: offerConfig({}), freeze: [], now: new Date().toISOString(), ...asked },
      }),
    config: {},
    strict: true,
    runner: { id: manifest.id, persona: manifest.persona, publicKey: key.publicKey },
    now: () => new Date(),
    notice: (line) => mesh.notices.push(line),
  });
  return new Runner({
    manifest,
    capabilities: { build: ['node24'], ...manifest.capabilities },
    gpus: 0,
    resources: { cpu: 2, memory_bytes: 1024 ** 3, gpu: 0, gpus: {} },
    own: repo,
    unable: undefined,
    signer: key,
    gate: () => gate,
    facilities: {
      manifest,
      mirrors: new Mirrors({ directory: place.mirrors, env: { PATH: process.env['PATH'], HOME: root } }),
      artifacts: {
        bring: () => Promise.reject(new Error('no artifacts here')),
        keep: () => Promise.reject(new Error('no artifacts here')),
      },
      secrets: async () => ({}),
      programs: [],
      path: '/usr/local/bin:/usr/bin:/bin',
    },
    estimates: new Estimates(place.history),
    place,
    recorder: {
      claimed: async (job) => void recorded('JOB_CLAIM', job.job_id),
      async executed(job, _, work): Promise<Execution> {
        recorded('JOB_EXECUTE', job.job_id);
        return work();
      },
      async result(job) {
        recorded('JOB_RESULT', job.job_id);
        return undefined;
      },
      ledgerHolds: () => true,
    },
    clock: { ...clock, ...(options.monotonic === undefined ? {} : { monotonic: options.monotonic }) },
    open: (given) => mesh.link(given),
    notice: (line) => mesh.notices.push(line),
    changed: () => undefined,
    committed: async (_, job) => void mesh.committed.push(job.job_id),
  });
}

let count = 0;
export function jobOf({ repo }: Ground, script: string, more: Partial<JobOffer> = {}): JobOffer {
  count++;
  return {
    job_id: `J-${count}`,
    repo: `git+file://${repo}#main`,
    task: { kind: 'command', argv: ['/bin/sh', '-c', script] },
    required: { capabilities: ['build'] },
    priority: 5,
    timeout_s: 60,
    ...more,
  };
}
