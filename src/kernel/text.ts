/**
 * Text from a repository, a remote or a message as a terminal may be shown it: control characters (C0, DEL, C1)
 * and bidirectional overrides become visible escapes, so that no name can move the cursor, recolour or reorder a line.
 * Tabs and, with `multiline`, line feeds stay.
 */
export function printable(text: string, options: { multiline?: boolean } = {}): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (character) => {
    if (character === '\t' || (options.multiline === true && character === '\n')) return character;
    const code = character.charCodeAt(0);
    if (character === '\n') return '\\n';
    if (character === '\r') return '\\r';
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
  });
}

/** Cuts to `width` UTF-16 units with an ellipsis; for messages that quote hostile input of any length. */
export function shorten(text: string, width = 80): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

/** The candidates nearest to `word` by edit distance, best first; empty where none is near enough to suggest. */
export function nearest(word: string, candidates: Iterable<string>, most = 3): string[] {
  const wanted = word.slice(0, 64).toLowerCase();
  const limit = Math.max(1, Math.floor(wanted.length / 3));
  const scored: { candidate: string; score: number }[] = [];
  for (const candidate of candidates) {
    const name = candidate.toLowerCase();
    if (Math.abs(name.length - wanted.length) > limit && !name.startsWith(wanted)) continue;
    const score = name.startsWith(wanted) ? 0.5 : editDistance(wanted, name.slice(0, 128));
    if (score <= limit) scored.push({ candidate, score });
  }
  scored.sort((a, b) => a.score - b.score || (a.candidate < b.candidate ? -1 : 1));
  return scored.slice(0, most).map((item) => item.candidate);
}

/** Optimal string alignment distance: insert, delete, substitute, swap of neighbours cost one each. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [];
  for (let i = 0; i <= a.length; i++) {
    const row: number[] = [];
    for (let j = 0; j <= b.length; j++) {
      if (i === 0 || j === 0) {
        row.push(i + j);
        continue;
      }
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(
        (rows[i - 1]?.[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (rows[i - 1]?.[j - 1] ?? 0) + cost,
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (rows[i - 2]?.[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 0;
}

/** Words as a shell splits them: quotes and backslashes, no expansion of anything. Undefined for an open quote. */
export function splitWords(line: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? '';
    if (quote === "'") {
      if (character === "'") quote = '';
      else word += character;
    } else if (character === '\\' && at + 1 < line.length) {
      at += 1;
      word = (word ?? '') + (line[at] ?? '');
    } else if (quote === '"') {
      if (character === '"') quote = '';
      else word += character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + character;
  }
  if (quote !== '') return undefined;
  if (word !== undefined) words.push(word);
  return words;
}
