import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isBitError } from '../../kernel/errors.ts';
import { isJsonObject } from '../../kernel/json.ts';
import {
  type Delegate,
  type DelegateEnd,
  type DelegateRequest,
  packName,
  type RunEvent,
} from '../../workflow/index.ts';
import type { JobEnd, JobSpecification, PayloadOf } from '../protocol/types.ts';
import type { RunSource } from './source.ts';

/** What is asked of a mesh; its client has it. */
export interface MeshJobs {
  submit(job: JobSpecification, key: string): Promise<{ readonly job_id: string }>;
  job(id: string): Promise<{
    readonly standard: string;
    readonly reason?: string | undefined;
    readonly runner_id?: string | undefined;
    readonly result?: JobEnd | undefined;
  }>;
  watch(
    id: string,
    options: { readonly logs: boolean; readonly signal?: AbortSignal },
  ): AsyncIterable<MeshNews>;
  cancel(id: string, reason: string): Promise<void>;
  put(uri: string, path: string): Promise<unknown>;
  /** @param most bytes; more is refused */
  get(uri: string, path: string, most?: number): Promise<unknown>;
}

export type MeshNews =
  | ({ readonly kind: 'state' } & PayloadOf<'JOB_STATE'>)
  | ({ readonly kind: 'log' } & PayloadOf<'JOB_LOG'>);

export interface DelegateOptions {
  /** ULID of the run. */
  readonly run: string;
  /** Connects where that was not done yet. */
  readonly mesh: () => Promise<MeshJobs>;
  /** What jobs are checked out from; asked once. */
  readonly source: () => Promise<RunSource>;
  /** The same as a job names it, `git+https://…#branch`. */
  readonly repo: (source: RunSource) => string;
  /** 0 to 100; default 5, for the usual policy lets pass up to 10. */
  readonly priority?: number;
}

/** Seconds over the engine's own limit: that one ends a job in order. */
const MORE_TIME = 120;
/** Milliseconds a job that was told to end is waited for. */
const PATIENCE = 60_000;
const OUTCOME = 'bit-outcome';

/** Has job instances run on a mesh. */
export class MeshDelegate implements Delegate {
  readonly placement = 'mesh';
  readonly #options: DelegateOptions;
  /** What went to the mesh in this process, by URI. */
  readonly #sent = new Map<string, Promise<void>>();
  #source: Promise<RunSource> | undefined;

  constructor(options: DelegateOptions) {
    this.#options = options;
  }

  async run(request: DelegateRequest): Promise<DelegateEnd> {
    const { signal, onHandle } = request;
    const mesh = await this.#options.mesh();
    let id = request.handle;
    if (id === undefined) {
      const job = await this.#specification(mesh, request);
      if (signal.aborted) return { kind: 'cancelled' };
      id = (await mesh.submit(job, request.key)).job_id;
      await onHandle(id);
    }
    await this.#follow(mesh, id, request);
    return this.#end(mesh, id, request);
  }

