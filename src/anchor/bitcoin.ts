import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import type { Reader } from '../operation/index.ts';
import { below, exchange, saidBy, serviceUrl } from './http.ts';
import type { Options } from './options.ts';

const HEADER_SIZE = 80;

/**
 * Where block headers are believed from: an Esplora server of the user's (`/block-height/N`, `/block/<id>/header`), or
 * a file of 80-byte headers from the first block on, as light wallets keep one.
 */
export interface HeaderSource {
  readonly name: string;
  /** 80 bytes. @throws BitError `remote` where it can't be had, `integrity` where it is none */
  header(height: number, reader: Reader): Promise<Buffer>;
}

export function headerSource(options: Options, seconds: number): HeaderSource | undefined {
  const text = options.optional('headers');
  if (text === undefined) return undefined;
  return /^https?:/.test(text) ? esplora(serviceUrl(options, 'headers', text), seconds) : headerFile(text);
}

function esplora(url: URL, seconds: number): HeaderSource {
  const name = url.href;
  return {
    name,
    async header(height, { signal }) {
      const ask = async (path: string, pattern: RegExp): Promise<string> => {
        const answer = await exchange({ url: below(url, path), place: name, limit: 1024, seconds, signal });
        const text = answer.body.toString('latin1').trim();
        if (answer.status === 200 && pattern.test(text)) return text;
        throw new BitError('remote', `${name} has no block ${height}: ${saidBy(answer)}`);
      };
      const id = await ask(`block-height/${height}`, /^[0-9a-f]{64}$/);
      const header = Buffer.from(await ask(`block/${id}/header`, /^[0-9a-f]{160}$/), 'hex');
      if (blockId(header) === id) return worked(header, height, name);
      throw new BitError('integrity', `${name} gives another header than that of block ${height}`);
    },
  };
}

function headerFile(text: string): HeaderSource {
  return {
    name: text,
    async header(height, { repository, cwd }) {
      const path = resolve(repository?.root ?? cwd, text);
      const header = Buffer.alloc(HEADER_SIZE);
      try {
        // opening anything else could wait forever
        if (!(await stat(path)).isFile()) throw new BitError('remote', `no file of block headers: ${path}`);
        const file = await open(path, 'r');
        try {
          const { bytesRead } = await file.read(header, 0, HEADER_SIZE, height * HEADER_SIZE);
          if (bytesRead < HEADER_SIZE) throw new BitError('remote', `${text} does not reach block ${height}`);
        } finally {
          await file.close();
        }
      } catch (error) {
        if (error instanceof BitError) throw error;
        throw new BitError('remote', `cannot read the block headers: ${path}`, { cause: error });
      }
      return worked(header, height, text);
    },
  };
}

/** A header whose hash does not meet the difficulty it names was made by no miner. */
function worked(header: Buffer, height: number, name: string): Buffer {
  const bits = header.readUInt32LE(72);
  const exponent = bits >>> 24;
  const mantissa = BigInt(bits & 0x7fffff);
  const target =
    exponent <= 3 ? mantissa >> BigInt(8 * (3 - exponent)) : mantissa << BigInt(8 * (exponent - 3));
  if ((bits & 0x800000) === 0 && exponent <= 32 && BigInt(`0x${blockId(header)}`) <= target) return header;
  throw new BitError('integrity', `${name}: the header of block ${height} has no proof of work`);
}

function blockId(header: Buffer): string {
  const once = createHash('sha256').update(header).digest();
  return createHash('sha256').update(once).digest().reverse().toString('hex');
}

/** Root of the block's transactions, in the order of its bytes, and its time. */
export function readHeader(header: Buffer): { readonly root: Buffer; readonly time: Date } {
  return { root: header.subarray(36, 68), time: new Date(header.readUInt32LE(68) * 1000) };
}
