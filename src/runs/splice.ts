import { createRequire } from 'node:module';
import { isDeepStrictEqual } from 'node:util';
import type * as Yaml from 'yaml';
import { BitError } from '../kernel/errors.ts';
import { printable } from '../kernel/text.ts';

const require = createRequire(import.meta.url);

export interface Change {
  /** Dotted: `jobs.build.timeout-minutes`, `jobs.build.steps.0.run`. */
  readonly key: string;
  /** YAML; undefined takes the key away. */
  readonly value: string | undefined;
}

/**
 * The text with one key changed: just the characters of the value, a line more or lines less, so that comments, order
 * and style stay. Where the place is none such (a value of another shape), it is written anew, its comments kept.
 *
 * @throws BitError `not-found` for a key to take away that isn't there, `usage` for a value that is no YAML
 */
export function changeYaml(text: string, { key, value }: Change): string {
  const { isCollection, parseDocument } = require('yaml') as typeof Yaml;
  const keys = key.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  const document = parseDocument(text);
  if (value === undefined && !document.hasIn(keys))
    throw new BitError('not-found', `there is no ${printable(key)}`);
  const parent = keys.length === 1 ? document.contents : document.getIn(keys.slice(0, -1));
  if (parent !== undefined && parent !== null && !isCollection(parent))
    throw new BitError('usage', `${printable(key)}: what is above it holds no keys`);
  const spliced = splice(text, document, keys, value);
  if (value === undefined) document.deleteIn(keys);
  else {
    const parsed = parseDocument(value);
    const [fault] = parsed.errors;
    if (fault !== undefined)
      throw new BitError('usage', `${printable(key)}: ${fault.message.split('\n')[0]}`);
    document.setIn(keys, parsed.contents);
  }
  return spliced !== undefined && means(spliced, document.toJS())
    ? spliced
    : document.toString({ lineWidth: 0 });
}

function means(text: string, wanted: unknown): boolean {
  const { parseDocument } = require('yaml') as typeof Yaml;
  const document = parseDocument(text);
  return document.errors.length === 0 && isDeepStrictEqual(document.toJS(), wanted);
}

/** A guess at the smallest change of the text; whoever asks checks what it comes to. */
function splice(
  text: string,
  document: Yaml.Document.Parsed,
  keys: readonly (string | number)[],
  value: string | undefined,
): string | undefined {
  const { isMap, isNode } = require('yaml') as typeof Yaml;
  const old: unknown = document.getIn(keys, true);
  const parent: unknown = keys.length === 1 ? document.contents : document.getIn(keys.slice(0, -1), true);
  const last = keys.at(-1);
  if (value !== undefined && isNode(old) && old.range) return replaced(text, old.range, value);
  if (!isMap(parent) || parent.flow === true) return undefined;
  if (value === undefined) {
    const at = parent.items.findIndex((item) => isNode(item.key) && String(item.key) === String(last));
    const from = rangeOf(parent.items[at]?.key);
    const end = rangeOf(parent.items[at + 1]?.key)?.[0] ?? parent.range?.[2];
    if (from === undefined || end === undefined) return undefined;
    return text.slice(0, lineStart(text, from[0])) + text.slice(Math.max(lineStart(text, end), from[0]));
  }
  const first = rangeOf(parent.items[0]?.key);
  const end = parent.range?.[1];
  if (first === undefined || end === undefined || value.includes('\n')) return undefined;
  const indent = ' '.repeat(first[0] - lineStart(text, first[0]));
  const after = text.lastIndexOf('\n', end - 1) + 1 === end ? end : lineEnd(text, end);
  const gap = after > 0 && text[after - 1] !== '\n' ? '\n' : '';
  return `${text.slice(0, after)}${gap}${indent}${String(last)}: ${value}\n${text.slice(after)}`;
}

function rangeOf(node: unknown): readonly [number, number, number] | undefined {
  const range = (node as { range?: readonly [number, number, number] | null } | undefined)?.range;
  return range ?? undefined;
}

function replaced(text: string, range: readonly [number, number, number], value: string): string | undefined {
  const old = text.slice(range[0], range[1]);
  if (old.includes('\n') || value.includes('\n')) return undefined;
  return text.slice(0, range[0]) + value + text.slice(range[1]);
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end + 1;
}
