/**
 * Rego as it is laid out: tabs by bracket, one space around operators, braces alike on both sides, at most one blank line. Lines stay as their
 * author broke them and comments where they are, so a change of layout never hides a change of words.
 */
import type { SourceFile } from './rego/ast.ts';
import { Lexer, type Token } from './rego/lexer.ts';
import { parseModule } from './rego/parse-module.ts';

const OPERATORS = new Set(':= = == != < <= > >= + * / % | &'.split(' '));
const OPENERS = new Set(['(', '[', '{']);
const CLOSERS = new Set([')', ']', '}']);
/** After these a minus is a sign. */
const WORDS = new Set('as contains default else every if import in not package some with'.split(' '));

interface Piece {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly kind: Token['kind'] | 'comment';
}

/** @throws RegoError where `file` doesn't parse */
export function formatRego(file: SourceFile): string {
  const before = parseModule(file);
  const text = layOut(file.text, piecesOf(file));
  const after = parseModule({ path: file.path, text }, before.version);
  if (meaning(after) !== meaning(before))
    throw new Error(`${file.path} would mean something else laid out anew`);
  return text;
}

/** Everything a module says but where it says it. */
function meaning(module: unknown): string {
  return JSON.stringify(module, (key, value: unknown) => {
    if (['at', 'packageAt', 'file', 'comments'].includes(key)) return undefined;
    if (key === 'start' && typeof value === 'number') return undefined;
    if (typeof value === 'bigint') return `${value}n`;
    return value instanceof Map ? [...(value as Map<unknown, unknown>)] : value;
  });
}

function piecesOf(file: SourceFile): Piece[] {
  const lexer = new Lexer(file);
  const pieces: Piece[] = [];
  for (let token = lexer.next(); token.kind !== 'end'; token = lexer.next()) {
    if (token.kind === 'template') skipTemplate(lexer, token.text);
    const { start, kind } = token;
    const end = lexer.position;
    pieces.push({ text: file.text.slice(start, end), start, end, kind });
  }
  for (const [start, end] of lexer.comments) {
    const inTemplate = pieces.some(
      (piece) => piece.kind === 'template' && piece.start < start && end <= piece.end,
    );
    if (!inTemplate)
      pieces.push({ text: file.text.slice(start, end).trimEnd(), start, end, kind: 'comment' });
  }
  return pieces.sort((a, b) => a.start - b.start);
}

/** To the end of a template: text, and expressions in braces. */
function skipTemplate(lexer: Lexer, quote: string): void {
  for (;;) {
    lexer.templateText(quote);
    lexer.position++;
    if (lexer.file.text[lexer.position - 1] === quote) return;
    for (let depth = 1; depth > 0; ) {
      const token = lexer.next();
      if (token.kind === 'end') throw lexer.fault('non-terminated string', token.start, token.end);
      if (token.kind === 'template') skipTemplate(lexer, token.text);
      else if (token.kind === 'punctuation' && token.text === '{') depth++;
      else if (token.kind === 'punctuation' && token.text === '}') depth--;
    }
  }
}

function layOut(source: string, pieces: readonly Piece[]): string {
  let out = '';
  /** The line of each bracket that is open. */
  const open: number[] = [];
  let line = 0;
  let previous: Piece | undefined;
  let sign = false;
  const braces = braceSpaces(source, pieces);
  for (const [i, piece] of pieces.entries()) {
    const between = source.slice(previous?.end ?? 0, piece.start);
    const breaks = between.split('\n').length - 1;
    const closes = piece.kind === 'punctuation' && CLOSERS.has(piece.text);
    if (closes) open.pop();
    if (previous === undefined || breaks > 0) {
      line++;
      if (previous !== undefined) out += breaks > 1 ? '\n\n' : '\n';
      const leading = closes ? closersFrom(source, pieces, i + 1) : 0;
      out += '\t'.repeat(new Set(open.slice(0, open.length - leading)).size);
    } else out += sign ? '' : (braces.get(i) ?? space(previous, piece, between !== ''));
    sign = piece.text === '-' && piece.kind === 'punctuation' && (breaks > 0 || !endsOperand(previous));
    out += piece.text;
    if (piece.kind === 'punctuation' && OPENERS.has(piece.text)) open.push(line);
    previous = piece;
  }
  return out === '' ? '' : `${out}\n`;
}

/** How many more brackets close on the line, directly after the one before `from`. */
function closersFrom(source: string, pieces: readonly Piece[], from: number): number {
  let count = 0;
  for (let i = from; i < pieces.length; i++) {
    const piece = pieces[i] as Piece;
    const between = source.slice((pieces[i - 1] as Piece).end, piece.start);
    if (piece.kind !== 'punctuation' || !CLOSERS.has(piece.text) || between.includes('\n')) break;
    count++;
  }
  return count;
}

/** What stands before a piece inside braces that open and close on one line: the same on both sides. */
function braceSpaces(source: string, pieces: readonly Piece[]): Map<number, string> {
  const spaces = new Map<number, string>();
  const open: { at: number; line: number }[] = [];
  const before = (i: number): string => source.slice(pieces[i - 1]?.end ?? 0, pieces[i]?.start);
  let line = 0;
  for (const [i, piece] of pieces.entries()) {
    if (before(i).includes('\n')) line++;
    if (mark(piece) === '{') open.push({ at: i, line });
    const opener = mark(piece) === '}' ? open.pop() : undefined;
    if (opener === undefined || opener.line !== line) continue;
    const empty = opener.at === i - 1;
    const apart = !empty && (before(opener.at + 1) !== '' || before(i) !== '') ? ' ' : '';
    spaces.set(opener.at + 1, apart).set(i, apart);
  }
  return spaces;
}

function space(left: Piece, right: Piece, apart: boolean): string {
  if (right.kind === 'comment') return ' ';
  const [a, b] = [mark(left), mark(right)];
  if (b === ',' || b === ';' || b === ')' || b === ']' || b === ':' || a === '(' || a === '[') return '';
  if (a === ',' || a === ';' || a === ':') return ' ';
  if (OPERATORS.has(a) || OPERATORS.has(b)) return ' ';
  if ((b === '-' && endsOperand(left)) || a === '-') return ' ';
  return apart ? ' ' : '';
}

function mark(piece: Piece): string {
  return piece.kind === 'punctuation' ? piece.text : '';
}

function endsOperand(piece: Piece | undefined): boolean {
  if (piece === undefined || piece.kind === 'comment') return false;
  return piece.kind === 'punctuation' ? CLOSERS.has(piece.text) : !WORDS.has(piece.text);
}
