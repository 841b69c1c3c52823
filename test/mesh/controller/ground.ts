/** A controller on loopback, and who speaks to it: runners that do what they are told, clients. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportPublicKey } from '../../../src/kernel/ed25519.ts';
import type { JsonObject } from '../../../src/kernel/json.ts';
import type { Signer } from '../../../src/keys/index.ts';
import type { Entry } from '../../../src/ledger/index.ts';
import { type Channel, type Link, openLink, systemClock } from '../../../src/mesh/channel/index.ts';
import { type MeshClient, MeshSession, Watches } from '../../../src/mesh/client/index.ts';
import { type Controller, type ControllerParts, openController } from '../../../src/mesh/controller/index.ts';
import { signPayload } from '../../../src/mesh/identity/index.ts';
import type { JobSpecification, Message, PayloadOf } from '../../../src/mesh/protocol/index.ts';
import { meshConfigOf } from '../../../src/mesh/settings/index.ts';
import type { MeshStore } from '../../../src/mesh/store/index.ts';
import { dialWs, type Listener, listenWs, memoryPins } from '../../../src/mesh/transport/index.ts';
import type { Gate, Note } from '../../../src/operation/index.ts';
import { loadPolicySet, type PolicyInput } from '../../../src/policy/index.ts';
import { NsDriver } from '../../../src/storage/index.ts';

export function newSigner(): Signer {
  const { privateKey } = generateKeyPairSync('ed25519');
  return { publicKey: exportPublicKey(privateKey), sign: (message) => sign(null, message, privateKey) };
}

export const JOB: JobSpecification = {
  repo: 'git+https://example.com/foo/bar.git#main',
  task: { kind: 'command', argv: ['make', 'test'] },
  required: { capabilities: ['build'] },
  priority: 5,
  timeout_s: 60,
};

/** Decisions of Rego text alone. */
export function gateOf(policies: string): Gate {
  const set = loadPolicySet(policies === '' ? [] : [{ path: 'mesh.rego', text: policies }]);
  const facts = { command: 'mesh.serve', args: {}, actor: '', user: {}, tx: {}, repo: {}, token: null };
  return ({ action = 'mesh.offer', ...asked }) =>
    set.decide({
      ...facts,
      config: { max_priority: 10 },
      freeze: [],
      now: new Date().toISOString(),
      action,
      ...asked,
    } as PolicyInput);
}

export interface MeshGround {
  readonly controller: Controller;
  readonly listener: Listener;
  /** The controller's. */
  readonly publicKey: string;
  readonly notes: (Note & { readonly seq: number })[];
  readonly faults: string[];
  readonly notices: string[];
  client(): Promise<MeshClient & { readonly link: Link }>;
  runner(how?: RunnerHow): Promise<TestRunner>;
  close(): Promise<void>;
}

export interface GroundOptions {
  readonly store: MeshStore;
  readonly policies?: string;
  readonly parts?: Partial<ControllerParts>;
}

