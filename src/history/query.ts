import { BitError } from '../kernel/errors.ts';
import { jq } from '../kernel/jq.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import type { Entry, EntryFilter } from '../ledger/index.ts';
import type { Reader } from '../operation/index.ts';

export interface HistoryQuery extends EntryFilter {
  /** A jq expression over an entry; entries for which it is true stay: `.event == "COMMIT" and .payload.ok`. */
  readonly where: string | undefined;
}

export interface HistoryEntry {
  readonly seq: number;
  readonly chain: string;
  readonly ts: string;
  readonly event: string;
  readonly phase: string;
  readonly op: string;
  readonly parent: string | null;
  readonly as: string | null;
  readonly actor: string;
  readonly entry_sha256: string;
  readonly payload: JsonObject | null;
}

/** An expression is evaluated over at most this many entries; the filters narrow before it. */
const MOST_EVALUATED = 50_000;

/** Ledger entries, newest first. */
export async function queryHistory(reader: Reader, query: HistoryQuery): Promise<readonly HistoryEntry[]> {
  const { where, limit = 50, ...filter } = query;
  const newestFirst = { ...filter, newestFirst: true };
  if (where === undefined) return [...reader.ledger.entries({ ...newestFirst, limit })].map(shape);
  const entries = [...reader.ledger.entries({ ...newestFirst, limit: MOST_EVALUATED + 1 })].map(shape);
  if (entries.length > MOST_EVALUATED) {
    throw new BitError('usage', `the expression would run over more than ${MOST_EVALUATED} entries`, {
      hint: 'narrow it first with --since, --event, --phase or --actor',
    });
  }
  const chosen = await jq(entries as unknown as Json, `[.[] | [${where}] | any]`);
  const keep = parsed(chosen);
  if (!Array.isArray(keep) || keep.length !== entries.length) {
    throw new BitError(
      'usage',
      'the expression must be one value over one entry: it stops jq, or closes what it did not open',
    );
  }
  return entries.filter((_, i) => keep[i] === true).slice(0, limit);
}

/** Undefined where the expression stopped the program or printed more than one thing. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function shape(entry: Entry): HistoryEntry {
  const { seq, chain, ts, event, phase, op, parent, as, actor, entry_sha256 } = entry;
  return {
    seq,
    chain,
    ts,
    event,
    phase,
    op,
    parent,
    as,
    actor,
    entry_sha256,
    payload: entry.payload ?? null,
  };
}

/** What an entry says, in a line: the plan of an intent, how an outcome ended, what a note or denial tells. */
export function said({ phase, payload }: HistoryEntry): string {
  if (payload === null) return 'withheld';
  if (phase === 'denied' && Array.isArray(payload['messages'])) return payload['messages'].join('; ');
  if (phase !== 'outcome') return String(payload['summary'] ?? '');
  const { error, result } = payload;
  if (isJsonObject(error)) return `failed: ${String(error['message'] ?? '')}`;
  return isJsonObject(result) && typeof result['text'] === 'string' ? result['text'] : 'done';
}
