/**
 * Runners and a client on one mesh, as a process of its own: `runners.ts ADDRESS`. What they do is told by messages of
 * the parent: `{runners, places}` connects runners, `{submit, ahead}` submits jobs, `{flight}` keeps jobs in flight.
 */
import { generateKeyPairSync, sign } from 'node:crypto';
import { exportPublicKey } from '../../src/kernel/ed25519.ts';
import type { Signer } from '../../src/keys/index.ts';
import { type Channel, type Link, openLink } from '../../src/mesh/channel/index.ts';
import { signPayload, verifyPayload } from '../../src/mesh/identity/index.ts';
import type { JobSpecification, Message } from '../../src/mesh/protocol/index.ts';
import { dialWs, memoryPins } from '../../src/mesh/transport/index.ts';

const [address = ''] = process.argv.slice(2);
const dialer = dialWs({ required: false, mode: 'self-signed-ok', pins: memoryPins(), most: 8 * 1024 * 1024 });
const JOB: JobSpecification = {
  repo: 'git+https://example.com/foo/bar.git#main',
  commit: '0123456789abcdef0123456789abcdef01234567',
  task: { kind: 'command', argv: ['make', 'test'] },
  required: { capabilities: ['build'] },
  priority: 5,
  timeout_s: 600,
};

function newSigner(): Signer {
  const { privateKey } = generateKeyPairSync('ed25519');
  return { publicKey: exportPublicKey(privateKey), sign: (message) => sign(null, message, privateKey) };
}

let committed = 0;
let assigned = 0;
let onCommitted = (_job: string): void => {};
let onAssigned = (_job: string): void => {};
let controllerKey = '';

function take(signer: Signer, message: Message, channel: Channel): void {
  if (message.type === 'JOB_OFFER') {
    channel.send('JOB_BID', { job_id: message.payload.job_id, eta_s: 1, cost_units: 1, confidence: 0.9 });
  } else if (message.type === 'JOB_ASSIGN') {
    if (!verifyPayload('JOB_ASSIGN', message.payload, controllerKey)) throw new Error('a forged assignment');
    assigned += 1;
    const { job_id, fence } = message.payload;
    onAssigned(job_id);
    const end = {
      ...{ job_id, fence, idempotency_key: `${job_id}.${fence}`, status: 'CompletedSuccessfully' as const },
      ...{ exit_code: 0, metrics: { wall_ms: 1 }, artifacts: [] },
    };
    channel.send('JOB_RESULT', signPayload('JOB_RESULT', end, signer));
  } else if (message.type === 'JOB_COMMITTED') {
    if (!message.payload.committed) throw new Error(`not committed: ${message.payload.reason}`);
    committed += 1;
    onCommitted(message.payload.job_id);
  } else if (message.type === 'ERROR') throw new Error(JSON.stringify(message.payload));
}

function connect(id: string, role: 'runner' | 'client', places: number): Link {
  const signer = newSigner();
  return openLink({
    ...{ dialer, signer, addresses: () => [address] },
    trusted: (key) => {
      controllerKey = key;
      return true;
    },
    take: (message, channel) => take(signer, message, channel),
    fault: (error) => {
      throw error;
    },
    hello: () => ({
      ...{ runner_id: id, role, persona: 'hybrid', capabilities: { build: ['make'] }, storage: [] },
      ...{ policy_hash: `sha256-${'0'.repeat(64)}`, max_concurrent_jobs: places },
    }),
  });
}

const links: Link[] = [];
let client: Link | undefined;
let submitted = 0;

async function submit(): Promise<string> {
  client ??= connect('aln://client/bench', 'client', 0);
  const key = `${process.pid}.${submitted++}`;
  const { payload } = await client.request(
    'JOB_SUBMIT',
    { idempotency_key: key, job: JOB },
    { timeout_ms: 120_000 },
  );
  return payload.job_id;
}

interface Asked {
  readonly runners?: number;
  readonly places?: number;
  /** Jobs to submit, so many at once. */
  readonly submit?: number;
  /** Wait until so many more were committed; then tells how long that took. */
  readonly committed?: number;
  /** Of those the ones before the clock starts, while runners connect. */
  readonly warm?: number;
  /** Keep so many in flight, a new submission for each that was committed, until so many were. */
  readonly flight?: number;
  readonly jobs?: number;
  /** One job after the other: milliseconds from submission to assignment of each. */
  readonly placements?: number;
}

async function work(asked: Asked): Promise<object> {
  const { runners = 0, places = 1 } = asked;
  let began = performance.now();
  for (let n = 0; n < runners; n++)
    links.push(connect(`aln://runner/bench/r${links.length}`, 'runner', places));
  if (asked.committed === undefined) await Promise.all(links.map((link) => link.ready()));
  if (asked.submit !== undefined) {
    let left = asked.submit;
    await Promise.all(
      Array.from({ length: 256 }, async () => {
        while (left-- > 0) await submit();
      }),
    );
  }
  if (asked.committed !== undefined) {
    const goal = committed + asked.committed;
    const warm = committed + (asked.warm ?? 0);
    await new Promise<void>((resolve) => {
      onCommitted = () => {
        if (committed === warm) began = performance.now();
        if (committed >= goal) resolve();
      };
    });
  }
  if (asked.flight !== undefined) {
    const goal = committed + (asked.jobs ?? 0);
    let open = asked.jobs ?? 0;
    await new Promise<void>((resolve) => {
      onCommitted = () => {
        if (committed >= goal) resolve();
        else if (open-- > 0) void submit();
      };
      for (let n = 0; n < (asked.flight ?? 0) && open-- > 0; n++) void submit();
    });
  }
  const times: number[] = [];
  for (let n = 0; n < (asked.placements ?? 0); n++) {
    const done = new Promise<void>((resolve) => {
      onCommitted = () => resolve();
    });
    const from = performance.now();
    const placed = new Promise<void>((resolve) => {
      onAssigned = () => {
        times.push(performance.now() - from);
        resolve();
      };
    });
    await submit();
    await placed;
    await done;
  }
  return { milliseconds: performance.now() - began, committed, assigned, times, cpu: process.cpuUsage() };
}

process.on('message', (asked: Asked) => {
  void work(asked).then((answer) => process.send?.(answer));
});
process.on('disconnect', () => process.exit());
