import { evaluateCondition, evaluateText, parseCondition, textOf } from '../expression/index.ts';
import { globSet } from '../kernel/glob.ts';
import { isJsonObject, type JsonObject } from '../kernel/json.ts';
import type { Entry, LedgerReader } from '../ledger/index.ts';
import { type EventName, NAMES, type Trigger, type TriggerEvent } from './model.ts';

/** As many triggers may have led to an event before it starts nothing more. */
export const MOST_DEPTH = 5;
/** Operations inside operations that are looked through. */
const MOST_OPERATIONS = 64;

/** Triggers inside of whose firing something happened, the nearest first, as the ledger has it. */
export function ledTo(ledger: LedgerReader, operation: string | undefined): readonly string[] {
  const names: string[] = [];
  let op: string | null | undefined = operation;
  for (let turn = 0; turn < MOST_OPERATIONS && typeof op === 'string' && /^[0-9a-z]{26}$/i.test(op); turn++) {
    const entry = firstOf(ledger, op);
    if (entry === undefined) break;
    const target = entry.payload?.['target'];
    const facts = entry.event === FIRE && isJsonObject(target) ? target : undefined;
    if (typeof facts?.['trigger'] === 'string') names.push(facts['trigger']);
    // what led to a firing is the event's operation, not the process that saw it
    const before = facts?.['operation'];
    op = facts === undefined ? entry.parent : typeof before === 'string' ? before : null;
  }
  return names;
}

export const FIRE = 'TRIGGER_FIRE';

function firstOf(ledger: LedgerReader, op: string): Entry | undefined {
  for (const entry of ledger.entries({ op, limit: 1 })) return entry;
  return undefined;
}

/** Whether a trigger is for this event, or why it is stopped. */
export type Match = { readonly fires: boolean; readonly stopped?: string };

/**
 * @param repo `repo` of expressions
 * @throws BitError `usage` where its condition can't be evaluated
 */
export function matches(
  trigger: Trigger,
  event: TriggerEvent,
  { repo, led }: { readonly repo: JsonObject; readonly led: readonly string[] },
): Match {
  if (!trigger.on.includes(event.name)) return { fires: false };
  if (event.only !== undefined && !event.only.includes(trigger.name)) return { fires: false };
  if (event.never?.includes(trigger.name) === true) return { fires: false };
  if (!narrowed(trigger.branches, event.branches)) return { fires: false };
  if (!narrowed(trigger.tags, event.tags)) return { fires: false };
  if (!narrowed(trigger.paths, event.files, true)) return { fires: false };
  if (trigger.kinds.length > 0 && KINDED.has(event.name) && !trigger.kinds.includes(event.kind ?? ''))
    return { fires: false };
  if (trigger.condition !== undefined) {
    const contexts = contextsOf(trigger, event, repo);
    if (!evaluateCondition(parseCondition(trigger.condition, NAMES), { contexts })) return { fires: false };
  }
  if (led.includes(trigger.name)) return { fires: false, stopped: 'what it started led to it again' };
  if (led.length >= MOST_DEPTH)
    return { fires: false, stopped: `${led.length} triggers led to it, one by the other` };
  return { fires: true };
}

const KINDED: ReadonlySet<EventName> = new Set<EventName>(['ledger', 'webhook']);

function narrowed(patterns: readonly string[], names: readonly string[], below = false): boolean {
  if (patterns.length === 0) return true;
  const matches = globSet(patterns, { below });
  return names.some(matches);
}

export function contextsOf(
  { name }: Trigger,
  event: TriggerEvent,
  repo: JsonObject,
): Readonly<Record<string, JsonObject>> {
  return { event: event.facts, repo, trigger: { name } };
}

/** Its inputs, with what their templates come to. */
export function inputsOf(
  trigger: Trigger,
  event: TriggerEvent,
  repo: JsonObject,
): Readonly<Record<string, string>> {
  const contexts = contextsOf(trigger, event, repo);
  return Object.fromEntries(
    Object.entries(trigger.inputs).map(([name, text]) => [
      name,
      textOf(evaluateText(text, { contexts }, NAMES)),
    ]),
  );
}
