import { BitError } from '../kernel/errors.ts';
import type { JsonObject } from '../kernel/json.ts';
import { parseMoment } from '../kernel/moment.ts';
import type { Paper } from '../kernel/paper.ts';
import { type Entry, type EntryFilter, entryHolds, type Phase } from '../ledger/index.ts';
import type { Reader } from '../operation/index.ts';
import { summaryOf } from './items.ts';

export interface EntryQuestion {
  readonly op: string | undefined;
  readonly chain: string | undefined;
  readonly event: string | undefined;
  readonly phase: Phase | undefined;
  readonly actor: string | undefined;
  readonly since: string | undefined;
  readonly until: string | undefined;
  /** Most entries; 0 for all. */
  readonly limit: number;
}

/** Entries without their payloads, newest first. */
export interface EntryListing {
  readonly entries: readonly (Omit<Entry, 'payload' | 'signature'> & { readonly summary: string })[];
}

export function listEntries(reader: Reader, question: EntryQuestion): EntryListing {
  const { since, until, limit, event, ...columns } = question;
  const moment = (text: string): string => parseMoment(text, reader.now()).toISOString();
  const filter: EntryFilter = {
    ...defined(columns),
    ...(event === undefined ? {} : { event: event.toUpperCase() }),
    ...(since === undefined ? {} : { since: moment(since) }),
    ...(until === undefined ? {} : { until: moment(until) }),
    ...(limit === 0 ? {} : { limit }),
    newestFirst: true,
  };
  const entries = [...reader.ledger.entries(filter)].map((entry) => {
    const { payload: _payload, signature: _signature, ...fields } = entry;
    return { ...fields, summary: summaryOf(entry) };
  });
  return { entries };
}

/** Members that were given. */
function defined<Members extends Record<string, unknown>>(
  members: Members,
): { [Name in keyof Members]?: NonNullable<Members[Name]> } {
  const given = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as { [Name in keyof Members]?: NonNullable<Members[Name]> };
}

export interface EntryView extends Omit<Entry, 'payload'> {
  /** Null where it was withheld. */
  readonly payload: JsonObject | null;
  /** Digest and signature hold, by the entry alone; its chain is verified by `ledger verify`. */
  readonly holds: boolean;
}

/** One entry whole; the newest of this clone's chain where none is named. */
export function showEntry(reader: Reader, prefix: string | undefined): EntryView {
  const entry = prefix === undefined ? reader.ledger.head() : reader.ledger.entry(prefix);
  if (entry === undefined) {
    throw new BitError(
      'not-found',
      prefix === undefined ? 'the ledger is empty' : `the ledger has no entry ${prefix}`,
      {
        hint: 'see them with: bit ledger list',
      },
    );
  }
  return { ...entry, payload: entry.payload ?? null, holds: entryHolds(entry) };
}

export function renderEntries({ entries }: EntryListing, page: Paper): void {
  page.table(
    entries.map((entry) => [
      page.style.yellow(entry.entry_sha256.slice(0, 12)),
      page.style.dim(entry.ts),
      `#${entry.seq}`,
      `${entry.event} ${entry.phase}`,
      page.safe(entry.as ?? ''),
      page.safe(entry.summary),
    ]),
  );
  if (entries.length === 0) page.line('No entries.');
}

export function renderEntry(entry: EntryView, page: Paper): void {
  const { payload, holds, ...fields } = entry;
  page.table(Object.entries(fields).map(([name, value]) => [page.style.dim(name), page.safe(String(value))]));
  page.line(
    `${page.style.dim('digest and signature')}  ${holds ? page.style.green('hold') : page.style.red('DO NOT HOLD')}`,
  );
  if (payload === null) page.line('The payload was withheld.');
  else for (const line of JSON.stringify(payload, null, 2).split('\n')) page.line(page.safe(line));
}
