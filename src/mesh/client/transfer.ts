/** Artifacts to and from the controller: HTTP on the mesh's own port, to the very server the session is with. */
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { type IncomingMessage, request as plainRequest, type RequestOptions } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { digestOf } from '../../kernel/content-store.ts';
import { BitError } from '../../kernel/errors.ts';
import type { Channel, Speaker } from '../channel/index.ts';
import type { PayloadOf } from '../protocol/index.ts';
import { secured } from '../transport/secured.ts';

export interface Transfer {
  readonly speaker: Speaker;
  readonly link: { readonly channel: Channel | undefined; readonly session: string | undefined };
  readonly address: string;
}

/** Tries in which nothing gets on before a transfer is given up. */
const TRIES = 5;

type Ready = PayloadOf<'ARTIFACT_READY'>;

/** @param held the lease a runner puts it under */
export async function putArtifact(
  transfer: Transfer,
  uri: string,
  path: string,
  held: { readonly job_id?: string; readonly fence?: number } = {},
): Promise<{ readonly sha256: string; readonly size: number; readonly chunks?: number }> {
  const { sha256, size } = digestOf(path);
  let before = -1;
  for (let tries = 0; tries < TRIES; ) {
    const { payload } = await transfer.speaker.request('ARTIFACT_PUT', { uri, sha256, size, ...held });
    const chunks = payload.chunks === undefined ? {} : { chunks: payload.chunks };
    if (payload.path === undefined) return { sha256, size, ...chunks };
    if (payload.offset > before) tries = 0;
    before = payload.offset;
    const whole = await upload(transfer, payload, path).catch((error: unknown) => {
      if (++tries >= TRIES) throw interrupted(uri, error);
      return false;
    });
    if (whole) return { sha256, size, ...chunks };
  }
  throw interrupted(uri, undefined);
}

async function upload(transfer: Transfer, ready: Ready, path: string): Promise<boolean> {
  const { offset, size } = ready;
  const headers: Record<string, string> = { 'content-length': String(size - offset) };
  if (size > 0) headers['content-range'] = `bytes ${offset}-${size - 1}/${size}`;
  const body = size === offset ? undefined : createReadStream(path, { start: offset });
  const answer = await exchange(transfer, { method: 'PUT', path: ready.path ?? '', headers }, body);
  answer.resume();
  if (answer.statusCode === 201) return true;
  throw new BitError('remote', `the controller answered ${answer.statusCode}`);
}

/** @throws BitError `integrity` where the bytes are others, or more than `most`; then nothing is left at `path` */
export async function getArtifact(
  transfer: Transfer,
  uri: string,
  path: string,
  most = Number.POSITIVE_INFINITY,
): Promise<{ readonly sha256: string; readonly size: number }> {
  const { payload } = await transfer.speaker.request('ARTIFACT_GET', { uri });
  const { sha256, size } = payload;
  if (size > most)
    throw new BitError('integrity', `${uri} has ${size} bytes: more than the ${most} it may have`);
  const part = `${path}.part`;
  try {
    for (let tries = 0; ; tries++) {
      const from = Math.min((await stat(part).catch(() => undefined))?.size ?? 0, size);
      if (from === size && size > 0) break;
      try {
        const headers = from === 0 ? {} : { range: `bytes=${from}-` };
        const answer = await exchange(
          transfer,
          { method: 'GET', path: payload.path ?? '', headers },
          undefined,
        );
        if (answer.statusCode !== 200 && answer.statusCode !== 206)
          throw new BitError('remote', `the controller answered ${answer.statusCode}`);
        await pipeline(answer, createWriteStream(part, { flags: from === 0 ? 'w' : 'a' }));
        break;
      } catch (error) {
        if (tries + 1 >= TRIES) throw interrupted(uri, error);
      }
    }
    const found = digestOf(part);
    if (found.sha256 !== sha256)
      throw new BitError('integrity', `${uri}: the bytes have the digest ${found.sha256}, not ${sha256}`);
    await rename(part, path);
    return { sha256, size };
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/** One exchange; the bearer is said only to the certificate that the session's connection has. */
async function exchange(
  { link, address }: Transfer,
  options: RequestOptions,
  body: Readable | undefined,
): Promise<IncomingMessage> {
  const { channel, session } = link;
  if (channel === undefined || session === undefined)
    throw new BitError('remote', `the connection to ${address} is down`);
  const url = new URL(address.replace(/^ws/, 'http'));
  const socket = url.protocol === 'https:' ? await secured(url, channel.remote.endPoint) : undefined;
  return new Promise((resolve, reject) => {
    const request = plainRequest(
      {
        ...options,
        host: url.hostname.replace(/^\[|\]$/g, ''),
        port: url.port,
        headers: { ...options.headers, host: url.host, authorization: `Bearer ${session}` },
        // an agent, also `false`, would open a connection of its own
        ...(socket === undefined ? { agent: false } : { createConnection: () => socket }),
      },
      resolve,
    );
    request.on('error', reject);
    if (body === undefined) request.end();
    else pipeline(body, request).catch(reject);
  });
}

function interrupted(uri: string, cause: unknown): BitError {
  return new BitError('remote', `${uri} could not be transferred`, {
    cause,
    hint: 'try again: it goes on where it stood',
  });
}
