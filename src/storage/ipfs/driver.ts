import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { BitError } from '../../kernel/errors.ts';
import type {
  Expected,
  PutOptions,
  Range,
  StorageFacts,
  Stored,
  StreamingDriver,
  Upload,
} from '../driver.ts';
import { compare, Measure, notThere } from '../measure.ts';
import { NsDriver } from '../ns/driver.ts';
import { parseUri } from '../uri.ts';
import { type Cid, type Helia, type NodeOptions, startHelia } from './helia.ts';

export interface IpfsOptions extends NodeOptions {
  /** Multiaddrs of the nodes that are asked for what is not here. */
  readonly peers?: readonly string[];
  /** Milliseconds to wait for others; default 60 s. */
  readonly patience?: number;
}

/** What is put under this URI gets the one of its content. */
export const NEW = 'ipfs://';

/**
 * `ipfs://<CID>[/path]`: content by its own digest, from this node or those it knows. Every block is compared with its
 * CID as it comes. Where something is put is its content's choice: `put` under `ipfs://` answers the URI.
 */
export class IpfsDriver implements StreamingDriver {
  readonly #options: IpfsOptions;
  readonly #staging: NsDriver;
  #started: Promise<Helia> | undefined;

  constructor(options: IpfsOptions) {
    this.#options = options;
    this.#staging = new NsDriver({ roots: [join(options.directory, 'staging')] });
  }

  scheme(): string {
    return 'ipfs';
  }

  /** Where others reach this node. */
  async addresses(): Promise<readonly string[]> {
    const { node } = await this.#helia();
    return node.libp2p.getMultiaddrs().map(String);
  }

  async read(uri: string): Promise<Uint8Array> {
    return buffer(await this.open(uri));
  }

  async write(uri: string, bytes: Uint8Array): Promise<void> {
    await this.put(uri, Readable.from([bytes]));
  }

  async stat(uri: string): Promise<StorageFacts> {
    const { cid, path, helia, signal } = await this.#find(uri);
    try {
      const { size, type } = await helia.files.stat(cid, { ...path, signal });
      if (type === 'directory') throw new BitError('usage', `${uri} is a folder`, { details: { uri } });
      return { size: Number(size) };
    } catch (error) {
      throw failure(error, uri);
    }
  }

  async list(prefix: string): Promise<string[]> {
    if (!prefix.startsWith(NEW)) throw new BitError('usage', `${prefix} is none of ipfs://`);
    const { node } = await this.#helia();
    const found: string[] = [];
    for await (const { cid } of node.pins.ls()) {
      const uri = `${NEW}${cid.toString()}`;
      if (uri.startsWith(prefix)) found.push(uri);
    }
    return found.sort();
  }

  async open(uri: string, { offset, length }: Range = {}): Promise<Readable> {
    // what is nowhere fails here, not in the middle of a stream
    const { size } = await this.stat(uri);
    const { cid, path, helia, signal } = await this.#find(uri);
    if (length === 0 || (offset ?? 0) >= size) return Readable.from([]);
    const range = {
      ...(offset === undefined ? {} : { offset }),
      ...(length === undefined ? {} : { length }),
    };
    const bytes = helia.files.cat(cid, { ...path, ...range, signal });
    return Readable.from(told(bytes, uri), { objectMode: false });
  }

  async put(uri: string, from: Readable, options: PutOptions = {}): Promise<Stored> {
    const wanted = uri === NEW ? undefined : placeOf(uri);
    const { files, node } = await this.#helia();
    const measure = new Measure();
    async function* counted() {
      for await (const piece of from) {
        options.signal?.throwIfAborted();
        measure.add(piece as Buffer);
        yield piece as Buffer;
      }
    }
    const cid = (await files.addByteStream(counted())).toString();
    if (wanted !== undefined && wanted !== cid) {
      throw new BitError('integrity', `${uri}: what came is ipfs://${cid}`, { details: { uri, cid } });
    }
    const got = { sha256: measure.sha256(), size: measure.size };
    compare(uri, got, options);
    const parsed = (await this.#helia()).parse(cid);
    if (!(await node.pins.isPinned(parsed))) for await (const _ of node.pins.add(parsed));
    return { uri: `${NEW}${cid}`, ...got, chunks: Math.max(1, Math.ceil(got.size / 1048576)) };
  }

  /** Gathers on disk beside the node, and is added when it is whole. */
  async upload(uri: string, expected: Expected): Promise<Upload> {
    if (uri !== NEW) placeOf(uri);
    const staged = `aln+ns://staging/${expected.sha256}`;
    const upload = await this.#staging.upload(staged, expected);
    return {
      get offset() {
        return upload.offset;
      },
      append: (from) => upload.append(from),
      commit: async () => {
        await upload.commit();
        const stored = await this.put(uri, await this.#staging.open(staged), expected);
        await this.#staging.remove(staged);
        this.#staging.sweep(new Date(), 0);
        return stored;
      },
      leave: () => upload.leave(),
      drop: () => upload.drop(),
    };
  }

  async remove(uri: string): Promise<boolean> {
    const { cid, helia } = await this.#find(uri);
    const { pins } = helia.node;
    if (!(await pins.isPinned(cid))) return false;
    for await (const _ of pins.rm(cid));
    return true;
  }

  async close(): Promise<void> {
    if (this.#started !== undefined) await (await this.#started).node.stop();
    this.#started = undefined;
  }

  #helia(): Promise<Helia> {
    this.#started ??= this.#start();
    this.#started.catch(() => {
      this.#started = undefined;
    });
    return this.#started;
  }

  async #start(): Promise<Helia> {
    const helia = await startHelia(this.#options);
    // one that is not there is no reason to fail: what is here needs nobody
    for (const peer of this.#options.peers ?? [])
      await helia.node.libp2p.dial(helia.address(peer)).catch(() => undefined);
    return helia;
  }

  async #find(uri: string): Promise<{
    readonly cid: Cid;
    readonly path: { readonly path?: string };
    readonly helia: Helia;
    readonly signal: AbortSignal;
  }> {
    const { segments } = parseUri(uri);
    const place = placeOf(uri);
    const helia = await this.#helia();
    let cid: Cid;
    try {
      cid = helia.parse(place);
    } catch (error) {
      throw new BitError('usage', `${uri} has no CID`, { cause: error, details: { uri } });
    }
    const path = segments.length === 0 ? {} : { path: segments.join('/') };
    return { cid, path, helia, signal: AbortSignal.timeout(this.#options.patience ?? 60_000) };
  }
}

function placeOf(uri: string): string {
  const { scheme, place } = parseUri(uri);
  if (scheme !== 'ipfs') throw new BitError('usage', `${uri} is none of ipfs://`, { details: { uri } });
  return place;
}

async function* told(bytes: AsyncIterable<Uint8Array>, uri: string): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes;
  } catch (error) {
    throw failure(error, uri);
  }
}

/** Names of what helia throws where nobody has it. */
const NOWHERE = new Set([
  'TimeoutError',
  'AbortError',
  'NotFoundError',
  'LoadBlockFailedError',
  'DoesNotExistError',
]);

function failure(error: unknown, uri: string): unknown {
  if (error instanceof BitError || !(error instanceof Error)) return error;
  if (NOWHERE.has(error.name)) return notThere(uri);
  return new BitError('remote', `${uri}: ${error.message}`, { cause: error, details: { uri } });
}
