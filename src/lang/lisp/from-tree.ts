import type { Tree } from '../tree.ts';
import {
  Character,
  DEFAULT,
  EOF,
  fail,
  list,
  Name,
  NIL,
  Pair,
  Text,
  UNSPECIFIED,
  type Value,
} from './data.ts';
import { KIND } from './kinds.ts';
import { parseNumber } from './numbers.ts';

const QUOTES: Readonly<Record<number, string>> = {
  [KIND.quote]: 'quote',
  [KIND.quasiquote]: 'quasiquote',
  [KIND.unquote]: 'unquote',
  [KIND.unquoteSplicing]: 'unquote-splicing',
};

const CHARACTERS: Readonly<Record<string, number>> = {
  alarm: 7,
  backspace: 8,
  delete: 127,
  escape: 27,
  newline: 10,
  null: 0,
  return: 13,
  space: 32,
  tab: 9,
  nul: 0,
  altmode: 27,
  linefeed: 10,
  page: 12,
  rubout: 127,
  esc: 27,
  vtab: 11,
  nel: 0x85,
  ls: 0x2028,
};

/**
 * Scheme data of a tree, with the offset in the text of each pair in `places`. The tree may be as deep as the reader
 * lets it be, so this does not recur.
 */
export function dataOf(text: string, tree: Tree, places: WeakMap<object, number> = new WeakMap()): Value[] {
  interface Making {
    readonly node: number;
    readonly end: number;
    next: number;
    readonly values: Value[];
    dotted: boolean;
  }
  const roots: Value[] = [];
  const stack: Making[] = [];
  const finish = (value: Value): void => {
    const outer = stack.at(-1);
    if (outer === undefined) roots.push(value);
    else outer.values.push(value);
  };
  let at = 0;
  for (;;) {
    const making = stack.at(-1);
    if (making !== undefined && making.next >= making.end) {
      stack.pop();
      const value = whole(text, tree, making.node, making.values, making.dotted);
      if (value === undefined) continue;
      if (value instanceof Pair) places.set(value, tree.start(making.node));
      finish(value);
      continue;
    }
    const node = making === undefined ? at : making.next;
    if (making === undefined && node >= tree.length) return roots;
    const after = tree.after(node);
    if (making === undefined) at = after;
    else making.next = after;
    const kind = tree.kind(node);
    if (kind === KIND.datumComment) continue;
    if (kind === KIND.dot) {
      if (making !== undefined) making.dotted = true;
      continue;
    }
    if (composite(kind)) stack.push({ node, end: after, next: node + 1, values: [], dotted: false });
    else finish(leaf(text.slice(tree.start(node), tree.end(node)), kind));
  }
}

function composite(kind: number): boolean {
  return (
    kind === KIND.list ||
    kind === KIND.vector ||
    kind === KIND.bytes ||
    kind === KIND.syntax ||
    QUOTES[kind] !== undefined ||
    kind === KIND.label ||
    kind === KIND.box ||
    kind === KIND.array ||
    kind === KIND.feature ||
    kind === KIND.readTime ||
    kind === KIND.functionOf ||
    kind === KIND.pathname
  );
}

function whole(text: string, tree: Tree, node: number, values: Value[], dotted: boolean): Value | undefined {
  const kind = tree.kind(node);
  const quote = QUOTES[kind];
  if (quote !== undefined) return values.length === 0 ? undefined : list([Name.of(quote), ...values]);
  switch (kind) {
    case KIND.list: {
      const tail = dotted ? values.pop() : NIL;
      return list(values, tail);
    }
    case KIND.vector:
      return values;
    case KIND.bytes: {
      const bytes = values.map((value) => {
        if (typeof value !== 'bigint' || value < 0n || value > 255n)
          return fail('a byte is an integer from 0 to 255', value);
        return Number(value);
      });
      return Uint8Array.from(bytes);
    }
    default:
      return fail(
        `no datum of Scheme's: ${text.slice(tree.start(node), Math.min(tree.end(node), tree.start(node) + 20))}`,
      );
  }
}

function leaf(text: string, kind: number): Value {
  switch (kind) {
    case KIND.number:
      return parseNumber(text) ?? fail('a number that is not supported (complex)', new Text(text));
    case KIND.string:
      return new Text(plainText(text.slice(1, text.endsWith('"') && text.length > 1 ? -1 : undefined)), true);
    case KIND.boolean:
      return text[1]?.toLowerCase() === 't';
    case KIND.character:
      return character(text.slice(2));
    case KIND.constant:
      if (text === '#!eof') return EOF;
      return text === '#!default' ? DEFAULT : UNSPECIFIED;
    case KIND.symbol:
    case KIND.keyword:
      return Name.of(text.includes('|') ? symbolName(text) : text);
    default:
      return fail(`nothing a reader knows: ${text.slice(0, 24)}`);
  }
}

export function character(name: string): Character {
  const points = [...name];
  if (points.length === 1) return new Character(name.codePointAt(0) ?? 0);
  const hex = /^[xu]([0-9a-f]{1,6})$/i.exec(name)?.[1];
  const known = name.toLowerCase();
  const named = Object.hasOwn(CHARACTERS, known) ? CHARACTERS[known] : undefined;
  const code = hex === undefined ? named : Number.parseInt(hex, 16);
  if (code === undefined || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
    return fail(`#\\${name} is no character`);
  return new Character(code);
}

function symbolName(text: string): string {
  return text.replace(/\|((?:[^|\\]|\\.)*)\|/gs, (_, inner: string) => plainText(inner));
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  t: '\t',
  n: '\n',
  r: '\r',
};

function plainText(text: string): string {
  if (!text.includes('\\')) return text.replace(/\r\n?/g, '\n');
  return text.replace(
    /\\(?:[xX]([0-9a-fA-F]{1,6});|[ \t]*(?:\r\n|\n|\r)[ \t]*|([\s\S]))|\r\n?/g,
    (found: string, hex: string | undefined, other: string | undefined) => {
      if (hex !== undefined) return String.fromCodePoint(Math.min(Number.parseInt(hex, 16), 0x10ffff));
      if (other !== undefined) return ESCAPES[other] ?? other;
      return found.startsWith('\\') ? '' : '\n';
    },
  );
}
