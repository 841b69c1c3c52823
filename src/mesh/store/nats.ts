/**
 * NATS JetStream: as many controllers as like share it. One key-value bucket holds jobs with their leases, runners and
 * the controllers' claims; each write of a job names the revision it follows, and the server takes one of those that
 * name the same. The bucket's own stream is the outbox: a durable consumer of it hands each change, with the events
 * written in it, to one controller at a time, as a work queue does, until that one has it in its ledger.
 *
 * All controllers read one ordered stream: whoever sees its own claim come back has seen every change before it.
 */
import { createHash } from 'node:crypto';
import { BitError } from '../../kernel/errors.ts';
import { ulid } from '../../kernel/ids.ts';
import type { Kept, LedgerEvent, Outcome, Write } from '../lifecycle/index.ts';
import type { MeshStore } from './index.ts';
import { openNatsArtifacts } from './nats-artifacts.ts';
import { type Claims, makeClaims } from './nats-claims.ts';
import { connectTo, type Nats } from './nats-connect.ts';
import { JobIndex } from './nats-index.ts';
import { openNatsLogs } from './nats-logs.ts';

export interface NatsOptions {
  /** `nats://[user:password@|token@]host:port`, or `tls://…`; several, separated by commas. */
  readonly url: string;
  /** Text of a credentials file (a user's JWT and seed). */
  readonly credentials?: string;
  /** Meshes of different names on one server know nothing of each other. */
  readonly mesh: string;
  /** Servers each change is kept on: 3 on a cluster. */
  readonly replicas?: number;
  /** How long a controller's claim holds. */
  readonly claim_ms?: number;
  /** How long a controller may take to tell its ledger of an event before another one is asked. */
  readonly ledger_ms?: number;
}

/** Revisions of a job the server keeps for its ledger: the most a bucket can. */
const HISTORY = 64;
const CLAIM_MS = 10_000;
const LEDGER_MS = 30_000;
/** How often, and how long, a write is sent again that nobody answered; the server knows it by its id. */
const TRIES = 5;
const PATIENCE_MS = 2_000;

/** What lies under a key. */
interface Value {
  readonly record: unknown;
  readonly events: readonly LedgerEvent[];
  /** Which process wrote it. */
  readonly by: string;
}

/** @throws BitError `remote` where the server can't be reached or has no JetStream, `auth` */
export async function openNatsStore(options: NatsOptions): Promise<MeshStore> {
  const nats = await connectTo(options);
  try {
    return await openOn(nats, options);
  } catch (error) {
    await nats.connection.close();
    throw nats.translate(error);
  }
}

