import type { Paper } from '../kernel/paper.ts';
import type { ParsedFile, ParseReport, SyntaxNode } from './parse.ts';

/** Lines of one report that people read. */
const MOST_SHOWN = 200;

export function renderParse(report: ParseReport, page: Paper): void {
  const [only] = report.files;
  if (only?.tree !== undefined) tree(only.tree, page, 0);
  let shown = 0;
  for (const file of report.files) {
    for (const { line, column, severity, code, message, expected } of file.diagnostics) {
      shown += 1;
      if (shown > MOST_SHOWN) continue;
      const wanted = expected === undefined ? '' : ` (expected: ${expected})`;
      page.line(page.safe(`${file.path}:${line}:${column}: ${severity}: ${message}${wanted} [${code}]`));
    }
  }
  if (shown > MOST_SHOWN) page.line(`… and ${shown - MOST_SHOWN} more`);
  for (const { path, why } of report.skipped) page.line(page.safe(`${path}: not parsed: ${why}`));
  if (report.files.length === 1 && only !== undefined && only.tree === undefined) symbols(only, page);
  page.line(summary(report));
}

function summary({ files, errors, warnings }: ParseReport): string {
  const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;
  return `${count(files.length, 'file')}, ${count(errors, 'error')}, ${count(warnings, 'warning')}`;
}

function symbols({ symbols: all }: ParsedFile, page: Paper): void {
  for (const { name, kind, line } of all.slice(0, MOST_SHOWN))
    page.line(page.safe(`${line}\t${kind}\t${name}`));
}

function tree(nodes: readonly SyntaxNode[], page: Paper, depth: number): void {
  for (const { kind, line, column, text, children } of nodes) {
    const said = text === undefined ? '' : ` ${JSON.stringify(text)}`;
    page.line(page.safe(`${'  '.repeat(depth)}${kind}${said} ${line}:${column}`));
    if (children !== undefined) tree(children, page, depth + 1);
  }
}
