import { lstatSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { CST, LineCounter, Node } from 'yaml';
import { BitError } from '../kernel/errors.ts';

const require = createRequire(import.meta.url);

/** Where something stands, from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A YAML document that parsed, not yet expanded. */
export interface YamlDocument {
  /** As errors name it. */
  readonly name: string;
  readonly root: Node | null;
  readonly library: typeof import('yaml');
  place(offset: number): Place;
  /** What an alias stands for. */
  anchored(name: string, before: number): Node | undefined;
}

/** The library's time grows faster than its input where that is hostile. */
const MOST_BYTES = 128 * 1024;
/** Of flow collections, and of columns a block may be indented by: deeper than any document a person writes. */
const DEEPEST = 100;

/** @throws BitError `usage` for what is no regular file, or too large */
export function readYamlText(root: string, name: string): string | undefined {
  const path = join(root, name);
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  if (!stat.isFile())
    throw new BitError('usage', `${name} is not a regular file`, { details: { path: name } });
  if (stat.size > MOST_BYTES) throw tooLarge(name);
  return readFileSync(path, 'utf8');
}

function tooLarge(name: string): BitError {
  const details = { path: name, line: 1, column: 1 };
  return new BitError('usage', `${name} is larger than ${MOST_BYTES} bytes`, { details });
}

/** @throws BitError `usage` naming every fault of the syntax by line and column */
export function parseYaml(name: string, text: string): YamlDocument {
  if (text.length > MOST_BYTES) throw tooLarge(name);
  const library = require('yaml') as typeof import('yaml');
  const lines = new library.LineCounter();
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const refuseDeep = (at: number): never => {
    throw faulty(name, [{ ...place(at), path: '', message: `nested deeper than ${DEEPEST}` }]);
  };
  const tokens = shallowTokens(text, library, lines, refuseDeep);
  // one document, as parseDocument of the library makes it; keys that stand twice are found by the validator, in linear
  // time, and `merge` reads << as most tools do
  const composer = new library.Composer({ uniqueKeys: false, merge: true });
  const [document, second] = composer.compose(tokens, true, text.length);
  if (document === undefined) throw new Error('the composer of YAML gave no document');
  if (second !== undefined) {
    const at = place(second.range[0]);
    throw faulty(name, [{ ...at, path: '', message: 'a second document starts here' }]);
  }
  if (document.errors.length > 0) {
    throw faulty(
      name,
      document.errors.map(({ code, message, pos }) => ({
        ...place(pos[0]),
        path: '',
        message: message.split('\n')[0] ?? message,
        ...(code === 'BLOCK_AS_IMPLICIT_KEY'
          ? { hint: "a text with ': ' in it needs quotes around it" }
          : {}),
      })),
    );
  }
  const anchors = new Map<string, { readonly at: number; readonly node: Node }[]>();
  library.visit(document, {
    Node(_, node) {
      if (library.isAlias(node) || node.anchor === undefined) return;
      const known = anchors.get(node.anchor) ?? [];
      known.push({ at: node.range?.[0] ?? 0, node: node as Node });
      anchors.set(node.anchor, known);
    },
  });
  return {
    name,
    root: document.contents as Node | null,
    library,
    place,
    anchored: (anchor, before) => anchors.get(anchor)?.findLast(({ at }) => at < before)?.node,
  };
}

/** The library's composer calls itself for every level; its lexer and parser don't, so depth is bounded here. */
function* shallowTokens(
  text: string,
  { Lexer, Parser, CST }: typeof import('yaml'),
  lines: LineCounter,
  refuseDeep: (at: number) => never,
): Generator<CST.Token> {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  let [flow, inLine, start] = [0, 0, true];
  for (const lexeme of new Lexer().lex(text)) {
    const type = CST.tokenType(lexeme);
    if (type === 'flow-map-start' || type === 'flow-seq-start') flow++;
    else if (type === 'flow-map-end' || type === 'flow-seq-end') flow = Math.max(0, flow - 1);
    else if (type === 'newline') [start, inLine] = [true, 0];
    else if (type === 'seq-item-ind' || type === 'explicit-key-ind' || type === 'map-value-ind') inLine++;
    const indent = start && type === 'space' ? lexeme.length : 0;
    if (type !== 'newline') start = false;
    if (flow > DEEPEST || (flow === 0 && inLine > DEEPEST) || indent > 2 * DEEPEST) refuseDeep(parser.offset);
    yield* parser.next(lexeme);
  }
  yield* parser.end();
}

/** One thing that is wrong, and where. */
export interface Fault extends Place {
  /** `orchestration.flows[0].name`; empty for the document. */
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
}

/** The faults as one error: all of them are listed, up to twenty. */
export function faulty(name: string, faults: readonly Fault[]): BitError {
  const [first] = faults;
  const one = faults.length === 1;
  const shown = faults.slice(0, 20).map(({ line, column, message, hint }) => {
    const more = one || hint === undefined ? '' : ` (${hint})`;
    return `${name}:${line}:${column}: ${message}${more}`;
  });
  const more = faults.length > shown.length ? [`and ${faults.length - shown.length} more`] : [];
  const message = one
    ? (shown[0] ?? name)
    : [`${name} has ${faults.length} faults:`, ...shown, ...more].join('\n');
  return new BitError('usage', message, {
    ...(one && first?.hint !== undefined ? { hint: first.hint } : {}),
    details: { path: name, line: first?.line, column: first?.column, key: first?.path, faults },
  });
}
