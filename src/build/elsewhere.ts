import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type ContentStore, contentPath, putFile, readContent } from '../kernel/content-store.ts';
import { BitError, isBitError } from '../kernel/errors.ts';
import { makeDirectory } from '../kernel/files.ts';
import { ulid } from '../kernel/ids.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Writer } from '../operation/index.ts';
import type { ErrandEnd } from '../workflow/index.ts';
import { begunOf } from './begun.ts';
import { openCache } from './cache.ts';
import { type Files, filesJson } from './files.ts';
import { OutputLog } from './log.ts';

/** Where commands of a build or of tests run. */
export type WorkPlace = 'local' | 'mesh';

/** One command, or several, that another machine is to run in a checkout of what lies here. */
export interface Sent {
  /** Kind of its work. */
  readonly source: 'build' | 'test';
  readonly name: string;
  /** What only the other side of that kind reads. */
  readonly about: JsonObject;
  readonly env: Readonly<Record<string, string>>;
  /** Run before it. */
  readonly prepare: readonly string[];
  /** Files git does not bring along; their bytes are in the build store. */
  readonly needs: Files;
  /** Of one whose result is the same wherever and whenever it runs: a job of it that was left is gone on with. */
  readonly same?: {
    readonly key: string;
    /** What it reads is still what the key says. */
    readonly holds: () => boolean;
  };
  readonly timeoutMs: number | undefined;
  readonly show: ((line: string) => void) | undefined;
  /** Stands before what a person is told of it. */
  readonly prefix: string;
}

export interface Came {
  readonly ended: 'exit' | 'timeout' | 'lost';
  readonly exitCode: number;
  /** Why it was lost, or did not come to what was to be run. */
  readonly why?: string;
  /** What the other side tells of it; undefined where it came to nothing. */
  readonly report: JsonObject | undefined;
  readonly log: OutputLog;
  /** Its id there. */
  readonly job: string | undefined;
}

export interface Elsewhere {
  /** @throws BitError what kept it from being sent; `cancelled` */
  run(sent: Sent): Promise<Came>;
  close(): Promise<void>;
}

/** Of an artifact each, by the digest of their bytes; and what the other side tells of its work. */
export const NEEDS = 'needs';
export const REPORT = 'report';
export const REPORT_FILE = 'report.json';
export const RUN_STEP = 'run';
const MOST_REPORT = 256 << 20;
/** What GitHub gives a job. */
const LONGEST = 6 * 3_600_000;

