import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GitWriter, Oid, RefName } from '../git/index.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { Entry } from '../ledger/index.ts';
import {
  captureFilesOnly,
  captureImage,
  headImage,
  type Image,
  imageFromJson,
  type RefMove,
  readRefs,
  type Touches,
  type Writer,
} from '../operation/index.ts';

export interface SettledOperation {
  readonly op: string;
  readonly event: string;
  readonly summary: string;
  /** `completed`: refs or HEAD had moved; `untouched`: none had; `unknown`: nothing here would tell. */
  readonly found: 'completed' | 'untouched' | 'unknown';
  readonly moved: readonly RefMove[];
}

/** Reads at most this much of a reflog's end. */
const REFLOG_TAIL = 4 * 1024 * 1024;

/**
 * Settles an intent whose process died: every reflog line of an operation carries its id, so what it had moved is
 * known for sure, whatever else moved since. Refs without a reflog (tags) count as its doing where they differ from
 * the before-image. The outcome the dead process owed is written with what was found.
 */
export async function settleOperation(writer: Writer, intent: Entry): Promise<SettledOperation> {
  const git = writer.repository === undefined ? undefined : writer.git;
  const summary = typeof intent.payload?.['summary'] === 'string' ? intent.payload['summary'] : intent.event;
  const before =
    intent.payload?.['before'] === undefined
      ? undefined
      : imageFromJson(intent.payload['before'], `ledger entry ${intent.seq}`);
  const moved =
    before === undefined || git === undefined ? [] : await movesOfOperation(git, intent.op, before);
  const after = before === undefined ? undefined : await capture(writer, intent.op, before, moved);
  const found =
    before === undefined && sentAway(intent)
      ? 'unknown'
      : moved.length > 0 ||
          (before !== undefined && git !== undefined && (await headMoved(git, intent.op, before))) ||
          (before?.files !== undefined && filesDiffer(before, after))
        ? 'completed'
        : 'untouched';
  const payload: JsonObject = {
    ok: found === 'completed',
    settled: found,
    moved: moved.map(({ ref, from, to }) => ({ ref, from, to })),
    ...(after === undefined ? {} : { after: JSON.parse(JSON.stringify(after)) as JsonObject }),
    ...(found === 'completed' ? {} : { error: { code: 'cancelled', message: DIED[found] } }),
  };
  await writer.closeIntent(intent, payload);
  return { op: intent.op, event: intent.event, summary, found, moved };
}

const DIED = {
  untouched: 'the process died before it changed anything',
  unknown: 'the process died; whether what it sent arrived can not be told from here',
} as const;

/** What was sent away leaves nothing behind that could be looked at. */
function sentAway({ payload }: Entry): boolean {
  return Array.isArray(payload?.['irreversible']) && payload['irreversible'].length > 0;
}

function filesDiffer(before: Image, after: Image | undefined): boolean {
  return JSON.stringify(before.files) !== JSON.stringify(after?.files);
}

async function movesOfOperation(git: GitWriter, op: string, before: Image): Promise<RefMove[]> {
  const now = await readRefs(git);
  const moves: RefMove[] = [];
  for (const [ref, from] of Object.entries(before.refs)) {
    const current = now.get(ref) ?? null;
    const to =
      lastLogged(git, ref, op, current) ?? (hasReflog(git, ref) && current !== null ? from : current);
    if (to !== from) moves.push({ ref, from, to });
  }
  return moves;
}

function reflogPath(git: GitWriter, ref: RefName): string {
  return join(ref === 'HEAD' ? git.paths.gitDir : git.paths.commonDir, 'logs', ...ref.split('/'));
}

function hasReflog(git: GitWriter, ref: RefName): boolean {
  return existsSync(reflogPath(git, ref));
}

/**
 * Where the operation's last reflog line of `ref` left it; undefined where it moved nothing. Git writes the line
 * before it moves the ref, and HEAD's line before the branch's, so a line counts only where the ref got there: the
 * next line starts from it, or the ref still stands there.
 */
function lastLogged(git: GitWriter, ref: RefName, op: string, current: Oid | null): Oid | null | undefined {
  const path = reflogPath(git, ref);
  if (!existsSync(path)) return undefined;
  const lines = readFileSync(path, 'utf8')
    .slice(-REFLOG_TAIL)
    .split('\n')
    .filter((line) => line !== '');
  let to: Oid | null | undefined;
  for (const [at, line] of lines.entries()) {
    const tab = line.indexOf('\t');
    if (tab < 0 || !line.slice(tab).includes(op)) continue;
    const next = lines[at + 1];
    const reached = logged(line, 1);
    if ((next === undefined ? current : logged(next, 0)) === reached) to = reached;
  }
  return to;
}

/** The old (0) or new (1) object of a reflog line; null for none. */
function logged(line: string, field: 0 | 1): Oid | null {
  const oid = line.split(' ', 2)[field] ?? '';
  return /^0+$/.test(oid) ? null : oid;
}

/** Whether the operation moved HEAD itself: a detached one to another commit, or from one branch to another. */
async function headMoved(git: GitWriter, op: string, before: Image): Promise<boolean> {
  if (before.head === undefined) return false;
  const now = headImage(await git.head());
  if (before.head.ref !== null && before.head.ref === now.ref) return false;
  return lastLogged(git, 'HEAD', op, now.oid) !== undefined;
}

async function capture(
  writer: Writer,
  op: string,
  before: Image,
  moved: readonly RefMove[],
): Promise<Image | undefined> {
  const touches: Touches = {
    refs: Object.keys(before.refs),
    index: before.index !== undefined,
    ...(before.worktree === undefined ? {} : { worktree: before.scope ?? 'tracked' }),
    ...(before.files === undefined ? {} : { files: Object.keys(before.files) }),
  };
  if (writer.repository === undefined)
    return captureFilesOnly(touches, { stateDirectory: writer.stateDirectory, keepFiles: true });
  const now = await captureImage({
    git: writer.git,
    touches,
    stateDirectory: writer.stateDirectory,
    operation: op,
    keepFiles: true,
  });
  const refs = { ...before.refs };
  for (const move of moved) refs[move.ref] = move.to;
  return { ...now, refs };
}
