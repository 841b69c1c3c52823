/** Where a value departs from what it must be. */
export interface Fault {
  /** JSON Pointer (RFC 6901). */
  readonly at: string;
  /** A predicate: `is no text`. */
  readonly what: string;
}

export function wrong(what: string): Fault {
  return { at: '', what };
}

/** The fault of a member or an item, seen from what holds it. */
export function within(name: string | number, { at, what }: Fault): Fault {
  return { at: `/${pointerToken(name)}${at}`, what };
}

export function missing(name: string): Fault {
  return within(name, wrong('is missing'));
}

/** The first member that is none of these. */
export function additional(value: object, known: readonly string[]): Fault {
  const name = Object.keys(value).find((candidate) => !known.includes(candidate)) ?? '';
  return within(name, wrong('is no known member'));
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function members(value: object): number {
  let count = 0;
  for (const _ in value) count += 1;
  return count;
}

/** Length as JSON Schema counts it: code points. */
export function characters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** A name may be as long as a message, and no text: what is told of it is bounded, and text. */
export function pointerToken(name: string | number): string {
  if (typeof name === 'number') return String(name);
  const token = (name.length > 64 ? `${name.slice(0, 63)}…` : name).toWellFormed();
  return token.includes('~') || token.includes('/')
    ? token.replaceAll('~', '~0').replaceAll('/', '~1')
    : token;
}
