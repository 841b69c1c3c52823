import { createReadStream, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { sha256 } from '../../kernel/digest.ts';
import { BitError, type ErrorCode, isBitError } from '../../kernel/errors.ts';
import { makeDirectory } from '../../kernel/files.ts';
import { ulid } from '../../kernel/ids.ts';
import { printable, shorten } from '../../kernel/text.ts';
import type { MeshClient } from '../../mesh/client/index.ts';
import type { Writer } from '../../operation/index.ts';
import { readSection } from '../../specification/index.ts';
import { artifactFrom, type Delegate, type RemoteEvent, runErrand } from '../../workflow/index.ts';
import type { Reroute } from '../model.ts';
import { rerouteText } from '../words.ts';
import type { Carried } from './carry.ts';
import { MOST_RESULT } from './result.ts';
import { REPORT, REPORT_FILE, SOURCE, TASK, TASK_FILE, workflowOf } from './task.ts';

/** A runner, or any of a profile. */
export type FarPlace = Exclude<Reroute, { readonly bot: string }>;

export interface FarOptions {
  readonly writer: Writer;
  readonly to: FarPlace;
  readonly bot: string;
  /** Of its own, for files. */
  readonly directory: string;
  /** The last commit goes along, and nothing that is not in it. */
  readonly committed: boolean;
  readonly signal: AbortSignal;
  /** Milliseconds until a runner has to be at it. */
  readonly patience: number;
  /** Seconds a job may take once one is. */
  readonly seconds: number;
  readonly onRunner: (runner: string) => void;
}

export interface FarJob {
  readonly task: string;
  /** Calls that are answered in it. */
  readonly calls: number;
  readonly code: Carried | undefined;
}

/** Whether an event was kept from its place, and nothing of it tried: it waits. */
export function isUnreached(error: unknown): error is BitError {
  return error instanceof BitError && error.details['unreached'] === true;
}

/** Bytes of an outcome beside its result: the engine's records. */
const MOST_BESIDE = 4 * 1024 * 1024;
/** What keeps a job from being handed in, and is nothing of the event's. */
const KEPT: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['remote', 'denied', 'auth', 'busy']);
/** Milliseconds between two looks whether the mesh is there still, and without an answer until it is not. */
const LOOK = 10_000;
const SILENCE = 60_000;
/** Milliseconds beyond what a job may take and what its cancellation may. */
const MARGIN = 240_000;

/** The mesh as one event of one bot sees it: connected to when its first job is due. */
export class Far {
  readonly #options: FarOptions;
  readonly #id: string;
  #jobs = 0;
  #client: MeshClient | undefined;
  #delegate: Delegate | undefined;

  constructor(options: FarOptions) {
    this.#options = options;
    this.#id = ulid(options.writer.now().getTime());
    makeDirectory(options.directory, 0o700);
  }

