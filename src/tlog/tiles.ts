import { HASH_SIZE, nodeHash, type Subtree } from './merkle.ts';

/** Height of a tile: 2^8 hashes. */
const TILE_HEIGHT = 8;
export const TILE_WIDTH = 2 ** TILE_HEIGHT;

/** A tile of hashes (`level` from 0) or a bundle of entries, as c2sp.org/tlog-tiles names them. */
export interface Tile {
  readonly level: number | 'entries';
  readonly index: number;
  /** Hashes or entries in it: 1 to 256, 256 for a full one. */
  readonly width: number;
}

/** `tile/<L>/<N>[.p/<W>]`. */
export function tilePath({ level, index, width }: Tile): string {
  const groups: string[] = [];
  for (let rest = index; groups.length === 0 || rest > 0; rest = Math.floor(rest / 1000)) {
    const group = String(rest % 1000).padStart(3, '0');
    groups.unshift(groups.length === 0 ? group : `x${group}`);
  }
  return `tile/${level}/${groups.join('/')}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

/** The tile a path names, or undefined: every tile has one path. */
export function parseTilePath(path: string): Tile | undefined {
  const match =
    /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/.exec(path);
  if (match === null) return undefined;
  const [, level = '', groups = '', partial] = match;
  const tile: Tile = {
    level: level === 'entries' ? level : Number(level),
    index: Number(groups.replaceAll(/[x/]/g, '')),
    width: partial === undefined ? TILE_WIDTH : Number(partial),
  };
  const holds = (tile.level === 'entries' || tile.level < 64) && Number.isSafeInteger(tile.index);
  return holds && tilePath(tile) === path ? tile : undefined;
}

/** Hashes there are at a level of tiles in a tree of `size`. */
export function hashesAt(level: number, size: number): number {
  return Math.floor(size / TILE_WIDTH ** level);
}

/** The tile at an index of a level in a tree of `size`; width 0 where the tree has none. */
export function tileAt(level: number | 'entries', index: number, size: number): Tile {
  const hashes = hashesAt(level === 'entries' ? 0 : level, size);
  return { level, index, width: Math.max(0, Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH)) };
}

/** Every tile of hashes in a tree of `size`, level by level, full ones and the partial ones at the right edge. */
export function* tilesOf(size: number): IterableIterator<Tile> {
  for (let level = 0; hashesAt(level, size) > 0; level++) {
    for (let index = 0; index * TILE_WIDTH < hashesAt(level, size); index++) yield tileAt(level, index, size);
  }
}

/** The tile that holds or gives the hash of a perfect subtree, in a tree of `size`. */
export function tileOfNode({ level, index }: Subtree, size: number): Tile {
  const tileLevel = Math.floor(level / TILE_HEIGHT);
  const width = 2 ** (level % TILE_HEIGHT);
  return tileAt(tileLevel, Math.floor((index * width) / TILE_WIDTH), size);
}

/**
 * The hash of a perfect subtree from the bytes of its tile.
 *
 * @throws RangeError where the tile doesn't reach that far
 */
export function nodeFromTile(node: Subtree, bytes: Uint8Array): Uint8Array {
  const width = 2 ** (node.level % TILE_HEIGHT);
  const at = (node.index * width) % TILE_WIDTH;
  if ((at + width) * HASH_SIZE > bytes.length) throw new RangeError('the tile does not hold that node');
  let hashes = Array.from({ length: width }, (_, i) =>
    bytes.subarray((at + i) * HASH_SIZE, (at + i + 1) * HASH_SIZE),
  );
  while (hashes.length > 1) hashes = pairs(hashes);
  return hashes[0] ?? new Uint8Array();
}

function pairs(hashes: readonly Uint8Array[]): Uint8Array[] {
  const out: Uint8Array[] = [];
  for (let at = 0; at + 1 < hashes.length; at += 2) {
    out.push(nodeHash(hashes[at] ?? new Uint8Array(), hashes[at + 1] ?? new Uint8Array()));
  }
  return out;
}
