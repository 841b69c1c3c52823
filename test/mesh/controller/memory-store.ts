/** A store that keeps nothing: what a controller does with one is seen without a disk. It answers in a later turn. */
import type {
  JobRecord,
  Kept,
  LedgerEvent,
  MeshRecord,
  Outcome,
  RunnerRecord,
} from '../../../src/mesh/lifecycle/index.ts';
import { standardOf } from '../../../src/mesh/lifecycle/index.ts';
import type { LogChunk, MeshStore } from '../../../src/mesh/store/index.ts';

export interface MemoryStore extends MeshStore {
  /** Fails the next commits, as a disk that is full does. */
  failing: boolean;
  readonly records: ReadonlyMap<string, Kept>;
  readonly told: readonly LedgerEvent[];
}

export function memoryStore(records: readonly JobRecord[] = []): MemoryStore {
  const jobs = new Map<string, Kept>(records.map((record) => [record.job_id, { record, revision: 1 }]));
  const runners = new Map<string, RunnerRecord>();
  const logs = new Map<string, { end: number; chunks: LogChunk[] }>();
  let mesh: MeshRecord | undefined;
  let outbox: LedgerEvent[] = [];
  const told: LedgerEvent[] = [];
  const open = (record: JobRecord): boolean => record.end === undefined;
  const store: MemoryStore = {
    failing: false,
    records: jobs,
    told,
    engine: 'embedded',
    shared: false,
    claim_ms: 0,
    load: async () => ({
      jobs: [...jobs.values()].filter(({ record }) => open(record)),
      runners: [...runners.values()],
      ...(mesh === undefined ? {} : { mesh }),
    }),
    async commit(writes) {
      await new Promise((resolve) => setImmediate(resolve));
      if (store.failing) throw new Error('no space');
      return writes.flatMap((write): Outcome[] => {
        if (write.kind === 'runner') runners.set(write.record.runner_id, write.record);
        if (write.kind === 'mesh') mesh = write.record;
        if (write.kind !== 'job') {
          outbox.push(...write.events);
          return [{ stored: true, revision: 0 }];
        }
        const { job_id } = write.record;
        const kept = jobs.get(job_id);
        if ((kept?.revision ?? 0) !== write.after)
          return [{ stored: false, ...(kept === undefined ? {} : { kept }) }];
        const revision = write.after + 1;
        jobs.set(job_id, { record: write.record, revision });
        outbox.push(...write.events);
        return [{ stored: true, revision }];
      });
    },
    job: async (id) => jobs.get(id),
    async list({ jobs: ids, standard, ended_since, limit }) {
      const rows = [...jobs.values()]
        .map(({ record }) => record)
        .reverse()
        .filter((record) => ids === undefined || ids.includes(record.job_id))
        .filter(({ end }) => ended_since === undefined || (end?.at ?? '') >= ended_since)
        .filter((record) => {
          if (standard === undefined) return true;
          return record.end === undefined
            ? standard.includes('Pending') || standard.includes('Running')
            : standard.includes(
                standardOf(record.end.state === 'CompletedSuccessfully' ? 'Completed' : record.end.state),
              );
        });
      return { jobs: rows.slice(0, limit) };
    },
    prune: async () => 0,
    outbox: {
      take: async (limit) => outbox.slice(0, limit),
      async done(events) {
        const ids = new Set(events.map(({ id }) => id));
        outbox = outbox.filter(({ id }) => !ids.has(id));
        told.push(...events);
      },
    },
    logs: {
      append: async (chunks) =>
        chunks.map((chunk) => {
          const name = `${chunk.job_id} ${chunk.fence}`;
          const log = logs.get(name) ?? { end: 0, chunks: [] };
          logs.set(name, log);
          if (chunk.offset === log.end) {
            log.chunks.push(chunk);
            log.end += Buffer.byteLength(chunk.data);
          }
          return log.end;
        }),
      read: async (job, fence, offset) =>
        (logs.get(`${job} ${fence}`)?.chunks ?? []).filter((chunk) => chunk.offset >= offset).slice(0, 16),
      end: async (job, fence) => logs.get(`${job} ${fence}`)?.end ?? 0,
    },
    async join(name, changed) {
      changed({ me: name, live: [name], valid: true });
      return { leave: async () => {} };
    },
    watch: async () => ({ stop: async () => {} }),
    close: async () => {},
  };
  return store;
}
