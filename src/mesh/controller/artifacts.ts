/**
 * Artifacts kept at the controller (`aln+ns://`): asked for by message, carried over HTTP on the mesh's own port; PUT
 * with Content-Range goes on where an upload broke off, GET takes Range, the session is the bearer.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { isBitError } from '../../kernel/errors.ts';
import type { StreamingDriver } from '../../storage/index.ts';
import { refusal } from '../channel/index.ts';
import type { MeshArtifact, PayloadOf } from '../protocol/index.ts';

const UPLOADS = '/artifacts/uploads/';
const CONTENTS = '/artifacts/content/';
export const ARTIFACTS = '/artifacts/';
/** Uploads that were asked for and have not come; the oldest are forgotten, and asked for again. */
const MOST_OPEN = 10_000;

interface Pending {
  readonly uri: string;
  readonly sha256: string;
  readonly size: number;
  readonly owner: string;
  readonly job: string | undefined;
  readonly fence: number | undefined;
}

export interface ArtifactsOptions {
  /** Opens the content store at the first artifact. */
  readonly driver: () => Promise<StreamingDriver>;
  /** Name of whom a request's `Authorization` is of; undefined where it is nobody's. */
  readonly bearer: (authorization: string | undefined) => string | undefined;
  /** Called once it is kept, before its sender hears of it. */
  readonly committed: (
    artifact: MeshArtifact,
    by: { readonly owner: string; readonly job_id?: string; readonly fence?: number },
  ) => Promise<void>;
  readonly mostBytes: number;
}

export class Artifacts {
  readonly #options: ArtifactsOptions;
  readonly #pending = new Map<string, Pending>();

  constructor(options: ArtifactsOptions) {
    this.#options = options;
  }

