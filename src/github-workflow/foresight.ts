import {
  type Expression,
  evaluate,
  evaluateCondition,
  hasExpression,
  parseCondition,
  parseTemplate,
  references,
  type Scope,
} from '../expression/index.ts';
import { BitError } from '../kernel/errors.ts';
import type { Json } from '../kernel/json.ts';
import { evaluateTree } from './evaluate-tree.ts';
import { hashFiles } from './hash-files.ts';
import { entries, expressionPlace, type Scalar, type Source, type Tree } from './source.ts';

/** What an `if` comes to before anything has run: `later` where only the run can tell. */
export type Foreseen = 'runs' | 'skipped' | 'later';

export interface PreviewExpression {
  readonly line: number;
  readonly column: number;
  readonly job: string | null;
  readonly expression: string;
  /** Each value it takes over the matrix, once; null where only the run can tell. */
  readonly values: readonly Json[] | null;
  /** What only the run knows, or what is wrong with it. */
  readonly why?: string;
}

export type Env = ReadonlyMap<string, Json | undefined>;

/** What is known at one place: `env` holds undefined for what only the run tells. */
export interface Known {
  readonly contexts: Readonly<Record<string, Json>>;
  readonly env: Env;
}

const AT_RUN_TIME = new Set(['needs', 'steps', 'job', 'jobs']);
const STATUS = { success: true, failure: false, cancelled: false };

/** Evaluates the expressions of one file with what is known before anything has run. */
export class Foresight {
  readonly source: Source;
  /** Of the work tree, for `hashFiles`. */
  readonly root: string;

  constructor(source: Source, root: string) {
    this.source = source;
    this.root = root;
  }

  layered(below: Env, tree: Tree | undefined, contexts: Known['contexts']): Env {
    const env = new Map(below);
    for (const { key, value } of entries(tree)) {
      const known = this.tree(value, { contexts, env: below });
      env.set(String(key.value), known);
    }
    return env;
  }

  foreseen(scalar: Scalar | undefined, places: readonly Known[], needs: boolean): Foreseen {
    if (scalar === undefined || String(scalar.value ?? '').trim() === '') return needs ? 'later' : 'runs';
    const condition = parseCondition(String(scalar.value));
    const answers = new Set(
      places.map((known): Foreseen => {
        const later = condition.template.parts.some(
          (part) => part.kind === 'expression' && this.unknown(part.expression, known) !== undefined,
        );
        if (later) return 'later';
        try {
          return evaluateCondition(condition, this.scope(known)) ? 'runs' : 'skipped';
        } catch (error) {
          if (error instanceof BitError) return 'later';
          throw error;
        }
      }),
    );
    const [only] = answers;
    return answers.size === 1 && only !== undefined ? only : 'later';
  }

  scope({ contexts, env }: Known): Scope {
    const known = Object.fromEntries(
      [...env].flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    );
    return {
      contexts: { ...contexts, env: known },
      status: STATUS,
      functions: { hashfiles: (patterns) => hashFiles(this.root, patterns.map(String)) },
    };
  }

  /** What it reads that only the run knows. */
  unknown(expression: Expression, { contexts, env }: Known): string | undefined {
    for (const { path } of references(expression)) {
      const [root = '', name = ''] = path;
      if (AT_RUN_TIME.has(root) || (root !== 'env' && !Object.hasOwn(contexts, root))) return path.join('.');
      if (root === 'env' && (env.get(name) === undefined || name === '*')) return path.join('.');
      if (root === 'runner' && name !== 'os' && name !== 'arch') return path.join('.');
      if (root === 'github' && name === 'token') return path.join('.');
    }
    return undefined;
  }

  /** A part of the file evaluated; undefined where only the run can tell. */
  tree(tree: Tree | undefined, known: Known): Json | undefined {
    if (tree === undefined) return null;
    const scalars = [...this.scalars(tree)].filter(
      ({ value }) => typeof value === 'string' && hasExpression(value),
    );
    for (const { value } of scalars)
      for (const part of parseTemplate(String(value)).parts)
        if (part.kind === 'expression' && this.unknown(part.expression, known) !== undefined)
          return undefined;
    try {
      return evaluateTree(this.source, tree, this.scope(known));
    } catch (error) {
      if (error instanceof BitError) return undefined;
      throw error;
    }
  }

  *scalars(tree: Tree | undefined, without: readonly Tree[] = []): Generator<Scalar> {
    if (tree === undefined || without.includes(tree)) return;
    if (tree.kind === 'scalar') yield tree;
    else if (tree.kind === 'list') for (const item of tree.items) yield* this.scalars(item, without);
    else
      for (const { key, value } of tree.entries) {
        yield key;
        yield* this.scalars(value, without);
      }
  }

  expressions(
    tree: Tree | undefined,
    job: string | null,
    places: readonly Known[],
    without: readonly Tree[] = [],
  ): PreviewExpression[] {
    const made: PreviewExpression[] = [];
    for (const scalar of this.scalars(tree, without)) {
      if (typeof scalar.value !== 'string' || !hasExpression(scalar.value)) continue;
      const parts = parseTemplate(scalar.value).parts.filter((part) => part.kind === 'expression');
      for (const [nth, { expression }] of parts.entries()) {
        const { line, column } = expressionPlace(this.source, scalar, nth);
        made.push({ line, column, job, expression: expression.text, ...this.valuesOf(expression, places) });
      }
    }
    return made;
  }

  /** An `if` without braces around it. */
  bare(scalar: Scalar | undefined, job: string, places: readonly Known[]): PreviewExpression[] {
    const text = String(scalar?.value ?? '');
    if (scalar === undefined || text.trim() === '' || hasExpression(text)) return [];
    const [part] = parseCondition(text).template.parts;
    if (part?.kind !== 'expression') return [];
    const { expression } = part;
    return [{ ...scalar.at, job, expression: expression.text, ...this.valuesOf(expression, places) }];
  }

  valuesOf(expression: Expression, places: readonly Known[]): Pick<PreviewExpression, 'values' | 'why'> {
    const values = new Map<string, Json>();
    for (const known of places) {
      const unknown = this.unknown(expression, known);
      if (unknown !== undefined) return { values: null, why: unknown };
      try {
        const value = evaluate(expression, this.scope(known));
        values.set(JSON.stringify(value), value);
      } catch (error) {
        if (!(error instanceof BitError)) throw error;
        return { values: null, why: error.message };
      }
    }
    return { values: [...values.values()] };
  }
}
