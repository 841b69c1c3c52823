/** Numbers and identifiers by chance: the same for the same arguments within one evaluation. */
import { createHash, randomBytes } from 'node:crypto';
import type { Machine } from '../machine.ts';
import { normalNumber, type Value } from '../values.ts';
import { BuiltinError, builtins, type Operands } from './define.ts';

const seeds = new WeakMap<Machine, Buffer>();

function chance(o: Operands, ...parts: readonly string[]): Buffer {
  let seed = seeds.get(o.machine);
  if (seed === undefined) {
    seed = randomBytes(32);
    seeds.set(o.machine, seed);
  }
  return createHash('sha256')
    .update(seed)
    .update(JSON.stringify([o.name, ...parts]))
    .digest();
}

function intn(o: Operands): Value {
  const most = o.bigint(1);
  if (most === 0n) return 0;
  const bits = BigInt(`0x${chance(o, o.string(0), String(most)).toString('hex')}`);
  return normalNumber(bits % (most < 0n ? -most : most));
}

function uuid4(o: Operands): Value {
  const bytes = chance(o, o.string(0)).subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

const FORM =
  /^(?:urn:uuid:)?([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$|^\{([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})\}$|^([0-9a-f]{32})$/i;
const DOMAINS = ['Person', 'Group', 'Org'];
/** From the Gregorian reform, where these clocks start, to 1970, in their ticks of 100 ns. */
const EPOCH = 122_192_928_000_000_000n;

function variantOf(byte: number): string {
  if ((byte & 0xc0) === 0x80) return 'RFC4122';
  if ((byte & 0xe0) === 0xc0) return 'Microsoft';
  return (byte & 0xe0) === 0xe0 ? 'Future' : 'Reserved';
}

function parse(o: Operands): Value {
  const found = FORM.exec(o.string(0));
  if (found === null) throw new BuiltinError('invalid UUID');
  const bytes = Buffer.from(found.slice(1).join(''), 'hex');
  const at = (i: number) => bytes[i] ?? 0;
  const version = at(6) >> 4;
  const base = { variant: variantOf(at(8)), version };
  if (version !== 1 && version !== 2) return base;
  const high = BigInt(bytes.readUInt16BE(6) & 0xfff) << 48n;
  const ticks = high | (BigInt(bytes.readUInt16BE(4)) << 32n) | BigInt(bytes.readUInt32BE(0));
  const clocked = {
    ...base,
    time: normalNumber((ticks - EPOCH) * 100n),
    nodeid: [...bytes.subarray(10)].map((byte) => byte.toString(16).padStart(2, '0')).join('-'),
    macvariables: `${(at(10) & 2) === 0 ? 'global' : 'local'}:${(at(10) & 1) === 0 ? 'unicast' : 'multicast'}`,
    clocksequence: bytes.readUInt16BE(8) & 0x3fff,
  };
  if (version === 1) return clocked;
  return { ...clocked, id: bytes.readUInt32BE(0), domain: DOMAINS[at(9)] ?? `Domain${at(9)}` };
}

export const RANDOM = builtins({
  'rand.intn': [2, intn],
  'uuid.rfc4122': [1, uuid4],
  'uuid.parse': [1, parse],
});
