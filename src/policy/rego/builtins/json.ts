import { jsonText } from '../text.ts';
import {
  equal,
  isArray,
  isObject,
  normalNumber,
  objectEntries,
  objectGet,
  type PlainObject,
  RegoObject,
  RegoSet,
  typeName,
  type Value,
} from '../values.ts';
import { BuiltinError, builtins, type Operands } from './define.ts';

const MOST_DEPTH = 500;

/** JSON with integers kept exact, which `JSON.parse` alone would round. */
export function parseJson(text: string): Value {
  let depth = 0;
  for (const c of text) {
    if (c === '[' || c === '{') depth++;
    if (depth > MOST_DEPTH) throw new BuiltinError('JSON nests too deeply');
    if (c === ']' || c === '}') depth--;
  }
  try {
    return JSON.parse(text, (_, value: unknown, context?: { source?: string }) => {
      if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
      const source = context?.source ?? '';
      return /^-?\d{1,400}$/.test(source) ? normalNumber(BigInt(source)) : value;
    }) as Value;
  } catch (error) {
    if (error instanceof SyntaxError) throw new BuiltinError('invalid JSON');
    throw error;
  }
}

function isValid(o: Operands): Value {
  const text = o.value(0);
  if (typeof text !== 'string') return false;
  try {
    parseJson(text);
    return true;
  } catch {
    return false;
  }
}

function marshal(o: Operands, value: Value): string {
  o.tick();
  const text = jsonText(value);
  o.output(text.length);
  return text;
}

function marshalWithOptions(o: Operands): Value {
  const options = o.object(1);
  const flag = (name: string) => objectGet(options, name);
  for (const [key] of objectEntries(options)) {
    if (key !== 'pretty' && key !== 'indent' && key !== 'prefix')
      throw new BuiltinError(`object contained unknown key ${jsonText(key)}`, 'eval_type_error');
  }
  const pretty = flag('pretty') ?? (flag('indent') !== undefined || flag('prefix') !== undefined);
  const compact = marshal(o, o.value(0));
  if (pretty !== true) return compact;
  const indent = String(flag('indent') ?? '\t');
  const prefix = String(flag('prefix') ?? '');
  const lines = (value: Value, level: number): string => {
    const entries =
      isArray(value) || value instanceof RegoSet
        ? [...(isArray(value) ? value : value.sorted())].map((item) => lines(item, level + 1))
        : isObject(value)
          ? objectEntries(value).map(([k, v]) => `${jsonText(k)}: ${lines(v, level + 1)}`)
          : undefined;
    if (entries === undefined) return jsonText(value);
    const [open, close] = isObject(value) ? ['{', '}'] : ['[', ']'];
    if (entries.length === 0) return open + close;
    const pad = `\n${prefix}${indent.repeat(level + 1)}`;
    return `${open}${pad}${entries.join(`,${pad}`)}\n${prefix}${indent.repeat(level)}${close}`;
  };
  return prefix + lines(o.value(0), 0);
}