  /** Answers ARTIFACT_PUT. @throws a refusal */
  async put(asked: PayloadOf<'ARTIFACT_PUT'>, owner: string): Promise<PayloadOf<'ARTIFACT_READY'>> {
    const { uri, sha256, size, job_id: job, fence } = asked;
    const { driver, mostBytes } = this.#options;
    requireKept(uri);
    if (size > mostBytes)
      throw refusal('too-large', `${size} bytes; an artifact has at most ${mostBytes}`, {
        field: '/payload/size',
      });
    const storage = await driver();
    const there = await storage.stat(uri).catch(absent);
    if (there?.sha256 === sha256) return { uri, sha256, size, offset: size };
    // what a job leaves behind may be made again by its next attempt; nothing else is overwritten
    if (there !== undefined && !(job !== undefined && uri.includes(job)))
      throw refusal('conflict', `${uri} names other bytes already`, { field: '/payload/uri' });
    const upload = await storage.upload(uri, { sha256, size });
    await upload.leave();
    const id = createHash('sha256').update(`${uri}\n${sha256}\n${owner}`).digest('hex').slice(0, 32);
    this.#pending.delete(id);
    this.#pending.set(id, { uri, sha256, size, owner, job, fence });
    const [oldest] = this.#pending.keys();
    if (this.#pending.size > MOST_OPEN && oldest !== undefined) this.#pending.delete(oldest);
    return { uri, sha256, size, path: `${UPLOADS}${id}`, offset: upload.offset };
  }

  /** Answers ARTIFACT_GET. @throws a refusal */
  async get({ uri }: PayloadOf<'ARTIFACT_GET'>): Promise<PayloadOf<'ARTIFACT_READY'>> {
    requireKept(uri);
    const there = await (await this.#options.driver()).stat(uri).catch(absent);
    if (there?.sha256 === undefined)
      throw refusal('not-found', `nothing is kept under ${uri}`, { field: '/payload/uri' });
    const { sha256, size, chunks } = there;
    const path = `${CONTENTS}${Buffer.from(uri).toString('base64url')}`;
    return { uri, sha256, size, ...(chunks === undefined ? {} : { chunks }), path, offset: size };
  }

  /** A request below {@link ARTIFACTS}. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const owner = this.#options.bearer(request.headers.authorization);
    if (owner === undefined)
      return end(response, 401, { 'www-authenticate': 'Bearer' }, 'no session of this mesh');
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    if (path.startsWith(UPLOADS) && request.method === 'PUT')
      return this.#receive(path.slice(UPLOADS.length), owner, request, response);
    if (path.startsWith(CONTENTS) && (request.method === 'GET' || request.method === 'HEAD'))
      return this.#send(path.slice(CONTENTS.length), request, response);
    return end(response, 405, { allow: path.startsWith(UPLOADS) ? 'PUT' : 'GET, HEAD' }, 'not that way');
  }

  async #receive(
    id: string,
    owner: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const pending = this.#pending.get(id);
    if (pending === undefined || pending.owner !== owner)
      return end(response, 404, {}, 'no such upload; ask with ARTIFACT_PUT');
    const { uri, sha256, size, job, fence } = pending;
    const offset = firstByte(request.headers['content-range'], size);
    if (offset === undefined)
      return end(response, 400, {}, 'Content-Range: bytes FIRST-LAST/SIZE is missing');
    try {
      const upload = await (await this.#options.driver()).upload(uri, { sha256, size });
      const left = async (): Promise<void> => {
        await upload.leave();
        end(response, 409, { 'upload-offset': String(upload.offset) }, 'it goes on elsewhere');
      };
      if (upload.offset !== offset) return await left();
      await upload.append(request).catch(async (error: unknown) => {
        await upload.leave();
        throw error;
      });
      const stored = await upload.commit();
      const of = { ...(job === undefined ? {} : { job_id: job }), ...(fence === undefined ? {} : { fence }) };
      await this.#options.committed(stored, { owner, ...of });
      this.#pending.delete(id);
      end(response, 201, {}, '');
    } catch (error) {
      if (!isBitError(error)) throw error;
      end(response, error.code === 'integrity' ? 422 : error.code === 'busy' ? 409 : 500, {}, error.message);
    }
  }

  async #send(name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const uri = Buffer.from(name, 'base64url').toString('utf8');
    const driver = await this.#options.driver();
    const there = uri.startsWith('aln+ns://') ? await driver.stat(uri).catch(absent) : undefined;
    if (there === undefined) return end(response, 404, {}, 'no such artifact');
    const { size } = there;
    const { range } = request.headers;
    const asked = range === undefined ? undefined : /^bytes=(\d{1,15})-(\d{0,15})$/.exec(range);
    const first = Number(asked?.[1] ?? 0);
    const last = Math.min(size - 1, asked?.[2] ? Number(asked[2]) : size - 1);
    if (asked === null || (asked !== undefined && first > last))
      return end(response, 416, { 'content-range': `bytes */${size}` }, 'no such range');
    response.writeHead(asked === undefined ? 200 : 206, {
      'content-type': 'application/octet-stream',
      'content-length': size === 0 ? 0 : last - first + 1,
      'accept-ranges': 'bytes',
      ...(asked === undefined ? {} : { 'content-range': `bytes ${first}-${last}/${size}` }),
    });
    if (request.method === 'HEAD' || size === 0) return void response.end();
    await pipeline(await driver.open(uri, { offset: first, length: last - first + 1 }), response);
  }
}

function requireKept(uri: string): void {
  if (uri.startsWith('aln+ns://')) return;
  throw refusal('forbidden', 'a controller keeps aln+ns:// alone; others are kept by their own drivers', {
    field: '/payload/uri',
  });
}

function absent(error: unknown): undefined {
  if (isBitError(error, 'not-found')) return undefined;
  if (isBitError(error, 'usage')) throw refusal('malformed', error.message, { field: '/payload/uri' });
  throw error;
}

function firstByte(header: string | undefined, size: number): number | undefined {
  // an empty artifact has no range to name
  if (header === undefined) return size === 0 ? 0 : undefined;
  const [, first, last, whole] = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(header) ?? [];
  if (first === undefined || Number(whole) !== size || Number(last) >= size) return undefined;
  return Number(first);
}

function end(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  text: string,
): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers });
  response.end(text === '' ? '' : `${text}\n`);
}
