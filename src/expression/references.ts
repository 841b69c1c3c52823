import type { Expression } from './parse.ts';
import { type Node, walk } from './tree.ts';

/** Something of a context that an expression reads: `github.event.issue.title`; `*` for what any index may take. */
export interface Reference {
  /** In lower case but for the members, as they are written. */
  readonly path: readonly string[];
  /** Offset in the expression. */
  readonly at: number;
  /** The functions around it, outermost first, in lower case. */
  readonly within: readonly string[];
}

/** What an expression reads, in the order it is written. */
export function references(expression: Expression): readonly Reference[] {
  const found: Reference[] = [];
  const open: { readonly node: Node; readonly within: readonly string[] }[] = [
    { node: expression.root, within: [] },
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, within } = next;
    const path = pathOf(node);
    if (path !== undefined) found.push({ path: path.path, at: node.at, within });
    const inner =
      path === undefined ? below(node, within) : path.indexes.map((index) => ({ node: index, within }));
    open.push(...inner.toReversed());
  }
  return found.sort((left, right) => left.at - right.at);
}

/** Names of the functions called, in lower case. */
export function calls(expression: Expression): readonly string[] {
  return [...walk(expression.root)].flatMap((node) => (node.kind === 'call' ? [node.name] : []));
}

function below(node: Node, within: readonly string[]): { node: Node; within: readonly string[] }[] {
  switch (node.kind) {
    case 'call':
      return node.args.map((arg) => ({ node: arg, within: [...within, node.name] }));
    case 'not':
      return [{ node: node.operand, within }];
    case 'compare':
      return [node.left, node.right].map((side) => ({ node: side, within: [...within, node.operator] }));
    case 'logical':
      return node.operands.map((operand) => ({ node: operand, within }));
    case 'index':
      return [node.of, node.index].map((side) => ({ node: side, within }));
    case 'all':
      return [{ node: node.of, within }];
    default:
      return [];
  }
}

/** A context with indexes on it; the indexes that are expressions themselves are looked at on their own. */
function pathOf(node: Node): { path: readonly string[]; indexes: readonly Node[] } | undefined {
  const path: string[] = [];
  const indexes: Node[] = [];
  let at = node;
  while (at.kind === 'index' || at.kind === 'all') {
    if (at.kind === 'all') path.unshift('*');
    else if (at.index.kind === 'literal') path.unshift(String(at.index.value));
    else {
      path.unshift('*');
      indexes.push(at.index);
    }
    at = at.of;
  }
  return at.kind === 'context' ? { path: [at.name, ...path], indexes } : undefined;
}
