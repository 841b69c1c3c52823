import type { MovedPlace } from './diff-moved.ts';
import type { PatchLine } from './diff-patch.ts';
import { diffWords, type Segment } from './diff-words.ts';

/** One line as it is read: a removed line and the added one that replaces it become one `changed` line. */
export interface DiffLine {
  readonly kind: 'context' | 'removed' | 'added' | 'changed';
  /** Of a changed line, its new text. */
  readonly text: string;
  readonly old: number | null;
  readonly new: number | null;
  /** What changed in it, word by word. */
  readonly segments?: readonly Segment[];
  /** Unchanged but for its place, which is now (or was) here. */
  readonly moved?: MovedPlace;
  readonly noNewline?: true;
}

/** How far below its removed line an added one is looked for. */
const REACH = 8;

export function readableLines(
  lines: readonly PatchLine[],
  moves: ReadonlyMap<PatchLine, MovedPlace>,
): DiffLine[] {
  const out: DiffLine[] = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at];
    if (line === undefined) break;
    if (line.kind === 'context') {
      out.push(plain(line, moves));
      at++;
      continue;
    }
    let end = at;
    while (lines[end] !== undefined && lines[end]?.kind !== 'context') end++;
    out.push(...readRun(lines.slice(at, end), moves));
    at = end;
  }
  return out;
}

/** A run of removed and added lines: pairs that are alike merge, in order. */
function readRun(run: readonly PatchLine[], moves: ReadonlyMap<PatchLine, MovedPlace>): DiffLine[] {
  const removed = run.filter((line) => line.kind === 'removed');
  const added = run.filter((line) => line.kind === 'added');
  const out: DiffLine[] = [];
  let next = 0;
  for (const old of removed) {
    const pair = moves.has(old) ? undefined : findPair(old, added, next, moves);
    if (pair === undefined) {
      out.push(plain(old, moves));
      continue;
    }
    for (; next < pair.at; next++) pushPlain(out, added[next], moves);
    next = pair.at + 1;
    out.push({
      kind: 'changed',
      text: pair.line.text,
      old: old.old ?? null,
      new: pair.line.new ?? null,
      segments: pair.segments,
      ...(pair.line.noNewline ? { noNewline: true } : {}),
    });
  }
  for (; next < added.length; next++) pushPlain(out, added[next], moves);
  return out;
}

function findPair(
  old: PatchLine,
  added: readonly PatchLine[],
  from: number,
  moves: ReadonlyMap<PatchLine, MovedPlace>,
): { at: number; line: PatchLine; segments: readonly Segment[] } | undefined {
  for (let at = from; at < Math.min(added.length, from + REACH); at++) {
    const line = added[at];
    if (line === undefined || moves.has(line) || line.noNewline !== old.noNewline || line.text.trim() === '')
      continue;
    const segments = diffWords(old.text, line.text);
    if (segments !== undefined) return { at, line, segments };
  }
  return undefined;
}

function pushPlain(
  out: DiffLine[],
  line: PatchLine | undefined,
  moves: ReadonlyMap<PatchLine, MovedPlace>,
): void {
  if (line !== undefined) out.push(plain(line, moves));
}

function plain(line: PatchLine, moves: ReadonlyMap<PatchLine, MovedPlace>): DiffLine {
  const moved = moves.get(line);
  return {
    kind: line.kind,
    text: line.text,
    old: line.old ?? null,
    new: line.new ?? null,
    ...(moved === undefined ? {} : { moved }),
    ...(line.noNewline ? { noNewline: true } : {}),
  };
}
