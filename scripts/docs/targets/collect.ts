/** The actions there are and what their effects give policies as `input.target`, read from the types of the sources. */

import type { Expression, Node, ObjectLiteralExpression } from 'typescript/unstable/ast';
import {
  isIdentifier,
  isObjectLiteralExpression,
  isPropertyAccessExpression,
  isPropertyAssignment,
  isShorthandPropertyAssignment,
  isSpreadAssignment,
} from 'typescript/unstable/ast/is';
import type { Project } from 'typescript/unstable/sync';
import { isFunction, Reach, visitNow } from './reach.ts';
import { closed, merged, type Schema, schemaOf } from './schema.ts';

export interface Collected {
  readonly actions: ReadonlyMap<string, Schema>;
  /** Where a target isn't known to its members. */
  readonly open: readonly string[];
}

interface Target {
  readonly schema: Schema;
  readonly actions: readonly string[] | undefined;
}

export function collectTargets(project: Project, root: string): Collected {
  return new Collector(project, root).collect();
}

class Collector {
  readonly #project: Project;
  readonly #root: string;
  readonly #reach: Reach;
  readonly #targets = new Map<Node, readonly Target[]>();
  readonly #open = new Set<string>();

  constructor(project: Project, root: string) {
    this.#project = project;
    this.#root = root;
    this.#reach = new Reach(project, (path) => this.#isOurs(path));
  }

  #isOurs(path: string): boolean {
    return path.startsWith(`${this.#root}/src/`) || path.startsWith(`${this.#root}/commands/`);
  }

  collect(): Collected {
    const actions = new Map<string, Schema>();
    const add = (action: string, schema: Schema): void => {
      const known = actions.get(action);
      actions.set(action, known === undefined ? schema : merged(known, schema));
    };
    const { program } = this.#project;
    for (const name of program.getSourceFileNames().filter((path) => this.#isOurs(path))) {
      const file = program.getSourceFile(name);
      if (file === undefined) continue;
      visitAll(file, (node) => {
        for (const action of this.#ownActions(node) ?? [])
          for (const target of this.#targetAt(node)) add(action, target.schema);
        const request = this.#request(node);
        if (request === undefined) return;
        for (const declaration of this.#reach.from(placeOf(node)))
          for (const target of this.#targetsIn(declaration))
            for (const action of target.actions === undefined ? request : []) add(action, target.schema);
      });
    }
    return { actions, open: [...this.#open].sort() };
  }

  /** Actions of `{ action: 'repo.push', event: 'PUSH' }`, what an action is asked for with. */
  #request(node: Node): readonly string[] | undefined {
    if (!isObjectLiteralExpression(node) || memberOf(node, 'event') === undefined) return undefined;
    if (memberOf(node, 'summary') !== undefined || memberOf(node, 'target') !== undefined) return undefined;
    const action = memberOf(node, 'action');
    return action === undefined ? undefined : this.#texts(action);
  }

  #targetsIn(declaration: Node): readonly Target[] {
    const known = this.#targets.get(declaration);
    if (known !== undefined) return known;
    const found: Target[] = [];
    visitNow(declaration, (node) => found.push(...this.#targetAt(node)));
    this.#targets.set(declaration, found);
    return found;
  }

  /** The target of an effect that is written down here. */
  #targetAt(node: Node): readonly Target[] {
    const target = isObjectLiteralExpression(node) ? memberOf(node, 'target') : undefined;
    if (target === undefined || !isObjectLiteralExpression(node) || !this.#isEffect(node)) return [];
    return [{ schema: this.#schema(target, node), actions: this.#ownActions(node) }];
  }

  /** The actions an effect says itself that it is. */
  #ownActions(node: Node): readonly string[] | undefined {
    const action = isObjectLiteralExpression(node) ? memberOf(node, 'action') : undefined;
    return action === undefined ? undefined : this.#texts(action);
  }

  #isEffect(node: ObjectLiteralExpression): boolean {
    if (memberOf(node, 'summary') !== undefined && memberOf(node, 'touches') !== undefined) return true;
    const type = this.#project.checker.getContextualType(node);
    return (
      type !== undefined && /\b(Effect|Equivalent|Inverse)\b/.test(this.#project.checker.typeToString(type))
    );
  }

  /** The constants a text can be; undefined where they aren't known. */
  #texts(expression: Node): readonly string[] | undefined {
    const type = this.#project.checker.getTypeAtLocation(expression);
    const parts = type?.isUnionType() === true ? (type.getTypes() ?? []) : type === undefined ? [] : [type];
    const texts = parts.flatMap((part) => (part.isStringLiteralType() ? [String(part.value)] : []));
    return texts.length > 0 && texts.length === parts.length ? texts : undefined;
  }

  #schema(target: Node, effect: Node): Schema {
    const { checker } = this.#project;
    if (!isObjectLiteralExpression(target)) {
      const schema = schemaOf(checker, checker.getTypeAtLocation(target));
      return this.#known(schema, target, effect);
    }
    let whole: Schema = closed({});
    for (const property of target.properties) {
      if (isSpreadAssignment(property)) {
        if (isTargetOf(property.expression)) continue;
        const schema = schemaOf(checker, checker.getTypeAtLocation(property.expression));
        whole = merged(whole, this.#known(schema, property, effect));
        continue;
      }
      const symbol = checker.getSymbolAtLocation(property.name as Node);
      if (symbol === undefined) continue;
      const value = isPropertyAssignment(property) ? property.initializer : property.name;
      const type = isShorthandPropertyAssignment(property)
        ? checker.getTypeOfSymbol(symbol)
        : checker.getTypeAtLocation(value as Node);
      whole = merged(whole, closed({ [symbol.name]: schemaOf(checker, type) }));
    }
    return whole;
  }

  #known(schema: Schema, at: Node, effect: Node): Schema {
    if (schema.properties !== undefined) return schema;
    const file = effect.getSourceFile();
    const line = file.text.slice(0, at.getStart()).split('\n').length;
    this.#open.add(`${file.fileName.slice(this.#root.length + 1)}:${line}`);
    return closed({});
  }
}

/** `effect.target`: that effect is one of those that are read. */
function isTargetOf(expression: Expression): boolean {
  return (
    isPropertyAccessExpression(expression) &&
    isIdentifier(expression.name) &&
    expression.name.text === 'target'
  );
}

function memberOf(node: ObjectLiteralExpression, name: string): Node | undefined {
  for (const property of node.properties) {
    if (!isPropertyAssignment(property) && !isShorthandPropertyAssignment(property)) continue;
    if (!isIdentifier(property.name) || property.name.text !== name) continue;
    return isPropertyAssignment(property) ? property.initializer : property.name;
  }
  return undefined;
}

/** What a request stands in: the function that asks with it, the class it is the action of, or the whole statement. */
function placeOf(node: Node): Node {
  let place = node;
  while (place.parent?.parent !== undefined && !isFunction(place)) place = place.parent;
  return place;
}

function visitAll(node: Node, visit: (node: Node) => void): void {
  visit(node);
  node.forEachChild((child) => visitAll(child, visit));
}
