import { isBitError } from '../kernel/errors.ts';
import type { Entry, EntryFilter, LedgerFault, LedgerReader, VerifyReport } from '../ledger/index.ts';
import { type Detail, type EntryItem, type OperationItem, summaryOf } from './items.ts';

export interface EntryQuestion {
  readonly detail: Detail;
  readonly since: Date | undefined;
  readonly until: Date | undefined;
  /** Beginning of a key, or part of the name a person acts under. */
  readonly actor: string | undefined;
  readonly events: readonly string[];
  /** Beginning of the policy action: `bot.`. */
  readonly action: string | undefined;
  readonly paths: readonly string[];
}

/** The ledger newest first, an operation as one item (or in `audit` each entry by itself), read page by page. */
export function* entryItems(
  ledger: LedgerReader,
  from: 'repo' | 'user',
  question: EntryQuestion,
  report: VerifyReport | undefined,
): IterableIterator<OperationItem | EntryItem> {
  const faults = new Map(report?.faults.map((fault) => [fault.chain, fault]));
  const outcomes = new Map<string, Entry>();
  for (const entry of readable(ledger, filterOf(question), report !== undefined)) {
    if (question.detail === 'audit') {
      if (matches(entry, question)) yield entryItem(entry, from, faults.get(entry.chain));
      continue;
    }
    if (entry.phase === 'outcome') {
      outcomes.set(entry.op, entry);
      continue;
    }
    const outcome = outcomes.get(entry.op) ?? lateOutcome(ledger, entry, question);
    outcomes.delete(entry.op);
    if (matches(entry, question)) yield operationItem(entry, outcome, from, question.detail);
  }
}

/** In an audit an entry that can't be read ends the list: the verification has named it. */
function* readable(ledger: LedgerReader, filter: EntryFilter, audited: boolean): IterableIterator<Entry> {
  try {
    yield* ledger.entries(filter);
  } catch (error) {
    if (!audited || !isBitError(error, 'integrity')) throw error;
  }
}

function filterOf({ since, until, events }: EntryQuestion): EntryFilter {
  const [event] = events;
  return {
    newestFirst: true,
    ...(since === undefined ? {} : { since: since.toISOString() }),
    ...(until === undefined ? {} : { until: until.toISOString() }),
    ...(event === undefined || events.length > 1 ? {} : { event }),
  };
}

/** An outcome past `--until` was not seen on the way to its intent. */
function lateOutcome(ledger: LedgerReader, entry: Entry, { until }: EntryQuestion): Entry | undefined {
  if (until === undefined || entry.phase !== 'intent') return undefined;
  const [outcome] = ledger.entries({ op: entry.op, chain: entry.chain, phase: 'outcome', limit: 1 });
  return outcome;
}

function matches(entry: Entry, { actor, events, action, paths }: EntryQuestion): boolean {
  if (events.length > 0 && !events.includes(entry.event)) return false;
  if (actor !== undefined && !isActor(entry, actor)) return false;
  if (action !== undefined && !actionOf(entry).startsWith(action)) return false;
  return paths.length === 0 || paths.some((path) => mentions(entry.payload?.['target'], path));
}

function isActor(entry: Entry, actor: string): boolean {
  if (entry.as?.toLowerCase().includes(actor.toLowerCase()) === true) return true;
  return (
    actor.length >= 4 &&
    (entry.actor.startsWith(actor) || entry.actor.startsWith(`ed25519:${actor.toLowerCase()}`))
  );
}

/** Outcomes hold no action; their event begins with the same word (`BOT_DEPLOY`). */
function actionOf(entry: Entry): string {
  const { action } = entry.payload ?? {};
  return typeof action === 'string' ? action : entry.event.toLowerCase().replace('_', '.');
}

/** Whether a target names the path, or something under it. */
function mentions(target: unknown, path: string): boolean {
  if (typeof target === 'string') return path === '.' || target === path || target.startsWith(`${path}/`);
  if (Array.isArray(target)) return target.some((item) => mentions(item, path));
  return (
    typeof target === 'object' &&
    target !== null &&
    Object.values(target).some((item) => mentions(item, path))
  );
}

function operationItem(
  entry: Entry,
  outcome: Entry | undefined,
  from: 'repo' | 'user',
  detail: Detail,
): OperationItem {
  const payload =
    outcome?.payload === undefined ? entry.payload : { ...entry.payload, outcome: outcome.payload };
  return {
    kind: 'operation',
    ts: entry.ts,
    op: entry.op,
    event: entry.event,
    phase: entry.phase === 'outcome' ? 'intent' : entry.phase,
    ok: outcome === undefined ? null : outcome.payload?.['ok'] === true,
    summary: summaryOf(entry),
    actor: entry.actor,
    as: entry.as,
    parent: entry.parent,
    entry: entry.entry_sha256,
    ledger: from,
    ...(detail === 'full' ? { payload: payload ?? null } : {}),
  };
}

function entryItem(entry: Entry, from: 'repo' | 'user', fault: LedgerFault | undefined): EntryItem {
  const { ts, chain, seq, op, event, phase, actor, as, parent } = entry;
  const here = fault?.seq === seq;
  return {
    kind: 'entry',
    ...{ ts, chain, seq, op, event, phase, summary: summaryOf(entry), actor, as, parent },
    entry: entry.entry_sha256,
    ledger: from,
    verified: fault === undefined || seq < fault.seq ? true : here ? false : null,
    ...(here && fault !== undefined ? { fault } : {}),
  };
}
