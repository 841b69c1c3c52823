import type { Commit } from '../git/index.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { Entry, LedgerFault } from '../ledger/index.ts';

export const DETAILS = ['audit', 'full', 'compact'] as const;
export const SCOPES = ['repo', 'global', 'bot', 'workflow'] as const;
export type Detail = (typeof DETAILS)[number];
export type Scope = (typeof SCOPES)[number];

export interface CommitItem {
  readonly kind: 'commit';
  readonly ts: string;
  readonly oid: string;
  readonly parents: readonly string[];
  readonly author: string;
  readonly subject: string;
  /** Only in `full` and `audit`. */
  readonly body?: string;
  /** What the ledger says of it; only in `audit`. */
  readonly ledger?: 'recorded' | 'noticed' | 'unknown';
}

/** An operation: intent and outcome as one, or a denial or note. */
export interface OperationItem {
  readonly kind: 'operation';
  readonly ts: string;
  readonly op: string;
  readonly event: string;
  readonly phase: 'intent' | 'denied' | 'note';
  /** Whether it went through; null while open, and for denials and notes. */
  readonly ok: boolean | null;
  readonly summary: string;
  readonly actor: string;
  readonly as: string | null;
  readonly parent: string | null;
  readonly entry: string;
  readonly ledger: 'repo' | 'user';
  /** Only in `full`. */
  readonly payload?: JsonObject | null;
}

/** One ledger entry with its verdict (`audit`). */
export interface EntryItem {
  readonly kind: 'entry';
  readonly ts: string;
  readonly chain: string;
  readonly seq: number;
  readonly op: string;
  readonly event: string;
  readonly phase: Entry['phase'];
  readonly summary: string;
  readonly actor: string;
  readonly as: string | null;
  readonly parent: string | null;
  readonly entry: string;
  readonly ledger: 'repo' | 'user';
  /** Null for what stands behind a fault in its chain: nothing can be said of it. */
  readonly verified: boolean | null;
  readonly fault?: LedgerFault;
}

export type TimelineItem = CommitItem | OperationItem | EntryItem;

export function commitItem(commit: Commit, detail: Detail): CommitItem {
  return {
    kind: 'commit',
    ts: new Date(commit.committer.date).toISOString(),
    oid: commit.oid,
    parents: commit.parents,
    author: `${commit.author.name} <${commit.author.email}>`,
    subject: commit.subject,
    ...(detail === 'compact' ? {} : { body: commit.body }),
  };
}

/** What an entry is about, in a line: its summary, what denied it, or what moved. */
export function summaryOf(entry: Entry): string {
  const { summary, messages, moved, note } = entry.payload ?? {};
  const text = typeof summary === 'string' ? summary : typeof note === 'string' ? note : '';
  if (entry.phase === 'denied' && Array.isArray(messages))
    return [text, messages.join('; ')].filter(Boolean).join(': ');
  if (text === '' && entry.phase === 'note' && Array.isArray(moved))
    return `plain git moved ${moved.length} ${moved.length === 1 ? 'ref' : 'refs'}`;
  return text;
}