  /**
   * Has a runner do it, and gives what that says of it, unread.
   *
   * @throws BitError with `unreached` where none took it; `failed` where it was begun and lost; `cancelled`
   */
  async run(job: FarJob): Promise<Buffer> {
    const { signal, onRunner, bot, to, writer } = this.#options;
    const delegate = await this.#open();
    const content = contentOf(job);
    this.#jobs += 1;
    const name = `${bot}-${this.#jobs}-${job.calls}`;
    const waiting = new Waiting(this.#options, async () => void (await this.#client?.status()));
    let handed = false;
    const ending = AbortSignal.any([signal, waiting.over]);
    try {
      const end = await within(
        runErrand(delegate, {
          ...{ id: this.#id, name, source: SOURCE, workflow: workflowOf(bot) },
          title: `the bot ${bot}`,
          options: {},
          env: {},
          artifacts: [content.task, ...(job.code === undefined ? [] : [job.code.artifact])],
          content,
          network: 'none',
          placement: to,
          most: MOST_RESULT + MOST_BESIDE,
          timeoutMs: this.#options.seconds * 1000,
          startedAt: writer.now(),
          directory: this.#options.directory,
          signal: ending,
          onHandle: () => {
            handed = true;
          },
          onEvent: (event) => waiting.hear(event),
        }),
        waiting.lost,
      );
      if (signal.aborted) throw new BitError('cancelled', 'the host ends');
      if (end.kind === 'cancelled') throw waiting.why();
      if (end.kind === 'lost') throw new BitError('failed', printable(shorten(end.why, 1000)));
      if (end.runner !== undefined) onRunner(end.runner);
      const file = end.artifacts
        .find(({ name }) => name === REPORT)
        ?.files.find(({ path }) => path === REPORT_FILE);
      const bytes = file === undefined ? undefined : content.came.get(file.digest);
      if (bytes !== undefined) return bytes;
      const why = end.steps.find(({ conclusion }) => conclusion === 'failure')?.error ?? end.error;
      throw new BitError('failed', printable(shorten(why ?? `it ended as ${end.result}`, 1000)));
    } catch (error) {
      if (signal.aborted) throw new BitError('cancelled', 'the host ends', { cause: error });
      const kept = !handed && isBitError(error) && KEPT.has(error.code);
      throw kept || isBitError(error, 'remote') ? unreached(error.message) : error;
    } finally {
      waiting.close();
    }
  }

  async close(): Promise<void> {
    await this.#client?.close();
    rmSync(this.#options.directory, { recursive: true, force: true });
  }

  async #open(): Promise<Delegate> {
    const { writer, directory, committed, signal, to } = this.#options;
    if (this.#delegate !== undefined) return this.#delegate;
    const [{ jobRepository, openMesh }, { MeshDelegate, sourceOfRun }] = await Promise.all([
      import('../../mesh/client/index.ts'),
      import('../../mesh/workflow/index.ts'),
    ]);
    try {
      this.#client = await openMesh(writer);
      await refuseAbsent(this.#client, to, writer);
    } catch (error) {
      if (signal.aborted || !isBitError(error)) throw error;
      throw unreached(error.message);
    }
    const client = this.#client;
    const { git } = writer;
    this.#delegate = new MeshDelegate({
      run: this.#id,
      mesh: async () => client,
      source: () => sourceOfRun({ git, directory: join(directory, 'delegated'), signal, committed }),
      repo: ({ remote, branch }) => jobRepository(remote ?? git.paths.root ?? git.paths.gitDir, branch),
    });
    return this.#delegate;
  }
}

/** Where nobody there could ever do it, no job is to lie about; a profile's runners may be started for it. */
async function refuseAbsent(client: MeshClient, to: FarPlace, { git }: Writer): Promise<void> {
  const { peers = [], mesh } = await client.status({ peers: true });
  const runners = peers.filter(({ role, state }) => role === 'runner' && state !== 'gone');
  const found = runners.filter(({ runner_id, profile }) =>
    'runner' in to ? runner_id === to.runner : profile === to.profile,
  );
  const { root } = git.paths;
  const profiles = root === undefined ? undefined : readSection(root, 'clusters').profiles;
  if ('profile' in to && profiles?.[to.profile]?.autoscale !== undefined) return;
  if (found.length === 0)
    throw new BitError(
      'remote',
      `mesh ${mesh} has no ${'runner' in to ? rerouteText(to) : `runner of ${rerouteText(to)}`}`,
    );
  const [first] = found;
  if (found.some(({ state }) => state === 'idle' || state === 'busy') || first === undefined) return;
  throw new BitError(
    'remote',
    `${first.runner_id} is ${first.state}${first.reason === undefined ? '' : `: ${first.reason}`}`,
  );
}

function unreached(why: string): BitError {
  return new BitError('remote', printable(shorten(why, 1000)), { details: { unreached: true } });
}

/** How long a job waits for a runner, and is waited for. */
class Waiting {
  readonly #options: FarOptions;
  readonly #over = new AbortController();
  readonly #lost: Promise<never>;
  readonly #closed = new AbortController();
  #patience: NodeJS.Timeout | undefined;
  #end: NodeJS.Timeout | undefined;
  #said = '';

  /** @param ask rejects where nobody answers */
  constructor(options: FarOptions, ask: () => Promise<void>) {
    this.#options = options;
    const { patience, seconds } = options;
    this.#wait();
    this.#lost = new Promise((_, reject) => {
      this.#end = setTimeout(
        () => reject(unreached('the mesh says nothing more of its job')),
        patience + seconds * 1000 + MARGIN,
      );
      void this.#look(ask, reject);
    });
    this.#lost.catch(() => undefined);
  }

  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** Rejects when not even its cancellation is heard of. */
  get lost(): Promise<never> {
    return this.#lost;
  }

  hear(event: RemoteEvent): void {
    if (event.kind !== 'waiting') return;
    this.#said = event.why;
    if (event.runner === undefined) {
      this.#wait();
      return;
    }
    clearTimeout(this.#patience);
    this.#patience = undefined;
    this.#options.onRunner(event.runner);
  }

  why(): BitError {
    return unreached(this.#said || 'its job was cancelled before a runner took it');
  }

  close(): void {
    clearTimeout(this.#patience);
    clearTimeout(this.#end);
    this.#closed.abort();
  }

  async #look(ask: () => Promise<void>, lose: (why: BitError) => void): Promise<void> {
    const { signal } = this.#closed;
    let heard = performance.now();
    while (!signal.aborted) {
      await sleep(LOOK, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await ask();
        heard = performance.now();
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        if (performance.now() - heard > SILENCE) lose(unreached(why));
      }
    }
  }

  #wait(): void {
    this.#patience ??= setTimeout(() => this.#over.abort(), this.#options.patience);
  }
}

function within<Out>(work: Promise<Out>, lost: Promise<never>): Promise<Out> {
  work.catch(() => undefined);
  return Promise.race([work, lost]);
}

function contentOf({ task, code }: FarJob) {
  const bytes = Buffer.from(task);
  const digest = sha256(bytes).toString('hex');
  const came = new Map<string, Buffer>();
  return {
    came,
    task: artifactFrom(TASK, [{ path: TASK_FILE, digest, size: bytes.length, executable: false }]),
    read(wanted: string): Readable {
      if (wanted === digest) return Readable.from([bytes], { objectMode: false });
      const path = code?.paths.get(wanted);
      if (path === undefined) throw new BitError('not-found', `there is no ${wanted}`);
      return createReadStream(path);
    },
    async put(from: Readable): Promise<{ readonly digest: string; readonly size: number }> {
      const parts: Buffer[] = [];
      for await (const part of from) parts.push(part as Buffer);
      const whole = Buffer.concat(parts);
      const found = sha256(whole).toString('hex');
      came.set(found, whole);
      return { digest: found, size: whole.length };
    },
  };
}
