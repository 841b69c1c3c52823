import { type Body, RegoError, type Term } from './ast.ts';
import type { ProgramGroup } from './compile-rules.ts';
import type { Group, TreeNode } from './tree.ts';

/** The first rule found to need its own value, if any. */
export function findCycle(groups: readonly ProgramGroup[], root: TreeNode): RegoError | undefined {
  const edges = dependencyGraph(groups, root);
  const done = new Set<Group>();
  for (const start of edges.keys()) {
    const path: { group: Group; rest: Group[] }[] = [{ group: start, rest: [...(edges.get(start) ?? [])] }];
    const open = new Set([start]);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const next = top.rest.pop();
      if (next === undefined) {
        done.add(top.group);
        open.delete(top.group);
        path.pop();
      } else if (open.has(next)) {
        const names = path
          .slice(path.findIndex(({ group }) => group === next))
          .map(({ group }) => group.name);
        return new RegoError(
          'rego_recursion_error',
          `rule ${next.name} is recursive: ${[...names, next.name].join(' -> ')}`,
          next.at,
        );
      } else if (!done.has(next)) {
        open.add(next);
        path.push({ group: next, rest: [...(edges.get(next) ?? [])] });
      }
    }
  }
  return undefined;
}

/** Which rules each rule may ask. */
export function dependencyGraph(groups: readonly ProgramGroup[], root: TreeNode): Map<Group, Set<Group>> {
  const edges = new Map<Group, Set<Group>>();
  for (const { group, resolved } of groups) {
    const into = new Set<Group>();
    edges.set(group, into);
    for (const { clauses } of resolved) {
      for (const clause of clauses) {
        dependencies(clause.body, root, into);
        for (const term of [clause.value, clause.key, ...clause.args, ...clause.path]) {
          if (term !== undefined) termDependencies(term, root, into);
        }
      }
    }
  }
  return edges;
}

function dependencies(body: Body, root: TreeNode, into: Set<Group>): void {
  for (const literal of body) {
    for (const item of literal.with) termDependencies(item.value, root, into);
    switch (literal.kind) {
      case 'expr':
        termDependencies(literal.term, root, into);
        break;
      case 'unify':
      case 'assign':
        termDependencies(literal.left, root, into);
        termDependencies(literal.right, root, into);
        break;
      case 'not':
        dependencies([literal.body], root, into);
        break;
      case 'some-in':
      case 'every':
        termDependencies(literal.domain, root, into);
        if (literal.kind === 'every') dependencies(literal.body, root, into);
        else
          for (const term of [literal.key, literal.value])
            if (term !== undefined) termDependencies(term, root, into);
    }
  }
}

/** Adds every rule evaluating `term` may ask. */
export function termDependencies(term: Term, root: TreeNode, into: Set<Group>): void {
  const each = (terms: readonly Term[]) => {
    for (const part of terms) termDependencies(part, root, into);
  };
  switch (term.kind) {
    case 'var':
      if (term.name === 'data') reach(root, [], into);
      return;
    case 'ref':
      if (term.head.kind === 'var' && term.head.name === 'data') reach(root, term.path, into);
      else termDependencies(term.head, root, into);
      each(term.path);
      return;
    case 'call': {
      const path = term.name.split('.').slice(1);
      let node: TreeNode | undefined = term.name.startsWith('data.') ? root : undefined;
      for (const part of path) node = node?.children.get(part);
      if (node?.group !== undefined) into.add(node.group);
      each(term.args);
      return;
    }
    case 'array':
    case 'set':
      each(term.items);
      return;
    case 'object':
      each(term.entries.flat());
      return;
    case 'template':
      each(term.parts.filter((part) => typeof part !== 'string'));
      return;
    case 'array-of':
    case 'set-of':
    case 'object-of':
      dependencies(term.body, root, into);
      if (term.kind === 'object-of') termDependencies(term.key, root, into);
      termDependencies(term.head, root, into);
      return;
  }
}

function reach(node: TreeNode, path: readonly Term[], into: Set<Group>): void {
  if (node.group !== undefined && node.valued) into.add(node.group);
  const [first, ...rest] = path;
  if (first?.kind === 'const' && typeof first.value === 'string') {
    const child = node.children.get(first.value);
    if (child !== undefined) reach(child, rest, into);
  } else for (const child of node.children.values()) reach(child, rest, into);
}
