/** Logs in a stream: a subject for each lease, a message for each chunk, its offset in a header. */

import { follow } from './follow.ts';
import type { LogChunk, MeshStore } from './index.ts';
import type { Nats } from './nats-connect.ts';

/** Logs whose ends, and places read last, are kept in memory. */
const MOST_KNOWN = 10_000;
const MOST_READ = 256;

interface End {
  readonly size: number;
  /** Of the last message, 0 before the first. */
  readonly seq: number;
}

export async function openNatsLogs(
  nats: Nats,
  { bucket, replicas }: { readonly bucket: string; readonly replicas: number },
): Promise<{ readonly logs: MeshStore['logs']; forget(jobId: string): Promise<void> }> {
  const { js, jsm, jetstream } = nats;
  const { headers } = await import('@nats-io/transport-node');
  const stream = `${bucket}_logs`;
  const prefix = `bit.mesh.${bucket}.log`;
  const config = { subjects: [`${prefix}.>`], num_replicas: replicas, storage: jetstream.StorageType.File };
  try {
    await jsm.streams.add({ name: stream, ...config });
  } catch (error) {
    // It is there, perhaps with limits its operator gave it.
    await jsm.streams.info(stream).catch(() => {
      throw error;
    });
  }
  const ends = new Map<string, End>();
  /** Message that begins at an offset, of a log read before. */
  const reached = new Map<string, { readonly offset: number; readonly seq: number }>();
  const queues = new Map<string, Promise<unknown>>();

  const endOf = async (subject: string): Promise<End> => {
    const known = ends.get(subject);
    if (known !== undefined) return known;
    const message = await jsm.streams.getMessage(stream, { last_by_subj: subject });
    const end =
      message === null
        ? { size: 0, seq: 0 }
        : { size: Number(message.header.get('Offset')) + message.data.byteLength, seq: message.seq };
    if (ends.size >= MOST_KNOWN) ends.clear();
    ends.set(subject, end);
    return end;
  };

  const append = async (chunk: LogChunk): Promise<number> => {
    const subject = `${prefix}.${chunk.job_id}.${chunk.fence}`;
    for (let tried = 0; tried < 3; tried++) {
      const end = await endOf(subject);
      const more = follow(chunk, end.size);
      if (more === undefined) return end.size;
      const header = headers();
      header.set('Offset', `${end.size}`);
      header.set('Stream', chunk.stream);
      try {
        const { seq } = await js.publish(subject, more, {
          headers: header,
          expect: { lastSubjectSequence: end.seq },
        });
        ends.set(subject, { size: end.size + more.byteLength, seq });
        return end.size + more.byteLength;
      } catch (error) {
        ends.delete(subject);
        // The runner came from another controller, which kept some of it; or an acknowledgement was lost.
        if (nats.isRefusal(error) && !nats.isLostRace(error)) throw nats.translate(error);
      }
    }
    return (await endOf(subject)).size;
  };

  /** Chunks of one log go in order. */
  const inOrder = (chunk: LogChunk): Promise<number> => {
    const key = `${chunk.job_id} ${chunk.fence}`;
    const next = (queues.get(key) ?? Promise.resolve()).then(() => append(chunk));
    const settled = next.catch(() => {});
    queues.set(key, settled);
    settled.then(() => {
      if (queues.get(key) === settled) queues.delete(key);
    });
    return next;
  };

  const read: MeshStore['logs']['read'] = async (job_id, fence, offset, limit) => {
    const subject = `${prefix}.${job_id}.${fence}`;
    const known = reached.get(subject);
    const start = known !== undefined && known.offset <= offset ? known.seq : 1;
    const consumer = await js.consumers.get(stream, {
      filter_subjects: subject,
      deliver_policy: jetstream.DeliverPolicy.StartSequence,
      opt_start_seq: start,
    });
    const { num_pending } = await consumer.info();
    const found: LogChunk[] = [];
    if (num_pending === 0) {
      await consumer.delete();
      return found;
    }
    const messages = await consumer.fetch({ max_messages: Math.min(num_pending, MOST_READ), expires: 5_000 });
    let bytes = 0;
    for await (const message of messages) {
      const at = Number(message.headers?.get('Offset'));
      const cut = offset > at ? message.data.subarray(offset - at) : message.data;
      if (reached.size >= MOST_KNOWN) reached.clear();
      reached.set(subject, { offset: at, seq: message.seq });
      if (cut.byteLength > 0) {
        const kind = message.headers?.get('Stream') as LogChunk['stream'];
        found.push({
          job_id,
          fence,
          offset: Math.max(at, offset),
          stream: kind,
          data: Buffer.from(cut).toString(),
        });
      }
      bytes += cut.byteLength;
      if (bytes >= limit || message.info.pending === 0) break;
    }
    await consumer.delete();
    return found;
  };

  return {
    logs: {
      append: (chunks) => Promise.all(chunks.map(inOrder)),
      read,
      end: async (job_id, fence) => (await endOf(`${prefix}.${job_id}.${fence}`)).size,
    },
    forget: async (jobId) => {
      for (const known of [ends, reached])
        for (const subject of known.keys())
          if (subject.startsWith(`${prefix}.${jobId}.`)) known.delete(subject);
      await jsm.streams.purge(stream, { filter: `${prefix}.${jobId}.>` });
    },
  };
}
