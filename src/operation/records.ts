import type { RefName } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type JsonObject } from '../kernel/json.ts';
import type { Entry, EntryFilter, LedgerReader } from '../ledger/index.ts';
import { type Image, imageFromJson } from './image.ts';
import { movesOf } from './moves.ts';

/** Events whose intent may claim other operations. */
export const ROLLBACK_EVENTS = ['ROLLBACK_CHAIN', 'ROLLBACK'] as const;

/** One operation as the ledger tells it: its intent and, where it ended, its outcome. */
export interface OperationRecord {
  readonly op: string;
  readonly event: string;
  readonly action: string;
  readonly command: string;
  readonly summary: string;
  readonly ts: string;
  readonly as: string | null;
  readonly parent: string | null;
  readonly intent: Entry;
  readonly outcome: Entry | undefined;
  /** Undefined while open. */
  readonly ok: boolean | undefined;
  readonly before: Image | undefined;
  readonly after: Image | undefined;
  /** What it had said it may change. */
  readonly declares: { readonly ref: (name: RefName) => boolean; readonly head: boolean };
  readonly irreversible: readonly string[];
  /** Operations it took back. */
  readonly undoes: readonly string[];
}

export function readOperation(ledger: LedgerReader, op: string): OperationRecord | undefined {
  let intent: Entry | undefined;
  let outcome: Entry | undefined;
  // Another clone's chain may hold the same id, by accident or not: one operation is of one chain, first one's own.
  const all = [...ledger.entries({ op })];
  const own = ledger.chain();
  const chain = all.some((entry) => entry.chain === own) ? own : all[0]?.chain;
  for (const entry of all) {
    if (entry.chain !== chain) continue;
    if (entry.phase === 'intent') intent = entry;
    if (entry.phase === 'outcome') outcome = entry;
  }
  return intent === undefined ? undefined : recordOf(intent, outcome);
}

/** Operations, newest first. */
export function* operations(
  ledger: LedgerReader,
  filter: EntryFilter = {},
): IterableIterator<OperationRecord> {
  for (const intent of ledger.entries({ ...filter, phase: 'intent', newestFirst: true })) {
    const record = readOperation(ledger, intent.op);
    if (record !== undefined) yield record;
  }
}

function recordOf(intent: Entry, outcome: Entry | undefined): OperationRecord {
  const text = (payload: JsonObject | undefined, member: string): string => {
    const value = payload?.[member];
    return typeof value === 'string' ? value : '';
  };
  const strings = (member: string): string[] => {
    const value = intent.payload?.[member];
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
  };
  return {
    op: intent.op,
    event: intent.event,
    action: text(intent.payload, 'action'),
    command: text(intent.payload, 'command'),
    summary: text(intent.payload, 'summary'),
    ts: intent.ts,
    as: intent.as,
    parent: intent.parent,
    intent,
    outcome,
    ok: outcome === undefined ? undefined : outcome.payload?.['ok'] === true,
    ...imagesOf(intent, outcome),
    declares: declarationOf(intent),
    irreversible: strings('irreversible'),
    undoes: strings('undoes'),
  };
}

function declarationOf({ payload }: Entry): OperationRecord['declares'] {
  const touches = isJsonObject(payload?.['touches']) ? payload['touches'] : {};
  const before = isJsonObject(payload?.['before']) ? payload['before'] : {};
  const named = isJsonObject(before['refs']) ? before['refs'] : {};
  const every = touches['refs'] === 'all';
  return { ref: (name) => every || Object.hasOwn(named, name), head: touches['head'] === true };
}

/** Both images; refs that moved without being declared are in the outcome's `moved` and belong to both. */
function imagesOf(intent: Entry, outcome: Entry | undefined): Pick<OperationRecord, 'before' | 'after'> {
  if (!isJsonObject(intent.payload?.['before'])) return { before: undefined, after: undefined };
  const before = imageFromJson(intent.payload['before'], `ledger entry ${intent.seq}`);
  if (!isJsonObject(outcome?.payload?.['after'])) return { before, after: undefined };
  const after = imageFromJson(outcome.payload['after'], `ledger entry ${outcome.seq}`);
  const refs = { ...before.refs };
  for (const move of movesOf(outcome.payload['moved'])) refs[move.ref] ??= move.from;
  return { before: { ...before, refs }, after };
}

/**
 * The rollback that holds a claim on `op`: one that is under way or went through and was not itself taken back.
 * Undefined where `op` stands. A chain takes back only what is its own: `chain` is the one `op` is in, by default the
 * one written here.
 */
export function claimedBy(
  ledger: LedgerReader,
  op: string,
  chain: string | undefined = ledger.chain(),
): string | undefined {
  const within = chain === undefined ? {} : { chain };
  for (const event of ROLLBACK_EVENTS) {
    for (const claim of ledger.entries({ ...within, phase: 'intent', event, newestFirst: true })) {
      if (claims(claim, op) && stands(ledger, claim.op, chain)) return claim.op;
    }
  }
  return undefined;
}

function claims(entry: Entry, op: string): boolean {
  const undoes = entry.payload?.['undoes'];
  return Array.isArray(undoes) && undoes.includes(op);
}

/** Whether a rollback is in force: open or successful, and not taken back by a redo. */
function stands(ledger: LedgerReader, op: string, chain: string | undefined): boolean {
  for (const entry of ledger.entries({ op, phase: 'outcome' })) {
    if (entry.payload?.['ok'] !== true) return false;
  }
  return claimedBy(ledger, op, chain) === undefined;
}

/** @throws BitError `not-found` naming the operation */
export function requireOperation(ledger: LedgerReader, op: string): OperationRecord {
  const record = readOperation(ledger, op);
  if (record === undefined) throw new BitError('not-found', `the ledger has no operation ${op}`);
  return record;
}
