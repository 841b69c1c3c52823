import { BitError } from '../kernel/errors.ts';
import { ENTRY_LIMIT, parseBundle } from './bundle.ts';
import { Frontier } from './frontier.ts';
import { HASH_SIZE, leafHash } from './merkle.ts';
import { type OpenedCheckpoint, type OpenOptions, openCheckpoint } from './proof-file.ts';
import type { LogSource } from './source.ts';
import { hashesAt, TILE_WIDTH, type Tile, tileAt, tilePath } from './tiles.ts';

/** What doesn't hold in a log: the file, where there is one the entry, and what is wrong. */
export interface LogFault {
  readonly path: string;
  readonly entry: number | undefined;
  readonly message: string;
}

export interface LogAudit {
  readonly checkpoint: OpenedCheckpoint;
  /** The first fault, or undefined. */
  readonly fault: LogFault | undefined;
  /** Entries that were found good. */
  readonly entries: number;
  /** Files read. */
  readonly files: number;
}

export interface AuditOptions extends OpenOptions {
  /** What is wrong with an entry's own content; default nothing can be. */
  readonly checkEntry?: (entry: Uint8Array, index: number) => string | undefined;
  readonly onProgress?: (entries: number, size: number) => void;
}

const CHECKPOINT_LIMIT = 1_000_000;
const BUNDLE_LIMIT = TILE_WIDTH * (ENTRY_LIMIT + 2);

/** Bundles asked for before they are needed. */
const AHEAD = 8;

/** @throws BitError `not-found` where the source has no checkpoint */
export async function readCheckpoint(source: LogSource): Promise<string> {
  const bytes = await source.read('checkpoint', CHECKPOINT_LIMIT);
  if (bytes !== undefined) return Buffer.from(bytes).toString('utf8');
  throw new BitError('not-found', `no log is there: ${source.name}/checkpoint does not exist`, {
    hint: 'give the folder or address that holds checkpoint and tile/',
  });
}

class Fault extends Error {
  readonly fault: LogFault;

  constructor(path: string, entry: number | undefined, message: string) {
    super(message);
    this.fault = { path, entry, message };
  }
}

/**
 * Verifies a whole tlog-tiles log: the checkpoint's signature, every entry against its leaf hash, every hash of every
 * tile against the tile below, the root. Memory doesn't grow with the log.
 *
 * @throws BitError `integrity` for a checkpoint that can't be believed, `not-found`, `remote`, `io`
 */
export async function auditLog(source: LogSource, options: AuditOptions): Promise<LogAudit> {
  const checkpoint = openCheckpoint(await readCheckpoint(source), options);
  const audit = new Audit(source, checkpoint.size);
  const frontier = new Frontier();
  const result = (fault: LogFault | undefined): LogAudit => {
    return { checkpoint, fault, entries: frontier.size, files: audit.files };
  };
  try {
    for await (const { path, entries } of audit.bundles()) {
      for (const entry of entries) {
        const index = frontier.size;
        const completed = frontier.push(leafHash(entry));
        await audit.take(completed, index);
        const wrong = options.checkEntry?.(entry, index);
        if (wrong !== undefined) throw new Fault(path, index, wrong);
      }
      options.onProgress?.(frontier.size, checkpoint.size);
    }
  } catch (error) {
    if (error instanceof Fault) return result(error.fault);
    throw error;
  }
  if (Buffer.compare(frontier.root(), checkpoint.root) === 0) return result(undefined);
  const message = `the ${checkpoint.size} entries have another root than the checkpoint says`;
  return result({ path: 'checkpoint', entry: undefined, message });
}

/** Reads tiles as their hashes are computed, and compares. */
class Audit {
  readonly #source: LogSource;
  readonly #size: number;
  /** The tile of each level that is being compared. */
  readonly #tiles: { index: number; path: string; bytes: Uint8Array }[] = [];
  files = 1;

