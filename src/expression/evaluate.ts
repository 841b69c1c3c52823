import { BitError } from '../kernel/errors.ts';
import type { Json, JsonObject } from '../kernel/json.ts';
import { Budget } from './budget.ts';
import { callGeneral, isGeneral } from './functions.ts';
import { type Expression, fault } from './parse.ts';
import type { Node } from './tree.ts';
import {
  equal,
  Filtered,
  greater,
  isArray,
  isPrimitive,
  isTruthy,
  member,
  numberOf,
  textOf,
  type Value,
} from './value.ts';

/** What the status functions answer; `always()` is true. */
export interface Status {
  readonly success: boolean;
  readonly failure: boolean;
  readonly cancelled: boolean;
}

/** What an expression is evaluated against. */
export interface Scope {
  /** By their names in lower case. One that isn't there is null, and so is every member of it. */
  readonly contexts: Readonly<Record<string, Json>>;
  readonly status?: Status;
  /** Functions besides the general ones and the status functions, by their names in lower case. */
  readonly functions?: Readonly<Record<string, (args: readonly Json[]) => Json>>;
}

/** Throws a `usage` BitError with `offset` in its details, where a function refuses what it is given. */
export function evaluate(expression: Expression, scope: Scope): Json {
  return new Evaluation(expression.text, scope).run(expression.root);
}

class Evaluation {
  readonly text: string;
  readonly scope: Scope;
  readonly budget = new Budget();

  constructor(text: string, scope: Scope) {
    this.text = text;
    this.scope = scope;
  }

  run(root: Node): Json {
    return plain(this.value(root));
  }

  value(node: Node): Value {
    this.budget.spend(1);
    switch (node.kind) {
      case 'literal':
        return node.value;
      case 'not':
        return !isTruthy(this.value(node.operand));
      case 'compare':
        return this.compare(node);
      case 'logical':
        return this.logical(node.operator, node.operands);
      case 'context':
        return Object.hasOwn(this.scope.contexts, node.name)
          ? (this.scope.contexts[node.name] ?? null)
          : null;
      case 'all':
        return this.all(this.value(node.of));
      case 'index':
        return this.index(this.value(node.of), this.value(node.index));
      case 'call':
        return this.call(node);
    }
  }

  compare(node: Node & { kind: 'compare' }): boolean {
    const chain: (typeof node)[] = [];
    let left: Node = node;
    while (left.kind === 'compare') {
      chain.push(left);
      left = left.left;
    }
    let value = this.value(left);
    for (const { operator, right } of chain.toReversed()) value = holds(operator, value, this.value(right));
    return value === true;
  }

  logical(operator: '&&' | '||', operands: readonly Node[]): Value {
    let value: Value = null;
    for (const operand of operands) {
      value = this.value(operand);
      if (isTruthy(value) === (operator === '||')) return value;
    }
    return value;
  }

  all(value: Value): Filtered {
    if (!(value instanceof Filtered)) return new Filtered(this.budget.items(itemsOf(value)));
    return new Filtered(this.budget.items(value.items.flatMap(itemsOf)));
  }

  index(value: Value, index: Value): Value {
    if (!(value instanceof Filtered)) return memberOf(value, index) ?? null;
    this.budget.spend(value.items.length);
    return new Filtered(
      value.items.flatMap((item) => {
        const found = memberOf(item, index);
        return found === undefined ? [] : [found];
      }),
    );
  }

  call(node: Node & { kind: 'call' }): Value {
    try {
      if (node.name === 'case') return this.choose(node);
      const args = node.args.map((arg) => plain(this.value(arg)));
      if (isGeneral(node.name)) return callGeneral(node.name, args, this.budget);
      const status = this.status(node.name);
      if (status !== undefined) return status;
      const own = this.scope.functions;
      if (own !== undefined && Object.hasOwn(own, node.name)) return own[node.name]?.(args) ?? null;
    } catch (error) {
      if (!(error instanceof BitError) || error.details['offset'] !== undefined) throw error;
      throw fault(this.text, node.at, error.message, error);
    }
    throw fault(this.text, node.at, `${node.name}() can't be answered here`);
  }

  /** Only the value of the first predicate that holds is evaluated. */
  choose(node: Node & { kind: 'call' }): Value {
    const { args } = node;
    for (let pair = 0; pair + 1 < args.length; pair += 2) {
      const predicate = args[pair];
      const holds = predicate === undefined ? null : this.value(predicate);
      if (typeof holds !== 'boolean')
        throw fault(this.text, predicate?.at ?? node.at, 'case wants true or false');
      const value = args[pair + 1];
      if (holds && value !== undefined) return this.value(value);
    }
    const last = args.at(-1);
    return last === undefined ? null : this.value(last);
  }

  status(name: string): boolean | undefined {
    const { status } = this.scope;
    if (name === 'always') return true;
    if (status === undefined) return undefined;
    if (name === 'success' || name === 'failure' || name === 'cancelled') return status[name];
    return undefined;
  }
}

function plain(value: Value): Json {
  return value instanceof Filtered ? value.items : value;
}

function itemsOf(value: Json): readonly Json[] {
  if (isPrimitive(value)) return [];
  return isArray(value) ? value : Object.values(value);
}

/** Undefined where there is none. */
function memberOf(value: Json, index: Value): Json | undefined {
  if (isPrimitive(value)) return undefined;
  if (isArray(value)) {
    const at = Math.floor(numberOf(index));
    return at >= 0 ? value[at] : undefined;
  }
  return isPrimitive(index) ? member(value as JsonObject, textOf(index)) : undefined;
}

function holds(operator: string, left: Value, right: Value): boolean {
  switch (operator) {
    case '==':
      return equal(left, right);
    case '!=':
      return !equal(left, right);
    case '>':
      return greater(left, right);
    case '<':
      return greater(right, left);
    case '>=':
      return equal(left, right) || greater(left, right);
    default:
      return equal(left, right) || greater(right, left);
  }
}
