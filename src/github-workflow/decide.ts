import { evaluateCondition, parseCondition, type Scope, textOf } from '../expression/index.ts';
import { isJsonObject, type Json } from '../kernel/json.ts';
import type { Concurrency, Decision } from '../workflow/index.ts';
import { evaluateTree, placed } from './evaluate-tree.ts';
import type { Scalar, Source, Tree } from './source.ts';

/** An `if`, with what `success()` means there. */
export function decideBy(source: Source, condition: Scalar | undefined, scope: Scope, why: string): Decision {
  const text = condition === undefined || condition.value === null ? '' : String(condition.value);
  const run = (): boolean => evaluateCondition(parseCondition(text), scope);
  const holds = condition === undefined ? run() : placed(source, condition, 0, run);
  if (holds) return { run: true };
  const bare = text.trim() === '';
  return {
    run: false,
    why:
      bare && scope.status?.cancelled === true
        ? 'the run was cancelled'
        : bare
          ? 'something before it did not succeed'
          : why,
  };
}

export function concurrencyOf(source: Source, tree: Tree, scope: Scope): Concurrency | undefined {
  const value = evaluateTree(source, tree, scope);
  const group = textOf(isJsonObject(value) ? (value['group'] ?? null) : value);
  if (group === '') return undefined;
  const cancel = isJsonObject(value) ? value['cancel-in-progress'] : false;
  return { group: group.toLowerCase(), cancelInProgress: cancel === true || cancel === 'true' };
}

/** A mapping's members as text: booleans and numbers as GitHub writes them, null as nothing. */
export function stringsOf(value: Json): Record<string, string> {
  if (!isJsonObject(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, textOf(member)]));
}
