/** What a clause asks of `input.target` that the actions it is about never say. */
import { nearest } from '../kernel/text.ts';
import { canBe, ITEM, type Kind, shown, worded } from './input-shape.ts';
import type { Value } from './rego/values.ts';

/** What an action gives as `input.target`: the part of JSON Schema `policy-targets.json` is written in. */
export interface TargetSchema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, TargetSchema>>;
  readonly items?: TargetSchema;
}

/** By action; `git.*` for every action that begins so and has none of its own. */
export type TargetSchemas = Readonly<Record<string, TargetSchema>>;

/** The schemas of the actions named; undefined where one isn't known, as those of plugins. */
export function targetsOf(
  schemas: TargetSchemas,
  actions: readonly string[] | undefined,
): ReadonlyMap<string, TargetSchema> | undefined {
  if (actions === undefined) return new Map(Object.entries(schemas));
  const found = new Map<string, TargetSchema>();
  for (const action of actions) {
    // hardly any query has a target
    const schema = schemaOf(schemas, action) ?? (action.startsWith('read.') ? { properties: {} } : undefined);
    if (schema === undefined) return undefined;
    found.set(action, schema);
  }
  return found;
}

function schemaOf(schemas: TargetSchemas, action: string): TargetSchema | undefined {
  const own = Object.hasOwn(schemas, action) ? schemas[action] : undefined;
  const topic = `${action.split('.')[0]}.*`;
  return own ?? (Object.hasOwn(schemas, topic) ? schemas[topic] : undefined);
}

/** Why none of the actions has `input.target.a.b`, or undefined. `path` begins behind `target`. */
export function missingTarget(
  targets: ReadonlyMap<string, TargetSchema>,
  path: readonly string[],
  every: boolean,
): string | undefined {
  const names = new Set<string>();
  let deepest = 0;
  for (const schema of targets.values()) {
    const { depth, members } = walk(schema, path);
    if (depth === path.length) return undefined;
    if (depth > deepest) {
      deepest = depth;
      names.clear();
    }
    if (depth === deepest) for (const name of members) names.add(name);
  }
  const before = ['target', ...path.slice(0, deepest)];
  const missing = shown([...before, path[deepest] ?? '']);
  const who = every ? 'no action' : targets.size === 1 ? [...targets.keys()].join() : 'none of these actions';
  const [near] = nearest(path[deepest] ?? '', names, 1);
  const said = `${who} ${every || targets.size > 1 ? 'has' : 'has no'} ${missing}`;
  return near === undefined ? said : `${said}; did you mean ${shown([...before, near])}?`;
}

/** Why `input.target.a` is never `value`, or undefined. */
export function impossibleTarget(
  targets: ReadonlyMap<string, TargetSchema>,
  path: readonly string[],
  value: Value,
): string | undefined {
  const kinds = targetKinds(targets, path);
  if (kinds === undefined || kinds.length === 0 || canBe(kinds, value)) return undefined;
  return `${shown(['target', ...path])} is ${worded(kinds)}`;
}

/** The kinds a member may have with any of the actions that have it; undefined where that isn't known. */
function targetKinds(
  targets: ReadonlyMap<string, TargetSchema>,
  path: readonly string[],
): readonly Kind[] | undefined {
  const kinds = new Set<Kind>();
  for (const schema of targets.values()) {
    const { depth, at } = walk(schema, path);
    if (depth < path.length) continue;
    if (at?.type === undefined) return undefined;
    for (const kind of typeof at.type === 'string' ? [at.type] : at.type) kinds.add(kind as Kind);
  }
  return [...kinds];
}

/** How far the path leads: `at` what is there, `members` the names that would have led on. */
function walk(
  schema: TargetSchema,
  path: readonly string[],
): { readonly depth: number; readonly at: TargetSchema | undefined; readonly members: readonly string[] } {
  let at: TargetSchema | undefined = schema;
  for (const [depth, name] of path.entries()) {
    // nothing is known of what lies in there
    if (at === undefined || (at.properties === undefined && at.items === undefined && isOpen(at)))
      return { depth: path.length, at: undefined, members: [] };
    const members: readonly string[] = Object.keys(at.properties ?? {});
    if (name === ITEM) {
      at = at.items;
      continue;
    }
    if (at.properties === undefined || !Object.hasOwn(at.properties, name)) return { depth, at, members };
    at = at.properties[name];
  }
  return { depth: path.length, at, members: [] };
}

/** It may be an object or a list of anything. */
function isOpen({ type }: TargetSchema): boolean {
  return type === undefined || [type].flat().some((kind) => kind === 'object' || kind === 'array');
}
