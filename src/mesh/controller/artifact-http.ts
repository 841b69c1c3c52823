/** Artifacts over HTTP on the mesh's own port: PUT with Content-Range, GET with Range, the session as bearer. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { isBitError } from '../../kernel/errors.ts';
import type { MeshArtifact } from '../protocol/types.ts';
import type { Artifacts, Upload } from './artifacts.ts';

export const UPLOADS = '/artifacts/uploads/';
export const CONTENTS = '/artifacts/sha256/';

export interface ArtifactHttp {
  readonly artifacts: Artifacts;
  /** Name of whom a bearer token is the session of; undefined where it is nobody's. */
  readonly bearer: (token: string) => string | undefined;
  /** Called once an upload is whole, before its sender hears of it. */
  readonly committed: (artifact: MeshArtifact, upload: Upload) => Promise<void>;
}

export async function serveArtifact(
  { artifacts, bearer, committed }: ArtifactHttp,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const who = bearer(/^Bearer ([\w.-]{1,4096})$/.exec(request.headers.authorization ?? '')?.[1] ?? '');
  if (who === undefined) return end(response, 401, { 'www-authenticate': 'Bearer' }, 'no session of this mesh');
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  if (request.method === 'GET' || request.method === 'HEAD')
    return send(artifacts, path.slice(CONTENTS.length), request, response);
  if (request.method !== 'PUT' || !path.startsWith(UPLOADS))
    return end(response, 405, { allow: path.startsWith(UPLOADS) ? 'PUT' : 'GET, HEAD' }, 'not that way');
  const upload = await artifacts.upload(path.slice(UPLOADS.length));
  if (upload === undefined || upload.owner !== who) return end(response, 404, {}, 'no such upload');
  const offset = firstByte(request.headers['content-range'], upload.size);
  if (offset === undefined) return end(response, 400, {}, 'Content-Range: bytes FIRST-LAST/SIZE is missing');
  try {
    const here = await artifacts.receive(upload, offset, request);
    if (here === upload.size) await committed(upload, upload);
    end(response, here === upload.size ? 201 : 202, { 'upload-offset': String(here) }, '');
  } catch (error) {
    if (!isBitError(error)) throw error;
    const { offset: at } = error.details;
    const headers: Record<string, string> = typeof at === 'number' ? { 'upload-offset': String(at) } : {};
    end(response, error.code === 'integrity' ? 422 : 409, headers, error.message);
  }
}

async function send(
  artifacts: Artifacts,
  sha256: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = /^[0-9a-f]{64}$/.test(sha256) ? artifacts.content(sha256) : undefined;
  const size = path === undefined ? undefined : (await stat(path).catch(() => undefined))?.size;
  if (path === undefined || size === undefined) return end(response, 404, {}, 'no such artifact');
  const { range } = request.headers;
  const asked = range === undefined ? undefined : /^bytes=(\d{1,15})-(\d{0,15})$/.exec(range);
  const first = Number(asked?.[1] ?? 0);
  const last = Math.min(size - 1, asked?.[2] ? Number(asked[2]) : size - 1);
  if (asked === null || (asked !== undefined && (first > last || first >= size)))
    return end(response, 416, { 'content-range': `bytes */${size}` }, 'no such range');
  response.writeHead(asked === undefined ? 200 : 206, {
    'content-type': 'application/octet-stream',
    'content-length': size === 0 ? 0 : last - first + 1,
    'accept-ranges': 'bytes',
    ...(asked === undefined ? {} : { 'content-range': `bytes ${first}-${last}/${size}` }),
  });
  if (request.method === 'HEAD' || size === 0) return void response.end();
  await pipeline(createReadStream(path, { start: first, end: last }), response);
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
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers });
  response.end(text === '' ? '' : `${text}\n`);
}
