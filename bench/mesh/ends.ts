/** Both ends of a measurement in this process, so that a rate says what the work costs and not who waits for whom. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { exportPublicKey } from '../../src/kernel/ed25519.ts';
import type { Signer } from '../../src/keys/index.ts';
import { createGate, openLink, type PeerChannel, type Speaker } from '../../src/mesh/channel/index.ts';
import { type Message, MOST_ANSWER_BYTES, MOST_MESSAGE_BYTES } from '../../src/mesh/protocol/index.ts';
import { dialWs, listenWs, makeCertificate, memoryPins } from '../../src/mesh/transport/index.ts';

/** 100 at a time, again and again. */
export interface Ends {
  /** A second, measured for so many milliseconds. */
  rate(milliseconds: number): Promise<number>;
  end(): Promise<void>;
}

const IN_FLIGHT = 100;
/** As many runners, each with an equal part of what is in flight. */
const CONNECTIONS = 20;
/** As long as the messages of a cycle are on the average. */
const ECHO = 'x'.repeat(512);

/** Keeps as many under way as there should be while it counts, and none in between. */
class Counter {
  #count = 0;
  #running = false;
  #under = 0;
  #ended: () => void = () => undefined;
  readonly #start: (connection: number) => void;

  constructor(start: (connection: number) => void) {
    this.#start = start;
  }

  /** One is done on that connection. */
  done(connection: number): void {
    this.#count += 1;
    this.#under -= 1;
    if (this.#running) this.#next(connection);
    else if (this.#under === 0) this.#ended();
  }

  #next(connection: number): void {
    this.#under += 1;
    this.#start(connection);
  }

  async rate(milliseconds: number): Promise<number> {
    const began = performance.now();
    this.#count = 0;
    this.#running = true;
    while (this.#under < IN_FLIGHT) this.#next(this.#under % CONNECTIONS);
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    const rate = (this.#count * 1000) / (performance.now() - began);
    this.#running = false;
    await new Promise<void>((resolve) => {
      this.#ended = resolve;
    });
    return rate;
  }
}

export async function echoes(tls: boolean): Promise<Ends> {
  const server = tls
    ? createHttpsServer(makeCertificate({ names: ['127.0.0.1'], now: new Date() }))
    : createServer();
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on('connection', (ws) => {
    ws.on('message', (data, binary) => ws.send(data, { binary }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `${tls ? 'wss' : 'ws'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const all = Array.from(
    { length: CONNECTIONS },
    () => new WebSocket(address, { perMessageDeflate: false, rejectUnauthorized: false }),
  );
  const counter = new Counter((connection) => all[connection]?.send(ECHO));
  for (const [at, ws] of all.entries()) ws.on('message', () => counter.done(at));
  await Promise.all(all.map((ws) => new Promise((resolve) => ws.once('open', resolve))));
  return {
    rate: (milliseconds) => counter.rate(milliseconds),
    async end() {
      for (const ws of all) ws.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const OFFER = {
  repo: 'git+https://example.com/foo/bar.git#main',
  required: { capabilities: ['build'], policies: ['bithub.repo.structure', 'bithub.workflows.ledger'] },
  artifacts_in: ['aln+ns://datasets/train'],
  artifacts_out: ['aln+ns://builds/bar/{job_id}.tar.gz'],
  priority: 7,
  timeout_s: 1800,
};
const SIGNATURE = 's'.repeat(86);

/** The runner's half: bids for every offer, and is done with every assignment at once. */
function answer(message: Message, speaker: Speaker): void {
  if (message.type === 'JOB_OFFER') {
    const { job_id } = message.payload;
    speaker.send('JOB_BID', { job_id, eta_s: 420, cost_units: 5, confidence: 0.92 }, message.msg_id);
  } else if (message.type === 'JOB_ASSIGN') {
    const { job_id, fence } = message.payload;
    const end = {
      job_id,
      fence,
      idempotency_key: `${job_id}/${fence}`,
      status: 'CompletedSuccessfully' as const,
    };
    const result = { exit_code: 0, metrics: { wall_s: 1.5 }, artifacts: [], signature: SIGNATURE };
    speaker.send('JOB_RESULT', { ...end, ...result });
  }
}

/** OFFER → BID → ASSIGN → RESULT, each message decoded, validated and held to session, replay window and rate. */
export async function cycles(tls: boolean): Promise<Ends> {
  const runners = Array.from({ length: CONNECTIONS }, (_, at) => `aln://runner/phoenix/${at}`);
  const channels: PeerChannel[] = [];
  let count = 0;
  const counter = new Counter((connection) => {
    channels[connection]?.send('JOB_OFFER', { job_id: `J-${(count++).toString(36)}`, ...OFFER });
  });
  const gate = createGate({
    ...{ signer: newSigner(), id: 'aln://mesh/controller', mesh: 'bench', issuer: 'aln://bithub/auth' },
    accept_personas: ['hybrid'],
    rate_limits: { per_peer_rps: 1e9, burst: 1e9 },
    revoked: () => false,
    joined: (channel) => {
      channels[runners.indexOf(channel.peer.id)] = channel;
    },
    take: (message, channel) => {
      if (message.type === 'JOB_BID') {
        const { job_id } = message.payload;
        const lease = {
          job_id,
          runner_id: channel.peer.id,
          fence: 1,
          lease_s: 30,
          attempt: 1,
          signature: SIGNATURE,
        };
        channel.send('JOB_ASSIGN', { ...lease, job: { job_id, ...OFFER } });
      } else if (message.type === 'JOB_RESULT') counter.done(channels.indexOf(channel));
    },
  });
  const listener = await listenWs({
    ...{ host: '127.0.0.1', port: 0, most: 2 * MOST_MESSAGE_BYTES },
    ...(tls ? { tls: makeCertificate({ names: ['127.0.0.1'], now: new Date() }) } : {}),
    connection: (connection) => gate.welcome(connection),
  });
  const links = runners.map((runner_id) =>
    openLink({
      dialer: dialWs({ required: tls, mode: 'self-signed-ok', pins: memoryPins(), most: MOST_ANSWER_BYTES }),
      addresses: () => [listener.address],
      signer: newSigner(),
      hello: () => ({
        ...{ runner_id, persona: 'hybrid', capabilities: { build: ['node18'] }, storage: ['aln+ns://'] },
        policy_hash: `sha256-${'0'.repeat(64)}`,
      }),
      trusted: () => true,
      take: answer,
    }),
  );
  await Promise.all(links.map((link) => link.ready()));
  return {
    rate: (milliseconds) => counter.rate(milliseconds),
    async end() {
      await Promise.all(links.map((link) => link.close()));
      gate.close('measured');
      await listener.close();
    },
  };
}

function newSigner(): Signer {
  const { privateKey } = generateKeyPairSync('ed25519');
  return { publicKey: exportPublicKey(privateKey), sign: (message) => sign(null, message, privateKey) };
}
