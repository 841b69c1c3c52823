/**
 * The least that a cycle of a mesh with everything on can be, with nothing of bit around it: bare `ws`, Node's JSON and
 * Ed25519, SQLite with a log that is synced. `floor.ts server DIRECTORY [NATS-URL]`, or `floor.ts client PORT CONNECTIONS
 * SECONDS`.
 *
 * A cycle is OFFER, BID, ASSIGN (signed here, verified there), RESULT (signed there, verified here) and its ACK. The
 * assignment is durable before it is said, the result before it is acknowledged; what waits for the disk together is one
 * transaction; with NATS each is a message of a stream there. Of both an event is kept until a signed entry of a ledger
 * tells of it, one for all that came together.
 */
import { createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { closeSync, fdatasync, openSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { WebSocket, WebSocketServer } from 'ws';

const OPTIONS = { perMessageDeflate: false } as const;
const JOB = {
  repo: 'git+https://example.com/foo/bar.git#main',
  required: { capabilities: ['build'], policies: ['bithub.repo.structure', 'bithub.workflows.ledger'] },
  artifacts_in: ['aln+ns://datasets/train'],
  artifacts_out: ['aln+ns://builds/bar/{job_id}.tar.gz'],
  priority: 7,
  timeout_s: 1800,
};

interface Message {
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

let said = 0;
function text(type: string, payload: object): string {
  const ts = new Date().toISOString();
  const from = 'aln://mesh/bench';
  return JSON.stringify({
    type,
    schema: `bithub.mesh.${type}.v1`,
    msg_id: `M-${++said}`,
    sender: from,
    ts,
    payload,
  });
}

const signed = (payload: object, key: KeyObject): object => ({
  ...payload,
  signature: sign(null, Buffer.from(JSON.stringify(payload)), key).toString('base64url'),
});

function holds({ signature, ...payload }: Message['payload'], key: KeyObject): boolean {
  return verify(null, Buffer.from(JSON.stringify(payload)), key, Buffer.from(String(signature), 'base64url'));
}

async function serve(directory: string, natsUrl: string | undefined): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const store = new Store(
    directory,
    privateKey,
    natsUrl === undefined ? undefined : await publisher(natsUrl),
  );
  const server = new WebSocketServer({ ...OPTIONS, host: '127.0.0.1', port: 0 });
  let count = 0;
  server.on('connection', (socket) => {
    let peer: KeyObject | undefined;
    const offer = (): void => {
      const job_id = idOf(++count);
      socket.send(text('JOB_OFFER', { job_id, ...JOB }));
    };
    socket.on('message', async (data) => {
      const { type, payload } = JSON.parse(String(data)) as Message;
      if (type === 'HELLO') {
        peer = createPublicKey({ key: payload['key'] as never, format: 'jwk' });
        socket.send(text('HELLO_ACK', { key: publicKey.export({ format: 'jwk' }) }));
        offer();
      } else if (type === 'JOB_BID') {
        const { job_id } = payload;
        const assign = signed({ job_id, runner_id: 'r', fence: 1, lease_s: 30 }, privateKey);
        await store.keep(String(job_id), 'leased', assign);
        socket.send(text('JOB_ASSIGN', assign));
      } else {
        if (peer === undefined || !holds(payload, peer)) throw new Error('a wrong signature');
        await store.keep(String(payload['job_id']), 'CompletedSuccessfully', payload);
        socket.send(text('ACK', { job_id: payload['job_id'] }));
        offer();
      }
    });
  });
  server.on('listening', () => process.send?.((server.address() as { port: number }).port));
}

const idOf = (n: number): string => `J-${String(n).padStart(26, '0')}`;
/** Handed in before the clock starts. */
const JOBS = 60_000;

type Publish = (id: string, record: string) => Promise<unknown>;

async function publisher(url: string): Promise<Publish> {
  const { connect } = await import('@nats-io/transport-node');
  const { jetstream, jetstreamManager } = await import('@nats-io/jetstream');
  const connection = await connect({ servers: url });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: 'FLOOR', subjects: ['floor.>'], max_msgs_per_subject: 1 });
  const stream = jetstream(connection);
  return (id, record) => stream.publish(`floor.${id}`, record);
}

interface Waiting {
  readonly id: string;
  readonly state: string;
  readonly facts: object;
  readonly done: () => void;
}

/** Jobs, what of them the ledger has not told yet, and the ledger. */
class Store {
  readonly #database: Database.Database;
  readonly #ledger: Database.Database;
  readonly #log: number;
  readonly #ledgerLog: number;
  readonly #key: KeyObject;
  readonly #sql: Readonly<
    Record<'update' | 'event' | 'forget' | 'events' | 'entry', Database.Statement<unknown[]>>
  >;
  readonly #publish: Publish | undefined;
  /** Published, and not told by the ledger yet. */
  #published: string[] = [];
  #last = 0;
  #waiting: Waiting[] = [];
  #told: number[] = [];
  #busy = false;
  #telling = false;

