import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BitError, fromErrno } from '../kernel/errors.ts';

/** Where the files of a tlog-tiles log are read from. */
export interface LogSource {
  /** For messages. */
  readonly name: string;
  /** Bytes of a path below the log's prefix; undefined where there is nothing. At most `limit` bytes. */
  read(path: string, limit: number): Promise<Uint8Array | undefined>;
}

/** A log in a directory. */
export function directorySource(directory: string): LogSource {
  return {
    name: directory,
    async read(path, limit) {
      const file = join(directory, path);
      try {
        const { size } = await stat(file);
        if (size > limit) throw tooLarge(file, limit);
        return await readFile(file);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // `000.p/5` is no directory where `000.p` is a file, and the other way round.
        if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
        throw fromErrno(error, 'cannot read the log');
      }
    },
  };
}

const ATTEMPTS = 4;
const TIMEOUT = 30_000;

/** A log served over HTTP. Failures that may pass are tried again. */
export function httpSource(prefix: string, signal?: AbortSignal): LogSource {
  const base = prefix.endsWith('/') ? prefix : `${prefix}/`;
  return {
    name: prefix,
    async read(path, limit) {
      const url = new URL(path, base).href;
      for (let attempt = 1; ; attempt++) {
        const answer = await get(url, limit, signal);
        if (typeof answer !== 'string') return answer.bytes;
        if (attempt === ATTEMPTS) throw new BitError('remote', `${url}: ${answer}`, { details: { url } });
        await new Promise((resolve) => setTimeout(resolve, 100 * 4 ** (attempt - 1)));
      }
    },
  };
}

/** What was found, or why it may be found by trying again. */
async function get(
  url: string,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<{ readonly bytes: Uint8Array | undefined } | string> {
  const timeout = AbortSignal.timeout(TIMEOUT);
  try {
    const response = await fetch(url, {
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    if (response.status === 404) return { bytes: undefined };
    if (response.status === 429 || response.status >= 500) return `HTTP status ${response.status}`;
    if (!response.ok) {
      throw new BitError('remote', `${url}: HTTP status ${response.status}`, {
        details: { url, status: response.status },
      });
    }
    return { bytes: await bounded(response, url, limit) };
  } catch (error) {
    if (error instanceof BitError) throw error;
    if (signal?.aborted === true) throw new BitError('cancelled', 'interrupted', { cause: error });
    const { cause } = error as { cause?: unknown };
    return cause instanceof Error && cause.message !== '' ? cause.message : String(error);
  }
}

async function bounded(response: Response, url: string, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > limit) throw tooLarge(url, limit);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(name: string, limit: number): BitError {
  return new BitError('integrity', `larger than anything a log has there (${limit} bytes): ${name}`, {
    details: { name, limit },
  });
}
