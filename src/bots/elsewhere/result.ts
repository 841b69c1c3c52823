import { BitError } from '../../kernel/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import { parseJsonWithin } from '../../kernel/json-within.ts';
import { printable } from '../../kernel/text.ts';
import { MOST_CALLS_ELSEWHERE, type Wanted } from './replay.ts';

/** What the handler was refused by its place, before any command. */
export interface Refusal {
  readonly method: string;
  readonly args: readonly string[];
  readonly message: string;
}

/** What a machine elsewhere says of a handler: how far it came. */
export interface FarResult {
  readonly end:
    | ({ readonly kind: 'wants' } & Wanted)
    | { readonly kind: 'done'; readonly set: JsonObject }
    | { readonly kind: 'failed'; readonly why: string };
  /** What it said, without what was known of that. */
  readonly lines: readonly string[];
  readonly refused: readonly Refusal[];
  /** It read files of the tree. */
  readonly tree: boolean;
}

/** Bytes of a result, and of all that carries it. */
export const MOST_RESULT = 32 * 1024 * 1024;
export const MOST_LINES = 100_000;
export const LONGEST_LINE = 2000;
export const MOST_REFUSED = 1000;
const LEVELS = 64;
const MOST_KEYS = 100_000;
const MEMBERS: ReadonlySet<string> = new Set(['v', 'end', 'lines', 'refused', 'tree']);

export function writeResult(result: FarResult): string {
  return JSON.stringify({ v: 1, ...result });
}

/**
 * Every part of it is taken as hostile: its size, its depth, its types.
 *
 * @throws BitError `integrity` naming what is wrong with it
 */
export function readResult(bytes: Uint8Array): FarResult {
  if (bytes.length > MOST_RESULT) throw broken(`is larger than ${MOST_RESULT} bytes`);
  let value: Json;
  try {
    value = parseJsonWithin(new TextDecoder('utf-8', { fatal: true }).decode(bytes), LEVELS);
  } catch (error) {
    if (error instanceof BitError) throw broken(`is wrong: ${error.message}`);
    throw broken('is no text');
  }
  if (!isJsonObject(value) || value['v'] !== 1) throw broken('has no good v');
  for (const name of Object.keys(value))
    if (!MEMBERS.has(name)) throw broken(`has a member ${printable(name.slice(0, 80))}`);
  const { end, lines, refused, tree } = value;
  if (!isJsonObject(end)) throw broken('has no good end');
  if (typeof tree !== 'boolean') throw broken('has no good tree');
  return {
    end: endOf(end),
    lines: listOf(lines, 'lines', MOST_LINES).map((line) => textOf(line, 'lines', LONGEST_LINE)),
    refused: listOf(refused, 'refused', MOST_REFUSED).map(refusalOf),
    tree,
  };
}

function endOf(end: JsonObject): FarResult['end'] {
  const { kind, n, words, options, set, why } = end;
  if (kind === 'wants') {
    // one more than there may be is asked for by who does not know of the limit
    if (typeof n !== 'number' || !Number.isInteger(n) || n < 1 || n > MOST_CALLS_ELSEWHERE + 1)
      throw broken('has no good n');
    if (words === undefined || !isJsonObject(options)) throw broken('has no good call');
    return { kind, n, words, options };
  }
  if (kind === 'done') {
    if (!isJsonObject(set) || Object.keys(set).length > MOST_KEYS) throw broken('has no good set');
    return { kind, set };
  }
  if (kind === 'failed') return { kind, why: textOf(why, 'why', 4 * LONGEST_LINE) };
  throw broken('has no good end');
}

function refusalOf(value: Json): Refusal {
  if (!isJsonObject(value)) throw broken('has no good refused');
  return {
    method: textOf(value['method'], 'refused', 100),
    args: listOf(value['args'], 'refused', 20).map((one) => textOf(one, 'refused', 200)),
    message: textOf(value['message'], 'refused', LONGEST_LINE),
  };
}

function listOf(value: Json | undefined, member: string, most: number): readonly Json[] {
  if (!Array.isArray(value) || value.length > most) throw broken(`has no good ${member}`);
  return value as readonly Json[];
}

function textOf(value: Json | undefined, member: string, longest: number): string {
  if (typeof value !== 'string' || value.length > longest) throw broken(`has no good ${member}`);
  return value;
}

function broken(what: string): BitError {
  return new BitError('integrity', `what a runner says of a bot ${what}`);
}
