/**
 * Storage of plugins: a driver of the protocol's five methods for a scheme of its own. Bytes cross in pieces, both ways
 * and in the sandbox as out of it, so that no message is larger than a piece.
 */
import { BitError } from '../../kernel/errors.ts';
import { type StorageDriver, schemeFault } from '../../storage/index.ts';
import { type FetchOptions, type FetchResult, fetchGranted } from '../network.ts';
import { whole } from '../shapes.ts';
import { checkItems, described, type Invocation, type PointKind, type Tool } from './point.ts';

/** What a driver may use. */
export interface StorageHost {
  /** HTTPS to the hosts the plugin was granted (`network:<host>`). */
  fetch(url: string, options?: FetchOptions): Promise<FetchResult>;
}

/** A place to keep artifacts in. */
export interface StorageKind {
  readonly name: string;
  readonly description: string;
  /** Of its URIs, without `://`. One of bit's own, or of everybody's, can't be taken. */
  readonly scheme: string;
  /** Called once a process. What isn't there is an error whose `code` is `not-found`. */
  open(host: StorageHost): StorageDriver | Promise<StorageDriver>;
}

const PIECE = 4 * 1024 * 1024;

/** A driver that is open here, and whose calls it may answer with what it asks for. */
interface Opened {
  readonly driver: Promise<StorageDriver>;
  readonly tools: Set<Tool>;
}

const opened = new WeakMap<StorageKind, Opened>();

export const storagePoint: PointKind<StorageKind> = {
  what: 'storage',
  check(value, where) {
    const at = {
      where,
      point: 'storage',
      what: 'storage',
      texts: ['description', 'scheme'],
      functions: ['open'],
    };
    const kinds = checkItems<StorageKind>(value, at);
    for (const { name, scheme } of kinds) {
      const why = schemeFault(scheme);
      if (why !== undefined) throw new BitError('usage', `${where}: ${name} is no storage: ${why}`);
    }
    return kinds;
  },
  describe: ({ name, description, scheme }) => described(name, description, { scheme }),
  async invoke(kind, method, [uri], { tool }) {
    const at = openOnce(kind);
    at.tools.add(tool);
    try {
      return await call(await at.driver, method, String(uri), tool);
    } catch (error) {
      const isMissing = error instanceof Error && (error as { code?: unknown }).code === 'not-found';
      if (isMissing && !(error instanceof BitError)) throw new BitError('not-found', error.message);
      throw error;
    } finally {
      at.tools.delete(tool);
    }
  },
};

function openOnce(kind: StorageKind): Opened {
  const found = opened.get(kind);
  if (found !== undefined) return found;
  const tools = new Set<Tool>();
  const host: StorageHost = {
    async fetch(url, options = {}) {
      const [tool] = tools;
      if (tool === undefined)
        throw new BitError('denied', `${kind.name} fetches while nothing is asked of it`);
      return (await tool('fetch', url, options)) as FetchResult;
    },
  };
  const driver = Promise.resolve(kind.open(host)).then((made) => checked(kind, made));
  const made = { driver, tools };
  opened.set(kind, made);
  driver.catch(() => opened.delete(kind)); // one that could not be opened is tried again
  return made;
}

function checked({ name, scheme }: StorageKind, driver: StorageDriver): StorageDriver {
  const methods = ['scheme', 'read', 'write', 'stat', 'list'] as const;
  for (const method of methods)
    if (typeof driver?.[method] !== 'function')
      throw new BitError('remote', `${name} is no driver: ${method} must be a function`);
  if (driver.scheme() === scheme) return driver;
  throw new BitError('remote', `${name} opens a driver of another scheme than ${scheme}`);
}

async function call(driver: StorageDriver, method: string, uri: string, tool: Tool): Promise<unknown> {
  if (method === 'list') return driver.list(uri);
  if (method === 'stat') return driver.stat(uri);
  if (method === 'write') {
    const { size, meta } = (await tool('what')) as { size: number; meta: Record<string, unknown> };
    const bytes = Buffer.alloc(size);
    for (let at = 0; at < size; ) {
      const piece = (await tool('take', at)) as Uint8Array;
      bytes.set(piece, at);
      at += piece.length;
    }
    await driver.write(uri, bytes, meta);
    return null;
  }
  const bytes = await driver.read(uri);
  if (!(bytes instanceof Uint8Array)) throw new BitError('remote', 'read answered with no bytes');
  await tool('size', bytes.length);
  for (let at = 0; at < bytes.length; at += PIECE) await tool('give', bytes.subarray(at, at + PIECE));
  return null;
}

/** What one call of a driver may ask of the host. */
export interface StorageCall {
  readonly answer: Invocation['tool'];
  /** What it handed over, all of it. @throws BitError `remote` where it handed over less than it said */
  readonly taken: () => Uint8Array;
}

/** Answers what a driver asks during one call. `sent`: what there is to be written. */
export function storageCall(
  at: { readonly who: string; readonly may: (capability: string) => boolean; readonly signal: AbortSignal },
  {
    most,
    sent,
  }: { readonly most: number; readonly sent?: { readonly bytes: Uint8Array; readonly meta: object } },
): StorageCall {
  const pieces: Uint8Array[] = [];
  let told: number | undefined;
  let length = 0;
  const wrong = (why: string): BitError => new BitError('remote', `${at.who}: ${why}`);
  return {
    async answer(method, ...given) {
      const [first] = given;
      if (method === 'fetch') return fetchGranted(given, at);
      if (method === 'what' && sent !== undefined) return { size: sent.bytes.length, meta: sent.meta };
      if (method === 'take' && sent !== undefined) {
        const from = whole(first, 'offset', sent.bytes.length);
        return sent.bytes.subarray(from, from + PIECE);
      }
      if (method === 'size' && sent === undefined) {
        told = whole(first, 'size', Number.MAX_SAFE_INTEGER);
        if (told > most) throw wrong(`an object of more than ${most} bytes`);
        return null;
      }
      if (method === 'give' && sent === undefined) {
        if (!(first instanceof Uint8Array)) throw wrong('a piece that is no bytes');
        length += first.length;
        if (told === undefined || length > told) throw wrong('it hands over more than it said');
        // out of the sandbox it is the driver's own memory, which it may go on using
        pieces.push(new Uint8Array(first));
        return null;
      }
      throw new BitError('denied', `${at.who}: ${method.slice(0, 40)} is not for a storage`);
    },
    taken() {
      if (told === undefined || length !== told) throw wrong('it handed over less than it said');
      return Buffer.concat(pieces);
    },
  };
}
