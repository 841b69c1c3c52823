import { isTruthy, textOf } from '../expression/index.ts';
import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';

/** One job of a matrix: the value of each of its names. */
export type Combination = Readonly<Record<string, Json>>;

/** GitHub's limit of jobs a matrix makes. */
export const MOST_COMBINATIONS = 256;

/**
 * Expands a matrix as it stands after its expressions were evaluated. The first name varies slowest; what an `exclude`
 * matches goes; an `include` is added to every combination whose own values it keeps, and is one of its own where there
 * is none. Throws a `usage` BitError naming the key.
 */
export function expandMatrix(matrix: Json): readonly Combination[] {
  if (!isJsonObject(matrix)) throw new BitError('usage', 'a matrix must be a mapping of names to lists');
  const names = Object.keys(matrix).filter((name) => name !== 'include' && name !== 'exclude');
  const excludes = listOf(matrix, 'exclude');
  const includes = listOf(matrix, 'include');
  const own: Combination[] = [];
  if (names.length > 0)
    for (const combination of product(names, matrix))
      if (!excludes.some((filter) => covers(filter, combination))) {
        own.push(combination);
        refuseMany(own.length);
      }
  const all: Record<string, Json>[] = own.map((combination) => ({ ...combination }));
  const added: Combination[] = [];
  for (const include of includes) {
    let taken = false;
    for (const [at, combination] of own.entries()) {
      const extended = all[at];
      const keeps = Object.entries(include).every(
        ([name, value]) => !Object.hasOwn(combination, name) || same(combination[name] ?? null, value),
      );
      if (!keeps || extended === undefined) continue;
      Object.assign(extended, include);
      taken = true;
    }
    if (!taken) added.push(include);
    refuseMany(own.length + added.length);
  }
  const combinations = [...all, ...added];
  if (combinations.length === 0)
    throw new BitError('usage', 'the matrix makes no job: every combination is excluded');
  return combinations;
}

function refuseMany(count: number): void {
  if (count > MOST_COMBINATIONS)
    throw new BitError('usage', `the matrix makes more than ${MOST_COMBINATIONS} jobs, which is the limit`);
}

/** Lazily, so that a product of a million stops at the limit. Names are taken the first slowest. */
function* product(names: readonly string[], matrix: JsonObject): Generator<Combination> {
  const lists = names.map((name) => valuesOf(matrix, name));
  const most = 1_000_000;
  const total = lists.reduce((sum, list) => sum * list.length, 1);
  if (total > most)
    throw new BitError('usage', `the matrix has more than ${most} combinations before any is excluded`);
  for (let number = 0; number < total; number++) {
    let rest = number;
    const values: Json[] = [];
    for (const list of lists.toReversed()) {
      values.unshift(list[rest % list.length] ?? null);
      rest = Math.floor(rest / list.length);
    }
    yield Object.fromEntries(names.map((name, at) => [name, values[at] ?? null]));
  }
}

function valuesOf(matrix: JsonObject, name: string): readonly Json[] {
  const values = matrix[name];
  if (!Array.isArray(values)) throw new BitError('usage', `matrix.${name} must be a list`);
  if (values.length === 0) throw new BitError('usage', `matrix.${name} has no values`);
  return values as readonly Json[];
}

function listOf(matrix: JsonObject, key: 'include' | 'exclude'): readonly JsonObject[] {
  const list = matrix[key];
  if (list === undefined || list === null || list === '') return [];
  if (!Array.isArray(list)) throw new BitError('usage', `matrix.${key} must be a list of mappings`);
  return list.map((item: Json, at) => {
    if (!isJsonObject(item)) throw new BitError('usage', `matrix.${key}[${at}] must be a mapping`);
    return item;
  });
}

/** Whether each member of the filter is in the value, down to its leaves; `{}` covers nothing. */
function covers(filter: JsonObject, combination: Combination): boolean {
  const members = Object.entries(filter);
  return (
    members.length > 0 &&
    members.every(
      ([name, value]) => Object.hasOwn(combination, name) && partOf(value, combination[name] ?? null),
    )
  );
}

function partOf(filter: Json, value: Json): boolean {
  if (isJsonObject(filter))
    return (
      isJsonObject(value) &&
      Object.entries(filter).every(
        ([name, inner]) => Object.hasOwn(value, name) && partOf(inner, value[name] ?? null),
      )
    );
  return same(filter, value);
}

function same(left: Json, right: Json): boolean {
  if (Array.isArray(left) || Array.isArray(right))
    return (
      Array.isArray(left) &&
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((item: Json, at) => same(item, (right[at] ?? null) as Json))
    );
  if (isJsonObject(left) || isJsonObject(right)) {
    if (!isJsonObject(left) || !isJsonObject(right)) return false;
    const names = Object.keys(left);
    return (
      names.length === Object.keys(right).length &&
      names.every((name) => Object.hasOwn(right, name) && same(left[name] ?? null, right[name] ?? null))
    );
  }
  return left === right || (left !== null && right !== null && textOf(left) === textOf(right));
}

/** What GitHub puts behind a job's name: `(ubuntu-latest, 20)`. */
export function combinationLabel(combination: Combination): string {
  const leaves = Object.values(combination).flatMap(leavesOf);
  return `(${leaves.join(', ')})`;
}

function leavesOf(value: Json): string[] {
  if (Array.isArray(value)) return value.flatMap(leavesOf);
  if (isJsonObject(value)) return Object.values(value).flatMap(leavesOf);
  return isTruthy(value) || value === false || value === 0 ? [textOf(value)] : [];
}