  async #specification(mesh: MeshJobs, request: DelegateRequest): Promise<JobSpecification> {
    const { document, directory, writePack, placement, network, secrets, timeoutMs } = request;
    this.#source ??= this.#options.source();
    const source = await this.#source;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const names: string[] = [];
    for (const artifact of document.artifacts) {
      const name = packName(artifact);
      names.push(name);
      await this.#send(mesh, directory, name, async (path) => {
        if (!existsSync(path)) await writePack(artifact, path);
      });
    }
    const told = `${request.key.replace(/[^A-Za-z0-9._-]+/g, '-')}.json`;
    await this.#send(mesh, directory, told, async (path) =>
      writeFileSync(path, JSON.stringify(document), { mode: 0o600 }),
    );
    const { bundle } = source;
    if (bundle !== undefined)
      await this.#once(this.#uri('source.bundle'), (uri) => mesh.put(uri, bundle.path));
    const { profile, runner } = placement;
    return {
      repo: this.#options.repo(source),
      commit: source.commit,
      task: {
        kind: 'workflow',
        workflow: document.request.workflow.slice(0, 1024),
        job: request.job.slice(0, 256),
        delegation: {
          document: told,
          ...(bundle === undefined
            ? {}
            : { bundle: { uri: this.#uri('source.bundle'), complete: bundle.complete } }),
        },
        ...(secrets.length === 0 ? {} : { secrets: [...secrets] }),
      },
      required: {
        capabilities: capabilitiesOf(placement),
        ...(typeof runner === 'string' ? { runner } : {}),
      },
      artifacts_in: [told, ...names].map((name) => this.#uri(name)),
      artifacts_out: [this.#uri(`{job_id}/${OUTCOME}`)],
      priority: this.#options.priority ?? 5,
      timeout_s: Math.min(604_800, Math.ceil((timeoutMs ?? 0) / 1000) + MORE_TIME),
      network: network === 'host',
      ...(typeof profile === 'string' ? { profile } : {}),
    };
  }

  #uri(name: string): string {
    return `aln+ns://runs/${this.#options.run}/${name}`;
  }

  /** Writes a file and keeps it at the mesh, once for all jobs of the run. */
  #send(
    mesh: MeshJobs,
    directory: string,
    name: string,
    write: (path: string) => Promise<void>,
  ): Promise<void> {
    return this.#once(this.#uri(name), async (uri) => {
      const path = join(directory, name);
      await write(path);
      await mesh.put(uri, path);
      rmSync(path, { force: true });
    });
  }

  #once(uri: string, send: (uri: string) => Promise<unknown>): Promise<void> {
    let sent = this.#sent.get(uri);
    if (sent === undefined) {
      sent = send(uri).then(() => undefined);
      this.#sent.set(uri, sent);
      sent.catch(() => this.#sent.delete(uri));
    }
    return sent;
  }

  /** Until it has ended; told to end, for a while longer, and no longer where nobody answers that. */
  async #follow(mesh: MeshJobs, id: string, { signal, onEvent }: DelegateRequest): Promise<void> {
    const given = new AbortController();
    let cancelling: Promise<void> | undefined;
    const cancel = (): void => {
      cancelling ??= this.#cancel(mesh, id, given);
      cancelling.catch(() => given.abort());
    };
    if (signal.aborted) cancel();
    else signal.addEventListener('abort', cancel, { once: true });
    const hearing = new Hearing(onEvent);
    try {
      for await (const news of mesh.watch(id, { logs: true, signal: given.signal })) hearing.hear(news);
    } catch (error) {
      if (!given.signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', cancel);
      given.abort();
      await cancelling;
    }
  }

  async #cancel(mesh: MeshJobs, id: string, given: AbortController): Promise<void> {
    await mesh.cancel(id, 'the run it is part of was cancelled').catch((error: unknown) => {
      // it has ended meanwhile
      if (!isBitError(error, 'conflict') && !isBitError(error, 'not-found')) throw error;
    });
    await sleep(PATIENCE, undefined, { signal: given.signal }).catch(() => undefined);
    given.abort();
  }

  async #end(mesh: MeshJobs, id: string, request: DelegateRequest): Promise<DelegateEnd> {
    const { standard, reason, result, runner_id } = await mesh.job(id);
    if (request.signal.aborted || standard === 'Cancelled') return { kind: 'cancelled' };
    const outcome = result?.artifacts.find(({ uri }) => uri.endsWith(`/${OUTCOME}`));
    if (outcome === undefined) {
      const why = result?.error ?? reason ?? `it ended as ${standard}`;
      return { kind: 'lost', why: `job ${id} of the mesh: ${why}` };
    }
    mkdirSync(request.directory, { recursive: true, mode: 0o700 });
    const path = join(request.directory, `${id}.${OUTCOME}`);
    await mesh.get(outcome.uri, path, request.most);
    return { kind: 'outcome', path, ...(runner_id === undefined ? {} : { runner: runner_id }) };
  }
}

/** Labels name what a runner must have, but for those that name machines of GitHub's. */
function capabilitiesOf(placement: DelegateRequest['placement']): string[] {
  const { labels, capabilities } = placement;
  const asked = Array.isArray(capabilities) ? capabilities : Array.isArray(labels) ? labels : [];
  const known = asked.filter(
    (word): word is string =>
      typeof word === 'string' &&
      /^[a-z][a-z0-9_-]{0,31}(\/[A-Za-z0-9][A-Za-z0-9.+_-]{0,63})?$/.test(word) &&
      !/^(ubuntu|windows|macos)(-|$)|^(self-hosted|linux|x64|arm64|arm|x86)$/.test(word),
  );
  return known.length === 0 ? ['build'] : [...new Set(known)].slice(0, 64);
}

/** Puts lines of the job's program together and tells what they say. */
class Hearing {
  readonly #onEvent: DelegateRequest['onEvent'];
  #fence: number | undefined;
  #rest = '';
  #told = '';

  constructor(onEvent: DelegateRequest['onEvent']) {
    this.#onEvent = onEvent;
  }

  hear(news: MeshNews): void {
    if (news.kind === 'state') {
      this.#hearState(news);
      return;
    }
    if (this.#fence !== undefined && news.fence > this.#fence) this.#again();
    if (this.#fence !== undefined && news.fence < this.#fence) return;
    this.#fence = news.fence;
    if (news.stream !== 'stdout') return;
    const lines = (this.#rest + news.data).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const event = eventOf(line);
      if (event !== undefined) this.#onEvent({ kind: 'event', event });
    }
  }

  #hearState({ state, standard, runner_id, reason }: PayloadOf<'JOB_STATE'>): void {
    const runs = state === 'Running' && runner_id !== undefined;
    const waits = standard === 'Pending' && reason !== undefined;
    const told = runs ? `it runs on ${runner_id}` : waits ? `no runner takes it yet: ${reason}` : '';
    if (told === '' || told === this.#told) return;
    this.#told = told;
    this.#onEvent({ kind: 'waiting', why: told, ...(runs ? { runner: runner_id } : {}) });
  }

  #again(): void {
    this.#rest = '';
    this.#onEvent({ kind: 'again', why: 'its runner was lost: it begins again on another' });
  }
}

const TOLD = new Set(['step-started', 'step-output', 'step-retrying', 'step-finished']);

function eventOf(line: string): RunEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isJsonObject(value) || typeof value['event'] !== 'string' || !TOLD.has(value['event']))
    return undefined;
  const { step, title, line: text, milliseconds } = value;
  if (typeof step !== 'string' || step.length > 1024) return undefined;
  if (value['event'] === 'step-output' ? typeof text !== 'string' : typeof title !== 'string')
    return undefined;
  if (milliseconds !== undefined && typeof milliseconds !== 'number') return undefined;
  return value as unknown as RunEvent;
}