async function openOn(nats: Nats, options: NatsOptions): Promise<MeshStore> {
  const { js, jsm, kvm, jetstream } = nats;
  const { replicas = 1, claim_ms = CLAIM_MS, ledger_ms = LEDGER_MS } = options;
  const bucket = bucketOf(options.mesh);
  const kv = await kvm.create(bucket, { history: HISTORY, replicas, storage: jetstream.StorageType.File });
  const stream = `KV_${bucket}`;
  await jsm.consumers.add(stream, {
    durable_name: 'ledger',
    filter_subject: `$KV.${bucket}.kept.>`,
    ack_policy: jetstream.AckPolicy.Explicit,
    ack_wait: ledger_ms * 1e6,
    max_ack_pending: 10_000,
  });
  const ledger = await js.consumers.get(stream, 'ledger');
  const logs = await openNatsLogs(nats, { bucket, replicas });
  const writer = ulid(Date.now());
  const index = new JobIndex();
  const claims: Claims = makeClaims({
    claim_ms,
    put: (me) => kv.put(`alive.${me}`, writer),
    remove: (me) => kv.purge(`alive.${me}`),
  });
  const listeners = new Set<Parameters<MeshStore['watch']>[0]>();
  let closed = false;

  const seen = (key: string, revision: number, bytes: Uint8Array | undefined): void => {
    if (key.startsWith('alive.')) {
      claims.seen(key.slice('alive.'.length), bytes !== undefined);
      return;
    }
    if (bytes === undefined) {
      if (key.startsWith('kept.job.')) index.forget(key.slice('kept.job.'.length));
      return;
    }
    const { record, by } = JSON.parse(Buffer.from(bytes).toString()) as Value;
    const kept = index.take(key, record, revision);
    if (by === writer) return;
    for (const listener of listeners) listener(kept);
  };
  const watching = await kv.watch();
  const caughtUp = new Promise<void>((resolve, reject) => {
    const end = async () => {
      const { values } = await kv.status();
      if (values === 0) resolve();
      for await (const entry of watching) {
        seen(entry.key, entry.revision, entry.operation === 'PUT' ? entry.value : undefined);
        if (entry.isUpdate || entry.delta === 0) resolve();
      }
    };
    end().catch(reject);
  });

  let counter = 0;
  let last: Promise<unknown> = Promise.resolve();
  const write = async (each: Write): Promise<Outcome> => {
    const value: Value = { record: each.record, events: each.events, by: writer };
    const subject = `$KV.${bucket}.${keyOf(each)}`;
    const expect = each.kind === 'job' ? { expect: { lastSubjectSequence: each.after } } : {};
    const msgID = `${writer}.${++counter}`;
    for (let tried = 1; ; tried++) {
      try {
        const { seq } = await js.publish(subject, JSON.stringify(value), {
          msgID,
          timeout: PATIENCE_MS,
          ...expect,
        });
        index.take(keyOf(each), each.record, seq);
        return { stored: true, revision: each.kind === 'job' ? seq : 0 };
      } catch (error) {
        if (each.kind === 'job' && nats.isLostRace(error)) {
          const kept = await find(each.record.job_id);
          return { stored: false, ...(kept === undefined ? {} : { kept }) };
        }
        if (tried === TRIES || closed || nats.isRefusal(error)) throw nats.translate(error);
      }
    }
  };
  const find = async (jobId: string): Promise<Kept | undefined> => {
    const entry = await kv.get(`kept.job.${jobId}`);
    if (entry === null || entry.operation !== 'PUT') return undefined;
    return { record: entry.json<Value & { record: Kept['record'] }>().record, revision: entry.revision };
  };

  /** Messages of events that were given out. */
  const given = new Map<
    string,
    { readonly ack: () => Promise<unknown>; open: number; readonly nak: () => void; readonly until: number }
  >();

  /** Changes nobody was given; where there are none, those that were given to somebody who may be gone. */
  const untold = async (): Promise<number> => {
    const { num_pending: fresh, num_ack_pending: unanswered } = await ledger.info();
    if (fresh > 0) return fresh;
    const now = performance.now();
    const ours = new Set([...given.values()].filter(({ until }) => until > now));
    return Math.max(0, unanswered - ours.size);
  };

  return {
    engine: 'nats',
    shared: true,
    claim_ms,
    load: async () => {
      await caughtUp;
      return index.loaded();
    },
    commit: async (writes) => {
      const outcomes = Promise.all(writes.map(write));
      // Whoever asked first is answered first.
      const before = last;
      last = outcomes.catch(() => {});
      await before;
      return outcomes;
    },
    job: async (jobId) => {
      try {
        return await find(jobId);
      } catch (error) {
        throw nats.translate(error);
      }
    },
    list: async (filter) => {
      await caughtUp;
      const { ids, next } = index.list(filter);
      const found = await Promise.all(ids.map(find));
      const jobs = found.flatMap((kept) => (kept === undefined ? [] : [kept.record]));
      return { jobs, ...(next === undefined ? {} : { next }) };
    },
    prune: async ({ keep, before, most }, going) => {
      await caughtUp;
      const found = await Promise.all(index.old(keep, before).slice(0, most).map(find));
      const old = found.flatMap((kept) => (kept?.record.end === undefined ? [] : [kept]));
      await going?.(old.map(({ record }) => record));
      let gone = 0;
      for (const { record, revision } of old) {
        try {
          await kv.purge(`kept.job.${record.job_id}`, { previousSeq: revision });
        } catch (error) {
          // It was asked for once more, or another controller was first.
          if (nats.isLostRace(error)) continue;
          throw nats.translate(error);
        }
        await logs.forget(record.job_id);
        index.forget(record.job_id);
        gone += 1;
      }
      return gone;
    },
    outbox: {
      take: async (limit) => {
        const events: LedgerEvent[] = [];
        const waiting = Math.min(limit, await untold());
        if (waiting === 0) return events;
        // Read to its end: what the server has given to an abandoned request it gives nobody else for `ledger_ms`.
        const messages = await ledger.fetch({ max_messages: waiting, expires: 1000 });
        for await (const message of messages) {
          // What was purged has nothing to tell.
          const told = message.data.byteLength === 0 ? [] : message.json<Value>().events;
          if (told.length === 0) await message.ackAck();
          const until = performance.now() + ledger_ms;
          const entry = { ack: () => message.ackAck(), nak: () => message.nak(), open: told.length, until };
          for (const event of told) given.set(event.id, entry);
          events.push(...told);
        }
        return events;
      },
      done: async (events) => {
        const acks = events.flatMap(({ id }) => {
          const entry = given.get(id);
          given.delete(id);
          if (entry === undefined || --entry.open > 0) return [];
          return [entry.ack()];
        });
        await Promise.all(acks);
      },
    },
    logs: logs.logs,
    artifacts: (staging) => openNatsArtifacts(nats, { bucket, replicas, staging }),
    join: (name, changed) => claims.join(name, changed),
    watch: async (changed) => {
      listeners.add(changed);
      return {
        stop: async () => {
          listeners.delete(changed);
        },
      };
    },
    close: async () => {
      closed = true;
      await claims.stop();
      for (const { nak } of new Set(given.values())) nak();
      watching.stop();
      await last;
      await nats.connection.drain();
    },
  };
}

function keyOf(write: Write): string {
  if (write.kind === 'job') return `kept.job.${write.record.job_id}`;
  if (write.kind === 'mesh') return 'kept.mesh';
  return `kept.runner.${Buffer.from(write.record.runner_id).toString('hex')}`;
}

/** A name a server takes, different for different meshes. */
export function bucketOf(mesh: string): string {
  if (mesh === '') throw new BitError('usage', 'a mesh has a name');
  const plain = mesh.replace(/[^A-Za-z0-9]+/g, '_').slice(0, 40);
  return `bit_mesh_${plain}_${createHash('sha256').update(mesh).digest('hex').slice(0, 8)}`;
}
