/** A part of a text replaced by another. */
export interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** Edits must not overlap. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  let result = '';
  let at = 0;
  for (const { from, to, text: put } of [...edits].sort((a, b) => a.from - b.from || a.to - b.to)) {
    if (from < at) throw new Error('two edits overlap');
    result += text.slice(at, from) + put;
    at = to;
  }
  return result + text.slice(at);
}

const CONTEXT = 3;

interface Change {
  /** First line it replaces, from 0, and one past the last. */
  readonly from: number;
  readonly to: number;
  readonly lines: readonly string[];
}

/** A patch as `git apply` takes it, from the edits themselves: nothing has to be compared. */
export function unifiedDiff(path: string, text: string, edits: readonly Edit[]): string {
  const lines = text.split('\n');
  const starts: number[] = [0];
  for (const line of lines) starts.push((starts.at(-1) ?? 0) + line.length + 1);
  const changes = changesOf(text, starts, edits);
  if (changes.length === 0) return '';
  const out = [`diff --git a/${path} b/${path}`, `--- a/${path}`, `+++ b/${path}`];
  let shift = 0;
  for (let at = 0; at < changes.length; ) {
    const group = [changes[at] as Change];
    for (
      at++;
      at < changes.length && (changes[at] as Change).from - (group.at(-1) as Change).to <= 2 * CONTEXT;
      at++
    )
      group.push(changes[at] as Change);
    const first = Math.max(0, (group[0] as Change).from - CONTEXT);
    const end = lengthOf(lines);
    const last = Math.min(end, (group.at(-1) as Change).to + CONTEXT);
    const body: string[] = [];
    let line = first;
    let added = 0;
    for (const { from, to, lines: put } of group) {
      while (line < from) body.push(` ${lines[line++]}`);
      while (line < to) body.push(`-${lines[line++]}`);
      for (const one of put) body.push(`+${one}`);
      added += put.length - (to - from);
    }
    while (line < last) body.push(` ${lines[line++]}`);
    const old = last - first;
    out.push(`@@ -${first + 1},${old} +${first + 1 + shift},${old + added} @@`, ...body);
    shift += added;
  }
  return `${out.join('\n')}\n`;
}

/** A text that ends in a line feed has no line after it. */
function lengthOf(lines: readonly string[]): number {
  return lines.at(-1) === '' ? lines.length - 1 : lines.length;
}

/** Whole lines, edits on the same lines taken together. */
function changesOf(text: string, starts: readonly number[], edits: readonly Edit[]): Change[] {
  const sorted = [...edits].sort((a, b) => a.from - b.from);
  const groups: { from: number; to: number; edits: Edit[] }[] = [];
  for (const edit of sorted) {
    const from = lineAt(starts, edit.from);
    const to = lineAt(starts, edit.to) + 1;
    const before = groups.at(-1);
    if (before !== undefined && from < before.to) {
      before.to = Math.max(before.to, to);
      before.edits.push(edit);
    } else groups.push({ from, to, edits: [edit] });
  }
  return groups.flatMap(({ from, to, edits: own }) => {
    const start = starts[from] ?? 0;
    const end = Math.min(text.length, starts[to] ?? text.length);
    const put = applyEdits(
      text.slice(start, end),
      own.map((edit) => ({ from: edit.from - start, to: edit.to - start, text: edit.text })),
    );
    return trimmed(from, linesOf(text.slice(start, end)), linesOf(put));
  });
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** Without the lines that stay as they are, before and after. */
function trimmed(from: number, old: readonly string[], made: readonly string[]): Change[] {
  const most = Math.min(old.length, made.length);
  let head = 0;
  while (head < most && old[head] === made[head]) head++;
  let tail = 0;
  while (tail < most - head && old[old.length - 1 - tail] === made[made.length - 1 - tail]) tail++;
  if (head + tail === old.length && old.length === made.length) return [];
  return [{ from: from + head, to: from + old.length - tail, lines: made.slice(head, made.length - tail) }];
}

function lineAt(starts: readonly number[], offset: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
