/** What an expression is made of. `at` is the offset of its first character that names it, from 0, in the text. */
export type Node =
  | { readonly kind: 'literal'; readonly value: null | boolean | number | string; readonly at: number }
  | { readonly kind: 'not'; readonly operand: Node; readonly at: number }
  | {
      readonly kind: 'compare';
      readonly operator: Comparison;
      readonly left: Node;
      readonly right: Node;
      readonly at: number;
    }
  | {
      readonly kind: 'logical';
      readonly operator: '&&' | '||';
      readonly operands: readonly Node[];
      readonly at: number;
    }
  | { readonly kind: 'context'; readonly name: string; readonly at: number }
  | { readonly kind: 'index'; readonly of: Node; readonly index: Node; readonly at: number }
  | { readonly kind: 'all'; readonly of: Node; readonly at: number }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Node[]; readonly at: number };

export type Comparison = '==' | '!=' | '>' | '>=' | '<' | '<=';

/** The nodes right below one. */
export function children(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'literal':
    case 'context':
      return [];
    case 'not':
      return [node.operand];
    case 'compare':
      return [node.left, node.right];
    case 'logical':
      return node.operands;
    case 'index':
      return [node.of, node.index];
    case 'all':
      return [node.of];
    case 'call':
      return node.args;
  }
}

/** Every node of a tree, without recursion: a chain of comparisons is as deep as its text is long. */
export function* walk(root: Node): Generator<Node> {
  const open = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    yield node;
    open.push(...children(node).toReversed());
  }
}
