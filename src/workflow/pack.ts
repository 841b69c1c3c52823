import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream, renameSync, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BitError, fromErrno } from '../kernel/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import type { ContentStore } from './content.ts';
import type { Artifact } from './model.ts';

/**
 * Bytes of artifacts in one file: a line of JSON, whose `contents` name digest and size of each, then the bytes, one
 * after another. What is taken out was compared with its digest.
 */
const MOST_HEADER = 256 * 1024 * 1024;

interface Content {
  readonly digest: string;
  readonly size: number;
}

/** Writes a pack in one step: it is there whole or not at all. */
export async function writePack(
  to: string,
  header: JsonObject,
  artifacts: readonly Artifact[],
  content: Pick<ContentStore, 'read'>,
): Promise<void> {
  const contents = distinct(artifacts);
  const temporary = `${to}.${randomBytes(4).toString('hex')}.tmp`;
  async function* parts() {
    yield Buffer.from(`${JSON.stringify({ ...header, contents: contents as unknown as Json })}\n`);
    for (const { digest } of contents) yield* content.read(digest);
  }
  try {
    await pipeline(
      Readable.from(parts(), { objectMode: false }),
      createWriteStream(temporary, { flags: 'wx', mode: 0o600 }),
    );
    renameSync(temporary, to);
  } catch (error) {
    throw fromErrno(error, `cannot write ${to}`);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/**
 * Takes a pack's contents into the store and answers its header.
 *
 * @throws BitError `integrity` where it is none, or holds other bytes than it says
 */
export async function readPack(path: string, content: Pick<ContentStore, 'put'>): Promise<JsonObject> {
  const header = await readHeader(path);
  let at = header.length;
  for (const { digest, size } of header.contents) {
    const bytes = size === 0 ? Readable.from([]) : createReadStream(path, { start: at, end: at + size - 1 });
    const stored = await content.put(bytes);
    if (stored.digest !== digest || stored.size !== size) {
      throw new BitError('integrity', `the pack ${path} does not hold ${digest}`, {
        details: { path, digest },
      });
    }
    at += size;
  }
  return header.json;
}

async function readHeader(
  path: string,
): Promise<{ readonly json: JsonObject; readonly length: number; readonly contents: readonly Content[] }> {
  const pieces: Buffer[] = [];
  let length = 0;
  let ended = false;
  for await (const piece of createReadStream(path)) {
    const bytes = piece as Buffer;
    const end = bytes.indexOf(0x0a);
    pieces.push(end < 0 ? bytes : bytes.subarray(0, end));
    length += end < 0 ? bytes.length : end + 1;
    ended = end >= 0;
    if (ended || length > MOST_HEADER) break;
  }
  let json: unknown;
  try {
    json = ended ? JSON.parse(Buffer.concat(pieces).toString('utf8')) : undefined;
  } catch {
    // told below
  }
  if (!isJsonObject(json) || !isContents(json['contents']))
    throw new BitError('integrity', `${path} is no pack`, { details: { path } });
  const { contents, ...rest } = json;
  return { json: rest, length, contents };
}

function isContents(value: unknown): value is readonly Content[] & Json {
  return (
    Array.isArray(value) &&
    value.every(
      (one) =>
        isJsonObject(one) &&
        typeof one['digest'] === 'string' &&
        /^[0-9a-f]{64}$/.test(one['digest']) &&
        Number.isSafeInteger(one['size']) &&
        Number(one['size']) >= 0,
    )
  );
}

function distinct(artifacts: readonly Artifact[]): readonly Content[] {
  const known = new Map<string, number>();
  for (const { files } of artifacts) for (const { digest, size } of files) known.set(digest, size);
  return [...known].map(([digest, size]) => ({ digest, size }));
}
