/** What the ledger here tells of a job of the mesh: a controller's chain tells all of it, a client's what it asked. */
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import type { Entry } from '../ledger/index.ts';
import type { Reader } from '../operation/index.ts';

export interface JobTold {
  readonly event: string;
  /** RFC 3339. */
  readonly at: string;
  /** The entry it stands in. */
  readonly entry: string;
  readonly denied: boolean;
  readonly runner: string | null;
  /** What became of it, or why: a rule's own words where one refused it. */
  readonly reason: string | null;
  /** Rules that refused it, `data.x.deny file:line`. */
  readonly rules: readonly string[];
}

const JOB = /^J-[A-Za-z0-9]{1,40}$/;

/** Oldest first; undefined where `asked` is no job that this ledger knows. */
export function toldOfJob(reader: Reader, asked: string): readonly JobTold[] | undefined {
  if (!JOB.test(asked)) return undefined;
  const told: JobTold[] = [];
  for (const entry of reader.ledger.entries()) {
    for (const change of changesIn(entry)) if (change['job_id'] === asked) told.push(toldBy(entry, change));
  }
  // Entries of a busy mesh hold changes of one kind each: the order is that of the changes.
  told.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  return told.length === 0 ? undefined : told;
}

/** A busy mesh's entry tells of many changes; a client's outcome holds the job in its result or target. */
function changesIn({ event, payload }: Entry): JsonObject[] {
  if (payload === undefined) return [];
  const { changes, result, target } = payload;
  if (Array.isArray(changes)) return changes.filter(isJsonObject);
  const of = [payload, result, target].find((one) => isJsonObject(one) && typeof one['job_id'] === 'string');
  return isJsonObject(of) ? [{ event, ...of }] : [];
}

function toldBy(entry: Entry, change: JsonObject): JobTold {
  const text = (value: Json | undefined): string | null => (typeof value === 'string' ? value : null);
  const policy = isJsonObject(change['policy']) ? change['policy'] : {};
  const rules = Array.isArray(policy['rules']) ? policy['rules'] : [];
  return {
    event: text(change['event']) ?? entry.event,
    at: text(change['at']) ?? entry.ts,
    entry: entry.entry_sha256,
    denied: entry.phase === 'denied',
    runner: text(change['runner_id']),
    reason: text(change['reason']) ?? text(change['status']) ?? text(change['standard']),
    rules: rules.filter((rule) => typeof rule === 'string'),
  };
}
