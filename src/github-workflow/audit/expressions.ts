import {
  type Expression,
  hasExpression,
  parseTemplate,
  type Reference,
  references,
} from '../../expression/index.ts';
import { BitError } from '../../kernel/errors.ts';
import { expressionPlace, type Place, type Scalar, type Source, type Tree } from '../source.ts';

/** A `${{ }}` of a file, where it stands and what it reads. */
export interface Found {
  readonly scalar: Scalar;
  readonly expression: Expression;
  readonly at: Place;
  /** Its count within the scalar, from 0. */
  readonly nth: number;
  readonly reads: readonly Reference[];
}

export function expressionsOf(source: Source, scalar: Scalar | undefined): readonly Found[] {
  if (scalar === undefined || typeof scalar.value !== 'string' || !hasExpression(scalar.value)) return [];
  try {
    return parseTemplate(scalar.value)
      .parts.filter((part) => part.kind === 'expression')
      .map(({ expression }, nth) => ({
        scalar,
        expression,
        nth,
        at: expressionPlace(source, scalar, nth),
        reads: references(expression),
      }));
  } catch (error) {
    if (error instanceof BitError) return [];
    throw error;
  }
}

export function* scalarsOf(tree: Tree | undefined): Generator<Scalar> {
  if (tree === undefined) return;
  if (tree.kind === 'scalar') yield tree;
  else if (tree.kind === 'list') for (const item of tree.items) yield* scalarsOf(item);
  else
    for (const { key, value } of tree.entries) {
      yield key;
      yield* scalarsOf(value);
    }
}

/** What strangers write: anyone who opens an issue, a pull request or a comment, or names a branch of a fork. */
const STRANGERS: readonly RegExp[] = [
  /^github\.head_ref$/,
  /^github\.event\.(issue|pull_request|discussion)\.(title|body)$/,
  /^github\.event\.pull_request\.head\.(ref|label|repo\.(default_branch|description|homepage))$/,
  /^github\.event\.(comment|review|review_comment)\.body$/,
  /^github\.event\.pages\.\*\.page_name$/,
  /^github\.event\.(commits\.\*|head_commit)\.(message|author\.(email|name)|committer\.(email|name))$/,
  /^github\.event\.workflow_run\.(head_branch|display_title|head_commit\.message|head_commit\.author\.(email|name)|head_repository\.description|pull_requests\.\*\.head\.ref)$/,
  /^github\.event(\.(issue|pull_request|comment|review|commits|head_commit|discussion|workflow_run))?$/,
  /^github$/,
];

/** What somebody with rights of his own chose: an input, a branch or tag. */
const CHOSEN: readonly RegExp[] = [
  /^inputs\..+$/,
  /^github\.event\.inputs\..+$/,
  /^github\.event\.client_payload(\..+)?$/,
  /^github\.(ref|ref_name|base_ref|workflow_ref)$/,
  /^github\.event\.release\.(name|body|tag_name)$/,
];

/** Functions whose answer is no text of a stranger's. */
const HARMLESS = new Set([
  'contains',
  'startswith',
  'endswith',
  'hashfiles',
  '==',
  '!=',
  '<',
  '>',
  '<=',
  '>=',
]);

/** How far an expression can be put in a stranger's words. */
export function taintOf({
  reads,
}: Found): { readonly path: string; readonly by: 'stranger' | 'member' } | undefined {
  let member: string | undefined;
  for (const { path, within } of reads) {
    if (within.some((name) => HARMLESS.has(name))) continue;
    const dotted = path
      .map((part, index) => (/^\d+$/.test(part) && index > 1 ? '*' : part.toLowerCase()))
      .join('.');
    if (STRANGERS.some((pattern) => pattern.test(dotted))) return { path: path.join('.'), by: 'stranger' };
    if (CHOSEN.some((pattern) => pattern.test(dotted))) member ??= path.join('.');
  }
  return member === undefined ? undefined : { path: member, by: 'member' };
}
