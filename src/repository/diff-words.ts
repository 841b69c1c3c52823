/** A stretch of a line: common to both sides, or on one only. */
export interface Segment {
  readonly side: 'both' | 'old' | 'new';
  readonly text: string;
}

/** Past this many cells of the table a line is shown whole: a minified file must not cost seconds. */
const MOST_CELLS = 160_000;
/** Lines less alike than this are two lines, not one changed line. */
const ALIKE = 0.5;

/** Words, runs of white space, and every other character by itself. */
function wordsOf(line: string): string[] {
  return line.match(/[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu) ?? [];
}

/** Share of characters two lines have in common, 0 to 1, by their words in any order. */
function likeness(a: readonly string[], b: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const word of a) counts.set(word, (counts.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of b) {
    const left = counts.get(word) ?? 0;
    if (left === 0) continue;
    counts.set(word, left - 1);
    if (word.trim() !== '') common += word.length;
  }
  const size = (words: readonly string[]): number =>
    words.reduce((sum, word) => sum + (word.trim() === '' ? 0 : word.length), 0);
  const total = size(a) + size(b);
  return total === 0 ? 1 : (2 * common) / total;
}

/** What changed within a line, word by word; undefined where the two have too little in common or are too long. */
export function diffWords(before: string, after: string): Segment[] | undefined {
  const a = wordsOf(before);
  const b = wordsOf(after);
  if (likeness(a, b) < ALIKE) return undefined;
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end])
    end++;
  const middleA = a.slice(start, a.length - end);
  const middleB = b.slice(start, b.length - end);
  if (middleA.length * middleB.length > MOST_CELLS) return undefined;
  const segments: Segment[] = [];
  append(segments, 'both', a.slice(0, start));
  walk(middleA, middleB, segments);
  append(segments, 'both', a.slice(a.length - end));
  return segments;
}

function append(segments: Segment[], side: Segment['side'], words: readonly string[]): void {
  const text = words.join('');
  if (text === '') return;
  const last = segments.at(-1);
  if (last?.side === side) segments[segments.length - 1] = { side, text: last.text + text };
  else segments.push({ side, text });
}

/** Longest common subsequence by table; removals stand before additions. */
function walk(a: readonly string[], b: readonly string[], segments: Segment[]): void {
  const width = b.length + 1;
  const table = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const down = table[(i + 1) * width + j] ?? 0;
      const right = table[i * width + j + 1] ?? 0;
      table[i * width + j] =
        a[i] === b[j] ? (table[(i + 1) * width + j + 1] ?? 0) + 1 : Math.max(down, right);
    }
  }
  let i = 0;
  let j = 0;
  let added: string[] = [];
  const flush = (): void => {
    append(segments, 'new', added);
    added = [];
  };
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      flush();
      append(segments, 'both', [a[i] ?? '']);
      i++;
      j++;
    } else if (
      j >= b.length ||
      (i < a.length && (table[(i + 1) * width + j] ?? 0) >= (table[i * width + j + 1] ?? 0))
    ) {
      if (added.length > 0 && segments.at(-1)?.side === 'both') flush();
      append(segments, 'old', [a[i] ?? '']);
      i++;
    } else {
      added.push(b[j] ?? '');
      j++;
    }
  }
  flush();
}
