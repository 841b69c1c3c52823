import {
  evaluateTemplate,
  hasExpression,
  parseTemplate,
  type Scope,
  type Template,
  textOf,
} from '../expression/index.ts';
import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type Json } from '../kernel/json.ts';
import { expressionPlace, type Scalar, type Source, type Tree } from './source.ts';

const templates = new WeakMap<Scalar, Template>();
const INSERT = /^\$\{\{\s*insert\s*\}\}$/;

/** The template of a scalar, parsed once. An error says `path:line:column` of the expression. */
export function templateOf(source: Source, scalar: Scalar): Template {
  let template = templates.get(scalar);
  if (template === undefined) {
    template = placed(source, scalar, 0, () => parseTemplate(String(scalar.value)));
    templates.set(scalar, template);
  }
  return template;
}

/** What a part of a workflow is once its expressions are evaluated. */
export function evaluateTree(source: Source, tree: Tree | undefined, scope: Scope): Json {
  if (tree === undefined) return null;
  if (tree.kind === 'list') return tree.items.map((item) => evaluateTree(source, item, scope));
  if (tree.kind === 'scalar') return evaluateScalar(source, tree, scope);
  const members: Record<string, Json> = Object.create(null) as Record<string, Json>;
  for (const { key, value } of tree.entries) {
    const made = evaluateTree(source, value, scope);
    if (typeof key.value === 'string' && INSERT.test(key.value)) {
      if (isJsonObject(made)) Object.assign(members, made);
    } else members[textOf(evaluateScalar(source, key, scope))] = made;
  }
  return { ...members };
}

export function evaluateScalar(source: Source, scalar: Scalar, scope: Scope): Json {
  if (typeof scalar.value !== 'string' || !hasExpression(scalar.value)) return scalar.value;
  const template = templateOf(source, scalar);
  return placed(source, scalar, 0, () => evaluateTemplate(template, scope));
}

/** Text whatever stands there: what GitHub makes of a number or a truth where a text is wanted. */
export function evaluateTextOf(source: Source, tree: Tree | undefined, scope: Scope): string | undefined {
  if (tree === undefined) return undefined;
  return textOf(evaluateTree(source, tree, scope));
}

/** Says where in the file an error of an expression is. */
export function placed<Out>(source: Source, scalar: Scalar, nth: number, run: () => Out): Out {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof BitError) || error.details['line'] !== undefined) throw error;
    const { line, column } = expressionPlace(source, scalar, nth);
    throw new BitError(error.code, `${source.path}:${line}:${column}: ${error.message}`, {
      cause: error,
      details: { ...error.details, file: source.path, line, column },
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
  }
}
