import type { Duplex } from 'node:stream';
import { BitError, type ErrorCode, EXIT_CODES } from '../kernel/errors.ts';
import { isJsonObject, type Json } from '../kernel/json.ts';

/** What one side may put on the other; beyond it the channel is broken and the other side is told why. */
export interface ChannelLimits {
  /** Bytes of one message. */
  readonly message: number;
  /** Messages in all. */
  readonly messages: number;
  /** Calls that wait for their answer at one time. */
  readonly waiting: number;
}

export interface ChannelOptions {
  readonly stream: Duplex;
  readonly limits: ChannelLimits;
  /** Answers a call of the other side; what it throws goes back as an error. */
  readonly answer: (method: string, args: readonly unknown[]) => Promise<unknown>;
  /** The other side broke the rules. */
  readonly onBroken: (error: BitError) => void;
}

export interface Channel {
  /** Calls the other side. Rejects with its error, or when the channel closes. */
  call(method: string, ...args: unknown[]): Promise<unknown>;
  close(reason: BitError): void;
}

/**
 * Calls both ways over one stream: a line of JSON a message, `{id, call, args}`, `{id, ok}` or `{id, error}`. Every
 * message from the other side is taken as hostile: bounded in size, number and calls at a time, and malformed ones
 * break the channel.
 */
export function openChannel(options: ChannelOptions): Channel {
  const { stream, limits } = options;
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
  let closed: BitError | undefined;
  let next = 1;
  let seen = 0;
  let answering = 0;
  let partial: Buffer[] = [];
  let size = 0;

  const close = (reason: BitError): void => {
    if (closed !== undefined) return;
    closed = reason;
    for (const call of waiting.values()) call.reject(reason);
    waiting.clear();
    stream.destroy();
  };
  const broken = (why: string): undefined => {
    if (closed !== undefined) return undefined;
    const error = new BitError('failed', why);
    close(error);
    options.onBroken(error);
    return undefined;
  };
  const send = (message: unknown): void => {
    if (closed === undefined) stream.write(`${JSON.stringify(message, encodeBytes)}\n`);
  };

  const answer = async (id: number, method: string, args: readonly unknown[]): Promise<void> => {
    answering += 1;
    if (answering > limits.waiting) return broken(`more than ${limits.waiting} calls at one time`);
    try {
      send({ id, ok: await options.answer(method, args) });
    } catch (error) {
      send({ id, error: errorToJson(error) });
    } finally {
      answering -= 1;
    }
  };
  const receive = (line: string): undefined => {
    seen += 1;
    if (seen > limits.messages) return broken(`more than ${limits.messages} messages`);
    let message: unknown;
    try {
      message = JSON.parse(line, decodeBytes);
    } catch {
      return broken('a message that is not JSON');
    }
    if (!isJsonObject(message) || typeof message['id'] !== 'number') return broken('a malformed message');
    const { id, call, args } = message;
    if (call !== undefined) {
      if (typeof call !== 'string' || !Array.isArray(args)) return broken('a malformed call');
      void answer(id, call, args as unknown[]);
      return undefined;
    }
    const pending = waiting.get(id);
    if (pending === undefined) return broken('an answer to no question');
    waiting.delete(id);
    if (message['error'] === undefined) pending.resolve(message['ok']);
    else pending.reject(errorFromJson(message['error']));
    return undefined;
  };

  stream.on('data', (chunk: Buffer) => {
    let from = 0;
    while (closed === undefined) {
      const end = chunk.indexOf(10, from);
      const part = chunk.subarray(from, end < 0 ? chunk.length : end);
      size += part.length;
      if (size > limits.message) return broken(`a message larger than ${limits.message} bytes`);
      partial.push(part);
      if (end < 0) return;
      const line = Buffer.concat(partial).toString('utf8');
      partial = [];
      size = 0;
      from = end + 1;
      receive(line);
    }
  });
  stream.on('error', () => close(gone()));
  stream.on('close', () => close(gone()));

  return {
    call(method, ...args) {
      if (closed !== undefined) return Promise.reject(closed);
      const id = next++;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        send({ id, call: method, args });
      });
    },
    close,
  };
}

function gone(): BitError {
  return new BitError('failed', 'the process of the plugin ended', { details: { ended: true } });
}

/** Bytes in JSON: `{"$bytes": "<base64>"}`. A Buffer comes here as what its own toJSON made of it. */
function encodeBytes(this: unknown, key: string, value: unknown): unknown {
  const raw = (this as Record<string, unknown>)[key];
  if (raw instanceof Uint8Array) return { $bytes: Buffer.from(raw).toString('base64') };
  return value;
}

function decodeBytes(_key: string, value: unknown): unknown {
  if (!isJsonObject(value) || typeof value['$bytes'] !== 'string') return value;
  return new Uint8Array(Buffer.from(value['$bytes'], 'base64'));
}

function errorToJson(error: unknown): Json {
  if (error instanceof BitError) {
    const { code, message, hint, details } = error;
    return { code, message, ...(hint === undefined ? {} : { hint }), details: details as Json };
  }
  return { code: 'internal', message: error instanceof Error ? error.message : String(error) };
}

function errorFromJson(value: unknown): BitError {
  const fields = isJsonObject(value) ? value : {};
  const { code, message, hint, details } = fields;
  const known = typeof code === 'string' && Object.hasOwn(EXIT_CODES, code) ? (code as ErrorCode) : 'failed';
  return new BitError(known, typeof message === 'string' ? message.slice(0, 4000) : 'no reason given', {
    ...(typeof hint === 'string' ? { hint: hint.slice(0, 1000) } : {}),
    ...(isJsonObject(details) ? { details } : {}),
  });
}
