import { BitError } from '../../kernel/errors.ts';
import type { Link } from '../channel/index.ts';
import type { JobSpecification, Message } from '../protocol/index.ts';
import type {
  JobNews,
  JobQuestion,
  JobRow,
  MeshClient,
  MeshStatus,
  Submitted,
  WatchOptions,
} from './index.ts';
import { getArtifact, putArtifact, type Transfer } from './transfer.ts';
import { Watch } from './watch.ts';

/** A client's connection, which outlives the connections below it. */
export class MeshSession implements MeshClient {
  readonly address: string;
  readonly mesh: string;
  readonly #link: Link;
  readonly #watches: Watches;

  constructor(options: {
    readonly link: Link;
    readonly address: string;
    readonly mesh: string;
    readonly watches: Watches;
  }) {
    this.#link = options.link;
    this.address = options.address;
    this.mesh = options.mesh;
    this.#watches = options.watches;
  }

  async submit(job: JobSpecification, idempotencyKey: string): Promise<Submitted> {
    const { payload } = await this.#link.request('JOB_SUBMIT', { idempotency_key: idempotencyKey, job });
    return payload;
  }

  async jobs(question: JobQuestion): Promise<{ jobs: readonly JobRow[]; next?: string }> {
    const { jobs, standard, repo, ended_since, after, limit } = question;
    const { payload } = await this.#link.request('JOB_QUERY', {
      ...(jobs === undefined ? {} : { jobs: [...jobs] }),
      ...(standard === undefined ? {} : { standard: [...standard] }),
      ...(repo === undefined ? {} : { repo }),
      ...(ended_since === undefined ? {} : { ended_since }),
      ...(after === undefined ? {} : { after }),
      limit,
    });
    return payload;
  }

  async job(id: string): Promise<JobRow> {
    if (!/^J-[A-Za-z0-9]{1,40}$/.test(id))
      throw new BitError('usage', `${id.slice(0, 60)} is no id of a job`, {
        hint: 'such as J-92A7; see: bit job list',
      });
    const { jobs } = await this.jobs({ jobs: [id], limit: 1 });
    const [row] = jobs;
    if (row !== undefined) return row;
    throw new BitError('not-found', `mesh ${this.mesh} has no job ${id}`, { hint: 'see: bit job list' });
  }

  async *watch(id: string, options: WatchOptions): AsyncGenerator<JobNews> {
    const watch = new Watch(id, options);
    const leave = this.#watches.add(watch);
    try {
      await this.#link.ready(options.signal);
      yield* watch.news(this.#link);
    } finally {
      leave();
    }
  }

  async cancel(id: string, reason: string): Promise<void> {
    await this.#link.request('JOB_CANCEL', { job_id: id, reason });
  }

  async retry(id: string): Promise<void> {
    await this.#link.request('JOB_RETRY', { job_id: id });
  }

  async status(options: { readonly peers?: boolean } = {}): Promise<MeshStatus> {
    return (await this.#link.request('MESH_QUERY', { peers: options.peers === true })).payload;
  }

  async drain(runner: string | undefined, drain: boolean): Promise<void> {
    await this.#link.request('MESH_DRAIN', { ...(runner === undefined ? {} : { runner_id: runner }), drain });
  }

  put(uri: string, path: string): Promise<{ sha256: string; size: number }> {
    return putArtifact(this.#transfer(), uri, path);
  }

  get(uri: string, path: string, most?: number): Promise<{ sha256: string; size: number }> {
    return getArtifact(this.#transfer(), uri, path, most);
  }

  async close(): Promise<void> {
    await this.#link.close('done');
  }

  #transfer(): Transfer {
    return { speaker: this.#link, link: this.#link, address: this.address };
  }
}

/** The watches of one connection; all are asked for again after it was broken. */
export class Watches {
  readonly #watches = new Set<Watch>();

  add(watch: Watch): () => void {
    this.#watches.add(watch);
    return () => this.#watches.delete(watch);
  }

  take(message: Message): void {
    if (message.type !== 'JOB_STATE' && message.type !== 'JOB_LOG') return;
    for (const watch of this.#watches) if (watch.job === message.payload.job_id) watch.take(message);
  }

  again(): void {
    for (const watch of this.#watches) watch.again();
  }
}
