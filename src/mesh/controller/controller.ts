/** A controller: the door, the lifecycle, the store and the ledger put together. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JsonObject } from '../../kernel/json.ts';
import { createGate, type Gate as Door, type PeerChannel, refusal } from '../channel/index.ts';
import { signPayload } from '../identity/index.ts';
import {
  countsOf,
  holds,
  type JobRecord,
  type JobStanding,
  jobStanding,
  type Peer,
  type RunnerFacts,
  type Said,
} from '../lifecycle/index.ts';
import { type Message, type PayloadOf, RELEASED } from '../protocol/index.ts';
import { ARTIFACTS, Artifacts } from './artifacts.ts';
import { takeFromClient } from './client-messages.ts';
import { Engine } from './engine.ts';
import type { Controller, ControllerParts } from './index.ts';
import { Instruments } from './instruments.ts';
import { Judge } from './judge.ts';
import { Notes } from './notes.ts';
import { Outbox } from './outbox.ts';
import { EXPOSITION } from './registry.ts';
import { takeReleased } from './released.ts';
import { Retention } from './retention.ts';
import { takeFromRunner } from './runner-messages.ts';
import { gauges, standingOfRecord } from './status.ts';
import { Traces } from './traces.ts';
import { Watchers } from './watchers.ts';

/** Milliseconds a runner waits at most for the ledger's position in JOB_COMMITTED. */
const LEDGER_PATIENCE_MS = 2000;
const KEYS_MS = 2000;

export class MeshController implements Controller {
  readonly parts: ControllerParts;
  readonly engine: Engine;
  readonly door: Door;
  readonly judge: Judge;
  readonly notes: Notes;
  readonly outbox: Outbox;
  readonly watchers: Watchers;
  readonly artifacts: Artifacts;
  readonly retention: Retention;
  readonly instruments: Instruments;
  readonly traces: Traces | undefined;
  readonly startedAt: string;
  /** Everyone who has joined, by the name the lifecycle knows them by. */
  readonly #peers = new Map<Peer, PeerChannel>();
  readonly #names = new WeakMap<PeerChannel, Peer>();
  #sessions = 0;
  #keys: NodeJS.Timeout | undefined;
  readonly #runners = new Set<string>();

