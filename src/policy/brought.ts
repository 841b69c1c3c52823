/** Builtins beside Rego's own: pure functions that come from elsewhere and are called `plugin.<package>.<name>`. */
import { RegoError, type Span } from './rego/ast.ts';
import { type Builtin, BuiltinError, builtin, type Operands } from './rego/builtins/define.ts';
import { parseJson } from './rego/builtins/json.ts';
import type { Machine } from './rego/machine.ts';
import type { MoreBuiltins } from './rego/program.ts';
import { jsonText } from './rego/text.ts';
import { isArray, objectEntries, RegoSet, typeName, type Value } from './rego/values.ts';
import type { PolicySource } from './types.ts';

/** Types a builtin may declare; a set crosses as an array in order. */
export const BUILTIN_TYPES = [
  'any',
  'null',
  'boolean',
  'number',
  'string',
  'array',
  'set',
  'object',
] as const;

export type BuiltinType = (typeof BUILTIN_TYPES)[number];

/** Whose code a builtin is: a part of the digest of every set that asks it. */
export interface BuiltinOrigin {
  readonly plugin: string;
  readonly version: string;
  /** Of its code. */
  readonly digest: string;
}

export interface BroughtBuiltin {
  /** `plugin.acme_words.count`. */
  readonly name: string;
  readonly args: readonly BuiltinType[];
  readonly result: BuiltinType;
  readonly origin: BuiltinOrigin;
}

/** Where they come from. All of it answers at once, for a decision can't wait. */
export interface BuiltinSource {
  find(name: string): BroughtBuiltin | undefined;
  names(): readonly string[];
  /** Why there is none of that name, and how to come by it. */
  lack(name: string): string;
  /** Both are texts of JSON. The same arguments have the same answer. */
  call(name: string, args: string): { readonly value: string } | { readonly fault: string };
}

const PREFIX = 'plugin.';
/** Milliseconds that the builtins of one evaluation may take together, beside its own budget. */
const MOST_TOGETHER = 5000;
const MOST_TEXT = 1024 * 1024;

function lackOf(name: string, source: BuiltinSource | undefined): string {
  const why =
    source?.lack(name) ??
    'no trusted plugin brings it; install its package with: bit ext install <package> --trust';
  return `undefined function ${name}: ${why}`;
}

/** Whose builtins the texts of a set name, by plugin. */
export function originsIn(
  sources: readonly PolicySource[],
  source: BuiltinSource | undefined,
): readonly BuiltinOrigin[] {
  const found = new Map<string, BuiltinOrigin>();
  if (source === undefined) return [];
  for (const { text } of sources) {
    if (!text.includes(PREFIX)) continue;
    for (const [name] of text.matchAll(/\bplugin\.[A-Za-z_]\w*\.[A-Za-z_]\w*/g)) {
      const origin = source.find(name)?.origin;
      if (origin !== undefined) found.set(origin.plugin, origin);
    }
  }
  return [...found.values()].sort((a, b) => (a.plugin < b.plugin ? -1 : 1));
}

/** As a program takes them. */
export function moreBuiltins(source: BuiltinSource | undefined): MoreBuiltins {
  const known = new Map<string, Builtin>();
  return {
    covers: (name) => name.startsWith(PREFIX),
    find(name) {
      const found = name.startsWith(PREFIX) ? source?.find(name) : undefined;
      if (source === undefined || found === undefined) return undefined;
      const made = known.get(name) ?? broughtBuiltin(found, source);
      known.set(name, made);
      return made;
    },
    names: () => source?.names() ?? [],
    lack: (name) => lackOf(name, source),
    absent: (name) => (_args, _machine, at: Span) => {
      throw new RegoError('missing_builtin', lackOf(name, source), at);
    },
  };
}

const spent = new WeakMap<Machine, number>();

function broughtBuiltin({ name, args, result }: BroughtBuiltin, source: BuiltinSource): Builtin {
  return builtin(name, args.length, (o) => {
    const given = args.map((type, at) => operand(o, at, type));
    const text = jsonText(given, true);
    o.output(text.length);
    if (text.length > MOST_TEXT) throw new BuiltinError('operands of more than 1 MB');
    const before = spent.get(o.machine) ?? 0;
    if (before > MOST_TOGETHER) throw new BuiltinError('the builtins of plugins take too long together');
    const started = performance.now();
    const answer = source.call(name, text);
    const took = performance.now() - started;
    spent.set(o.machine, before + took);
    o.machine.waited(took);
    if ('fault' in answer) throw new BuiltinError(answer.fault);
    o.output(answer.value.length);
    return resultOf(parseJson(answer.value), result);
  });
}

function operand(o: Operands, at: number, type: BuiltinType): Value {
  const value = o.value(at);
  if (type !== 'any' && typeName(value) !== type) throw o.wrong(at, type);
  if (isTooBig(value))
    throw new BuiltinError(`operand ${at + 1} holds an integer that a plugin can't be given`);
  return value;
}

/** Holds an integer that JavaScript's numbers can't. */
function isTooBig(value: Value): boolean {
  if (typeof value === 'bigint') return true;
  if (typeof value !== 'object' || value === null) return false;
  if (isArray(value)) return value.some(isTooBig);
  if (value instanceof RegoSet) return value.sorted().some(isTooBig);
  return objectEntries(value).some(([key, item]) => isTooBig(key) || isTooBig(item));
}

function resultOf(value: Value, type: BuiltinType): Value {
  if (type === 'set' && isArray(value)) return new RegoSet(value);
  if (type === 'any' || typeName(value) === type) return value;
  throw new BuiltinError(`the answer must be ${type} but is ${typeName(value)}`);
}
