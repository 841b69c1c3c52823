/** `strings.render_template`, as Go's text/template has it. */
import { numberText } from '../text.ts';
import {
  compareStrings,
  equal,
  isArray,
  isNumber,
  isObject,
  objectEntries,
  objectGet,
  objectSize,
  RegoSet,
  type Value,
} from '../values.ts';
import { builtins, type Operands } from './define.ts';
import { sprintf } from './sprintf.ts';
import { type Block, type Node, type Operand, type Pipe, parseTemplate, wrong } from './template-parse.ts';

type Found = Value | undefined;
type Scope = Map<string, Found>[];
class Jump {
  readonly kind: 'break' | 'continue';
  constructor(kind: 'break' | 'continue') {
    this.kind = kind;
  }
}

class Renderer {
  readonly #operands: Operands;
  out = '';

  constructor(operands: Operands) {
    this.#operands = operands;
  }

  run(nodes: readonly Node[], dot: Found, scope: Scope): Jump | undefined {
    for (const node of nodes) {
      this.#operands.tick();
      const jump = this.#node(node, dot, scope);
      if (jump !== undefined) return jump;
    }
    return undefined;
  }

  #node(node: Node, dot: Found, scope: Scope): Jump | undefined {
    switch (node.kind) {
      case 'text':
        this.#write(node.text);
        return undefined;
      case 'break':
      case 'continue':
        return new Jump(node.kind);
      case 'print':
        this.#print(node, dot, scope);
        return undefined;
      default:
        return this.#block(node, dot, scope);
    }
  }

  #print({ declares, assigns, pipe }: Node & { kind: 'print' }, dot: Found, scope: Scope): void {
    const value = this.#pipe(pipe, dot, scope);
    if (declares.length === 0) this.#write(printed(value));
    for (const name of declares) {
      const home = assigns ? scope.findLast((names) => names.has(name)) : scope.at(-1);
      if (home === undefined) throw wrong(`undefined variable ${name}`);
      home.set(name, value);
    }
  }

  #block(node: Block, dot: Found, scope: Scope): Jump | undefined {
    const inner = [...scope, new Map<string, Found>()];
    const value = this.#pipe(node.pipe, dot, inner);
    if (node.kind === 'range') return this.#range(node, value, dot, inner);
    for (const name of node.declares) inner.at(-1)?.set(name, value);
    if (!isTrue(value)) return this.run(node.otherwise, dot, inner);
    return this.run(node.then, node.kind === 'with' ? value : dot, inner);
  }

  #range(node: Block, value: Found, dot: Found, scope: Scope): undefined {
    const pairs = pairsOf(value);
    if (pairs.length === 0) this.run(node.otherwise, dot, scope);
    for (const [key, item] of pairs) {
      const names = new Map<string, Found>();
      const [first, second] = node.declares;
      if (second !== undefined) names.set(second, item);
      if (first !== undefined) names.set(first, second === undefined ? item : key);
      if (this.run(node.then, item, [...scope, names])?.kind === 'break') break;
    }
    return undefined;
  }

  #write(text: string): void {
    this.out += text;
    this.#operands.output(this.out.length / 64 + text.length);
  }

  #pipe(pipe: Pipe, dot: Found, scope: Scope): Found {
    let last: { readonly value: Found } | undefined;
    for (const [head, ...more] of pipe) {
      if (head === undefined) continue;
      const args = more.map((item) => this.#value(item, dot, scope));
      if (last !== undefined) args.push(last.value);
      if (head.kind === 'function') last = { value: functionOf(head.name)(args, this.#operands) };
      else if (args.length > 0) throw wrong("can't give argument to non-function");
      else last = { value: this.#value(head, dot, scope) };
    }
    return last?.value;
  }

  #value(item: Operand, dot: Found, scope: Scope): Found {
    if (item.kind === 'value') return item.value;
    if (item.kind === 'function') return functionOf(item.name)([], this.#operands);
    let value: Found = dot;
    if (typeof item.from === 'string') {
      const { from } = item;
      const home = scope.findLast((names) => names.has(from));
      if (home === undefined) throw wrong(`undefined variable ${JSON.stringify(from)}`);
      value = home.get(from);
    } else if (item.from !== undefined) value = this.#pipe(item.from, dot, scope);
    for (const field of item.fields) {
      if (value === undefined) throw wrong(`nil pointer evaluating interface {}.${field}`);
      if (!isObject(value)) throw wrong(`can't evaluate field ${field} in type ${goType(value)}`);
      value = objectGet(value, field);
    }
    return value;
  }
}

function goType(value: Value): string {
  return typeof value === 'string'
    ? 'string'
    : typeof value === 'boolean'
      ? 'bool'
      : isNumber(value)
        ? 'json.Number'
        : 'interface {}';
}

function pairsOf(value: Found): (readonly [Value, Value])[] {
  if (value === undefined || value === null) return [];
  const list = value instanceof RegoSet ? value.sorted() : isArray(value) ? value : undefined;
  if (list !== undefined) return list.map((item, i) => [BigInt(i), item]);
  if (isObject(value))
    return [...objectEntries(value)].sort(([a], [b]) => compareStrings(String(a), String(b)));
  throw wrong(`range can't iterate over ${printed(value)}`);
}

/** As Go has it: numbers of the data are text there and never empty; those the template counts itself are bigints here. */
function isTrue(value: Found): boolean {
  if (value === undefined || value === null || value === false || value === '' || value === 0n) return false;
  if (value instanceof RegoSet) return value.sorted().length > 0;
  if (isArray(value)) return value.length > 0;
  return !isObject(value) || objectSize(value) > 0;
}

function printed(value: Found, inside = false): string {
  // what OPA makes of Go's <no value>
  if (value === undefined || value === null) return inside ? '<nil>' : '<undefined>';
  if (typeof value === 'string') return value;
  if (isNumber(value)) return numberText(value);
  if (typeof value === 'boolean') return String(value);
  if (isObject(value))
    return `map[${pairsOf(value)
      .map(([key, item]) => `${printed(key, true)}:${printed(item, true)}`)
      .join(' ')}]`;
  return `[${pairsOf(value)
    .map(([, item]) => printed(item, true))
    .join(' ')}]`;
}

function given(args: readonly Found[], i: number): Value {
  const value = args[i];
  if (value === undefined) throw wrong('missing argument');
  return value;
}

function ordered(args: readonly Found[], holds: (order: number) => boolean): boolean {
  const [a, b] = [given(args, 0), given(args, 1)];
  if (typeof a === 'string' && typeof b === 'string') return holds(compareStrings(a, b));
  if (isNumber(a) && isNumber(b)) return holds(a < b ? -1 : a > b ? 1 : 0);
  throw wrong('incompatible types for comparison');
}

type Run = (args: readonly Found[], o: Operands) => Found;
const text = (args: readonly Found[]): string => args.map((item) => printed(item)).join('');
const escaped =
  (characters: RegExp, by: Readonly<Record<string, string>>): Run =>
  (args) =>
    text(args).replace(characters, (character) => by[character] ?? character);

const FUNCTIONS: Readonly<Record<string, Run>> = {
  and: (args) => args.find((item) => !isTrue(item)) ?? args.at(-1),
  or: (args) => args.find(isTrue) ?? args.at(-1),
  not: (args) => !isTrue(args[0]),
  eq: (args) => args.slice(1).some((item) => equal(given(args, 0), item ?? null)),
  ne: (args) => !equal(given(args, 0), given(args, 1)),
  lt: (args) => ordered(args, (order) => order < 0),
  le: (args) => ordered(args, (order) => order <= 0),
  gt: (args) => ordered(args, (order) => order > 0),
  ge: (args) => ordered(args, (order) => order >= 0),
  len: (args) => {
    const value = given(args, 0);
    return BigInt(typeof value === 'string' ? Buffer.byteLength(value) : pairsOf(value).length);
  },
  index: (args) => args.slice(1).reduce<Found>(indexed, given(args, 0)),
  slice: (args) => {
    const [value, from, to] = [
      given(args, 0),
      Number(args[1] ?? 0),
      args[2] === undefined ? undefined : Number(args[2]),
    ];
    if (typeof value === 'string' || isArray(value)) return value.slice(from, to);
    throw wrong("can't slice it");
  },
  print: (args) => text(args),
  println: (args) => `${args.map((item) => printed(item)).join(' ')}\n`,
  printf: (args, o) =>
    sprintf(
      String(given(args, 0)),
      args.slice(1).map((item) => item ?? null),
      (size) => o.output(size),
    ),
  html: escaped(/[<>&'"]/g, { '<': '&lt;', '>': '&gt;', '&': '&amp;', "'": '&#39;', '"': '&#34;' }),
  urlquery: (args) => new URLSearchParams([['', text(args)]]).toString().slice(1),
};

function functionOf(name: string): Run {
  const found = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (found === undefined) throw wrong(`function ${JSON.stringify(name.slice(0, 40))} not defined`);
  return found;
}

function indexed(value: Found, key: Found): Found {
  if (value !== undefined && isObject(value)) return objectGet(value, key ?? null);
  const list = value instanceof RegoSet ? value.sorted() : value;
  const at = isNumber(key) ? Number(key) : Number.NaN;
  if (list === undefined || !isArray(list) || Number.isNaN(at)) throw wrong("can't index it");
  if (at < 0 || at >= list.length) throw wrong(`index out of range: ${at}`);
  return list[at];
}

function render(o: Operands): Value {
  const [source, data] = [o.string(0), o.object(1)];
  o.tick(Math.ceil(source.length / 16));
  const renderer = new Renderer(o);
  if (renderer.run(parseTemplate(source), data, [new Map<string, Found>([['$', data]])]) !== undefined)
    throw wrong('{{break}} outside {{range}}');
  return renderer.out;
}

export const TEMPLATES = builtins({ 'strings.render_template': [2, render] });
