import { closeSync, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { BitError, fromErrno } from '../kernel/errors.ts';
import type { Reader } from '../operation/index.ts';
import { kindName as alnKind, formatAln, parseAln } from './aln/index.ts';
import { kindName as batchKind, formatBatch, lintBatch, parseBatch } from './batch/index.ts';
import { type Diagnostics, Lines } from './diagnostic.ts';
import { type Dialect, formatLisp, lintLisp, kindName as lispKind, readLisp } from './lisp/index.ts';
import { type LanguageName, symbolsOf } from './symbols.ts';
import type { Tree } from './tree.ts';

export interface ParseQuestion {
  readonly language: LanguageName;
  /** A file, or a folder; default the repository. */
  readonly path: string | undefined;
  /** Take the syntax tree too. */
  readonly tree: boolean;
  /** Of a file: what it would be laid out. */
  readonly format: boolean;
}

export interface ParsedFile {
  readonly path: string;
  readonly bytes: number;
  readonly nodes: number;
  readonly errors: number;
  readonly warnings: number;
  readonly diagnostics: readonly PlacedDiagnostic[];
  readonly symbols: readonly PlacedSymbol[];
  readonly tree?: SyntaxNode[];
  readonly formatted?: string;
}

export interface PlacedDiagnostic {
  readonly severity: 'error' | 'warning';
  readonly code: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly expected?: string;
}

export interface PlacedSymbol {
  readonly name: string;
  readonly kind: string;
  readonly line: number;
}

export interface SyntaxNode {
  readonly kind: string;
  readonly line: number;
  readonly column: number;
  /** Of a leaf. */
  readonly text?: string;
  readonly children?: SyntaxNode[];
}

export interface ParseReport {
  readonly language: LanguageName;
  readonly files: readonly ParsedFile[];
  readonly errors: number;
  readonly warnings: number;
  /** What could not be looked at, and why. */
  readonly skipped: readonly { readonly path: string; readonly why: string }[];
}

const EXTENSIONS: Readonly<Record<LanguageName, RegExp>> = {
  aln: /\.aln$/i,
  lisp: /\.(?:lisp|lsp|cl|asd|scm|ss|sld|sps|sls)$/i,
  batch: /\.(?:bat|cmd|batch)$/i,
};
const MOST_BYTES = 128 * 1024 * 1024;
const MOST_FILES = 20_000;
/** A tree of more nodes is no use to anybody as JSON. */
const MOST_NODES = 200_000;
const DEEPEST = 1000;

/**
 * Parses a file of one of the languages, or all of them below a folder.
 *
 * @throws BitError `not-found` for a path that is not there, `usage` for one that can't be asked so
 */
export async function parseLanguage(reader: Reader, question: ParseQuestion): Promise<ParseReport> {
  const root = reader.repository?.root ?? reader.cwd;
  const asked = resolve(reader.cwd, question.path ?? root);
  const entry = lstatSync(asked, { throwIfNoEntry: false });
  if (entry === undefined) throw new BitError('not-found', `there is no ${question.path ?? asked}`);
  if (entry.isDirectory() && (question.tree || question.format))
    throw new BitError('usage', `--${question.tree ? 'tree' : 'format'} takes one file`, {
      hint: 'name a file',
    });
  const paths = entry.isDirectory() ? await below(reader, asked, question.language) : [asked];
  const files: ParsedFile[] = [];
  const skipped: { path: string; why: string }[] = [];
  const progress = paths.length > 20 ? reader.progress(`parsing ${paths.length} files`) : undefined;
  for (const [index, path] of paths.entries()) {
    if (reader.signal.aborted) throw new BitError('cancelled', 'interrupted');
    const shown = relative(reader.cwd, path) || path;
    try {
      files.push(parseText(read(path), shown, question));
    } catch (error) {
      if (!(error instanceof BitError) || paths.length === 1) throw error;
      skipped.push({ path: shown, why: error.message });
    }
    progress?.update('parsing', index + 1, paths.length);
  }
  progress?.end();
  const sum = (of: (file: ParsedFile) => number): number =>
    files.reduce((total, file) => total + of(file), 0);
  return {
    language: question.language,
    files,
    errors: sum((one) => one.errors),
    warnings: sum((one) => one.warnings),
    skipped,
  };
}

/** Tracked and untracked files that git does not ignore; outside of a repository, one folder's own. */
async function below(reader: Reader, folder: string, language: LanguageName): Promise<string[]> {
  if (reader.repository === undefined)
    throw new BitError('usage', 'outside of a repository only a file can be parsed', { hint: 'name a file' });
  const which = ['--cached', '--others', '--exclude-standard'];
  const listed = await reader.git.read([
    '-C',
    folder,
    '--literal-pathspecs',
    'ls-files',
    '-z',
    ...which,
    '--',
    '.',
  ]);
  const found = listed.stdout
    .split('\0')
    .filter((path) => EXTENSIONS[language].test(path))
    .map((path) => join(folder, path));
  if (found.length > MOST_FILES)
    throw new BitError('usage', `more than ${MOST_FILES} files`, { hint: 'name a folder within' });
  return [...new Set(found)].sort();
}

/** Never a symbolic link's target: what is outside of the tree is not the repository's. */
function read(path: string): string {
  const entry = lstatSync(path, { throwIfNoEntry: false });
  if (entry === undefined) throw new BitError('not-found', `there is no ${path}`);
  if (!entry.isFile()) throw new BitError('usage', `${path} is no file`);
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    if (fstatSync(file).size > MOST_BYTES)
      throw new BitError('usage', `${path} is larger than ${MOST_BYTES / 1024 / 1024} MB`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw fromErrno(error, `cannot read ${path}`);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

interface Parsed {
  readonly tree: Tree;
  readonly diagnostics: Diagnostics;
  readonly kindName: (kind: number) => string;
  readonly format: () => string;
}

function parsed(language: LanguageName, text: string, path: string): Parsed {
  if (language === 'aln') return { ...parseAln(text), kindName: alnKind, format: () => formatAln(text) };
  if (language === 'batch') {
    const { tree, diagnostics } = parseBatch(text);
    lintBatch(text, tree, diagnostics);
    return { tree, diagnostics, kindName: batchKind, format: () => formatBatch(text) };
  }
  const dialect: Dialect = /\.(?:lisp|lsp|cl|asd)$/i.test(path) ? 'common-lisp' : 'scheme';
  const { tree, diagnostics } = readLisp(text, dialect);
  lintLisp(text, tree, dialect, diagnostics);
  return { tree, diagnostics, kindName: lispKind, format: () => formatLisp(text, dialect) };
}

/** One text; `path` tells the dialect. */
export function parseText(text: string, path: string, question: Omit<ParseQuestion, 'path'>): ParsedFile {
  const { tree, diagnostics, kindName, format } = parsed(question.language, text, path);
  const lines = new Lines(text);
  return {
    path,
    bytes: Buffer.byteLength(text),
    nodes: tree.length,
    errors: diagnostics.errors,
    warnings: diagnostics.warnings,
    diagnostics: [...diagnostics.list]
      .sort((a, b) => a.start - b.start)
      .map(({ severity, code, message, expected, start }) => ({
        severity,
        code,
        ...lines.at(start),
        message,
        ...(expected === undefined ? {} : { expected }),
      })),
    symbols: symbolsOf(question.language, text, tree).map(({ name, kind, start }) => ({
      name,
      kind,
      line: lines.at(start).line,
    })),
    ...(question.tree ? { tree: nested(text, tree, lines, kindName) } : {}),
    ...(question.format ? { formatted: format() } : {}),
  };
}

function nested(text: string, tree: Tree, lines: Lines, kindName: (kind: number) => string): SyntaxNode[] {
  if (tree.length > MOST_NODES)
    throw new BitError('usage', `a tree of ${tree.length} nodes is too large to show (${MOST_NODES})`);
  const roots: SyntaxNode[] = [];
  const open: { readonly after: number; readonly children: SyntaxNode[] }[] = [];
  for (let node = 0; node < tree.length; node++) {
    while (open.length > 0 && node >= (open.at(-1)?.after ?? 0)) open.pop();
    if (open.length > DEEPEST) throw new BitError('usage', `a tree more than ${DEEPEST} deep is not shown`);
    const place = { kind: kindName(tree.kind(node)), ...lines.at(tree.start(node)) };
    const into = open.at(-1)?.children ?? roots;
    if (tree.after(node) === node + 1)
      into.push({ ...place, text: text.slice(tree.start(node), tree.end(node)) });
    else {
      const children: SyntaxNode[] = [];
      into.push({ ...place, children });
      open.push({ after: tree.after(node), children });
    }
  }
  return roots;
}