  constructor(source: LogSource, size: number) {
    this.#source = source;
    this.#size = size;
  }

  async *bundles(): AsyncIterableIterator<{ path: string; entries: readonly Uint8Array[] }> {
    const count = Math.ceil(this.#size / TILE_WIDTH);
    const waiting: Promise<{ path: string; bytes: Uint8Array }>[] = [];
    for (let next = 0, index = 0; index < count; index++) {
      for (; next < count && waiting.length < AHEAD; next++) {
        const read = this.#read(tileAt('entries', next, this.#size), BUNDLE_LIMIT);
        // It is awaited in its turn; until then a failure isn't unhandled.
        read.catch(() => undefined);
        waiting.push(read);
      }
      const { path, bytes } = await (waiting.shift() ?? Promise.reject(new Error('no bundle was asked for')));
      const tile = tileAt('entries', index, this.#size);
      const entries = parseBundle(bytes);
      if (entries === undefined) throw new Fault(path, index * TILE_WIDTH, 'its lengths do not add up');
      if (entries.length < tile.width) {
        const missing = index * TILE_WIDTH + entries.length;
        throw new Fault(path, missing, `it holds ${entries.length} entries, not ${tile.width}`);
      }
      if (entries.length > tile.width && !(path === tilePath({ ...tile, width: TILE_WIDTH }))) {
        throw new Fault(path, undefined, `it holds ${entries.length} entries, not ${tile.width}`);
      }
      yield { path, entries: entries.slice(0, tile.width) };
    }
  }

  /** Compares the hashes that a leaf completed with those the tiles hold. */
  async take(completed: readonly Uint8Array[], leaf: number): Promise<void> {
    for (let level = 0; level * 8 < completed.length; level++) {
      const hash = completed[level * 8] ?? new Uint8Array();
      const node = Math.floor(leaf / TILE_WIDTH ** level);
      const tile = await this.#tile(level, Math.floor(node / TILE_WIDTH));
      const at = (node % TILE_WIDTH) * HASH_SIZE;
      if (Buffer.compare(tile.bytes.subarray(at, at + HASH_SIZE), hash) === 0) continue;
      if (level === 0) throw new Fault(tile.path, leaf, `entry ${leaf} does not have the hash its tile says`);
      const below = tilePath(tileAt(level - 1, node, this.#size));
      throw new Fault(tile.path, undefined, `hash ${node % TILE_WIDTH} is not that of ${below}`);
    }
  }

  async #tile(level: number, index: number): Promise<{ index: number; path: string; bytes: Uint8Array }> {
    const known = this.#tiles[level];
    if (known?.index === index) return known;
    const tile = tileAt(level, index, this.#size);
    const { path, bytes } = await this.#read(tile, TILE_WIDTH * HASH_SIZE);
    const wanted = tile.width * HASH_SIZE;
    const full = path === tilePath({ ...tile, width: TILE_WIDTH });
    if (bytes.length !== (full ? TILE_WIDTH * HASH_SIZE : wanted)) {
      throw new Fault(path, undefined, `it is ${bytes.length} bytes long`);
    }
    const loaded = { index, path, bytes };
    this.#tiles[level] = loaded;
    return loaded;
  }

  /** A partial tile may be gone once the full one is there. */
  async #read(tile: Tile, limit: number): Promise<{ path: string; bytes: Uint8Array }> {
    const paths = [...new Set([tilePath(tile), tilePath({ ...tile, width: TILE_WIDTH })])];
    for (const path of paths) {
      const bytes = await this.#source.read(path, limit);
      if (bytes === undefined) continue;
      this.files += 1;
      return { path, bytes };
    }
    const level = tile.level === 'entries' ? 0 : tile.level;
    const first = tile.index * TILE_WIDTH ** (level + 1);
    throw new Fault(paths[0] ?? '', hashesAt(level, this.#size) > 0 ? first : undefined, 'it is missing');
  }
}