  constructor(parts: ControllerParts) {
    this.parts = parts;
    const { store, ledger, clock, id, signer } = parts;
    this.startedAt = new Date(clock.now()).toISOString();
    this.traces =
      parts.otlp === undefined
        ? undefined
        : new Traces({ ...parts.otlp, controller: id, version: parts.version, onFailure: parts.notice });
    this.instruments = new Instruments(this.traces);
    this.notes = new Notes(ledger, (error) => this.#fault('ledger', error));
    this.outbox = new Outbox({
      outbox: store.outbox,
      ledger,
      gatherMs: parts.gatherMs ?? 20,
      onFailure: (error) => this.#fault('ledger', error),
      onWritten: (entries) => this.instruments.entries(entries),
    });
    this.watchers = new Watchers(store.logs, (error) => this.#fault('logs', error));
    this.judge = new Judge({
      open: parts.openGate,
      controller: id,
      refused: (job, runner, { reason, decision }) => {
        this.instruments.refused('offer');
        this.notes.add({
          event: 'JOB_OFFER',
          denied: true,
          payload: { job_id: job.job_id, runner_id: runner.runner_id, reason, policy: decision },
        });
      },
      changed: () => this.engine.feed({ type: 'policy-changed' }),
    });
    this.engine = new Engine({
      ...{ store, clock, name: parts.instance },
      lifecycle: { ...parts.lifecycle, permits: (job, runner) => this.judge.permits(job, runner) },
      send: (to, said, re) => this.#send(to, said, re),
      close: (peer, reason) => this.#peers.get(peer)?.close(undefined, reason),
      standing: (standing) => this.#standing(standing),
      scale: (scale) => parts.scale?.(scale),
      noted: (writes) => {
        this.instruments.written(writes);
        this.outbox.kick();
      },
      lost: (error, again) => this.#lost(error, again),
      fault: (error) => this.#fault('lifecycle', error),
    });
    this.door = createGate({
      ...{ signer, id, clock },
      mesh: parts.mesh,
      issuer: parts.config.auth.jwtIssuer,
      accept_personas: parts.config.auth.acceptPersonas,
      rate_limits: {
        per_peer_rps: parts.config.rateLimits.perPeerRps,
        burst: parts.config.rateLimits.burst,
      },
      revoked: (key) => parts.keys.revoked(key),
      admit: (hello) => {
        if (!this.engine.ready)
          throw refusal('internal', 'the store is not at hand; try again', { retry_after_ms: 1000 });
        parts.keys.admit(hello);
        return {};
      },
      take: (message, channel) => this.#take(message, channel),
      joined: (channel) => this.#joined(channel),
      fault: (error) => this.#fault('connection', error),
      heartbeat_s: (parts.lifecycle.heartbeat_ms ?? 15_000) / 1000,
      lease_s: (parts.lifecycle.lease_ms ?? 30_000) / 1000,
    });
    this.artifacts = new Artifacts({
      driver: parts.artifacts,
      bearer: (authorization) => this.door.bearer(authorization)?.sub,
      committed: async ({ uri, sha256, size, chunks }, by) => {
        this.instruments.artifact(size);
        const payload = { event: 'ARTIFACT_COMMIT', uri, sha256, size, chunks: chunks ?? 0, ...by };
        await this.notes.record({ event: 'ARTIFACT_COMMIT', payload });
      },
      mostBytes: parts.mostArtifactBytes ?? 64 * 1024 ** 3,
    });
    this.retention = new Retention({
      ...{ store, artifacts: parts.artifacts, keep: parts.config.retention },
      now: () => clock.now(),
      pruned: (jobs) => this.instruments.pruned(jobs),
      fault: (error) => this.#fault('retention', error),
      ...(parts.retentionMs === undefined ? {} : { every: parts.retentionMs }),
    });
    gauges(this);
  }

  async start(): Promise<void> {
    await this.judge.start();
    await this.parts.keys.refresh();
    await this.engine.start();
    this.outbox.kick();
    this.retention.start();
    this.#keys = setInterval(() => {
      void this.#refreshKeys();
      // another controller may be gone that had events to tell
      if (this.parts.store.shared) this.outbox.kick();
    }, KEYS_MS).unref();
  }

