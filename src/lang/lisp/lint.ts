import { type Diagnostics, Lines } from '../diagnostic.ts';
import type { Tree } from '../tree.ts';
import { KIND } from './kinds.ts';
import type { Dialect } from './reader.ts';

/** Forms by how many data may follow their name. */
const ARITY: Readonly<Record<Dialect, Readonly<Record<string, readonly [number, number]>>>> = {
  scheme: {
    if: [2, 3],
    'set!': [2, 2],
    quote: [1, 1],
    define: [1, Infinity],
    lambda: [2, Infinity],
    delay: [1, 1],
  },
  'common-lisp': {
    if: [2, 3],
    quote: [1, 1],
    defun: [2, Infinity],
    defmacro: [2, Infinity],
    function: [1, 1],
    defvar: [1, 3],
  },
};
const DEFINITION =
  /^(?:define(?:-[\w!?*]+)?|def(?:un|macro|method|generic|class|struct|var|parameter|constant|type|package))$/;

/** What is likely wrong with a program that can be read. */
export function lintLisp(text: string, tree: Tree, dialect: Dialect, diagnostics: Diagnostics): void {
  const lines = new Lines(text);
  const quoted: number[] = [];
  let root = 0;
  for (let node = 0; node < tree.length; node++) {
    while (quoted.length > 0 && node >= (quoted.at(-1) ?? 0)) quoted.pop();
    if (tree.after(root) <= node) root = node;
    const kind = tree.kind(node);
    if (kind === KIND.quote || kind === KIND.quasiquote || kind === KIND.vector || kind === KIND.datumComment)
      quoted.push(tree.after(node));
    if (
      kind !== KIND.list ||
      quoted.length > 0 ||
      tree.kind(node + 1) !== KIND.symbol ||
      tree.after(node) === node + 1
    )
      continue;
    const name = text.slice(tree.start(node + 1), tree.end(node + 1));
    arity(text, tree, node, { name, dialect, diagnostics });
    parameters(text, tree, node, { name, diagnostics });
    nested(tree, node, { name, lines, text, root, diagnostics });
  }
}

interface Arity {
  readonly name: string;
  readonly dialect: Dialect;
  readonly diagnostics: Diagnostics;
}

function arity(text: string, tree: Tree, node: number, { name, dialect, diagnostics }: Arity): void {
  const bounds = Object.hasOwn(ARITY[dialect], name) ? ARITY[dialect][name] : undefined;
  if (bounds === undefined) return;
  let count = -1;
  for (const child of tree.children(node)) {
    const kind = tree.kind(child);
    // What a macro or a reader conditional makes of it can't be known here.
    if (kind === KIND.dot || kind === KIND.feature || text.startsWith('...', tree.start(child))) return;
    if (kind !== KIND.datumComment) count += 1;
  }
  const [least, most] = bounds;
  if (count >= least && count <= most) return;
  const wanted =
    least === most ? String(least) : most === Infinity ? `at least ${least}` : `${least} to ${most}`;
  diagnostics.warning(
    'arity',
    `${name} takes ${wanted} forms, not ${count}`,
    tree.start(node),
    tree.end(node + 1),
  );
}

function parameters(
  text: string,
  tree: Tree,
  node: number,
  found: { readonly name: string; readonly diagnostics: Diagnostics },
): void {
  if (!/^(?:lambda|defun|defmacro)$/.test(found.name)) return;
  const [, first, second] = [...tree.children(node)];
  const list = found.name === 'lambda' ? first : second;
  if (list === undefined || tree.kind(list) !== KIND.list) return;
  const seen = new Set<string>();
  for (const parameter of tree.children(list)) {
    if (tree.kind(parameter) !== KIND.symbol) continue;
    const name = text.slice(tree.start(parameter), tree.end(parameter));
    if (seen.has(name) && name !== '_')
      found.diagnostics.warning(
        'duplicate-parameter',
        `two parameters are named ${name}`,
        tree.start(parameter),
        tree.end(parameter),
      );
    seen.add(name);
  }
}

interface Nesting {
  readonly name: string;
  readonly lines: Lines;
  readonly text: string;
  readonly root: number;
  readonly diagnostics: Diagnostics;
}

/** A definition at the beginning of a line that stands within another form: a parenthesis is missing before it. */
function nested(tree: Tree, node: number, { name, lines, text, root, diagnostics }: Nesting): void {
  if (!DEFINITION.test(name) || lines.at(tree.start(node)).column !== 1) return;
  const outer = text.slice(tree.start(root), tree.start(root) + 24);
  if (root === node || /^.?\(\s*(?:begin|progn|eval-when|define-library|library|module|let)/.test(outer))
    return;
  diagnostics.warning(
    'nested-definition',
    `${name} begins a line but stands within another form: a parenthesis may be missing above`,
    tree.start(node),
    tree.end(node + 1),
  );
}
