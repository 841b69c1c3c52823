/**
 * `aln+ns://` artifacts of a mesh of several controllers: in JetStream's object store, one object a URI, which is there
 * whole or not at all; its name is the SHA-256 of the URI, for object names are no URIs. Every controller serves every
 * one. What comes and goes passes through the disk of the controller that carries it: an upload goes on where it broke
 * off, and a range is read of a copy whose digest was compared.
 */
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { ObjectInfo, ObjectStore } from '@nats-io/obj';
import { sha256 } from '../../kernel/digest.ts';
import { BitError, isBitError } from '../../kernel/errors.ts';
import {
  type Expected,
  NsDriver,
  type PutOptions,
  parseUri,
  type Range,
  type StorageFacts,
  type Stored,
  type StreamingDriver,
  type Upload,
} from '../../storage/index.ts';
import type { Nats } from './nats-connect.ts';

/** Copies that no object stands behind any more go so often, and chunks of theirs after as long. */
const TIDY_MS = 3_600_000;
const SCHEME = 'aln+ns';

export async function openNatsArtifacts(
  nats: Nats,
  {
    bucket,
    replicas,
    staging,
  }: { readonly bucket: string; readonly replicas: number; readonly staging: string },
): Promise<NatsArtifacts> {
  const { Objm } = await import('@nats-io/obj');
  try {
    const objects = await new Objm(nats.connection).create(`${bucket}_artifacts`, {
      replicas,
      storage: nats.jetstream.StorageType.File,
    });
    return new NatsArtifacts(objects, staging, nats.translate);
  } catch (error) {
    throw nats.translate(error);
  }
}

export class NatsArtifacts implements StreamingDriver {
  readonly #objects: ObjectStore;
  readonly #copies: NsDriver;
  readonly #translate: (error: unknown) => unknown;
  readonly #fetching = new Map<string, Promise<void>>();
  readonly #timer: NodeJS.Timeout;

  constructor(objects: ObjectStore, staging: string, translate: (error: unknown) => unknown) {
    this.#objects = objects;
    this.#copies = new NsDriver({ roots: [staging] });
    this.#translate = translate;
    this.#timer = setInterval(() => void this.tidy().catch(() => undefined), TIDY_MS).unref();
  }

  scheme(): string {
    return SCHEME;
  }

  async read(uri: string): Promise<Uint8Array> {
    return buffer(await this.open(uri));
  }

  async write(uri: string, bytes: Uint8Array, meta?: Record<string, unknown>): Promise<void> {
    await this.put(uri, Readable.from([bytes]), meta === undefined ? {} : { meta });
  }

  async stat(uri: string): Promise<StorageFacts & { readonly sha256: string; readonly chunks: number }> {
    const found = await this.#info(uri);
    if (found === undefined)
      throw new BitError('not-found', `nothing is kept under ${uri}`, { details: { uri } });
    return found;
  }

  async list(prefix: string): Promise<string[]> {
    const infos = await this.#asked(() => this.#objects.list());
    return infos
      .flatMap(({ deleted, metadata }) => (deleted ? [] : [metadata?.['uri'] ?? '']))
      .filter((uri) => uri !== '' && uri.startsWith(prefix))
      .sort();
  }

  async open(uri: string, range: Range = {}): Promise<Readable> {
    const { sha256: digest, size } = await this.stat(uri);
    const here = await this.#copies.stat(uri).catch(absent);
    if (here?.sha256 !== digest) await this.#fetch(uri, { sha256: digest, size });
    return this.#copies.open(uri, range);
  }

  async put(uri: string, from: Readable, options: PutOptions = {}): Promise<Stored> {
    requireOwn(uri);
    const stored = await this.#copies.put(uri, from, options);
    await this.#send(stored, options.meta);
    return stored;
  }

  async upload(uri: string, expected: Expected): Promise<Upload> {
    requireOwn(uri);
    const here = await this.#copies.stat(uri).catch(absent);
    const chunks = here?.sha256 === expected.sha256 && here.size === expected.size ? here.chunks : undefined;
    // all of it came, and did not get on from here
    if (chunks !== undefined) return this.#whole({ uri, ...expected, chunks });
    const upload = await this.#copies.upload(uri, expected);
    return {
      get offset() {
        return upload.offset;
      },
      append: (bytes) => upload.append(bytes),
      commit: async () => {
        const stored = await upload.commit();
        await this.#send(stored);
        return stored;
      },
      leave: () => upload.leave(),
      drop: () => upload.drop(),
    };
  }

