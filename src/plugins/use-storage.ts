/** Storage that plugins bring, as {@link Storage} takes drivers that are not bit's own. */
import { BitError, isBitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Reader } from '../operation/index.ts';
import { MOST_WHOLE, type OtherDrivers, type StorageDriver, streamed } from '../storage/index.ts';
import { type Extension, type Extensions, extensionsOf, may } from './extensions.ts';
import { storageCall } from './points/storage.ts';
import type { Session } from './session.ts';
import type { Provided } from './table.ts';

/** Milliseconds one call of a driver may take. */
const CALL_LIMIT = 300_000;
/** A process answers so many calls; then another takes its place, well before its messages are used up. */
const MOST_CALLS = 1000;

export interface StorageLimits {
  /** Milliseconds of one call. */
  readonly call?: number;
  /** Bytes of one object. */
  readonly most?: number;
}

/** @throws BitError `conflict` where two plugins bring a scheme, when it is asked for */
export async function pluginStorage(
  reader: Pick<Reader, 'extensions' | 'signal'>,
  limits: StorageLimits = {},
): Promise<OtherDrivers> {
  const extensions = await extensionsOf(reader);
  const all = extensions.list('storage');
  return {
    schemes: [...new Set(all.map(schemeOf))],
    async open(scheme) {
      const [extension, other] = all.filter((one) => schemeOf(one) === scheme);
      if (extension === undefined) throw new Error(`no plugin brings ${scheme}`);
      if (other !== undefined)
        throw new BitError(
          'conflict',
          `${scheme}:// is brought by two plugins: ${extension.plugin.name} and ${other.plugin.name}`,
          { hint: `one has to go: bit ext uninstall ${other.plugin.name}` },
        );
      const name = `${extension.name} of the plugin ${extension.plugin.name}`;
      const { most = MOST_WHOLE } = limits;
      const remote = new RemoteDriver(extensions, extension, {
        name,
        signal: reader.signal,
        most,
        ...limits,
      });
      return streamed(remote, { scheme, name, most, close: () => remote.close() });
    },
  };
}

export function schemeOf({ facts }: Pick<Provided, 'facts'>): string {
  return String(facts['scheme']);
}

interface RemoteOptions {
  readonly name: string;
  readonly signal: AbortSignal;
  readonly most: number;
  readonly call?: number;
}

interface OpenSession {
  readonly session: Session;
  calls: number;
  running: number;
}

/** The five methods, called in the plugin's process; one that broke is followed by another at the next call. */
class RemoteDriver implements StorageDriver {
  readonly #extensions: Extensions;
  readonly #extension: Extension;
  readonly #options: RemoteOptions;
  #open: OpenSession | undefined;

  constructor(extensions: Extensions, extension: Extension, options: RemoteOptions) {
    this.#extensions = extensions;
    this.#extension = extension;
    this.#options = options;
  }

  scheme(): string {
    return schemeOf(this.#extension);
  }

  async read(uri: string): Promise<Uint8Array> {
    return (await this.#call('read', uri)).taken();
  }

  async write(uri: string, bytes: Uint8Array, meta: Record<string, unknown> = {}): Promise<void> {
    await this.#call('write', uri, { bytes, meta });
  }

  async stat(uri: string): Promise<{ size: number; sha256?: string }> {
    return (await this.#call('stat', uri)).result as { size: number; sha256?: string };
  }

  async list(prefix: string): Promise<string[]> {
    return (await this.#call('list', prefix)).result as string[];
  }

  async close(): Promise<void> {
    const { session } = this.#open ?? {};
    this.#open = undefined;
    await session?.close().catch(() => undefined);
  }

  async #call(
    method: 'read' | 'write' | 'stat' | 'list',
    uri: string,
    sent?: { readonly bytes: Uint8Array; readonly meta: object },
  ): Promise<{ readonly result: unknown; readonly taken: () => Uint8Array }> {
    const { name, signal: around, most, call: limit = CALL_LIMIT } = this.#options;
    const time = AbortSignal.timeout(limit);
    const signal = AbortSignal.any([around, time]);
    const { answer, taken } = storageCall(
      { who: name, may: may(this.#extension), signal },
      { most, ...(sent === undefined ? {} : { sent }) },
    );
    const at = this.#session();
    at.calls += 1;
    at.running += 1;
    try {
      const asked = at.session.call(this.#extension.name, method, [uri], { answer, signal });
      const result = await Promise.race([asked, aborted(signal)]);
      return { result, taken };
    } catch (error) {
      // what it left behind is unknown: the next call meets a process of its own
      if (!isBitError(error) || !ANSWERS.has(error.code)) this.#drop(at);
      if (around.aborted) throw new BitError('cancelled', 'interrupted', { cause: error });
      if (time.aborted)
        throw new BitError('remote', `${name} did not answer ${method} within ${limit / 1000} s`);
      throw told(error, `${name}: ${method}`);
    } finally {
      at.running -= 1;
    }
  }

  #session(): OpenSession {
    if (this.#open !== undefined && this.#open.calls >= MOST_CALLS && this.#open.running === 0)
      this.#drop(this.#open);
    this.#open ??= {
      session: this.#extensions.open('storage', this.#extension, this.#options.signal),
      calls: 0,
      running: 0,
    };
    return this.#open;
  }

  #drop(at: OpenSession): void {
    if (this.#open === at) this.#open = undefined;
    at.session.close().catch(() => undefined);
  }
}

/** What a driver that is sound may answer a question with. */
const ANSWERS: ReadonlySet<string> = new Set([
  'not-found',
  'usage',
  'auth',
  'remote',
  'integrity',
  'io',
  'busy',
  'denied',
  'unsupported',
]);

function told(error: unknown, where: string): BitError {
  const why = error instanceof Error ? error.message : String(error);
  const message = `${where}: ${printable(shorten(why, 500))}`;
  const { code = 'remote', hint = undefined } = isBitError(error) ? error : {};
  const known = code === 'failed' || ANSWERS.has(code) ? code : 'remote';
  return new BitError(known, message, {
    cause: error,
    ...(hint === undefined ? {} : { hint: printable(shorten(hint, 500)) }),
  });
}

/** Rejects when the signal is aborted: what runs in this process heeds it only if it cares to. */
export function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
