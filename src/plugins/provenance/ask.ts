import { BitError } from '../../kernel/errors.ts';

export type Answer =
  | { readonly status: 200; readonly value: unknown }
  /** Any other status, or 0 for a host that takes no connection. */
  | { readonly status: number; readonly value?: undefined };

export interface AskOptions {
  readonly signal: AbortSignal;
  /** For the whole of it. */
  readonly seconds?: number;
}

const SECONDS = 30;
const MOST_BYTES = 2 * 1024 * 1024;
const MOST_DEPTH = 64;

/**
 * One JSON document of a registry. Redirections are not followed; nothing of the person's is sent along.
 *
 * @throws BitError `remote` for an answer that is too large, too slow, too deep, no JSON or a fault of the server
 */
export async function ask(url: URL, { signal, seconds = SECONDS }: AskOptions): Promise<Answer> {
  const time = AbortSignal.timeout(seconds * 1000);
  const place = `${url.host}${url.pathname}`;
  try {
    const response = await fetch(url, {
      headers: { accept: 'application/json' },
      redirect: 'manual',
      signal: AbortSignal.any([signal, time]),
    }).catch((error: unknown) => {
      if (signal.aborted || time.aborted) throw error;
      return undefined;
    });
    if (response === undefined) return { status: 0 };
    if (response.status >= 500)
      throw new BitError('remote', `${place} answers with status ${response.status}`);
    if (response.status !== 200) {
      await response.body?.cancel();
      return { status: response.status };
    }
    return { status: 200, value: parse(await bounded(response, place), place) };
  } catch (error) {
    if (error instanceof BitError) throw error;
    if (signal.aborted) throw new BitError('cancelled', 'interrupted', { cause: error });
    const why = time.aborted ? `did not answer within ${seconds} s` : 'broke off its answer';
    throw new BitError('remote', `${place} ${why}`, { cause: error });
  }
}

async function bounded(response: Response, place: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += (chunk as Uint8Array).length;
    if (size > MOST_BYTES) throw new BitError('remote', `${place} answers with more than 2 MB`);
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string, place: string): unknown {
  if (depthOf(text) > MOST_DEPTH)
    throw new BitError('remote', `${place} answers with more than ${MOST_DEPTH} levels`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BitError('remote', `${place} does not answer with JSON`, { cause: error });
  }
}

/** Levels of JSON, without parsing it; of what is no JSON, some number. */
function depthOf(text: string): number {
  let depth = 0;
  let most = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (token === '[' || token === '{') most = Math.max(most, ++depth);
    else if (token === ']' || token === '}') depth--;
  }
  return most;
}
