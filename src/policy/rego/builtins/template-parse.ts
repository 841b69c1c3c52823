/** The part of Go's text/template that values alone can drive, as a tree: nothing is defined or called from outside. */
import type { Value } from '../values.ts';
import { BuiltinError } from './define.ts';

export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'print';
      readonly declares: readonly string[];
      readonly assigns: boolean;
      readonly pipe: Pipe;
    }
  | Block
  | Leap;

export interface Leap {
  readonly kind: 'break' | 'continue';
}

export interface Block {
  readonly kind: 'if' | 'with' | 'range';
  readonly declares: readonly string[];
  readonly pipe: Pipe;
  readonly then: readonly Node[];
  readonly otherwise: readonly Node[];
}

/** Commands, the result of each the last argument of the next. */
export type Pipe = readonly (readonly Operand[])[];
export type Operand =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'function'; readonly name: string }
  | { readonly kind: 'path'; readonly from: string | Pipe | undefined; readonly fields: readonly string[] };

const MOST_DEPTH = 50;
const TOKEN =
  /\s*(\$?\.?[A-Za-z_$][\w.$]*|\.[A-Za-z_][\w.]*|\.|"(?:[^"\\\n]|\\.)*"|`[^`]*`|-?\d+(?:\.\d+)?|:=|[=|(),]|\)\.[\w.]+)/y;

class Reader {
  readonly pieces: (string | string[])[] = [];
  #at = 0;

  constructor(text: string) {
    let from = 0;
    for (let open = text.indexOf('{{'); open >= 0; open = text.indexOf('{{', from)) {
      const close = closing(text, open + 2);
      const inside = text.slice(open + 2, close);
      const [left, right] = [/^-\s/.test(inside), /\s-$/.test(inside)];
      const before = text.slice(from, open);
      this.pieces.push(left ? before.trimEnd() : before);
      const body = inside.slice(left ? 1 : 0, right ? -1 : undefined).trim();
      if (!/^\/\*[\s\S]*\*\/$/.test(body)) this.pieces.push(words(body));
      from = close + 2;
      if (right) from += text.slice(from).length - text.slice(from).trimStart().length;
    }
    this.pieces.push(text.slice(from));
  }

  /** Nodes up to an `end` or `else`, whose words come back. */
  nodes(depth: number): { nodes: Node[]; stop: readonly string[] | undefined } {
    if (depth > MOST_DEPTH) throw wrong('blocks nest too deeply');
    const nodes: Node[] = [];
    for (let piece = this.pieces[this.#at++]; piece !== undefined; piece = this.pieces[this.#at++]) {
      if (typeof piece === 'string') nodes.push({ kind: 'text', text: piece });
      else if (piece[0] === 'end' || piece[0] === 'else') return { nodes, stop: piece };
      else nodes.push(this.#action(piece, depth));
    }
    return { nodes, stop: undefined };
  }

  #action(piece: readonly string[], depth: number): Node {
    const [first] = piece;
    if (first === 'break' || first === 'continue') return { kind: first };
    if (first === 'if' || first === 'with' || first === 'range')
      return this.#block(first, piece.slice(1), depth);
    if (first === 'define' || first === 'template' || first === 'block')
      throw wrong(`${first} is not supported`);
    const { declares, assigns, pipe } = declared(piece);
    return { kind: 'print', declares, assigns, pipe };
  }

  #block(kind: 'if' | 'with' | 'range', words: readonly string[], depth: number): Node {
    const { declares, pipe } = declared(words);
    const { nodes: then, stop } = this.nodes(depth + 1);
    if (stop === undefined) throw wrong('unexpected EOF');
    if (stop[0] === 'end') return { kind, declares, pipe, then, otherwise: [] };
    const [, next, ...more] = stop;
    if (next === 'if' || next === 'with')
      return { kind, declares, pipe, then, otherwise: [this.#block(next, more, depth + 1)] };
    if (next !== undefined) throw wrong(`unexpected ${next} after else`);
    const other = this.nodes(depth + 1);
    if (other.stop?.[0] !== 'end') throw wrong('unexpected EOF');
    return { kind, declares, pipe, then, otherwise: other.nodes };
  }
}

function closing(text: string, from: number): number {
  const strings = /"(?:[^"\\\n]|\\.)*"|`[^`]*`|\/\*[\s\S]*?\*\/|\}\}/g;
  strings.lastIndex = from;
  for (let found = strings.exec(text); found !== null; found = strings.exec(text))
    if (found[0] === '}}') return found.index;
  throw wrong('unclosed action');
}

