/** What a call of a child may hold. A wrong shape is its fault and named; nothing is coerced. */
import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';

const MOST_TEXT = 64 * 1024;
const MOST_ITEMS = 10_000;
const MOST_DEPTH = 32;

function wrong(what: string, expected: string): never {
  throw new BitError('usage', `${what}: expected ${expected}`);
}

export function text(value: unknown, what: string, most = MOST_TEXT): string {
  if (typeof value !== 'string') wrong(what, 'a text');
  return value.length <= most ? value : wrong(what, `at most ${most} characters`);
}

export function texts(value: unknown, what: string, most = MOST_ITEMS): readonly string[] {
  if (!Array.isArray(value) || value.length > most) return wrong(what, `a list of at most ${most} texts`);
  return value.map((item) => text(item, what));
}

export function flag(value: unknown, what: string): boolean {
  return typeof value === 'boolean' ? value : wrong(what, 'true or false');
}

export function whole(value: unknown, what: string, most: number): number {
  const fits = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= most;
  return fits ? value : wrong(what, `a whole number up to ${most}`);
}

export function optional<Value>(value: unknown, read: (value: unknown) => Value): Value | undefined {
  return value === undefined || value === null ? undefined : read(value);
}

type Readers = Readonly<Record<string, (value: unknown, what: string) => unknown>>;
type Shape<R extends Readers> = { [Name in keyof R]?: Exclude<ReturnType<R[Name]>, undefined> };

/** An object of optional members; one that is not in `readers` is refused. */
export function options<R extends Readers>(value: unknown, what: string, readers: R): Shape<R> {
  if (value === undefined || value === null) return {};
  if (!isJsonObject(value)) return wrong(what, 'an object');
  const read: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    const reader = Object.hasOwn(readers, name) ? readers[name] : undefined;
    if (reader === undefined) wrong(`${what}.${name.slice(0, 40)}`, 'nothing by that name');
    if (member !== undefined && member !== null) read[name] = reader(member, `${what}.${name}`);
  }
  return read as Shape<R>;
}

/** JSON of bounded depth, without the names that reach an object's prototype. */
export function json(value: unknown, what: string, depth = 0): Json {
  if (depth > MOST_DEPTH) return wrong(what, `no more than ${MOST_DEPTH} levels`);
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string')
    return value;
  if (Array.isArray(value)) return value.map((item) => json(item, what, depth + 1));
  return object(value, what, depth);
}

export function object(value: unknown, what: string, depth = 0): JsonObject {
  if (!isJsonObject(value) || value instanceof Uint8Array) return wrong(what, 'an object');
  const read: Record<string, Json> = {};
  for (const [name, member] of Object.entries(value)) {
    if (name === '__proto__') wrong(what, 'no member __proto__');
    read[name] = json(member, what, depth + 1);
  }
  return read;
}
