import { each, rowsOf } from '../control.ts';
import { list, members, NIL, UNSPECIFIED, type Value } from '../data.ts';
import { Control } from '../procedures.ts';
import { bytes, index, MANY, MOST_ITEMS, primitive, range, vector, wrong } from './check.ts';

function byte(value: Value | undefined, who: string): number {
  return index(value, 255, who);
}

export const VECTORS = [
  primitive('vector?', 1, 1, ([value]) => Array.isArray(value)),
  primitive('vector', 0, MANY, (args) => args),
  primitive('make-vector', 1, 2, ([count, fill = UNSPECIFIED], machine) => {
    const size = index(count, MOST_ITEMS, 'make-vector');
    machine.charge(size);
    return new Array<Value>(size).fill(fill);
  }),
  primitive('vector-length', 1, 1, ([value]) => BigInt(vector(value, 'vector-length').length)),
  primitive('vector-ref', 2, 2, ([value, position]) => {
    const given = vector(value, 'vector-ref');
    return given[index(position, given.length - 1, 'vector-ref')];
  }),
  primitive('vector-set!', 3, 3, ([value, position, next = UNSPECIFIED]) => {
    const given = vector(value, 'vector-set!');
    given[index(position, given.length - 1, 'vector-set!')] = next;
    return undefined;
  }),
  primitive('vector->list', 1, 3, (args) => {
    const given = vector(args[0], 'vector->list');
    return list(given.slice(...range(args, 1, given.length, 'vector->list')));
  }),
  primitive(
    'list->vector',
    1,
    1,
    ([value = NIL]) => members(value) ?? wrong('list->vector', 'a list', value),
  ),
  primitive('vector-copy', 1, 3, (args, machine) => {
    const given = vector(args[0], 'vector-copy');
    machine.charge(given.length);
    return given.slice(...range(args, 1, given.length, 'vector-copy'));
  }),
  primitive('vector-copy!', 3, 5, (args, machine) => {
    const [target, source] = [vector(args[0], 'vector-copy!'), vector(args[2], 'vector-copy!')];
    const [start, end] = range(args, 3, source.length, 'vector-copy!');
    const to = index(args[1], target.length - (end - start), 'vector-copy!');
    machine.charge(end - start);
    const moved = source.slice(start, end);
    for (const [at, one] of moved.entries()) target[to + at] = one;
    return undefined;
  }),
  primitive('vector-append', 0, MANY, (args, machine) => {
    const all = args.map((one) => vector(one, 'vector-append'));
    const size = all.reduce((sum, one) => sum + one.length, 0);
    machine.charge(size);
    return size > MOST_ITEMS ? wrong('vector-append', 'so long a vector', undefined) : all.flat();
  }),
  primitive('vector-fill!', 2, 4, (args) => {
    const given = vector(args[0], 'vector-fill!');
    given.fill(args[1] ?? UNSPECIFIED, ...range(args, 2, given.length, 'vector-fill!'));
    return undefined;
  }),
  new Control('vector-map', [2, MANY], ([procedure = NIL, ...given], machine) =>
    each(
      machine,
      procedure,
      rowsOf(given.map((one) => [...vector(one, 'vector-map')])),
      (results) => results,
    ),
  ),
  new Control('vector-for-each', [2, MANY], ([procedure = NIL, ...given], machine) =>
    each(
      machine,
      procedure,
      rowsOf(given.map((one) => [...vector(one, 'vector-for-each')])),
      () => UNSPECIFIED,
    ),
  ),
  primitive('bytevector?', 1, 1, ([value]) => value instanceof Uint8Array),
  primitive('bytevector', 0, MANY, (args) => Uint8Array.from(args.map((one) => byte(one, 'bytevector')))),
  primitive('make-bytevector', 1, 2, ([count, fill = 0n], machine) => {
    const size = index(count, MOST_ITEMS, 'make-bytevector');
    machine.charge(size >> 3);
    return new Uint8Array(size).fill(byte(fill, 'make-bytevector'));
  }),
  primitive('bytevector-length', 1, 1, ([value]) => BigInt(bytes(value, 'bytevector-length').length)),
  primitive('bytevector-u8-ref', 2, 2, ([value, position]) => {
    const given = bytes(value, 'bytevector-u8-ref');
    return BigInt(given[index(position, given.length - 1, 'bytevector-u8-ref')] ?? 0);
  }),
  primitive('bytevector-u8-set!', 3, 3, ([value, position, next]) => {
    const given = bytes(value, 'bytevector-u8-set!');
    given[index(position, given.length - 1, 'bytevector-u8-set!')] = byte(next, 'bytevector-u8-set!');
    return undefined;
  }),
  primitive('bytevector-copy', 1, 3, (args) => {
    const given = bytes(args[0], 'bytevector-copy');
    return given.slice(...range(args, 1, given.length, 'bytevector-copy'));
  }),
  primitive('bytevector-copy!', 3, 5, (args) => {
    const [target, source] = [bytes(args[0], 'bytevector-copy!'), bytes(args[2], 'bytevector-copy!')];
    const [start, end] = range(args, 3, source.length, 'bytevector-copy!');
    target.set(source.slice(start, end), index(args[1], target.length - (end - start), 'bytevector-copy!'));
    return undefined;
  }),
  primitive('bytevector-append', 0, MANY, (args, machine) => {
    const all = args.map((one) => bytes(one, 'bytevector-append'));
    const size = all.reduce((sum, one) => sum + one.length, 0);
    machine.charge(size >> 3);
    if (size > MOST_ITEMS) return wrong('bytevector-append', 'so long a bytevector', undefined);
    return new Uint8Array(Buffer.concat(all));
  }),
];