  constructor(directory: string, key: KeyObject, publish: Publish | undefined) {
    this.#publish = publish;
    const [jobs, ledger] = ['floor.db', 'floor-ledger.db'].map((name) => join(directory, name)) as [
      string,
      string,
    ];
    const open = (path: string, schema: string): Database.Database => {
      const database = new Database(path);
      database.pragma('journal_mode = WAL');
      database.pragma('synchronous = NORMAL');
      database.exec(schema);
      return database;
    };
    this.#database = open(
      jobs,
      'CREATE TABLE jobs (id TEXT PRIMARY KEY, state TEXT, record TEXT); CREATE TABLE outbox (seq INTEGER PRIMARY KEY, event TEXT)',
    );
    this.#ledger = open(ledger, 'CREATE TABLE entries (seq INTEGER PRIMARY KEY, entry TEXT, signature TEXT)');
    this.#log = openSync(`${jobs}-wal`, 'r+');
    this.#ledgerLog = openSync(`${ledger}-wal`, 'r+');
    this.#key = key;
    const insert = this.#database.prepare('INSERT INTO jobs VALUES (?, ?, ?)');
    this.#database.transaction(() => {
      for (let n = 1; n <= JOBS; n++) insert.run(idOf(n), 'queued', JSON.stringify(JOB));
    })();
    this.#sql = {
      update: this.#database.prepare('UPDATE jobs SET state = ?, record = ? WHERE id = ?'),
      event: this.#database.prepare('INSERT INTO outbox (event) VALUES (?)'),
      forget: this.#database.prepare('DELETE FROM outbox WHERE seq = ?'),
      events: this.#database.prepare('SELECT seq, event FROM outbox WHERE seq > ? ORDER BY seq LIMIT 512'),
      entry: this.#ledger.prepare('INSERT INTO entries (entry, signature) VALUES (?, ?)'),
    };
    process.on('exit', () => {
      closeSync(this.#log);
      closeSync(this.#ledgerLog);
    });
  }

  async keep(id: string, state: string, facts: object): Promise<void> {
    if (this.#publish !== undefined) {
      const record = JSON.stringify({ state, facts });
      await this.#publish(id, record);
      this.#published.push(record);
      void this.#tell();
      return;
    }
    await new Promise<void>((done) => {
      this.#waiting.push({ id, state, facts, done });
      if (!this.#busy) setImmediate(() => this.#flush());
      this.#busy = true;
    });
  }

  #flush(): void {
    const [waiting, told] = [this.#waiting, this.#told];
    [this.#waiting, this.#told] = [[], []];
    const { update, event, forget } = this.#sql;
    this.#database.exec('BEGIN IMMEDIATE');
    for (const seq of told) forget.run(seq);
    for (const { id, state, facts } of waiting) {
      const record = JSON.stringify(facts);
      update.run(state, record, id);
      event.run(record);
    }
    this.#database.exec('COMMIT');
    fdatasync(this.#log, () => {
      for (const { done } of waiting) done();
      void this.#tell();
      if (this.#waiting.length > 0) this.#flush();
      else this.#busy = false;
    });
  }

  async #tell(): Promise<void> {
    if (this.#telling) return;
    this.#telling = true;
    await new Promise((resolve) => setTimeout(resolve, 10));
    const rows = this.#sql.events.all(this.#last) as { seq: number; event: string }[];
    this.#last = rows.at(-1)?.seq ?? this.#last;
    const entry = JSON.stringify([...rows.map(({ event }) => event), ...this.#published.splice(0)]);
    const signature = sign(null, Buffer.from(entry), this.#key).toString('base64url');
    this.#sql.entry.run(entry, signature);
    await new Promise((resolve) => fdatasync(this.#ledgerLog, resolve));
    this.#told.push(...rows.map(({ seq }) => seq));
    this.#telling = false;
  }
}

async function run(port: string, connections: number, seconds: number): Promise<void> {
  let cycles = 0;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const { privateKey, publicKey } = generateKeyPairSync('ed25519');
      const socket = new WebSocket(`ws://127.0.0.1:${port}`, OPTIONS);
      let controller: KeyObject | undefined;
      socket.on('message', (data) => {
        const { type, payload } = JSON.parse(String(data)) as Message;
        if (type === 'HELLO_ACK') {
          controller = createPublicKey({ key: payload['key'] as never, format: 'jwk' });
        } else if (type === 'JOB_OFFER')
          socket.send(
            text('JOB_BID', { job_id: payload['job_id'], eta_s: 1, cost_units: 1, confidence: 0.9 }),
          );
        else if (type === 'JOB_ASSIGN') {
          if (controller === undefined || !holds(payload, controller)) throw new Error('a wrong signature');
          const { job_id, fence } = payload;
          const end = {
            job_id,
            fence,
            idempotency_key: `${job_id}.${fence}`,
            status: 'CompletedSuccessfully',
          };
          socket.send(
            text('JOB_RESULT', signed({ ...end, exit_code: 0, metrics: {}, artifacts: [] }, privateKey)),
          );
        } else cycles += 1;
      });
      await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
      socket.send(text('HELLO', { key: publicKey.export({ format: 'jwk' }) }));
    }),
  );
  // connections and compilers first
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const [began, before] = [performance.now(), cycles];
  setTimeout(() => {
    process.send?.(((cycles - before) / (performance.now() - began)) * 1000);
    process.exit();
  }, seconds * 1000);
}

const [role = 'server', ...words] = process.argv.slice(2);
if (role === 'server') await serve(words[0] ?? '.', words[1]);
else await run(words[0] ?? '0', Number(words[1] ?? 100), Number(words[2] ?? 3));
process.on('disconnect', () => process.exit());
