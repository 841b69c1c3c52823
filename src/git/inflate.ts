import { inflateSync } from 'node:zlib';

/** Up to this many packed bytes are unpacked here: loading node:zlib takes 4 ms, a commit has 200 bytes. */
const SMALL = 4096;

/**
 * Unpacks one zlib stream (RFC 1950, 1951); what follows it is not looked at.
 *
 * @throws Error where it is damaged or makes more than `limit` bytes
 */
export function inflate(packed: Uint8Array, limit: number): Buffer {
  // a pack is read in pieces longer than the object: then the start alone tells nothing of its size
  return packed.length > SMALL ? inflateSync(packed, { maxOutputLength: limit }) : inflateHere(packed, limit);
}

const LENGTHS = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
  227, 258,
];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCES = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
  6145, 8193, 12289, 16385, 24577,
];
const DISTANCE_BITS = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const MAX_BITS = 15;
/** What one stored block may hold. */
const MOST_AT_ONCE = 65_535;

class Damaged extends Error {}

/** Canonical Huffman code: how many symbols there are of each length, and the symbols in order. */
interface Code {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

function codeOf(lengths: ArrayLike<number>): Code {
  const counts = new Uint16Array(MAX_BITS + 1);
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol] ?? 0;
    if (length > 0) counts[length] = (counts[length] ?? 0) + 1;
  }
  const places = new Uint16Array(MAX_BITS + 2);
  let left = 1;
  for (let bits = 1; bits <= MAX_BITS; bits++) {
    const many = counts[bits] ?? 0;
    left = left * 2 - many;
    if (left < 0) throw new Damaged('more codes than fit');
    places[bits + 1] = (places[bits] ?? 0) + many;
  }
  const symbols = new Uint16Array(places[MAX_BITS + 1] ?? 0);
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol] ?? 0;
    if (length === 0) continue;
    const place = places[length] ?? 0;
    symbols[place] = symbol;
    places[length] = place + 1;
  }
  return { counts, symbols };
}

/**
 * The first bytes of a zlib stream, `enough` of them or a few more: all of it where it has no more. What comes after
 * is not looked at, the checksum neither.
 *
 * @throws Error where it is damaged before that
 */
export function inflateStart(packed: Uint8Array, enough: number): Buffer {
  return inflateHere(packed, enough + MOST_AT_ONCE, enough);
}

/** The decoder itself, plain and bounded. */
export function inflateHere(packed: Uint8Array, limit: number, enough = Number.POSITIVE_INFINITY): Buffer {
  const head = ((packed[0] ?? 0) << 8) | (packed[1] ?? 0);
  if (packed.length < 6 || (head & 0x0f20) !== 0x0800 || head % 31 !== 0) throw new Damaged('no zlib stream');
  let at = 2;
  let held = 0;
  let count = 0;
  let out = Buffer.allocUnsafe(Math.min(limit, Math.max(1024, packed.length * 4)));
  let size = 0;

  const bits = (wanted: number): number => {
    while (count < wanted) {
      const byte = packed[at++];
      if (byte === undefined) throw new Damaged('cut short');
      held |= byte << count;
      count += 8;
    }
    const value = held & ((1 << wanted) - 1);
    held >>>= wanted;
    count -= wanted;
    return value;
  };
  const symbol = ({ counts, symbols }: Code): number => {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= MAX_BITS; length++) {
      code |= bits(1);
      const many = counts[length] ?? 0;
      const found = code - many < first ? symbols[index + code - first] : undefined;
      if (found !== undefined) return found;
      index += many;
      first = (first + many) * 2;
      code *= 2;
    }
    throw new Damaged('no such code');
  };
  const room = (more: number): void => {
    if (size + more > limit) throw new Damaged('more than the limit');
    if (size + more <= out.length) return;
    const larger = Buffer.allocUnsafe(Math.min(limit, Math.max(size + more, out.length * 2)));
    out.copy(larger, 0, 0, size);
    out = larger;
  };
  const stored = (): void => {
    held = 0;
    count = 0;
    const length = (packed[at] ?? 0) | ((packed[at + 1] ?? 0) << 8);
    const check = (packed[at + 2] ?? 0) | ((packed[at + 3] ?? 0) << 8);
    at += 4;
    if (length !== (~check & 0xffff) || at + length > packed.length) throw new Damaged('cut short');
    room(length);
    out.set(packed.subarray(at, at + length), size);
    size += length;
    at += length;
  };
  const dynamic = (): [Code, Code] => {
    const [literals, distances, codes] = [bits(5) + 257, bits(5) + 1, bits(4) + 4];
    if (literals > 286 || distances > 30) throw new Damaged('too many codes');
    const ofLengths = new Array<number>(19).fill(0);
    for (let i = 0; i < codes; i++) ofLengths[CODE_ORDER[i] ?? 0] = bits(3);
    const code = codeOf(ofLengths);
    const lengths: number[] = [];
    while (lengths.length < literals + distances) {
      const found = symbol(code);
      const [value, times] =
        found < 16
          ? [found, 1]
          : found === 16
            ? [lengths.at(-1), 3 + bits(2)]
            : [0, found === 17 ? 3 + bits(3) : 11 + bits(7)];
      if (value === undefined) throw new Damaged('nothing to repeat');
      for (let i = 0; i < times; i++) lengths.push(value);
    }
    if (lengths.length > literals + distances || lengths[256] === 0) throw new Damaged('wrong lengths');
    return [codeOf(lengths.slice(0, literals)), codeOf(lengths.slice(literals))];
  };
  const compressed = (literals: Code, distances: Code): void => {
    while (size < enough) {
      const found = symbol(literals);
      if (found === 256) return;
      if (found < 256) {
        room(1);
        out[size++] = found;
        continue;
      }
      const length = (LENGTHS[found - 257] ?? Number.NaN) + bits(LENGTH_BITS[found - 257] ?? 0);
      const far = symbol(distances);
      const distance = (DISTANCES[far] ?? Number.NaN) + bits(DISTANCE_BITS[far] ?? 0);
      if (!(length > 0 && distance <= size)) throw new Damaged('reaches outside');
      room(length);
      for (let i = 0; i < length; i++, size++) out[size] = out[size - distance] ?? 0;
    }
  };

  for (let last = 0; last === 0; ) {
    last = bits(1);
    const kind = bits(2);
    if (kind === 0) stored();
    else if (kind === 1) compressed(...fixed());
    else if (kind === 2) compressed(...dynamic());
    else throw new Damaged('no such block');
    if (size >= enough) return out.subarray(0, size);
  }
  // whole bytes that were taken and not used go back
  at -= count >> 3;
  const result = out.subarray(0, size);
  const sum = packed.subarray(at, at + 4);
  if (sum.length < 4 || Buffer.from(sum).readUInt32BE(0) !== adler(result))
    throw new Damaged('wrong checksum');
  return result;
}

let fixedCodes: [Code, Code] | undefined;

function fixed(): [Code, Code] {
  fixedCodes ??= [
    codeOf(Array.from({ length: 288 }, (_, at) => (at < 144 ? 8 : at < 256 ? 9 : at < 280 ? 7 : 8))),
    codeOf(new Array<number>(30).fill(5)),
  ];
  return fixedCodes;
}

function adler(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return ((b << 16) | a) >>> 0;
}
