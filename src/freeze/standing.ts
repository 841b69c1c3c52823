import { join } from 'node:path';
import { readTextIfExists, writeFileAtomic } from '../kernel/files.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import type { Entry, LedgerReader } from '../ledger/index.ts';
import { claimedBy } from '../operation/index.ts';

export const SCOPES = ['repo', 'branch', 'workflow', 'bucket'] as const;
export type FreezeScope = (typeof SCOPES)[number];

/** A freeze as the ledger holds it and policies read it in `input.freeze`. */
export interface Freeze {
  readonly scope: FreezeScope;
  /** Branch, workflow or bucket; absent for the whole repository. */
  readonly name?: string;
  /** RFC 3339; absent where only a thaw ends it. */
  readonly until?: string;
  readonly reason?: string;
  /** When it was set, RFC 3339. */
  readonly since: string;
  /** Operation that set it. */
  readonly op: string;
  /** Public key that signed it. */
  readonly by: string;
}

export interface FreezeQuestion {
  readonly ledger: LedgerReader;
  readonly stateDirectory: string;
  readonly now: Date;
  /** Whether the freezes and thaws of this entry count: one's own, and those of signers that are trusted. */
  readonly believes: (entry: {
    readonly chain: string;
    readonly actor: string;
    readonly ts: string;
  }) => boolean;
  /** Operations about to be taken back: what they set does not stand in the way of that. */
  readonly undoing?: readonly string[];
  /** Write down how far the ledger was read; only who may write says so. */
  readonly remember?: boolean;
}

/** One freeze or thaw of the ledger. */
interface Known {
  readonly kind: 'freeze' | 'thaw';
  readonly chain: string;
  readonly lamport: number;
  readonly freeze: Freeze;
}

interface Seen {
  /** Entries read, by chain. */
  readonly scanned: Record<string, number>;
  readonly known: Known[];
}

/** Entries looked through anew before it is better to write down that it was done. */
const WORTH_WRITING = 64;

/** The freezes that stand at `now`, oldest first. The ledger is the truth; a file says how far it was read. */
export function standingFreezes(question: FreezeQuestion): readonly Freeze[] {
  const { ledger, undoing = [] } = question;
  const known = knownEvents(question).filter(({ chain, freeze }) =>
    question.believes({ chain, actor: freeze.by, ts: freeze.since }),
  );
  if (known.length === 0) return [];
  const standing = new Map<string, Freeze>();
  for (const { kind, chain, freeze } of known) {
    // a thaw about to be taken back still holds meanwhile: else the freeze it lifted would stand in its way
    if (kind === 'freeze' && undoing.includes(freeze.op)) continue;
    // what another clone set is lifted by its own undo, too
    const claim = claimedBy(ledger, freeze.op, chain);
    // but one that comes back with this very rollback of a rollback lifts the freeze that would stand in its way
    if (claim !== undefined && !(kind === 'thaw' && undoing.includes(claim))) continue;
    if (kind === 'thaw') standing.delete(keyOf(freeze));
    else standing.set(keyOf(freeze), freeze);
  }
  return [...standing.values()].filter((freeze) => !isOver(freeze, question.now));
}

export function keyOf({ scope, name }: Pick<Freeze, 'scope' | 'name'>): string {
  return `${scope} ${name ?? ''}`;
}

export function isOver(freeze: Freeze, now: Date): boolean {
  return freeze.until !== undefined && Date.parse(freeze.until) <= now.getTime();
}

export function freezeJson({ scope, name, until, reason, since, op, by }: Freeze): JsonObject {
  return {
    scope,
    ...(name === undefined ? {} : { name }),
    ...(until === undefined ? {} : { until }),
    ...(reason === undefined ? {} : { reason }),
    since,
    op,
    by,
  };
}

function knownEvents({ ledger, stateDirectory, remember }: FreezeQuestion): readonly Known[] {
  const path = join(stateDirectory, 'freeze', 'known.json');
  const { scanned, known } = readSeen(path);
  const chains = ledger.chains();
  // an older copy of the ledger: what was read of the newer one is not in it
  const from = (chain: string, entries: number): number =>
    (scanned[chain] ?? 0) > entries ? 0 : (scanned[chain] ?? 0);
  const fresh = chains.reduce((sum, { chain, entries }) => sum + entries - from(chain, entries), 0);
  const before = known.length;
  for (const { chain, entries } of chains) {
    const start = from(chain, entries);
    for (const entry of start < entries ? ledger.outcomes(chain, start, ['FREEZE', 'THAW']) : []) {
      const event = eventOf(entry);
      if (event !== undefined && !known.some(({ freeze }) => freeze.op === event.freeze.op))
        known.push(event);
    }
    scanned[chain] = entries;
  }
  const found = known.length > before;
  known.sort((a, b) => a.lamport - b.lamport || (a.chain < b.chain ? -1 : 1));
  if (remember === true && (found || fresh > WORTH_WRITING)) {
    writeFileAtomic(path, `${JSON.stringify({ scanned, known })}\n`);
  }
  return known;
}

function eventOf(entry: Entry): Known | undefined {
  const kind = entry.event === 'FREEZE' ? 'freeze' : entry.event === 'THAW' ? 'thaw' : undefined;
  if (kind === undefined || entry.phase !== 'outcome' || entry.payload?.['ok'] !== true) return undefined;
  const result = entry.payload['result'];
  const told = isJsonObject(result) ? result['freeze'] : undefined;
  const freeze = isJsonObject(told)
    ? readFreeze({ ...told, op: entry.op, by: entry.actor, since: entry.ts })
    : undefined;
  return freeze === undefined ? undefined : { kind, chain: entry.chain, lamport: entry.lamport, freeze };
}

function readFreeze(value: Json | undefined): Freeze | undefined {
  if (!isJsonObject(value)) return undefined;
  const text = (name: string): string | undefined => {
    const item = value[name];
    return typeof item === 'string' ? item : undefined;
  };
  const scope = SCOPES.find((item) => item === value['scope']);
  const [name, until, reason, since, op, by] = ['name', 'until', 'reason', 'since', 'op', 'by'].map(text);
  if (scope === undefined || since === undefined || op === undefined || by === undefined) return undefined;
  return {
    scope,
    since,
    op,
    by,
    ...(name === undefined ? {} : { name }),
    ...(until === undefined ? {} : { until }),
    ...(reason === undefined ? {} : { reason }),
  };
}

/** What is not as it was written is read from the ledger again. */
function readSeen(path: string): Seen {
  let document: unknown;
  try {
    document = JSON.parse(readTextIfExists(path) ?? 'null');
  } catch {
    document = null;
  }
  const nothing: Seen = { scanned: {}, known: [] };
  if (!isJsonObject(document) || !isJsonObject(document['scanned']) || !Array.isArray(document['known']))
    return nothing;
  const scanned: Record<string, number> = {};
  for (const [chain, entries] of Object.entries(document['scanned'])) {
    if (typeof entries !== 'number' || !Number.isSafeInteger(entries)) return nothing;
    scanned[chain] = entries;
  }
  const known: Known[] = [];
  for (const item of document['known'] as Json[]) {
    if (!isJsonObject(item)) return nothing;
    const { kind, chain, lamport } = item;
    const freeze = readFreeze(item['freeze']);
    if ((kind !== 'freeze' && kind !== 'thaw') || typeof chain !== 'string') return nothing;
    if (typeof lamport !== 'number' || freeze === undefined) return nothing;
    known.push({ kind, chain, lamport, freeze });
  }
  return { scanned, known };
}