  #whole(stored: Stored): Upload {
    return {
      offset: stored.size,
      async append(from) {
        for await (const piece of from)
          if ((piece as Uint8Array).length > 0)
            throw new BitError(
              'integrity',
              `${stored.uri}: more than the ${stored.size} bytes announced came`,
            );
      },
      commit: async () => {
        await this.#send(stored);
        return stored;
      },
      leave: async () => undefined,
      drop: async () => void (await this.#copies.remove(stored.uri)),
    };
  }

  async remove(uri: string): Promise<boolean> {
    requireOwn(uri);
    const there = (await this.#info(uri)) !== undefined;
    if (there) await this.#asked(() => this.#objects.delete(nameOf(uri)));
    await this.#copies.remove(uri);
    return there;
  }

  /** Lets go of copies of what is gone, or is other bytes by now; how many. */
  async tidy(grace = TIDY_MS): Promise<number> {
    let gone = 0;
    for (const uri of await this.#copies.list(`${SCHEME}://`)) {
      const [there, here] = [await this.#info(uri), await this.#copies.stat(uri).catch(absent)];
      if (here === undefined || there?.sha256 === here.sha256) continue;
      await this.#copies.remove(uri);
      gone++;
    }
    this.#copies.sweep(new Date(), grace);
    return gone;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.allSettled(this.#fetching.values());
  }

  async #info(uri: string): Promise<(StorageFacts & { sha256: string; chunks: number }) | undefined> {
    requireOwn(uri);
    const info = await this.#asked(() => this.#objects.info(nameOf(uri)));
    return info === null || info.deleted ? undefined : factsOf(info, uri);
  }

  async #send({ uri, sha256: digest, size, chunks }: Stored, meta?: PutOptions['meta']): Promise<void> {
    const bytes = await this.#copies.open(uri);
    const metadata = {
      ...{ uri, sha256: digest, size: String(size), chunks: String(chunks) },
      ...(meta === undefined ? {} : { meta: JSON.stringify(meta) }),
    };
    await this.#asked(() =>
      this.#objects.put({ name: nameOf(uri), metadata }, Readable.toWeb(bytes) as ReadableStream<Uint8Array>),
    );
  }

  /** One at a time of each, however many ask. */
  #fetch(uri: string, expected: Expected): Promise<void> {
    const key = `${uri} ${expected.sha256}`;
    const running = this.#fetching.get(key);
    if (running !== undefined) return running;
    const fetching = this.#bring(uri, expected).finally(() => this.#fetching.delete(key));
    this.#fetching.set(key, fetching);
    return fetching;
  }

  async #bring(uri: string, expected: Expected): Promise<void> {
    await this.#asked(async () => {
      const found = await this.#objects.get(nameOf(uri));
      if (found === null)
        throw new BitError('not-found', `nothing is kept under ${uri}`, { details: { uri } });
      // the digest is compared here, of every byte
      found.error.catch(() => undefined);
      await this.#copies.put(
        uri,
        Readable.fromWeb(found.data as Parameters<typeof Readable.fromWeb>[0]),
        expected,
      );
    });
  }

  async #asked<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw this.#translate(error);
    }
  }
}

/** @throws BitError `integrity` for an object that is nobody's of ours */
function factsOf(
  { metadata = {}, size: bytes }: ObjectInfo,
  uri: string,
): StorageFacts & {
  sha256: string;
  chunks: number;
} {
  const { sha256: digest = '', size, chunks, meta } = metadata;
  if (metadata['uri'] !== uri || !/^[0-9a-f]{64}$/.test(digest) || Number(size) !== bytes)
    throw new BitError('integrity', `what is kept under ${uri} is not what was put there`, {
      details: { uri },
    });
  return {
    size: bytes,
    sha256: digest,
    chunks: Number(chunks),
    ...(meta === undefined ? {} : { meta: JSON.parse(meta) as Record<string, unknown> }),
  };
}

function nameOf(uri: string): string {
  return sha256(uri).toString('hex');
}

function requireOwn(uri: string): void {
  if (parseUri(uri).scheme === SCHEME) return;
  throw new BitError('usage', `${uri} is none of ${SCHEME}://`, { details: { uri } });
}

function absent(error: unknown): undefined {
  if (isBitError(error, 'not-found')) return undefined;
  throw error;
}
