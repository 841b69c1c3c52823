import type { Node, SourceFile } from 'typescript/unstable/ast';
import {
  isArrowFunction,
  isClassDeclaration,
  isFunctionDeclaration,
  isFunctionExpression,
  isIdentifier,
  isMethodDeclaration,
  isObjectLiteralExpression,
  isPropertyAccessExpression,
  isPropertyAssignment,
  isTypeNode,
  isVariableDeclaration,
} from 'typescript/unstable/ast/is';
import type { Project, Symbol as TypeSymbol } from 'typescript/unstable/sync';
import { SymbolFlags } from 'typescript/unstable/sync';

/** What an effect does once it is allowed: what it begins in there are actions of their own. */
const LATER = new Set(['run', 'record', 'failure', 'failed']);

/** The declarations a piece of code leads to, without what only runs once its effect was allowed. */
export class Reach {
  readonly #project: Project;
  readonly #inside: (path: string) => boolean;
  readonly #next = new Map<Node, readonly Node[]>();

  constructor(project: Project, inside: (path: string) => boolean) {
    this.#project = project;
    this.#inside = inside;
  }

  /** `start` and all it leads to. */
  from(start: Node): ReadonlySet<Node> {
    const found = new Set([start]);
    for (const node of found) for (const next of this.#leadsTo(node)) found.add(next);
    return found;
  }

  #leadsTo(node: Node): readonly Node[] {
    const known = this.#next.get(node);
    if (known !== undefined) return known;
    const names: Node[] = [];
    visitNow(node, (inner) => {
      if (isIdentifier(inner) && !isOwnName(inner)) names.push(inner);
    });
    const found = new Set<Node>();
    for (const symbol of this.#project.checker.getSymbolAtLocation(names)) {
      const declared = symbol === undefined ? undefined : this.#declaration(symbol);
      if (declared !== undefined && declared !== node) found.add(declared);
    }
    const next = [...found];
    this.#next.set(node, next);
    return next;
  }

  /** The function, method, class or constant of ours that a name stands for. */
  #declaration(symbol: TypeSymbol): Node | undefined {
    const { checker } = this.#project;
    const meant = (symbol.flags & SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(symbol) : symbol;
    const handle = meant.valueDeclaration;
    if (handle === undefined || !this.#inside(handle.path)) return undefined;
    const node = handle.resolve();
    if (node === undefined) return undefined;
    if (isFunction(node) || isClassDeclaration(node)) return node;
    return isVariableDeclaration(node) && isTopLevel(node) ? node : undefined;
  }
}

/** Visits a node and what is in it, without types and without what only runs later. */
export function visitNow(node: Node, visit: (node: Node) => void): void {
  visit(node);
  node.forEachChild((child) => {
    if (isTypeNode(child) || isLater(child)) return;
    visitNow(child, visit);
  });
}

/** `run(writer) {…}` or `run: …` of an object. */
function isLater(node: Node): boolean {
  if (!isMethodDeclaration(node) && !isPropertyAssignment(node)) return false;
  return isObjectLiteralExpression(node.parent) && isIdentifier(node.name) && LATER.has(node.name.text);
}

/** `name` of `{ name: value }`, which stands for nothing. */
function isOwnName(node: Node): boolean {
  const { parent } = node;
  if (isPropertyAssignment(parent)) return parent.name === node;
  if (isPropertyAccessExpression(parent) && parent.name === node) return false;
  return false;
}

function isTopLevel(node: Node): boolean {
  // declaration, list, statement, file
  return node.parent?.parent?.parent !== undefined && isSourceFile(node.parent.parent.parent);
}

function isSourceFile(node: Node): node is SourceFile {
  return 'fileName' in node;
}

export function isFunction(node: Node): boolean {
  return (
    isFunctionDeclaration(node) ||
    isMethodDeclaration(node) ||
    isArrowFunction(node) ||
    isFunctionExpression(node)
  );
}
