/** ASN.1 in DER (X.690), as far as certificates need it: read in place, bounded in depth. */
import { BuiltinError } from './define.ts';

export interface Node {
  /** The whole first byte: class, constructed, tag. */
  readonly tag: number;
  readonly content: Buffer;
  /** With its header. */
  readonly whole: Buffer;
}

export const SEQUENCE = 0x30;
export const SET = 0x31;
const MOST_ELEMENTS = 4096;

function malformed(): BuiltinError {
  return new BuiltinError('x509: malformed certificate');
}

/** The element `bytes` start with. */
export function readNode(bytes: Buffer): Node {
  const tag = bytes[0];
  const first = bytes[1];
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) throw malformed();
  let length = first;
  let start = 2;
  if (first >= 0x80) {
    const size = first & 0x7f;
    if (size === 0 || size > 4 || bytes.length < 2 + size) throw malformed();
    length = bytes.readUIntBE(2, size);
    start = 2 + size;
  }
  if (bytes.length < start + length) throw malformed();
  return { tag, content: bytes.subarray(start, start + length), whole: bytes.subarray(0, start + length) };
}

/** The elements of a constructed one. */
export function nodesOf(content: Buffer): Node[] {
  const nodes: Node[] = [];
  for (let rest = content; rest.length > 0; ) {
    if (nodes.length >= MOST_ELEMENTS) throw malformed();
    const node = readNode(rest);
    nodes.push(node);
    rest = rest.subarray(node.whole.length);
  }
  return nodes;
}

/** The elements of what has to be `tag`. */
export function inside(node: Node | undefined, tag = SEQUENCE): Node[] {
  if (node?.tag !== tag) throw malformed();
  return nodesOf(node.content);
}

export function oidOf(node: Node | undefined): string {
  if (node?.tag !== 0x06 || node.content.length === 0) throw malformed();
  const parts: bigint[] = [];
  let value = 0n;
  for (const byte of node.content.subarray(0, 64)) {
    value = (value << 7n) | BigInt(byte & 0x7f);
    if (byte < 0x80) {
      parts.push(value);
      value = 0n;
    }
  }
  const [head = 0n, ...rest] = parts;
  const first = head < 40n ? 0n : head < 80n ? 1n : 2n;
  return [first, head - first * 40n, ...rest].join('.');
}

export function integerOf(node: Node | undefined): bigint {
  if (node?.tag !== 0x02 || node.content.length === 0 || node.content.length > 64) throw malformed();
  return BigInt.asIntN(node.content.length * 8, BigInt(`0x${node.content.toString('hex')}`));
}

/** Any of the string types; UTF-16 ones by their bytes. */
export function textOf(node: Node | undefined): string {
  if (node === undefined) throw malformed();
  if (node.tag === 0x1e) return Buffer.from(node.content).swap16().toString('utf16le');
  return node.content.toString(node.tag === 0x14 ? 'latin1' : 'utf8');
}

/** UTCTime and GeneralizedTime, as RFC 3339. */
export function timeOf(node: Node | undefined): string {
  const found = /^(\d\d)?(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(textOf(node));
  if (found === null) throw malformed();
  const [, century, year = '', month, day, hour, minute, second] = found;
  const full = century ?? (Number(year) < 50 ? '20' : '19');
  return `${full}${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
}
