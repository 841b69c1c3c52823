import { isAbsolute, relative, resolve, sep } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { isJsonObject } from '../kernel/json.ts';
import type { Paper } from '../kernel/paper.ts';
import { printable, shorten } from '../kernel/text.ts';
import { movesOf, type OperationRecord, operations, type Reader, readOperation } from '../operation/index.ts';
import { type JobTold, toldOfJob } from './why-job.ts';

export interface Why {
  readonly asked: string;
  readonly commit: {
    readonly oid: string;
    readonly subject: string;
    readonly author: string;
    readonly date: string;
  } | null;
  /** The line's text, for `file:line`. */
  readonly line: string | null;
  readonly operation: {
    readonly op: string;
    readonly event: string;
    readonly summary: string;
    readonly as: string | null;
    readonly ts: string;
    readonly entry: string;
    readonly parent: { readonly op: string; readonly summary: string } | null;
  } | null;
  /** What people added to it later, oldest first. */
  readonly notes: readonly { readonly text: string; readonly as: string | null; readonly ts: string }[];
  /** Rules that allowed it, `data.x.allow file:line`, and the digest of the set they stood in. */
  readonly policy: { readonly digest: string; readonly rules: readonly string[] } | null;
  /** For a job of the mesh: all that the ledger here tells of it. */
  readonly job?: readonly JobTold[];
}

/** How far back an operation is looked for among those that moved refs over a commit. */
const MOST_RANGES = 500;

/** The commit, the entry, the rule that allowed it and the run it came from, for a ref, `file:line`, or entry. */
export async function why(reader: Reader, asked: string): Promise<Why> {
  const job = toldOfJob(reader, asked);
  if (job !== undefined)
    return { asked, commit: null, line: null, operation: null, notes: [], policy: null, job };
  const blamed = await blame(reader, asked);
  const oid = blamed?.oid ?? (await reader.git.resolve(asked, 'commit'));
  const record = oid === undefined ? byId(reader, asked) : await operationOf(reader, oid);
  if (oid === undefined && record === undefined) {
    throw new BitError(
      'not-found',
      `no ref, commit, file:line, operation or entry is called ${printable(shorten(asked))}`,
      {
        hint: 'commits and operations are listed by: bit log audit',
      },
    );
  }
  const commit = oid === undefined ? undefined : await reader.git.commit(oid);
  return {
    asked,
    commit:
      commit === undefined
        ? null
        : { oid: commit.oid, subject: commit.subject, author: commit.author.name, date: commit.author.date },
    line: blamed?.text ?? null,
    operation: record === undefined ? null : describe(reader, record),
    notes: record === undefined ? [] : notesOn(reader, record.op),
    policy: record === undefined ? null : policyOf(record),
  };
}

function byId(reader: Reader, id: string): OperationRecord | undefined {
  const entry = /^[0-9a-f]{4,64}$/.test(id) ? reader.ledger.entry(id) : undefined;
  return readOperation(reader.ledger, entry?.op ?? id);
}

async function blame(
  reader: Reader,
  asked: string,
): Promise<{ readonly oid: string; readonly text: string } | undefined> {
  const match = /^(.+):(\d{1,9})$/.exec(asked);
  if (match === null || reader.repository?.root === undefined) return undefined;
  const [, path = '', line = ''] = match;
  const file = inRepository(reader.repository.root, resolve(reader.cwd, path));
  if (file === undefined || (await reader.git.blob('HEAD', file)) === undefined) return undefined;
  const result = await reader.git.read(['blame', '--porcelain', `-L${line},${line}`, 'HEAD', '--', file], {
    accept: [0, 128],
  });
  if (result.exitCode !== 0) {
    throw new BitError('not-found', `${printable(path)} has no line ${line} at HEAD`, {
      hint: 'lines are those of the last commit, not of the file as it lies there',
    });
  }
  const oid = result.stdout.slice(0, result.stdout.indexOf(' '));
  return { oid, text: /^\t(.*)$/m.exec(result.stdout)?.[1] ?? '' };
}

/** Relative to the root, with `/`; undefined outside. */
function inRepository(root: string, path: string): string | undefined {
  const inside = relative(root, path).split(sep).join('/');
  return inside === '' || inside.startsWith('../') || isAbsolute(inside) ? undefined : inside;
}

/**
 * The operation that brought `oid`: the one whose outcome names it as its result, or that moved a ref to it, or over
 * it. The oldest of each, for an undo and a redo move to it again, and a script ends after its lines.
 */
