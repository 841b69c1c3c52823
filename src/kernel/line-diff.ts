const CONTEXT = 3;
/** Beyond so many edits the middle is told as replaced whole. */
const MOST_EDITS = 800;

type Edit = { readonly kind: ' ' | '-' | '+'; readonly line: string };

/**
 * A patch from one text of a file to another, as `git apply` takes it; empty where they are equal. `undefined` for a file
 * that is not there.
 */
export function filePatch(path: string, before: string | undefined, after: string | undefined): string {
  if (before === after) return '';
  const head = [`diff --git a/${path} b/${path}`];
  if (before === undefined) head.push('new file mode 100644', '--- /dev/null', `+++ b/${path}`);
  else if (after === undefined) head.push('deleted file mode 100644', `--- a/${path}`, '+++ /dev/null');
  else head.push(`--- a/${path}`, `+++ b/${path}`);
  const hunks = hunksOf(editsOf(linesOf(before ?? ''), linesOf(after ?? '')));
  return hunks.length === 0 ? '' : `${[...head, ...hunks].join('\n')}\n`;
}

/** Lines with their ends, so that one without a line feed differs from one with. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function editsOf(old: readonly string[], made: readonly string[]): Edit[] {
  let head = 0;
  while (head < old.length && head < made.length && old[head] === made[head]) head++;
  let tail = 0;
  while (tail < old.length - head && tail < made.length - head && old.at(-1 - tail) === made.at(-1 - tail))
    tail++;
  const same = (lines: readonly string[]): Edit[] => lines.map((line) => ({ kind: ' ', line }));
  return [
    ...same(old.slice(0, head)),
    ...shortest(old.slice(head, old.length - tail), made.slice(head, made.length - tail)),
    ...same(old.slice(old.length - tail)),
  ];
}

/** Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), the greedy form. */
function shortest(old: readonly string[], made: readonly string[]): Edit[] {
  const most = Math.min(old.length + made.length, MOST_EDITS);
  const steps: Map<number, number>[] = [];
  const furthest = new Map<number, number>([[1, 0]]);
  for (let edits = 0; edits <= most; edits++) {
    steps.push(new Map(furthest));
    for (let k = -edits; k <= edits; k += 2) {
      const down = k === -edits || (k !== edits && (furthest.get(k - 1) ?? 0) < (furthest.get(k + 1) ?? 0));
      let x = down ? (furthest.get(k + 1) ?? 0) : (furthest.get(k - 1) ?? 0) + 1;
      while (x < old.length && x - k < made.length && old[x] === made[x - k]) x++;
      furthest.set(k, x);
      if (x >= old.length && x - k >= made.length) return walkBack(old, made, steps);
    }
  }
  return [
    ...old.map((line): Edit => ({ kind: '-', line })),
    ...made.map((line): Edit => ({ kind: '+', line })),
  ];
}

function walkBack(
  old: readonly string[],
  made: readonly string[],
  steps: readonly ReadonlyMap<number, number>[],
): Edit[] {
  const edits: Edit[] = [];
  let [x, y] = [old.length, made.length];
  for (let edit = steps.length - 1; edit >= 0; edit--) {
    const furthest = steps[edit] as ReadonlyMap<number, number>;
    const k = x - y;
    const down = k === -edit || (k !== edit && (furthest.get(k - 1) ?? 0) < (furthest.get(k + 1) ?? 0));
    const before = down ? k + 1 : k - 1;
    const fromX = furthest.get(before) ?? 0;
    const fromY = fromX - before;
    while (x > fromX && y > fromY && x > 0 && y > 0) {
      edits.push({ kind: ' ', line: old[--x] as string });
      y--;
    }
    if (edit === 0) break;
    if (down) edits.push({ kind: '+', line: made[--y] as string });
    else edits.push({ kind: '-', line: old[--x] as string });
  }
  return edits.reverse();
}

function hunksOf(edits: readonly Edit[]): string[] {
  const out: string[] = [];
  const changed = edits.flatMap(({ kind }, at) => (kind === ' ' ? [] : [at]));
  let [oldLine, newLine, seen] = [1, 1, 0];
  for (let at = 0; at < changed.length; ) {
    const from = Math.max(0, (changed[at] as number) - CONTEXT);
    let last = changed[at] as number;
    for (at++; at < changed.length && (changed[at] as number) - last <= 2 * CONTEXT; at++)
      last = changed[at] as number;
    const to = Math.min(edits.length, last + 1 + CONTEXT);
    for (; seen < from; seen++) {
      oldLine++;
      newLine++;
    }
    const body = edits.slice(from, to);
    const count = (kind: '-' | '+'): number =>
      body.filter((edit) => edit.kind === ' ' || edit.kind === kind).length;
    const [old, made] = [count('-'), count('+')];
    const start = (line: number, lines: number): string => `${lines === 0 ? line - 1 : line},${lines}`;
    out.push(`@@ -${start(oldLine, old)} +${start(newLine, made)} @@`);
    for (const { kind, line } of body) {
      const open = !line.endsWith('\n');
      out.push(kind + (open ? line : line.slice(0, -1)), ...(open ? ['\\ No newline at end of file'] : []));
      if (kind !== '+') oldLine++;
      if (kind !== '-') newLine++;
    }
    seen = to;
  }
  return out;
}