/** Has commands run on the mesh of this repository: it is looked for when the first of them is due. */
export async function openElsewhere(writer: Writer, network: 'none' | 'host'): Promise<Elsewhere> {
  const [{ onMesh }, { artifactFrom, runErrand }] = await Promise.all([
    import('../mesh/workflow/index.ts'),
    import('../workflow/index.ts'),
  ]);
  const id = ulid(writer.now().getTime());
  const directory = join(writer.stateDirectory, 'build', 'mesh', id);
  makeDirectory(directory, 0o700);
  const { store } = openCache(writer.stateDirectory);
  const mesh = onMesh(writer, { id, directory });
  return {
    async run(sent) {
      const { source, name, about, prepare, needs, prefix } = sent;
      const env = withoutSecrets(sent.env);
      const workflow = printable(`bit ${source} ${name}`);
      let log = new OutputLog(sent.show);
      let job: string | undefined;
      const options = {
        about,
        prepare: [...prepare],
        needs: filesJson(needs) as unknown as Json,
        ...(sent.timeoutMs === undefined ? {} : { timeoutMs: sent.timeoutMs }),
      };
      const { same } = sent;
      const begun =
        same && begunOf(writer.stateDirectory, { source, name, key: same.key, env, network, ...options });
      const tell = (line: string): void => writer.notice(printable(`${prefix}${shorten(line, 500)}`));
      const send = (handle: string | undefined): Promise<ErrandEnd> =>
        runErrand(mesh.delegate, {
          ...{ id, name, source, workflow, title: workflow, env, network, directory, options, handle },
          artifacts: needs.size === 0 ? [] : [artifactFrom(NEEDS, filesOf(needs))],
          content: contentIn(store),
          timeoutMs: LONGEST,
          startedAt: writer.now(),
          signal: writer.signal,
          onHandle: (handle) => {
            job = handle;
            if (same?.holds() === true) begun?.note(handle);
          },
          onEvent: (heard) => {
            if (heard.kind === 'event') {
              const { event } = heard;
              if (event.event === 'step-output') log.take(Buffer.from(`${event.line}\n`), 'stdout');
              return;
            }
            if (heard.kind === 'again') log = new OutputLog(sent.show);
            tell(heard.why);
          },
        }).catch((error: unknown) => {
          // it will say the same again
          if (isBitError(error, 'integrity')) begun?.forget();
          throw error;
        });
      const left = begun?.job();
      let end: ErrandEnd | undefined;
      if (left !== undefined) {
        tell(`goes on with ${left}, which an earlier build began`);
        job = left;
        end = await send(left).catch((error: unknown) => {
          // as long ago as jobs are kept
          if (!isBitError(error, 'not-found')) throw error;
          return undefined;
        });
        if (end?.kind !== 'ended' && !writer.signal.aborted) {
          tell(`${left} came to nothing: it is begun anew`);
          log = new OutputLog(sent.show);
          end = undefined;
        }
      }
      end ??= await send(undefined);
      begun?.forget();
      log.end();
      return { ...cameOf(end, store), log, job };
    },
    async close() {
      await mesh.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function cameOf(end: ErrandEnd, store: ContentStore): Omit<Came, 'log' | 'job'> {
  if (end.kind === 'cancelled')
    throw new BitError('cancelled', 'interrupted; its jobs on the mesh were ended');
  if (end.kind === 'lost') return { ended: 'lost', exitCode: 1, why: end.why, report: undefined };
  const report = reportOf(end, store);
  const failed = end.steps.find(({ conclusion }) => conclusion === 'failure');
  const before = failed !== undefined && failed.step !== RUN_STEP;
  if (end.result === 'success' && report !== undefined) return { ended: 'exit', exitCode: 0, report };
  const why = failed?.error ?? end.error ?? `it ended as ${end.result}`;
  if (report === undefined || before)
    return {
      ended: 'lost',
      exitCode: failed?.exit ?? 1,
      why: before ? `${failed.title}: ${why}` : why,
      report: undefined,
    };
  const { exit } = report;
  const exitCode = typeof exit === 'number' && Number.isInteger(exit) && exit > 0 ? exit : 1;
  return { ended: report['timeout'] === true ? 'timeout' : 'exit', exitCode, why, report };
}

/** @throws BitError `integrity` for a report that is none */
function reportOf(end: ErrandEnd & { kind: 'ended' }, store: ContentStore): JsonObject | undefined {
  const file = end.artifacts
    .find(({ name }) => name === REPORT)
    ?.files.find(({ path }) => path === REPORT_FILE);
  if (file === undefined) return undefined;
  try {
    const bytes = readContent(store, file.digest, MOST_REPORT);
    const value: unknown = bytes === undefined ? undefined : JSON.parse(bytes.toString('utf8'));
    if (isJsonObject(value)) return value;
  } catch {
    // told below
  }
  throw new BitError('integrity', 'what the mesh tells of a job is no report', {
    details: { digest: file.digest },
  });
}

function filesOf(files: Files) {
  const byDigest = new Map<string, number>();
  for (const image of files.values()) if (image !== null) byDigest.set(image.sha256, image.size);
  return [...byDigest].map(([digest, size]) => ({ path: digest, digest, size, executable: false }));
}

/** A variable's value is told to another machine, but no secret is. */
function withoutSecrets(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(env)) {
    if (maskSecrets(value) === value && maskSecrets(`${name}=${value}`) === `${name}=${value}`) continue;
    throw new BitError('denied', `${printable(name)} holds a secret: it does not travel to another machine`, {
      hint: 'take it out of env, or build it here',
      details: { variable: name },
    });
  }
  return env;
}

/** The build store as the engine's packs are read and written with. */
function contentIn(store: ContentStore) {
  return {
    async put(from: Readable): Promise<{ readonly digest: string; readonly size: number }> {
      makeDirectory(store.directory);
      const path = join(store.directory, `.${process.pid}.${randomBytes(6).toString('hex')}.part`);
      try {
        await pipeline(from, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
        const { sha256, size } = putFile(store, path);
        return { digest: sha256, size };
      } finally {
        rmSync(path, { force: true });
      }
    },
    read: (digest: string): Readable => createReadStream(contentPath(store, digest)),
  };
}