  get counts(): Controller['counts'] {
    return { ...this.instruments.counts, runners: this.#runners.size };
  }

  get open(): number {
    const { queued, bidding, leased } = countsOf(this.engine.mesh);
    return queued + bidding + leased;
  }

  get channels(): ReadonlyMap<Peer, PeerChannel> {
    return this.#peers;
  }

  /** Whether a channel's runner has the lease of a job under this fencing token. */
  holds(channel: PeerChannel, job: string, fence: number | undefined): boolean {
    return fence !== undefined && holds(this.engine.mesh, this.peerOf(channel), job, fence);
  }

  /** How a job of the store looks from outside. */
  standing(record: JobRecord): JobStanding {
    return jobStanding(this.engine.mesh, record.job_id) ?? standingOfRecord(record);
  }

  peerOf(channel: PeerChannel): Peer {
    const peer = this.#names.get(channel);
    if (peer === undefined) throw new Error('a channel spoke that has not joined');
    return peer;
  }

  /** Requests that are no connections. */
  readonly http = (request: IncomingMessage, response: ServerResponse): void => {
    this.#serve(request, response).catch((error: unknown) => {
      this.#fault('http', error);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  };

  async stop(reason: string): Promise<void> {
    clearInterval(this.#keys);
    this.judge.stop();
    this.door.close(reason);
    await this.retention.stop();
    await this.engine.stop();
    await this.outbox.stop();
    await this.notes.flush();
    await this.traces?.flush();
  }

  #take(message: Message, channel: PeerChannel): void | Promise<void> {
    this.instruments.message(message.type);
    return channel.peer.role === 'runner'
      ? takeFromRunner(this, message, channel)
      : takeFromClient(this, message, channel);
  }

  #joined(channel: PeerChannel): void {
    const peer = `${channel.peer.id} ${++this.#sessions}`;
    this.#peers.set(peer, channel);
    this.#names.set(channel, peer);
    void channel.closed.then(() => {
      this.#peers.delete(peer);
      if (channel.peer.role === 'runner') this.engine.feed({ type: 'gone', peer });
    });
    if (channel.peer.role !== 'runner') return;
    this.#runners.add(channel.peer.id);
    const { ts, jobs = [] } = channel.hello;
    const { challenged } = channel;
    this.engine.feed({
      type: 'hello',
      sent: Date.parse(ts),
      challenged,
      peer,
      runner: factsOf(channel),
      jobs,
    });
  }

  #send(to: Peer, said: Said, re: string | undefined): void {
    const channel = this.#peers.get(to);
    if (channel === undefined) return;
    if (said.type === 'JOB_ASSIGN') {
      channel.send('JOB_ASSIGN', signPayload('JOB_ASSIGN', said.payload, this.parts.signer), re);
      return;
    }
    if (said.type === 'JOB_COMMITTED' && said.payload.committed && !said.payload.duplicate) {
      void this.#committed(channel, said.payload, re);
      return;
    }
    channel.send(said.type, said.payload as never, re);
  }

  /** The runner's chain names the controller's entry, as the controller's names the runner's. */
  async #committed(
    channel: PeerChannel,
    payload: PayloadOf<'JOB_COMMITTED'>,
    re: string | undefined,
  ): Promise<void> {
    const ledger = await this.outbox.position(payload.job_id, payload.fence, LEDGER_PATIENCE_MS);
    channel.send('JOB_COMMITTED', ledger === undefined ? payload : { ...payload, ledger }, re);
  }

  #standing(standing: JobStanding): void {
    this.watchers.standing(standing);
    this.parts.told?.(standing);
  }

  #lost(error: unknown, again: number): void {
    this.#fault('store', error);
    this.parts.notice(`the store failed; everything is loaded again in ${again} ms`);
    for (const channel of this.#peers.values()) channel.close(undefined, 'the store failed');
  }

  #fault(part: string, error: unknown): void {
    this.instruments.failure(part);
    this.parts.fault(part, error);
  }

  async #refreshKeys(): Promise<void> {
    try {
      if (await this.parts.keys.refresh()) this.door.recheck();
    } catch (error) {
      this.#fault('keys', error);
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    if (path.startsWith(ARTIFACTS)) return this.artifacts.serve(request, response);
    if (path === RELEASED && request.method === 'POST') return takeReleased(this, request, response);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
    } else if (path === '/metrics') {
      response.writeHead(200, { 'content-type': EXPOSITION }).end(this.instruments.registry.expose());
    } else if (path === '/healthz') {
      const { ready } = this.engine;
      response.writeHead(ready ? 200 : 503, { 'content-type': 'application/json' });
      response.end(
        `${JSON.stringify({ ready, mesh: this.parts.mesh, controller: this.parts.id } satisfies JsonObject)}\n`,
      );
    } else {
      response.writeHead(404).end();
    }
  }
}

function factsOf({ hello, peer }: PeerChannel): RunnerFacts {
  return {
    runner_id: peer.id,
    public_key: peer.public_key,
    persona: hello.persona,
    capabilities: hello.capabilities,
    policies: hello.policies ?? [],
    max_concurrent_jobs: hello.max_concurrent_jobs ?? 1,
    ...(hello.profile === undefined ? {} : { profile: hello.profile }),
    ...(hello.resources === undefined ? {} : { resources: hello.resources }),
  };
}
