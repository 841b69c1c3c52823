import type { LedgerReader } from '../ledger/index.ts';
import { formatBundle, hashesAt, TILE_WIDTH, type Tile, tileAt, tilePath } from '../tlog/index.ts';

/** A file of a tlog-tiles log, below its prefix. */
export interface LogFile {
  readonly path: string;
  readonly bytes: Buffer;
  /** Never written again with other bytes. */
  readonly full: boolean;
}

/**
 * The tiles and entry bundles of a chain of `size` entries that one of `from` entries didn't have yet. Every file is
 * made when it is asked for: memory holds one.
 */
export function* chainFiles(
  ledger: LedgerReader,
  chain: string,
  size: number,
  from = 0,
): IterableIterator<LogFile> {
  const tree = ledger.tree(chain);
  for (const tile of newTiles(size, from)) {
    const entries = Array.from({ length: tile.width }, (_, i) => tree.leaf(tile.index * TILE_WIDTH + i));
    yield file({ ...tile, level: 'entries' }, formatBundle(entries));
  }
  for (let level = 0; hashesAt(level, size) > 0; level++) {
    for (const tile of newTiles(size, from, level)) {
      const hashes = Array.from({ length: tile.width }, (_, i) =>
        tree.node({ level: level * 8, index: tile.index * TILE_WIDTH + i }),
      );
      yield file(tile, Buffer.concat(hashes));
    }
  }
}

/** Tiles of a level from the first that wasn't full. */
function* newTiles(size: number, from: number, level = 0): IterableIterator<Tile> {
  const first = Math.floor(hashesAt(level, from) / TILE_WIDTH);
  for (let index = first; index * TILE_WIDTH < hashesAt(level, size); index++)
    yield tileAt(level, index, size);
}

function file(tile: Tile, bytes: Buffer): LogFile {
  return { path: tilePath(tile), bytes, full: tile.width === TILE_WIDTH };
}