async function operationOf(reader: Reader, oid: string): Promise<OperationRecord | undefined> {
  const spans: { readonly from: string | null; readonly to: string; readonly op: string }[] = [];
  const found: { made?: string; moved?: string; named?: string } = {};
  for (const { op, payload } of reader.ledger.entries({ phase: 'outcome', newestFirst: true })) {
    const result = payload?.['result'];
    if (isJsonObject(result) && (result['commit'] === oid || result['after'] === oid)) found.made = op;
    for (const move of movesOf(payload?.['moved'])) {
      if (move.to === oid && !move.ref.startsWith('refs/remotes/'))
        found[move.from === null ? 'named' : 'moved'] = op;
      if (move.to !== null && spans.length < MOST_RANGES) spans.push({ from: move.from, to: move.to, op });
    }
  }
  const exact = found.made ?? found.moved ?? found.named;
  if (exact !== undefined) return readOperation(reader.ledger, exact);
  let brought: string | undefined;
  for (const { from, to, op } of spans) {
    if ((await reader.git.resolve(to, 'commit')) === undefined || !(await reader.git.isAncestor(oid, to)))
      continue;
    if (from !== null && (await reader.git.isAncestor(oid, from))) continue;
    brought = op; // newest first: the last that fits is the oldest, the one that brought it
  }
  return brought === undefined ? undefined : readOperation(reader.ledger, brought);
}

function describe(reader: Reader, record: OperationRecord): NonNullable<Why['operation']> {
  const { op, event, summary, as, ts } = record;
  const parent =
    record.parent === null ? undefined : [...operations(reader.ledger, { op: record.parent })][0];
  return {
    op,
    event,
    summary,
    as,
    ts,
    entry: record.intent.entry_sha256,
    parent: parent === undefined ? null : { op: parent.op, summary: parent.summary },
  };
}

function policyOf(record: OperationRecord): Why['policy'] {
  const policy = record.intent.payload?.['policy'];
  if (!isJsonObject(policy)) return null;
  const rules = Array.isArray(policy['rules'])
    ? policy['rules'].filter((rule) => typeof rule === 'string')
    : [];
  return { digest: typeof policy['digest'] === 'string' ? policy['digest'] : '', rules };
}

function notesOn(reader: Reader, op: string): Why['notes'] {
  const notes: { text: string; as: string | null; ts: string }[] = [];
  for (const { payload, as, ts } of reader.ledger.entries({ event: 'HISTORY_ANNOTATE', phase: 'outcome' })) {
    const result = payload?.['result'];
    if (isJsonObject(result) && result['op'] === op && typeof result['text'] === 'string')
      notes.push({ text: result['text'], as, ts });
  }
  return notes;
}

/** A row a fact, for {@link Why} as people read it. */
export function renderWhy({ commit, line, operation, notes, policy, job }: Why, page: Paper): void {
  const rows: string[][] = [];
  if (job !== undefined) {
    for (const { event, at, entry, denied, runner, reason } of job) {
      const what = [runner, reason].filter((part) => part !== null).join(': ');
      rows.push([at, denied ? `${event} refused` : event, entry.slice(0, 12), page.safe(what)]);
    }
    page.table(rows);
    return;
  }
  if (line !== null) rows.push(['line', page.safe(line.trim())]);
  if (commit !== null) {
    rows.push(['commit', `${commit.oid.slice(0, 10)} ${page.safe(commit.subject)}`]);
    rows.push(['author', `${page.safe(commit.author)}, ${commit.date}`]);
  }
  if (operation === null) rows.push(['operation', 'none: made without bit, or before its ledger began']);
  else {
    rows.push(['operation', `${operation.op} ${operation.event}: ${page.safe(operation.summary)}`]);
    rows.push(['by', `${page.safe(operation.as ?? 'unknown')}, ${operation.ts}`], ['entry', operation.entry]);
    if (operation.parent !== null)
      rows.push(['inside', `${operation.parent.op} ${page.safe(operation.parent.summary)}`]);
  }
  for (const note of notes)
    rows.push(['note', `${page.safe(note.text)} (${page.safe(note.as ?? 'unknown')}, ${note.ts})`]);
  if (policy !== null) {
    for (const rule of policy.rules) rows.push(['allowed by', page.safe(rule)]);
    if (policy.rules.length === 0) rows.push(['allowed by', 'no rule forbids it']);
    rows.push(['policy', policy.digest]);
  }
  page.table(rows);
}
