import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sha256 } from '../../kernel/digest.ts';
import { BitError } from '../../kernel/errors.ts';
import { isJsonObject, type Json } from '../../kernel/json.ts';
import { damaged } from '../measure.ts';

/**
 * What of helia is used. It brings some 125 MB of packages for a scheme few use: it is no dependency of bit, but
 * installed beside it on demand, in the versions this was written for.
 */
export const HELIA_PACKAGES = [
  'helia@7.1.15',
  '@helia/unixfs@8.0.5',
  'blockstore-fs@4.0.1',
  'datastore-fs@12.0.1',
];

export interface Cid {
  toString(): string;
}

export interface Node {
  readonly blockstore: unknown;
  readonly libp2p: {
    getMultiaddrs(): readonly { toString(): string }[];
    dial(address: unknown): Promise<unknown>;
  };
  readonly pins: {
    add(cid: Cid): AsyncIterable<unknown>;
    rm(cid: Cid): AsyncIterable<unknown>;
    isPinned(cid: Cid): Promise<boolean>;
    ls(): AsyncIterable<{ readonly cid: Cid }>;
  };
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface UnixFs {
  addByteStream(bytes: AsyncIterable<Uint8Array>): Promise<Cid>;
  cat(
    cid: Cid,
    options: {
      readonly path?: string;
      readonly offset?: number;
      readonly length?: number;
      readonly signal?: AbortSignal;
    },
  ): AsyncIterable<Uint8Array>;
  stat(
    cid: Cid,
    options: { readonly path?: string; readonly signal?: AbortSignal },
  ): Promise<{ readonly size: bigint; readonly type: string }>;
}

export interface NodeOptions {
  /** Folders that have the packages in their `node_modules`; the first that has them is taken. */
  readonly modules: readonly string[];
  /** Blocks and pins. */
  readonly directory: string;
  /** Multiaddrs; default any free TCP port of every address. */
  readonly listen?: readonly string[];
}

export interface Helia {
  readonly node: Node;
  readonly files: UnixFs;
  readonly parse: (text: string) => Cid;
  readonly address: (text: string) => unknown;
}

/** @throws BitError `missing-tool` telling how to get it */
export async function startHelia({ modules, directory, listen }: NodeOptions): Promise<Helia> {
  const home = modules.find((folder) => existsSync(join(folder, 'node_modules', 'helia', 'package.json')));
  if (home === undefined) {
    const into = modules[0] ?? '.';
    throw new BitError('missing-tool', 'ipfs:// needs helia, which is not part of bit', {
      hint: `install it (125 MB) with: npm install --legacy-peer-deps --prefix ${into} ${HELIA_PACKAGES.join(' ')}`,
    });
  }
  const load = async (name: string, file?: string): Promise<Record<string, never>> =>
    (await import(pathToFileURL(entryOf(home, name, file)).href)) as Record<string, never>;
  const [helia, unixfs, blocks, data, cids, multiaddr, tcp, noise, yamux, identify] = await Promise.all([
    load('helia'),
    load('@helia/unixfs'),
    load('blockstore-fs'),
    load('datastore-fs'),
    load('multiformats', './cid'),
    load('@multiformats/multiaddr'),
    load('@libp2p/tcp'),
    load('@libp2p/noise'),
    load('@libp2p/yamux'),
    load('@libp2p/identify'),
  ]);
  const make = (from: Record<string, unknown>, name: string) => from[name] as (options?: unknown) => unknown;
  const construct = (from: Record<string, unknown>, name: string, path: string): unknown =>
    new (from[name] as new (path: string) => unknown)(path);
  // no bootstrap list and no routing: whom it speaks to is told
  const node = (await make(
    helia,
    'createHelia',
  )({
    blockstore: construct({ FsBlockstore: comparing(blocks) }, 'FsBlockstore', join(directory, 'blocks')),
    datastore: construct(data, 'FsDatastore', join(directory, 'data')),
    libp2p: {
      addresses: { listen: [...(listen ?? ['/ip4/0.0.0.0/tcp/0'])] },
      transports: [make(tcp, 'tcp')()],
      connectionEncrypters: [make(noise, 'noise')()],
      streamMuxers: [make(yamux, 'yamux')()],
      peerDiscovery: [],
      services: { identify: make(identify, 'identify')() },
    },
  })) as Node;
  await node.start();
  return {
    node,
    files: make(unixfs, 'unixfs')(node) as UnixFs,
    parse: (text) => (cids as unknown as { CID: { parse(text: string): Cid } }).CID.parse(text),
    address: (text) => make(multiaddr, 'multiaddr')(text),
  };
}

/** The file a package's `exports` name: ES modules only are no business of `require.resolve`. */
function entryOf(home: string, name: string, part = '.'): string {
  const folder = join(home, 'node_modules', ...name.split('/'));
  const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const entry =
    isJsonObject(manifest) && isJsonObject(manifest['exports'])
      ? importOf(manifest['exports'][part])
      : undefined;
  if (entry === undefined)
    throw new BitError('missing-tool', `the package ${name} in ${home} has no ${part}`);
  return join(folder, entry);
}

function importOf(entry: Json | undefined): string | undefined {
  if (typeof entry === 'string') return entry;
  if (entry === undefined || !isJsonObject(entry)) return undefined;
  return importOf(entry['import'] ?? entry['default']);
}

interface Block {
  toString(): string;
  readonly multihash: { readonly code: number; readonly digest: Uint8Array };
}

interface Blocks {
  get(cid: Block, options?: unknown): AsyncIterable<Uint8Array>;
}

const SHA2_256 = 0x12;

/** Blocks from others are compared with their CID by helia; those that lie here are not, without this. */
function comparing(blocks: Record<string, unknown>): unknown {
  const Base = blocks['FsBlockstore'] as new (...args: unknown[]) => Blocks;
  return class extends Base {
    override async *get(cid: Block, options?: unknown): AsyncGenerator<Uint8Array> {
      const pieces: Uint8Array[] = [];
      for await (const piece of super.get(cid, options)) pieces.push(piece);
      const bytes = Buffer.concat(pieces);
      const { code, digest } = cid.multihash;
      if (code === SHA2_256 && !sha256(bytes).equals(digest))
        throw damaged(`ipfs://${cid}`, 'a block of it holds other bytes');
      yield bytes;
    }
  };
}