/** `a/b~1c` or an array of keys, as keys. */
function pathOf(path: Value): readonly Value[] {
  if (isArray(path)) return path;
  if (typeof path !== 'string') {
    throw new BuiltinError(
      `operand 2 must be one of {set, array} containing string paths or array of path segments but got ${typeName(path)}`,
      'eval_type_error',
    );
  }
  return path
    .replace(/^\//, '')
    .split('/')
    .map((part) => part.replace(/~1/g, '/').replace(/~0/g, '~'));
}

function paths(o: Operands): readonly (readonly Value[])[] {
  const value = o.value(1);
  if (!isArray(value) && !(value instanceof RegoSet)) throw o.wrong(1, 'one of {set, array}');
  return o.list(1).map(pathOf);
}

/** Paths as a tree; true at its leaves. */
type PathTree = Map<string, { key: Value; below: PathTree | true }>;

function treeOf(all: readonly (readonly Value[])[]): PathTree {
  const root: PathTree = new Map();
  for (const path of all) {
    let level = root;
    for (const [i, key] of path.entries()) {
      const name = typeof key === 'string' ? key : jsonText(key);
      const present = level.get(name);
      if (present?.below === true) break;
      if (i === path.length - 1) level.set(name, { key, below: true });
      else {
        const below: PathTree = present?.below ?? new Map();
        level.set(name, { key, below });
        level = below;
      }
    }
  }
  return root;
}

function lookUpPath(tree: PathTree, key: Value): PathTree | true | undefined {
  return tree.get(typeof key === 'string' ? key : jsonText(key))?.below;
}

function filter(value: Value, tree: PathTree | true): Value {
  if (tree === true) return value;
  if (isArray(value)) {
    return value.flatMap((item, i) => {
      const below = lookUpPath(tree, String(i));
      return below === undefined ? [] : [filter(item, below)];
    });
  }
  if (value instanceof RegoSet) {
    return new RegoSet(
      value.sorted().flatMap((item) => {
        const below = lookUpPath(tree, item);
        return below === undefined ? [] : [filter(item, below)];
      }),
    );
  }
  if (!isObject(value)) return value;
  return new RegoObject(
    objectEntries(value).flatMap(([key, item]) => {
      const below = lookUpPath(tree, key);
      return below === undefined ? [] : [[key, filter(item, below)] as const];
    }),
  );
}

function remove(value: Value, tree: PathTree | undefined | true): Value | undefined {
  if (tree === undefined) return value;
  if (tree === true) return undefined;
  const keep = (key: Value, item: Value) => remove(item, lookUpPath(tree, key));
  if (isArray(value))
    return value.map((item, i) => keep(String(i), item)).filter((item) => item !== undefined);
  if (value instanceof RegoSet)
    return new RegoSet(
      value
        .sorted()
        .map((item) => keep(item, item))
        .filter((item) => item !== undefined),
    );
  if (!isObject(value)) return value;
  return new RegoObject(
    objectEntries(value).flatMap(([key, item]) => {
      const kept = keep(key, item);
      return kept === undefined ? [] : [[key, kept] as const];
    }),
  );
}

type Edit = (present: Value | undefined) => Value | undefined;

/** `value` with `edit` applied at `path`; `insert` puts into arrays instead of over an element. */
function editAt(value: Value, path: readonly Value[], edit: Edit, insert: boolean): Value {
  const [key, ...rest] = path;
  if (key === undefined) return edit(value) ?? null;
  const last = rest.length === 0;
  if (isArray(value)) {
    const i = key === '-' ? value.length : Number(key);
    const inside =
      Number.isInteger(i) && i >= 0 && (i < value.length || (last && insert && i === value.length));
    if (!inside || (typeof key === 'string' && key !== '-' && !/^(0|[1-9]\d*)$/.test(key)))
      throw new BuiltinError('path not found');
    const changed = last
      ? edit(insert ? undefined : value[i])
      : editAt(value[i] as Value, rest, edit, insert);
    return value.toSpliced(i, last && insert ? 0 : 1, ...(changed === undefined ? [] : [changed]));
  }
  if (value instanceof RegoSet) {
    const present = value.has(key) ? key : undefined;
    if (present === undefined && !(last && insert)) throw new BuiltinError('path not found');
    const changed = last ? edit(present) : editAt(present as Value, rest, edit, insert);
    if (last && insert && changed !== undefined && !equal(changed, key))
      throw new BuiltinError('set key does not match the value put there');
    return new RegoSet([
      ...value.sorted().filter((item) => !equal(item, key)),
      ...(changed === undefined ? [] : [changed]),
    ]);
  }
  if (!isObject(value)) throw new BuiltinError('path not found');
  const present = objectGet(value, key);
  if (present === undefined && !(last && insert)) throw new BuiltinError('path not found');
  const changed = last ? edit(present) : editAt(present as Value, rest, edit, insert);
  return new RegoObject([
    ...objectEntries(value).filter(([other]) => !equal(other, key)),
    ...(changed === undefined ? [] : [[key, changed] as const]),
  ]);
}

function valueAt(value: Value, path: readonly Value[]): Value {
  let found: Value | undefined;
  editAt(value, path, (present) => (found = present), false);
  if (found === undefined) throw new BuiltinError('path not found');
  return found;
}

function patch(o: Operands): Value | undefined {
  let document = o.value(0);
  for (const item of o.array(1)) {
    o.tick();
    if (!isObject(item)) throw new BuiltinError('must be array of JSON patch objects', 'eval_type_error');
    const field = (name: string): Value => {
      const value = objectGet(item as PlainObject, name);
      if (value === undefined) throw new BuiltinError(`missing '${name}' attribute`, 'eval_type_error');
      return value;
    };
    const path = field('path') === '' ? [] : pathOf(field('path'));
    const put = (value: Value) => editAt(document, path, () => value, true);
    const drop = (from: readonly Value[]) => editAt(document, from, () => undefined, false);
    switch (field('op')) {
      case 'add':
        document = put(field('value'));
        break;
      case 'remove':
        document = drop(path);
        break;
      case 'replace': {
        const value = field('value');
        document = editAt(document, path, () => value, false);
        break;
      }
      case 'copy':
        document = put(valueAt(document, pathOf(field('from'))));
        break;
      case 'move': {
        const value = valueAt(document, pathOf(field('from')));
        document = drop(pathOf(field('from')));
        document = put(value);
        break;
      }
      case 'test':
        if (!equal(valueAt(document, path), field('value')))
          throw new BuiltinError('value from patch test did not match');
        break;
      default:
        throw new BuiltinError('unrecognised op', 'eval_type_error');
    }
  }
  return document;
}

export const JSON_BUILTINS = builtins({
  'json.marshal': [1, (o) => marshal(o, o.value(0))],
  'json.marshal_with_options': [2, marshalWithOptions],
  'json.unmarshal': [
    1,
    (o) => {
      o.output(o.string(0).length);
      return parseJson(o.string(0));
    },
  ],
  'json.is_valid': [1, isValid],
  'json.filter': [2, (o) => filter(o.object(0), treeOf(paths(o)))],
  'json.remove': [2, (o) => remove(o.object(0), treeOf(paths(o))) ?? null],
  'json.patch': [2, patch],
});
