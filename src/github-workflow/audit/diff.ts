import type { Edit } from './finding.ts';

const AROUND = 3;

/** A unified diff of fixes to one file. A fix whose lines another one has changed already is left for the next time. */
export function diffOf(path: string, text: string, fixes: readonly (readonly Edit[])[]): string {
  const lines = text.split('\n');
  const taken = new Set<number>();
  const edits: Edit[] = [];
  const seen = new Set<string>();
  for (const fix of fixes) {
    const key = JSON.stringify(fix);
    if (seen.has(key)) continue;
    seen.add(key);
    const touched = fix.flatMap((edit) =>
      edit.remove === 0 ? [edit.line - 0.5] : Array.from({ length: edit.remove }, (_, at) => edit.line + at),
    );
    // a line after the last one, which has no end: its end would have to come too
    if (!text.endsWith('\n') && fix.some((edit) => edit.line > lines.length)) continue;
    if (touched.some((line) => taken.has(line) || (taken.has(Math.floor(line)) && line % 1 !== 0))) continue;
    for (const line of touched) taken.add(line);
    edits.push(...fix);
  }
  if (edits.length === 0) return '';
  const sorted = edits.toSorted((a, b) => a.line - b.line || a.remove - b.remove);
  const header = `diff --git a/${path} b/${path}\n--- a/${path}\n+++ b/${path}\n`;
  return header + hunks(lines, sorted).join('');
}

function hunks(lines: readonly string[], edits: readonly Edit[]): string[] {
  const made: string[] = [];
  let shift = 0;
  for (let at = 0; at < edits.length; ) {
    const group = [edits[at] as Edit];
    at++;
    for (
      let next = edits[at];
      next !== undefined && next.line - endOf(group.at(-1) as Edit) <= 2 * AROUND;
      next = edits[at]
    ) {
      group.push(next);
      at++;
    }
    const [hunk, grown] = hunkOf(lines, group, shift);
    made.push(hunk);
    shift += grown;
  }
  return made;
}

function endOf({ line, remove }: Edit): number {
  return line + Math.max(remove, 1) - 1;
}

function hunkOf(
  lines: readonly string[],
  edits: readonly Edit[],
  shift: number,
): readonly [text: string, grown: number] {
  const total = lines.at(-1) === '' ? lines.length - 1 : lines.length;
  const first = Math.max(1, (edits[0]?.line ?? 1) - AROUND);
  const last = Math.min(
    total,
    Math.max(...edits.map((edit) => (edit.remove === 0 ? edit.line - 1 : endOf(edit)))) + AROUND,
  );
  const body: string[] = [];
  const open = lines.at(-1) !== '';
  const endless = (number: number): readonly string[] =>
    open && number === total ? ['\\ No newline at end of file'] : [];
  let grown = 0;
  let line = first;
  const keep = (to: number): void => {
    for (; line < to; line++) body.push(` ${lines[line - 1] ?? ''}`, ...endless(line));
  };
  for (const edit of edits) {
    keep(edit.line);
    for (let count = 0; count < edit.remove; count++, line++)
      body.push(`-${lines[line - 1] ?? ''}`, ...endless(line));
    body.push(...edit.insert.map((text) => `+${text}`), ...(edit.remove > 0 ? endless(line - 1) : []));
    grown += edit.insert.length - edit.remove;
  }
  keep(last + 1);
  const old = last - first + 1;
  return [`@@ -${first},${old} +${first + shift},${old + grown} @@\n${body.join('\n')}\n`, grown];
}
