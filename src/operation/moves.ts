import type { Oid, RefName } from '../git/index.ts';
import { isJsonObject, type Json } from '../kernel/json.ts';
import type { Draft, LedgerReader } from '../ledger/index.ts';

export interface RefMove {
  readonly ref: RefName;
  readonly from: Oid | null;
  readonly to: Oid | null;
}

const STATE = 'refs';

/** What differs between two readings of all refs, by name. */
export function movedRefs(before: ReadonlyMap<RefName, Oid>, after: ReadonlyMap<RefName, Oid>): RefMove[] {
  const moves: RefMove[] = [];
  for (const [ref, from] of before) {
    const to = after.get(ref);
    if (to !== from) moves.push({ ref, from, to: to ?? null });
  }
  for (const [ref, to] of after) if (!before.has(ref)) moves.push({ ref, from: null, to });
  return moves.sort((a, b) => (a.ref < b.ref ? -1 : 1));
}

/** The refs as the last operation left them, or undefined before the first. */
export function readSeenRefs(ledger: LedgerReader): Map<RefName, Oid> | undefined {
  const text = ledger.readState(STATE);
  if (text === undefined) return undefined;
  const refs = new Map<RefName, Oid>();
  for (const line of text.split('\n')) {
    const space = line.indexOf(' ');
    if (space > 0) refs.set(line.slice(space + 1), line.slice(0, space));
  }
  return refs;
}

export function seenRefsState(refs: ReadonlyMap<RefName, Oid>): Record<string, string> {
  return { [STATE]: [...refs].map(([ref, oid]) => `${oid} ${ref}`).join('\n') };
}

/** At most this many moves stand in one note by name; the rest are counted. */
const MOST_MOVES = 1000;

export function movesNote(
  moves: readonly RefMove[],
  by: { readonly op: string; readonly as: string | null },
): Draft {
  const named = moves.slice(0, MOST_MOVES).map(({ ref, from, to }) => ({ ref, from, to }));
  return {
    event: 'REFS_MOVED',
    phase: 'note',
    op: by.op,
    parent: null,
    as: by.as,
    payload: { moved: named, ...(moves.length > named.length ? { more: moves.length - named.length } : {}) },
  };
}

/** Moves as an entry's payload holds them; members of another shape are passed over. */
export function movesOf(value: Json | undefined): RefMove[] {
  if (!Array.isArray(value)) return [];
  const oid = (item: Json | undefined): Oid | null => (typeof item === 'string' ? item : null);
  return value.flatMap((item) =>
    isJsonObject(item) && typeof item['ref'] === 'string'
      ? [{ ref: item['ref'], from: oid(item['from']), to: oid(item['to']) }]
      : [],
  );
}

export function movesToJson(moves: readonly RefMove[]): Json {
  return moves.map(({ ref, from, to }) => ({ ref, from, to }));
}
