import { isIPv4, isIPv6 } from 'node:net';
import { isArray, isObject, objectEntries, RegoSet, type Value } from '../values.ts';
import { BuiltinError, builtins, type Operands } from './define.ts';

/** An address range: version bits, the first address and how many leading bits are fixed. */
interface Block {
  readonly bits: 32 | 128;
  readonly first: bigint;
  readonly prefix: number;
}

function address(text: string): { bits: 32 | 128; value: bigint } {
  if (isIPv4(text)) {
    return { bits: 32, value: text.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n) };
  }
  if (!isIPv6(text) || text.includes('%')) throw new BuiltinError(`invalid IP address: ${text}`);
  const dotted = /:(\d+\.\d+\.\d+\.\d+)$/.exec(text)?.[1];
  const low = dotted === undefined ? undefined : address(dotted).value;
  const plain =
    low === undefined
      ? text
      : text.replace(dotted as string, `${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`);
  const [head = '', tail] = plain.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const middle: string[] = new Array(8 - left.length - right.length).fill('0');
  return {
    bits: 128,
    value: [...left, ...middle, ...right].reduce((sum, part) => sum * 65536n + BigInt(`0x${part}`), 0n),
  };
}

function block(text: string, plainToo = true): Block {
  const [ip = '', prefixText, more] = text.split('/');
  const { bits, value } = address(ip);
  if (prefixText === undefined) {
    if (!plainToo) throw new BuiltinError(`invalid CIDR address: ${text}`);
    return { bits, first: value, prefix: bits };
  }
  const prefix = Number(prefixText);
  if (more !== undefined || !/^\d{1,3}$/.test(prefixText) || prefix > bits)
    throw new BuiltinError(`invalid CIDR address: ${text}`);
  const host = BigInt(bits - prefix);
  return { bits, first: (value >> host) << host, prefix };
}

function holds(a: Block, b: Block): boolean {
  const host = BigInt(a.bits - a.prefix);
  return a.bits === b.bits && a.prefix <= b.prefix && b.first >> host === a.first >> host;
}

function ipText(value: bigint, bits: 32 | 128): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
  const groups = Array.from({ length: 8 }, (_, i) =>
    ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16),
  );
  const text = groups.join(':');
  const zeros = [...text.matchAll(/(?:^|(?<=:))0(?::0)+(?=:|$)/g)].sort(
    (a, b) => b[0].length - a[0].length,
  )[0];
  if (zeros === undefined) return text;
  return `${text.slice(0, zeros.index).replace(/:$/, '')}::${text.slice(zeros.index + zeros[0].length).replace(/^:/, '')}`;
}

function contains(o: Operands): Value {
  return holds(block(o.string(0), false), block(o.string(1)));
}

function intersects(o: Operands): Value {
  const [a, b] = [block(o.string(0), false), block(o.string(1), false)];
  return holds(a, b) || holds(b, a);
}

/** What `net.cidr_contains_matches` takes as one side: a text, or a collection of texts or of arrays that start with one. */
function candidates(o: Operands, i: number): [key: Value, block: Block][] {
  const value = o.value(i);
  const text = (item: Value): string => {
    const first = isArray(item) ? item[0] : item;
    if (typeof first !== 'string')
      throw new BuiltinError(`operand ${i + 1}: element must be string or non-empty array`);
    return first;
  };
  if (typeof value === 'string') return [[value, block(value)]];
  if (isArray(value)) return value.map((item, at) => [at, block(text(item))]);
  if (value instanceof RegoSet) return value.sorted().map((item) => [item, block(text(item))]);
  if (isObject(value)) return objectEntries(value).map(([key, item]) => [key, block(text(item))]);
  throw o.wrong(i, 'one of {string, array, set, object}');
}

function containsMatches(o: Operands): Value {
  const found = new RegoSet();
  const right = candidates(o, 1);
  for (const [a, outer] of candidates(o, 0)) {
    for (const [b, inner] of right) {
      o.tick();
      if (holds(outer, inner)) found.add([a, b]);
    }
  }
  return found;
}

function expand(o: Operands): Value {
  const { bits, first, prefix } = block(o.string(0), false);
  const size = 1n << BigInt(bits - prefix);
  o.output(Number(size) * 16);
  const all = new RegoSet();
  for (let i = 0n; i < size; i++) all.add(ipText(first + i, bits));
  return all;
}

/** An address without a prefix stands for the network of its class, as Go's default mask has it. */
function networkOf(text: string): Block {
  if (text.includes('/')) return block(text);
  const { bits, value } = address(text);
  const top = value >> 24n;
  if (bits === 128 || top >= 224n)
    throw new BuiltinError(`${text.slice(0, 60)} invalid: needs prefix length`);
  return block(`${text}/${top < 128n ? 8 : top < 192n ? 16 : 24}`);
}

/** The fewest blocks that cover the same addresses. */
function merge(o: Operands): Value {
  const ranges = o.strings(0).map((text) => {
    const { bits, first, prefix } = networkOf(text);
    return { bits, from: first, to: first + (1n << BigInt(bits - prefix)) - 1n };
  });
  ranges.sort((a, b) => a.bits - b.bits || (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
  const joined: typeof ranges = [];
  for (const range of ranges) {
    const last = joined.at(-1);
    if (last !== undefined && last.bits === range.bits && range.from <= last.to + 1n) {
      if (range.to > last.to) last.to = range.to;
    } else joined.push({ ...range });
  }
  const out = new RegoSet();
  for (const { bits, from, to } of joined) {
    for (let at = from; at <= to; ) {
      o.tick();
      let host = 0;
      while (
        host < bits &&
        (at & ((1n << BigInt(host + 1)) - 1n)) === 0n &&
        at + (1n << BigInt(host + 1)) - 1n <= to
      )
        host++;
      out.add(`${ipText(at, bits)}/${bits - host}`);
      at += 1n << BigInt(host);
    }
  }
  return out;
}

function isValid(o: Operands): Value {
  try {
    block(o.string(0), false);
    return true;
  } catch (error) {
    if (error instanceof BuiltinError) return false;
    throw error;
  }
}

export const NET = builtins({
  'net.cidr_contains': [2, contains],
  'net.cidr_overlap': [2, contains],
  'net.cidr_intersects': [2, intersects],
  'net.cidr_contains_matches': [2, containsMatches],
  'net.cidr_expand': [1, expand],
  'net.cidr_merge': [1, merge],
  'net.cidr_is_valid': [1, isValid],
});
