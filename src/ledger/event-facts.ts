import { isJsonObject, type JsonObject } from '../kernel/json.ts';
import type { Entry } from './index.ts';

/** What an entry says to those who wait for events: `event` of conditions of triggers and of bots. */
export function eventFacts({ event, phase, op, as, ts, payload }: Entry): JsonObject {
  const result = payload?.['result'];
  return {
    kind: event,
    phase,
    op,
    as,
    at: ts,
    ok: phase === 'outcome' && payload?.['ok'] === true,
    result: isJsonObject(result) ? result : {},
  };
}
