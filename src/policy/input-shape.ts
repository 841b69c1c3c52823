/** What `input` can be: `docs/schema/policy-input-v1.json` as the checks ask it. A test keeps the two the same. */
import { nearest } from '../kernel/text.ts';
import { typeName, type Value } from './rego/values.ts';

type Shape = Kind | readonly Kind[] | Members;
export type Kind = 'string' | 'boolean' | 'number' | 'array' | 'object' | 'null' | 'any';
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
  user: { name: 'string', email: 'string', has_contract_access: 'boolean' },
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

/** Stands in a path for any item of a list. */
export const ITEM = '[]';

/** What the items of a list are, where that is known. */
const ITEMS: Readonly<Record<string, Members>> = {
  freeze: {
    scope: 'string',
    name: 'string',
    until: 'string',
    reason: 'string',
    since: 'string',
    op: 'string',
    by: 'string',
  },
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
    const before = shown(path.slice(0, i));
    if (isMembers(shape)) {
      // a name that is only known when it is asked
      if (name === ITEM) return { kinds: undefined };
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
    if (name === ITEM) {
      const items = kinds.includes('array') ? ITEMS[path.slice(0, i).join('.')] : undefined;
      if (items === undefined) return { kinds: undefined };
      shape = items;
      continue;
    }
    return `${before} is ${worded(kinds)} and has no ${name}`;
  }
  if (isMembers(shape)) return { kinds: ['object'] };
  return { kinds: typeof shape === 'string' ? [shape] : shape };
}

/** `input.freeze[_].scope`. */
export function shown(path: readonly string[]): string {
  return `input${path.map((name) => (name === ITEM ? '[_]' : `.${name}`)).join('')}`;
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