export async function meshGround({ store, policies = '', parts = {} }: GroundOptions): Promise<MeshGround> {
  const directory = mkdtempSync(join(tmpdir(), 'bit-controller-'));
  const notes: MeshGround['notes'] = [];
  const faults: string[] = [];
  const notices: string[] = [];
  const signer = newSigner();
  const owner = newSigner();
  const rates = 'rate_limits: { per_peer_rps: 100000, burst: 100000 }';
  const controller = openController({
    ...{ id: 'aln://mesh/controller', mesh: 'test', instance: 'one', version: '0.0.0', signer, store },
    config: meshConfigOf(`mesh:\n  ${rates}\n`),
    clock: systemClock,
    lifecycle: {},
    openGate: async () => ({ gate: gateOf(policies), digest: policies }),
    ledger: {
      note: async (given) =>
        given.map((note) => {
          const seq = notes.length;
          notes.push({ ...note, seq });
          const entry: Pick<Entry, 'chain' | 'seq' | 'entry_sha256'> = {
            chain: 'c',
            seq,
            entry_sha256: 'a'.repeat(64),
          };
          return entry as Entry;
        }),
    },
    keys: { admit: () => {}, refresh: async () => false, revoked: () => false },
    artifacts: async () => new NsDriver({ roots: [join(directory, 'storage')] }),
    queryPolicy: () => ({ policy_hash: `sha256-${'0'.repeat(64)}` }),
    notice: (line) => notices.push(line),
    fault: (part, error) => faults.push(`${part}: ${error instanceof Error ? error.stack : String(error)}`),
    ...parts,
  });
  const listener = await listenWs({
    ...{ host: '127.0.0.1', port: 0, most: 512 * 1024 },
    connection: (connection) => controller.door.welcome(connection),
    http: controller.http,
  });
  await controller.start();
  const links: Link[] = [];
  const dialled = dialTo(listener.address);
  const dial: Dial = (...asked) => {
    const link = dialled(...asked);
    links.push(link);
    return link;
  };
  return {
    ...{ controller, listener, notes, faults, notices, publicKey: signer.publicKey },
    client: () => clientOf(dial, owner, listener.address),
    async runner(how = {}) {
      const runner = new TestRunner(how);
      await runner.start(dial);
      return runner;
    },
    async close() {
      await Promise.all(links.map((link) => link.close()));
      await controller.stop('over');
      await listener.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

type Hello = Partial<ReturnType<Parameters<typeof openLink>[0]['hello']>> & { readonly runner_id: string };

/** A connection to an address, dialled again whenever it breaks. */
export function dialTo(address: string): Dial {
  return (who, hello, take, up) =>
    openLink({
      dialer: dialWs({
        required: false,
        mode: 'self-signed-ok',
        pins: memoryPins(),
        most: 8 * 1024 * 1024,
      }),
      ...{ addresses: () => [address], signer: who, trusted: () => true, take },
      backoff: { first: 10, most: 100 },
      hello: () => ({
        ...{ persona: 'hybrid', capabilities: {}, storage: [], policy_hash: `sha256-${'0'.repeat(64)}` },
        ...hello(),
      }),
      ...(up === undefined ? {} : { up }),
    });
}

export async function clientOf(
  dial: Dial,
  who: Signer,
  address: string,
): Promise<MeshClient & { readonly link: Link }> {
  const watches = new Watches();
  const id = `aln://client/${who.publicKey.slice(8, 24)}`;
  const link = dial(
    who,
    () => ({ runner_id: id, role: 'client' }),
    (message) => watches.take(message),
    () => watches.again(),
  );
  await link.ready();
  return Object.assign(new MeshSession({ link, address, mesh: 'test', watches }), { link });
}

export type Dial = (
  who: Signer,
  hello: () => Hello,
  take: (message: Message, channel: Channel) => void,
  up?: () => void,
) => Link;

export interface RunnerHow {
  readonly id?: string;
  readonly hello?: Partial<Hello>;
  /** Claims what it is offered, and names no terms. */
  readonly claims?: boolean;
  /** What a job writes. */
  readonly output?: readonly string[];
  /** Assigned jobs are worked on until this is called with them. */
  readonly work?: (assigned: PayloadOf<'JOB_ASSIGN'>, runner: TestRunner) => void | Promise<void>;
}

let count = 0;

export class TestRunner {
  readonly signer = newSigner();
  readonly id: string;
  readonly messages: Message[] = [];
  readonly held = new Map<string, number>();
  readonly committed: PayloadOf<'JOB_COMMITTED'>[] = [];
  link: Link | undefined;
  /** Id of the last one it made. */
  bid: string | undefined;
  readonly #how: RunnerHow;

  constructor(how: RunnerHow) {
    this.#how = how;
    this.id = how.id ?? `aln://runner/test/r${++count}`;
  }

  async start(dial: Dial): Promise<void> {
    this.link = dial(
      this.signer,
      () => ({
        ...{ runner_id: this.id, capabilities: { build: ['make'] }, max_concurrent_jobs: 4 },
        jobs: [...this.held].map(([job_id, fence]) => ({ job_id, fence })),
        ...this.#how.hello,
      }),
      (message, channel) => this.#take(message, channel),
    );
    await this.link.ready();
  }

  #take(message: Message, channel: Channel): void {
    this.messages.push(message);
    if (message.type === 'JOB_OFFER') {
      const { job_id } = message.payload;
      const re = message.msg_id;
      this.bid =
        this.#how.claims === true
          ? channel.send('JOB_CLAIM', { job_id }, re)
          : channel.send('JOB_BID', { job_id, eta_s: 1, cost_units: 1, confidence: 1 }, re);
    }
    if (message.type === 'JOB_ASSIGN') {
      this.held.set(message.payload.job_id, message.payload.fence);
      const work = this.#how.work ?? ((assigned: PayloadOf<'JOB_ASSIGN'>) => this.finish(assigned));
      // a connection that ends in the middle is part of what is tested
      Promise.resolve(work(message.payload, this)).catch(() => undefined);
    }
  }

  async finish(
    { job_id, fence }: Pick<PayloadOf<'JOB_ASSIGN'>, 'job_id' | 'fence'>,
    more: JsonObject = {},
  ): Promise<PayloadOf<'JOB_COMMITTED'>> {
    const link = this.link;
    if (link === undefined) throw new Error('not started');
    link.send('JOB_STATE', { job_id, fence, state: 'Running', standard: 'Running' });
    let offset = 0;
    for (const data of this.#how.output ?? []) {
      link.send('JOB_LOG', { job_id, fence, offset, stream: 'stdout', data });
      offset += Buffer.byteLength(data);
    }
    const end = {
      ...{ job_id, fence, idempotency_key: `${job_id}-${fence}`, status: 'CompletedSuccessfully' as const },
      ...{ exit_code: 0, metrics: {}, artifacts: [], ...more },
    };
    const { payload } = await link.request('JOB_RESULT', signPayload('JOB_RESULT', end, this.signer));
    this.committed.push(payload);
    return payload;
  }
}

export async function until(holds: () => boolean | Promise<boolean>, most = 5000): Promise<void> {
  const deadline = performance.now() + most;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`it did not come to hold: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
