import { isJsonObject } from '../kernel/json.ts';
import type { JobText } from './text.ts';
import type { Timeable } from './timing.ts';

/** A job as its file says it, for the time it takes. */
export function timeable({ id, needs, value }: JobText): Timeable {
  const strategy = value['strategy'];
  const lanes = isJsonObject(strategy) ? strategy['max-parallel'] : undefined;
  return {
    id,
    needs,
    calls: value['uses'] !== undefined,
    lanes: typeof lanes === 'number' ? lanes : undefined,
  };
}
