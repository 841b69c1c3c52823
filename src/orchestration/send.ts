import { BitError } from '../kernel/errors.ts';
import { rememberSecret } from '../kernel/secrets.ts';
import type { StepTools } from '../workflow/index.ts';

const TIMEOUT = 15_000;
/** Of an answer, whose text nobody needs whole. */
const MOST_BYTES = 64 * 1024;

export interface Sending {
  readonly method: 'POST' | 'PUT';
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly most?: number;
}

/**
 * Sends, and reads the bounded answer. No redirect is followed: it could lead a token elsewhere.
 *
 * @throws BitError `remote` saying the status and the host, never the address: it may hold a secret
 */
export async function send(
  address: string,
  sending: Sending,
): Promise<{ readonly status: number; readonly text: string }> {
  const url = parseAddress(address);
  const { method, type, body, headers, most = MOST_BYTES } = sending;
  const signal = AbortSignal.any([sending.signal, AbortSignal.timeout(TIMEOUT)]);
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      body: body as string,
      redirect: 'manual',
      signal,
      headers: { 'content-type': type, 'user-agent': 'bit', ...headers },
    });
  } catch (cause) {
    if (sending.signal.aborted) throw new BitError('cancelled', `interrupted while sending to ${url.host}`);
    throw new BitError(
      'remote',
      `${url.host} can't be reached${signal.aborted ? ` in ${TIMEOUT / 1000} s` : ''}`,
      { cause },
    );
  }
  const text = await bounded(response, most, url.host);
  if (response.status >= 200 && response.status < 300) return { status: response.status, text };
  const redirected =
    response.status >= 300 && response.status < 400 ? ', a redirect, which is not followed' : '';
  throw new BitError(
    response.status === 401 || response.status === 403 ? 'auth' : 'remote',
    `${url.host} answered ${response.status}${redirected}`,
    {
      details: { host: url.host, status: response.status },
    },
  );
}

async function bounded(response: Response, most: number, host: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (response.body === null) return '';
  try {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > most) throw new BitError('remote', `${host} answered more than ${most} bytes`);
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof BitError) throw cause;
    throw new BitError('remote', `the answer of ${host} broke off`, { cause });
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseAddress(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new BitError('usage', 'the address is no http or https address', {
      hint: 'set it with: bit secret set NAME',
    });
  return url;
}

/** What `env:NAME` or `secret:NAME` holds; undefined where it is empty. It is masked wherever this run writes. */
export function secretAt(
  reference: string,
  tools: Pick<StepTools, 'state' | 'inherited' | 'mask'>,
): string | undefined {
  const name = reference.slice(reference.indexOf(':') + 1);
  const value = reference.startsWith('env:') ? tools.inherited[name] : tools.state.secret(name);
  if (value === undefined || value === '') return undefined;
  tools.mask(value);
  rememberSecret(value);
  return value;
}

type Tools = Pick<StepTools, 'state' | 'inherited' | 'mask'>;

/** The first of `identity.tokenSources` that is not empty. */
export function tokenAt(
  sources: readonly string[],
  tools: Tools,
): { readonly reference: string; readonly value: string } | undefined {
  for (const reference of sources) {
    const value = secretAt(reference, tools);
    if (value !== undefined) return { reference, value };
  }
  return undefined;
}

/** Names of the secrets among references. */
export function secretNames(references: readonly (string | undefined)[]): string[] {
  return references.flatMap((reference) =>
    reference?.startsWith('secret:') === true ? [reference.slice(7)] : [],
  );
}
