/** From a traced evaluation to reasons people can act on. */

import { shorten } from '../kernel/text.ts';
import type { Entry } from './entry-points.ts';
import { locate, RegoError, type Span } from './rego/ast.ts';
import { termText } from './rego/text.ts';
import type { Tracer } from './rego/tracer.ts';
import { isObject, objectGet, type Value } from './rego/values.ts';
import type { Reason } from './types.ts';

const MOST_TEXT = 200;
const MOST_REASONS = 100;

/** What kept an entry from its answer, by the entry's name. */
export type Failed = ReadonlyMap<string, RegoError | RangeError>;

/** @param failed entries without an answer: theirs come first, and the others' denials stand beside them */
export function explainDenial(
  entries: readonly Entry[],
  tracer: Tracer,
  failed: Failed,
  error: RegoError | RangeError | undefined,
): readonly Reason[] {
  const errors = failed.size === 0 && error !== undefined ? [error] : [...failed.values()];
  const reasons = errors.map((one) => errorReason(one, entries));
  for (const { kind, group } of entries) {
    if (failed.has(group.name)) continue;
    if (kind === 'deny') reasons.push(...denialReasons(group.name, group.at, tracer));
    else {
      const reason = missingAllow(group.name, group.at, tracer);
      if (reason !== undefined) reasons.push(reason);
    }
  }
  return reasons.slice(0, MOST_REASONS);
}

function errorReason(error: RegoError | RangeError, entries: readonly Entry[]): Reason {
  if (error instanceof RegoError) {
    return {
      verdict: 'error',
      rule: error.code,
      at: locate(error.at),
      message: shorten(error.message, MOST_TEXT),
    };
  }
  const at = entries[0]?.group.at;
  return {
    verdict: 'error',
    rule: 'eval_budget_error',
    at: at === undefined ? { path: '', line: 1, column: 1 } : locate(at),
    message: 'evaluation nests too deeply',
  };
}

function denialReasons(rule: string, at: Span, tracer: Tracer): Reason[] {
  const made = tracer.produced.filter((item) => item.rule === rule);
  if (made.length > 0) {
    const seen = new Set<string>();
    return made.flatMap((item): Reason[] => {
      const message = messageOf(item.item);
      const key = `${item.at.start} ${message}`;
      if (seen.has(key)) return [];
      seen.add(key);
      return [{ verdict: 'deny', rule, at: locate(item.at), message }];
    });
  }
  // A complete rule: true, or the collection itself.
  return tracer.clauses
    .filter((clause) => clause.rule === rule && clause.held)
    .map((clause) => ({ verdict: 'deny', rule, at: locate(clause.at ?? at), message: 'denied' }));
}

function messageOf(item: Value): string {
  const text = isObject(item) ? (objectGet(item, 'msg') ?? item) : item;
  return shorten(typeof text === 'string' ? text : termText(text), MOST_TEXT);
}

/** The clause that got furthest says what was missing. */
function missingAllow(rule: string, at: Span, tracer: Tracer): Reason | undefined {
  const clauses = tracer.clauses.filter((clause) => clause.rule === rule);
  // A clause without a body is the default.
  if (clauses.some((clause) => clause.held)) return undefined;
  let best: (typeof clauses)[number] | undefined;
  for (const clause of clauses) {
    if (clause.stop !== undefined && (best === undefined || clause.furthest > best.furthest)) best = clause;
  }
  if (best?.stop === undefined) {
    return { verdict: 'deny', rule, at: locate(at), message: `${rule} is not true` };
  }
  const { stop } = best;
  return {
    verdict: 'deny',
    rule,
    at: locate(best.at),
    message: `${rule} is not true: ${stop.literal} did not hold`,
    stoppedBy: stop,
  };
}
