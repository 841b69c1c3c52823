/** What `input` can be: `docs/schema/policy-input-v1.json` as the checks ask it. A test keeps the two the same. */
import { nearest } from '../kernel/text.ts';
import { typeName, type Value } from './rego/values.ts';

type Shape = Kind | readonly Kind[] | Members;
type Kind = 'string' | 'boolean' | 'number' | 'array' | 'object' | 'null' | 'any';
/** An object with these members and no others. */
export interface Members {
  readonly [name: string]: Shape;
}

const TEXT_OR_NULL = ['string', 'null'] as const;

export const INPUT_SHAPE: Members = {
  action: 'string',
  command: 'string',
  args: 'object',
  actor: 'string',
  user: 'object',
  tx: {
    op: 'string',
    parent: TEXT_OR_NULL,
    valid_blockchain_sig: 'boolean',
    irreversible: 'array',
    undoes: 'array',
  },
  repo: {
    root: 'string',
    bare: 'boolean',
    branch: TEXT_OR_NULL,
    head: TEXT_OR_NULL,
    default_branch: TEXT_OR_NULL,
  },
  target: 'object',
  token: ['object', 'null'],
  config: 'object',
  freeze: 'array',
  now: 'string',
  msg: 'any',
  peer: 'any',
};

function isMembers(shape: Shape): shape is Members {
  return typeof shape === 'object' && !Array.isArray(shape);
}

/** The kinds a value there may have; undefined where nothing is known. */
export function kindsAt(path: readonly string[]): readonly Kind[] | undefined {
  const found = walk(path);
  return typeof found === 'string' ? undefined : found.kinds;
}

/** Why `input.a.b` can never be there, or undefined. */
export function impossible(path: readonly string[]): string | undefined {
  const found = walk(path);
  return typeof found === 'string' ? found : undefined;
}

function walk(path: readonly string[]): string | { readonly kinds: readonly Kind[] | undefined } {
  let shape: Shape = INPUT_SHAPE;
  for (const [i, name] of path.entries()) {
    const before = ['input', ...path.slice(0, i)].join('.');
    if (isMembers(shape)) {
      const next: Shape | undefined = Object.hasOwn(shape, name) ? shape[name] : undefined;
      if (next === undefined) {
        const [near] = nearest(name, Object.keys(shape), 1);
        return `${before} has no ${name}${near === undefined ? '' : `; did you mean ${before}.${near}?`}`;
      }
      shape = next;
      continue;
    }
    const kinds: readonly Kind[] = typeof shape === 'string' ? [shape] : shape;
    if (kinds.some((kind) => kind === 'any' || kind === 'object')) return { kinds: undefined };
    return `${before} is ${worded(kinds)} and has no ${name}`;
  }
  if (isMembers(shape)) return { kinds: ['object'] };
  return { kinds: typeof shape === 'string' ? [shape] : shape };
}

const WORDS: Readonly<Record<Kind, string>> = {
  string: 'text',
  boolean: 'true or false',
  number: 'a number',
  array: 'a list',
  object: 'an object',
  null: 'null',
  any: 'anything',
};

export function worded(kinds: readonly Kind[]): string {
  return kinds.map((kind) => WORDS[kind]).join(' or ');
}

/** Whether a value of these kinds can be `constant`. */
export function canBe(kinds: readonly Kind[], constant: Value): boolean {
  return kinds.includes('any') || kinds.includes(typeName(constant) as Kind);
}
