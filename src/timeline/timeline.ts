import { join } from 'node:path';
import { type Commit, checkRevision } from '../git/index.ts';
import { ledgerTrust } from '../guard/index.ts';
import { BitError } from '../kernel/errors.ts';
import { parseMoment } from '../kernel/moment.ts';
import { nearest, printable } from '../kernel/text.ts';
import { type LedgerReader, openLedgerReader, type VerifyReport } from '../ledger/index.ts';
import type { Reader } from '../operation/index.ts';
import { type EntryQuestion, entryItems } from './entries.ts';
import { commitItem, DETAILS, type Detail, SCOPES, type Scope, type TimelineItem } from './items.ts';
import { markKnown } from './known.ts';

export interface TimelineQuestion {
  /** Detail and scope words, then revisions, as typed. */
  readonly words: readonly string[];
  readonly since: string | undefined;
  readonly until: string | undefined;
  readonly actor: string | undefined;
  readonly events: readonly string[];
  /** Relative to the repository's root. */
  readonly paths: readonly string[];
  /** Most items; 0 for all. */
  readonly limit: number;
}

export interface Timeline {
  readonly detail: Detail;
  readonly scope: Scope;
  /** Newest first. */
  readonly items: readonly TimelineItem[];
  /** There is more than was asked for. */
  readonly more: boolean;
  /** What verification found; only in `audit`. */
  readonly verified: VerifyReport | null;
}

/** @throws BitError `not-found` outside a repository (unless `global`) or for a revision that does not exist */
export async function readTimeline(reader: Reader, question: TimelineQuestion): Promise<Timeline> {
  const { detail, scope, revisions } = readWords(question.words);
  const now = reader.now();
  const entryQuestion: EntryQuestion = {
    detail,
    since: question.since === undefined ? undefined : parseMoment(question.since, now),
    until: question.until === undefined ? undefined : parseMoment(question.until, now),
    actor: question.actor,
    events: question.events.map((event) => event.toUpperCase()),
    action: scope === 'bot' || scope === 'workflow' ? `${scope}.` : undefined,
    paths: question.paths,
  };
  const inside = reader.repository !== undefined;
  if (!inside && scope !== 'global') void reader.git; // throws not-found
  const ledgers: { name: 'repo' | 'user'; ledger: LedgerReader }[] = inside
    ? [{ name: 'repo', ledger: reader.ledger }]
    : [];
  if (scope === 'global') {
    ledgers.push({
      name: 'user',
      ledger: openLedgerReader({ directory: join(reader.userDirectory, 'ledger') }),
    });
  }
  const verified =
    detail === 'audit'
      ? await verifyAll(
          reader,
          ledgers.map(({ ledger }) => ledger),
        )
      : undefined;
  const wantCommits = inside && question.events.length === 0 && (scope === 'repo' || scope === 'global');
  const limit = question.limit === 0 ? Number.POSITIVE_INFINITY : question.limit;
  const commits = wantCommits ? await readCommits(reader, question, entryQuestion, revisions, limit) : [];
  const sources: Iterator<TimelineItem>[] = [
    commits.map((commit) => commitItem(commit, detail)).values(),
    ...ledgers.map(({ name, ledger }) => entryItems(ledger, name, entryQuestion, verified)),
  ];
  const items = newestFirst(sources, limit + 1);
  const shown = items.slice(0, limit);
  return {
    detail,
    scope,
    items: detail === 'audit' && inside ? markKnown(shown, reader.ledger) : shown,
    more: items.length > shown.length,
    verified: verified ?? null,
  };
}

function readWords(words: readonly string[]): { detail: Detail; scope: Scope; revisions: string[] } {
  let detail: Detail | undefined;
  let scope: Scope | undefined;
  const revisions: string[] = [];
  for (const word of words) {
    const isDetail = (DETAILS as readonly string[]).includes(word);
    const isScope = (SCOPES as readonly string[]).includes(word);
    if ((isDetail && detail !== undefined) || (isScope && scope !== undefined)) {
      throw new BitError(
        'usage',
        `'${word}' goes with neither '${detail ?? ''}' nor '${scope ?? ''}': say one of each kind`,
      );
    }
    if (isDetail) detail = word as Detail;
    else if (isScope) scope = word as Scope;
    else revisions.push(word);
  }
  return { detail: detail ?? 'compact', scope: scope ?? 'repo', revisions };
}

/** One more than asked for, so that it can be said there are more. */
async function readCommits(
  reader: Reader,
  question: TimelineQuestion,
  { since, until }: EntryQuestion,
  revisions: readonly string[],
  limit: number,
): Promise<Commit[]> {
  const { git } = reader;
  const from: string[] = [];
  for (const revision of revisions) {
    const oid = await git.resolve(checkRevision(revision), 'commit');
    if (oid === undefined) throw await unknownRevision(reader, revision);
    from.push(oid);
  }
  return git.log({
    ...(from.length === 0 ? {} : { from }),
    ...(question.paths.length === 0 ? {} : { paths: question.paths }),
    ...(since === undefined ? {} : { since: since.toISOString() }),
    ...(until === undefined ? {} : { until: until.toISOString() }),
    ...(question.actor === undefined ? {} : { author: question.actor }),
    ...(Number.isFinite(limit) ? { limit: limit + 1 } : {}),
  });
}

async function unknownRevision(reader: Reader, revision: string): Promise<BitError> {
  const refs = await reader.git.refs(['refs/heads/', 'refs/tags/', 'refs/remotes/']);
  const names = refs.map((ref) => ref.name.replace(/^refs\/(heads|tags|remotes)\//, ''));
  const near = nearest(revision, [...names, ...DETAILS, ...SCOPES]);
  return new BitError('not-found', `there is no commit called '${printable(revision)}'`, {
    ...(near.length > 0 ? { hint: `did you mean: ${near.join(', ')}` } : {}),
    details: { revision: printable(revision) },
  });
}

async function verifyAll(reader: Reader, ledgers: readonly LedgerReader[]): Promise<VerifyReport> {
  const trust = await ledgerTrust(reader);
  const reports = ledgers.map((ledger) => ledger.verify({ trust }));
  return {
    ok: reports.every((report) => report.ok),
    chains: reports.flatMap((report) => report.chains),
    faults: reports.flatMap((report) => report.faults),
    entries: reports.reduce((sum, report) => sum + report.entries, 0),
  };
}

/** Merges sources that are each newest first; at equal times the ledger's intent stands above the commit it made. */
function newestFirst(sources: readonly Iterator<TimelineItem>[], limit: number): TimelineItem[] {
  const heads = sources.map((source) => source.next());
  const merged: TimelineItem[] = [];
  while (merged.length < limit) {
    let best = -1;
    let newest = '';
    heads.forEach((head, at) => {
      if (head.done !== true && (best < 0 || head.value.ts > newest)) {
        best = at;
        newest = head.value.ts;
      }
    });
    const head = heads[best];
    const source = sources[best];
    if (head === undefined || head.done === true || source === undefined) break;
    merged.push(head.value);
    heads[best] = source.next();
  }
  return merged;
}
