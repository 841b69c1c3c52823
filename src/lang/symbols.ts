import { KIND as ALN } from './aln/index.ts';
import { KIND as BATCH } from './batch/index.ts';
import { KIND as LISP } from './lisp/index.ts';
import type { Tree } from './tree.ts';

export interface LanguageSymbol {
  readonly name: string;
  /** `define`, `defun`, `label`, `variable`, `section`, `key` … */
  readonly kind: string;
  readonly start: number;
}

/** A file that names more than this is a table, not a program. */
const MOST = 10_000;

export type LanguageName = 'aln' | 'lisp' | 'batch';

/** What a text defines, in order. */
export function symbolsOf(language: LanguageName, text: string, tree: Tree): LanguageSymbol[] {
  const found: LanguageSymbol[] = [];
  for (let node = 0; node < tree.length && found.length < MOST; node++) {
    const symbol = OF[language](text, tree, node);
    if (symbol !== undefined) found.push(symbol);
  }
  return found;
}

type Find = (text: string, tree: Tree, node: number) => LanguageSymbol | undefined;

function said(text: string, tree: Tree, node: number): string {
  return text.slice(tree.start(node), Math.min(tree.end(node), tree.start(node) + 256));
}

const OF: Readonly<Record<LanguageName, Find>> = {
  lisp: (text, tree, node) => {
    if (tree.kind(node) !== LISP.list || tree.after(node) < node + 3 || tree.kind(node + 1) !== LISP.symbol)
      return undefined;
    const kind = said(text, tree, node + 1);
    if (!/^(?:define|def[a-z-]+|define-[\w-]+)$/.test(kind)) return undefined;
    const named = tree.kind(node + 2) === LISP.list ? node + 3 : node + 2;
    if (tree.kind(named) !== LISP.symbol || named >= tree.after(node)) return undefined;
    return { name: said(text, tree, named), kind, start: tree.start(node) };
  },
  batch: (text, tree, node) => {
    const start = tree.start(node);
    if (tree.kind(node) === BATCH.label) {
      const name = /^:\s*([^\s:+,;=&|<>()"]+)/.exec(said(text, tree, node))?.[1];
      return name === undefined ? undefined : { name, kind: 'label', start };
    }
    if (tree.kind(node) !== BATCH.command) return undefined;
    const name = /^\s*@?set\s+(?:\/[ap]\s+)?"?([A-Za-z_][\w.-]*)\s*[-+*/]?=/i.exec(
      said(text, tree, node),
    )?.[1];
    return name === undefined ? undefined : { name, kind: 'variable', start };
  },
  aln: (text, tree, node) => {
    const start = tree.start(node);
    if (tree.kind(node) === ALN.section)
      return {
        name: /^\[([^\]\r\n]*)/.exec(said(text, tree, node))?.[1]?.trim() ?? '',
        kind: 'section',
        start,
      };
    return tree.kind(node) === ALN.key ? { name: said(text, tree, node), kind: 'key', start } : undefined;
  },
};
