import type { Checker, Type } from 'typescript/unstable/sync';
import { TypeFlags } from 'typescript/unstable/sync';

/** The part of JSON Schema that describes what a policy may read. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: false;
  readonly items?: Schema;
}

const DEPTH = 4;
const PRIMITIVES: readonly (readonly [TypeFlags, string])[] = [
  [TypeFlags.StringLike, 'string'],
  [TypeFlags.NumberLike, 'number'],
  [TypeFlags.BooleanLike, 'boolean'],
  [TypeFlags.Null, 'null'],
];

/** What a value of the type is as JSON; `{}` where nothing is known. */
export function schemaOf(checker: Checker, type: Type | undefined, depth = DEPTH): Schema {
  if (type === undefined || depth === 0) return {};
  if (type.isUnionType()) {
    const parts = (type.getTypes() ?? []).filter(({ flags }) => (flags & UNDEFINED) === 0);
    return parts.map((part) => schemaOf(checker, part, depth)).reduce(merged, { type: [] });
  }
  if (type.isIntersectionType() && type.getTypes()?.some(({ flags }) => (flags & TypeFlags.StringLike) !== 0))
    return { type: 'string' };
  for (const [flag, name] of PRIMITIVES) if ((type.flags & flag) !== 0) return { type: name };
  if (checker.isArrayLikeType(type)) {
    const [item] = checker.getIndexInfosOfType(type);
    const items = schemaOf(checker, item?.valueType, depth - 1);
    return isAny(items) ? { type: 'array' } : { type: 'array', items };
  }
  if ((type.flags & (TypeFlags.Object | TypeFlags.Intersection)) === 0) return {};
  if (checker.getIndexInfosOfType(type).length > 0) return { type: 'object' };
  const members = checker
    .getPropertiesOfType(type)
    .map((member) => [member.name, schemaOf(checker, checker.getTypeOfSymbol(member), depth - 1)] as const);
  return closed(Object.fromEntries(members));
}

const UNDEFINED = TypeFlags.Undefined | TypeFlags.Void | TypeFlags.Never;

export function closed(properties: Readonly<Record<string, Schema>>): Schema {
  const sorted = Object.entries(properties).sort(([a], [b]) => (a < b ? -1 : 1));
  return { type: 'object', properties: Object.fromEntries(sorted), additionalProperties: false };
}

export function isAny(schema: Schema): boolean {
  return Object.keys(schema).length === 0;
}

const kindsOf = ({ type }: Schema): readonly string[] => (typeof type === 'string' ? [type] : (type ?? []));

/** What is one or the other. */
export function merged(a: Schema, b: Schema): Schema {
  if (isAny(a) || isAny(b)) return {};
  const kinds = [...new Set([...kindsOf(a), ...kindsOf(b)])].sort();
  const type = kinds.length === 1 ? kinds[0] : kinds;
  return {
    ...(type === undefined ? {} : { type }),
    ...mergedMembers(a, b),
    ...mergedItems(a, b),
  };
}

function mergedMembers(a: Schema, b: Schema): Schema {
  const objects = [a, b].filter((schema) => kindsOf(schema).includes('object'));
  if (objects.length === 0 || objects.some(({ properties }) => properties === undefined)) return {};
  const members: Record<string, Schema> = {};
  for (const { properties } of objects) {
    for (const [name, schema] of Object.entries(properties ?? {})) {
      const known = members[name];
      members[name] = known === undefined ? schema : merged(known, schema);
    }
  }
  const { properties, additionalProperties } = closed(members);
  return {
    ...(properties === undefined ? {} : { properties }),
    ...(additionalProperties === false ? { additionalProperties } : {}),
  };
}

function mergedItems(a: Schema, b: Schema): Schema {
  const lists = [a, b].filter((schema) => kindsOf(schema).includes('array'));
  const items = lists.map((list) => list.items ?? {});
  const [first, ...others] = items;
  if (first === undefined || items.some(isAny)) return {};
  return { items: others.reduce(merged, first) };
}
