import { createHash } from 'node:crypto';
import { BitError } from '../kernel/errors.ts';
import type { Expected, PutOptions } from './driver.ts';

/** Bytes of a chunk; its digest is checked before a byte of it is handed on. */
export const CHUNK_BYTES = 1024 * 1024;

/** Counts and hashes what passes. */
export class Measure {
  readonly #hash = createHash('sha256');
  size = 0;

  add(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.size += bytes.length;
  }

  sha256(): string {
    return this.#hash.copy().digest('hex');
  }
}

/** Cuts what comes into chunks of `most` bytes; the last one is shorter. A chunk is the caller's own. */
export async function* chunksOf(from: AsyncIterable<unknown>, most = CHUNK_BYTES): AsyncGenerator<Buffer> {
  let chunk = Buffer.allocUnsafe(most);
  let length = 0;
  for await (const piece of from) {
    const bytes = asBytes(piece);
    for (let at = 0; at < bytes.length; ) {
      const taken = Math.min(bytes.length - at, most - length);
      chunk.set(bytes.subarray(at, at + taken), length);
      at += taken;
      length += taken;
      if (length < most) continue;
      yield chunk;
      chunk = Buffer.allocUnsafe(most);
      length = 0;
    }
  }
  if (length > 0) yield chunk.subarray(0, length);
}

function asBytes(piece: unknown): Uint8Array {
  if (piece instanceof Uint8Array) return piece;
  if (typeof piece === 'string') return Buffer.from(piece);
  throw new TypeError('a stream of storage holds bytes');
}

/** @throws BitError `integrity` where what came is not what was told */
export function compare(
  uri: string,
  got: { readonly sha256: string; readonly size: number },
  told: PutOptions | Expected,
): void {
  if (told.size !== undefined && told.size !== got.size) {
    throw new BitError('integrity', `${uri}: ${got.size} bytes came where ${told.size} were announced`, {
      details: { uri, size: got.size, announced: told.size },
    });
  }
  if (told.sha256 !== undefined && told.sha256 !== got.sha256) {
    throw new BitError('integrity', `${uri}: what came has another SHA-256 than was announced`, {
      details: { uri, sha256: got.sha256, announced: told.sha256 },
    });
  }
}

/** @throws BitError `usage` for a digest or size that is none */
export function checkExpected(uri: string, { sha256, size }: Expected): void {
  if (/^[0-9a-f]{64}$/.test(sha256) && Number.isSafeInteger(size) && size >= 0) return;
  throw new BitError('usage', `${uri}: an upload is announced with its SHA-256 and its size in bytes`);
}

export function notThere(uri: string): BitError {
  return new BitError('not-found', `there is no ${uri}`, { details: { uri } });
}

export function damaged(uri: string, what: string): BitError {
  return new BitError('integrity', `${uri} is not what was put there: ${what}`, { details: { uri } });
}