function words(body: string): string[] {
  const found: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < body.length) {
    const at = TOKEN.lastIndex;
    const [, word] = TOKEN.exec(body) ?? [];
    if (word === undefined) throw wrong(`unexpected ${JSON.stringify(body.slice(at, at + 10))} in command`);
    found.push(word);
  }
  if (found.length === 0) throw wrong('missing value for command');
  return found;
}

function declared(list: readonly string[]): { declares: string[]; assigns: boolean; pipe: Pipe } {
  const sign = list.findIndex((word) => word === ':=' || word === '=');
  const declares = list.slice(0, Math.max(0, sign)).filter((word) => word !== ',');
  if (declares.some((name) => !/^\$\w*$/.test(name))) throw wrong('only a variable can be set');
  const rest = list.slice(sign + 1);
  const { pipe, next } = pipeline(rest, 0, 0);
  if (next < rest.length) throw wrong(`unexpected ${rest[next]}`);
  return { declares, assigns: list[sign] === '=', pipe };
}

function pipeline(list: readonly string[], from: number, depth: number): { pipe: Pipe; next: number } {
  if (depth > MOST_DEPTH) throw wrong('parentheses nest too deeply');
  const pipe: Operand[][] = [[]];
  let at = from;
  for (; at < list.length && list[at] !== ')' && !list[at]?.startsWith(').'); at++) {
    const word = list[at] as string;
    if (word === '|') pipe.push([]);
    else if (word === '(') {
      const inner = pipeline(list, at + 1, depth + 1);
      const close = list[inner.next];
      if (close === undefined) throw wrong('unclosed left paren');
      pipe.at(-1)?.push({ kind: 'path', from: inner.pipe, fields: close.split('.').slice(1) });
      at = inner.next;
    } else pipe.at(-1)?.push(operand(word));
  }
  if (pipe.some((command) => command.length === 0)) throw wrong('missing value for command');
  return { pipe, next: at };
}

function operand(word: string): Operand {
  if (word === 'true' || word === 'false') return { kind: 'value', value: word === 'true' };
  if (word === 'nil') return { kind: 'value', value: null };
  if (/^-?\d/.test(word)) return { kind: 'value', value: word.includes('.') ? Number(word) : BigInt(word) };
  if (word.startsWith('`')) return { kind: 'value', value: word.slice(1, -1) };
  if (word.startsWith('"')) {
    try {
      return { kind: 'value', value: JSON.parse(word) as string };
    } catch {
      throw wrong(`${word.slice(0, 40)} is no string`);
    }
  }
  if (word.startsWith('.')) return { kind: 'path', from: undefined, fields: word.split('.').filter(Boolean) };
  if (word.startsWith('$')) {
    const [from = '$', ...fields] = word.split('.');
    return { kind: 'path', from, fields };
  }
  return { kind: 'function', name: word };
}

export function wrong(message: string): BuiltinError {
  return new BuiltinError(`template: ${message}`);
}

/** @throws BuiltinError with what is wrong */
export function parseTemplate(text: string): readonly Node[] {
  const { nodes, stop } = new Reader(text).nodes(0);
  if (stop !== undefined) throw wrong(`unexpected {{${stop[0]}}}`);
  return nodes;
}
