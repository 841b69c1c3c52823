import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { inflate } from './inflate.ts';

/** gitformat-pack(5). What is larger or deeper than this is left to git. */
const MAX_OBJECT = 1 << 20;
const MAX_PACKS = 64;
const MAX_DEPTH = 64;
const OID_BYTES = 20;
const FANOUT = 8;
const NAMES = FANOUT + 1024;

const TYPES: Readonly<Record<number, string>> = { 1: 'commit', 2: 'tree', 3: 'blob', 4: 'tag' };
const OFS_DELTA = 6;
const REF_DELTA = 7;

export interface GitObject {
  readonly type: string;
  readonly body: Buffer;
}

/** Thrown where a file is not what the format says, or asks for more than the bounds: then git is asked. */
class Unreadable extends Error {}

/** The packs of one repository, read by position; nothing is mapped or kept but small headers. */
export class PackFiles {
  readonly #folder: string;
  #packs: string[] | undefined;

  constructor(objects: string) {
    this.#folder = join(objects, 'pack');
  }

  /** The object, or undefined where no pack holds it or git has to be asked. */
  read(oid: string): GitObject | undefined {
    return this.#read(Buffer.from(oid, 'hex'), 0);
  }

  #read(oid: Buffer, depth: number): GitObject | undefined {
    for (const pack of this.#list()) {
      const offset = withFile(`${pack}.idx`, (file, size) => findOffset(file, size, oid));
      if (offset !== undefined)
        return withFile(`${pack}.pack`, (file, size) => this.#entry({ file, size }, offset, depth));
    }
    return undefined;
  }

  #list(): string[] {
    this.#packs ??= readdirSync(this.#folder)
      .filter((name) => name.endsWith('.idx'))
      .map((name) => join(this.#folder, name.slice(0, -'.idx'.length)));
    if (this.#packs.length > MAX_PACKS) throw new Unreadable();
    return this.#packs;
  }

  #entry(pack: { readonly file: number; readonly size: number }, offset: number, depth: number): GitObject {
    if (depth > MAX_DEPTH || offset < 12) throw new Unreadable();
    const head = readAt(pack.file, offset, Math.min(64, pack.size - offset));
    let at = 0;
    let byte = head[at++] ?? 0;
    const kind = (byte >> 4) & 7;
    let length = byte & 15;
    for (let shift = 4; (byte & 0x80) !== 0; shift += 7) {
      byte = head[at++] ?? 0;
      length += (byte & 0x7f) * 2 ** shift;
    }
    if (length > MAX_OBJECT) throw new Unreadable();
    let base: GitObject | undefined;
    if (kind === OFS_DELTA) {
      byte = head[at++] ?? 0;
      let back = byte & 0x7f;
      while ((byte & 0x80) !== 0) {
        byte = head[at++] ?? 0;
        back = (back + 1) * 128 + (byte & 0x7f);
      }
      if (back <= 0 || back > offset) throw new Unreadable();
      base = this.#entry(pack, offset - back, depth + 1);
    } else if (kind === REF_DELTA) {
      base = this.#read(head.subarray(at, at + OID_BYTES), depth + 1);
      at += OID_BYTES;
      if (base === undefined) throw new Unreadable();
    }
    // deflate never makes more than this of `length` bytes
    const packed = Math.min(length + (length >> 9) + 1024, pack.size - offset - at);
    const bytes = inflate(readAt(pack.file, offset + at, packed), MAX_OBJECT);
    if (bytes.length !== length) throw new Unreadable();
    if (base !== undefined) return { type: base.type, body: applyDelta(base.body, bytes) };
    const type = TYPES[kind];
    if (type === undefined) throw new Unreadable();
    return { type, body: bytes };
  }
}

function withFile<Result>(path: string, work: (file: number, size: number) => Result): Result {
  const file = openSync(path, 'r');
  try {
    return work(file, fstatSync(file).size);
  } finally {
    closeSync(file);
  }
}

function readAt(file: number, position: number, length: number): Buffer {
  if (length <= 0) throw new Unreadable();
  const bytes = Buffer.allocUnsafe(length);
  let got = 0;
  while (got < length) {
    const read = readSync(file, bytes, got, length - got, position + got);
    if (read === 0) throw new Unreadable();
    got += read;
  }
  return bytes;
}

/** Version 2 index: 256 running counts, sorted names, checksums, offsets, and long offsets for those that need one. */
function findOffset(file: number, size: number, oid: Buffer): number | undefined {
  const head = readAt(file, 0, Math.min(NAMES, size));
  if (head.length < NAMES || head.readUInt32BE(0) !== 0xff744f63 || head.readUInt32BE(4) !== 2)
    throw new Unreadable();
  const count = (at: number): number => head.readUInt32BE(FANOUT + 4 * at);
  const first = oid[0] ?? 0;
  const [from, to, total] = [first === 0 ? 0 : count(first - 1), count(first), count(255)];
  if (to > total || from > to || NAMES + total * (OID_BYTES + 8) > size) throw new Unreadable();
  let [low, high] = [from, to];
  const names =
    from === to ? Buffer.alloc(0) : readAt(file, NAMES + from * OID_BYTES, (to - from) * OID_BYTES);
  while (low < high) {
    const middle = (low + high) >> 1;
    const at = (middle - from) * OID_BYTES;
    const order = oid.compare(names, at, at + OID_BYTES);
    if (order === 0) return offsetAt(file, size, total, middle);
    if (order < 0) high = middle;
    else low = middle + 1;
  }
  return undefined;
}

function offsetAt(file: number, size: number, total: number, entry: number): number {
  const offsets = NAMES + total * (OID_BYTES + 4);
  const offset = readAt(file, offsets + entry * 4, 4).readUInt32BE(0);
  if (offset < 0x80000000) return offset;
  const position = offsets + total * 4 + (offset - 0x80000000) * 8;
  if (position + 8 > size) throw new Unreadable();
  return Number(readAt(file, position, 8).readBigUInt64BE(0));
}

/** Copies of the base and new bytes, in turn. */
export function applyDelta(base: Buffer, delta: Buffer): Buffer {
  let at = 0;
  const next = (): number => {
    const byte = delta[at++];
    if (byte === undefined) throw new Unreadable();
    return byte;
  };
  const size = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = next();
      value += (byte & 0x7f) * factor;
      if (value > MAX_OBJECT) throw new Unreadable();
      if ((byte & 0x80) === 0) return value;
    }
  };
  if (size() !== base.length) throw new Unreadable();
  const result = Buffer.allocUnsafe(size());
  let filled = 0;
  while (at < delta.length) {
    const command = next();
    let bytes: Buffer;
    if ((command & 0x80) !== 0) {
      let [from, length] = [0, 0];
      for (let bit = 0; bit < 4; bit++) if ((command & (1 << bit)) !== 0) from += next() * 2 ** (8 * bit);
      for (let bit = 0; bit < 3; bit++)
        if ((command & (0x10 << bit)) !== 0) length += next() * 2 ** (8 * bit);
      if (length === 0) length = 0x10000;
      if (from + length > base.length) throw new Unreadable();
      bytes = base.subarray(from, from + length);
    } else {
      if (command === 0 || at + command > delta.length) throw new Unreadable();
      bytes = delta.subarray(at, at + command);
      at += command;
    }
    if (filled + bytes.length > result.length) throw new Unreadable();
    filled += bytes.copy(result, filled);
  }
  if (filled !== result.length) throw new Unreadable();
  return result;
}
