import { KIND } from './kinds.ts';
import { parseBatch } from './parser.ts';

/**
 * Lays a batch file out: two columns in for each group around, labels at the margin, at most one blank line. What stands
 * on a line stays as it is, for a blank at its end may be part of a value; so do lines that a caret joins. The same text
 * again changes nothing; what can't be parsed comes back as it is.
 */
export function formatBatch(text: string): string {
  const { tree, diagnostics } = parseBatch(text);
  if (diagnostics.errors > 0) return text;
  const depths = depthsOf(text, tree);
  const lineBreak = text.includes('\r\n') ? '\r\n' : '\n';
  const lines: string[] = [];
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let joined = false;
  const asWritten = writtenOf(text, tree);
  for (const raw of text.slice(at).split(/\r\n|\n|\r/)) {
    const body = raw.replace(/^[ \t]+/, '');
    const change = depths.get(at + raw.length - body.length);
    if (joined || asWritten(at)) lines.push(raw);
    else if (body === '') {
      if (lines.length > 0 && lines.at(-1) !== '') lines.push('');
    } else if (body.startsWith(':')) lines.push(body);
    else lines.push(`${'  '.repeat(change ?? 0)}${body}`);
    // What stands between percent signs may come to nothing, and the caret to the line's end.
    joined = /(?:^|[^^])(?:\^\^)*\^(?:%[^%]*%?)*$/.test(raw);
    at += raw.length;
    at += text.startsWith('\r\n', at) ? 2 : 1;
  }
  while (lines.at(-1) === '') lines.pop();
  const mark = text.charCodeAt(0) === 0xfeff ? '\ufeff' : '';
  // What begins with such a mark where nothing stands before it would begin with one for the file.
  if (mark === '' && lines[0]?.startsWith('\ufeff') === true) lines.unshift('');
  return lines.length === 0 ? mark : `${mark}${lines.join(lineBreak)}${joined ? '' : lineBreak}`;
}

/**
 * Whether the line that begins at an offset, asked in ascending order, stays as it is: it is never read, and may be of
 * another language, or it stands in a loop's set with quotes, whose text it may be part of.
 */
function writtenOf(text: string, tree: ReturnType<typeof parseBatch>['tree']): (at: number) => boolean {
  const all: { readonly from: number; readonly to: number }[] = [];
  for (let node = 0; node < tree.length; node++) {
    const [start, end, kind] = [tree.start(node), tree.end(node), tree.kind(node)];
    if (kind === KIND.unread) all.push({ from: start, to: end });
    else if (
      kind === KIND.set &&
      /[\r\n]/.test(text.slice(start, end)) &&
      /["'`]/.test(text.slice(start, end))
    )
      all.push({ from: start + 1, to: end });
  }
  let next = 0;
  return (at) => {
    while (all[next] !== undefined && (all[next]?.to ?? 0) < at) next += 1;
    const one = all[next];
    return one !== undefined && at >= one.from && at <= one.to;
  };
}

/** How deep in groups what begins each line stands, by its offset; a closing parenthesis stands with its opening one. */
function depthsOf(text: string, tree: ReturnType<typeof parseBatch>['tree']): ReadonlyMap<number, number> {
  const groups: { readonly start: number; readonly end: number }[] = [];
  for (let node = 0; node < tree.length; node++) {
    if (tree.kind(node) === KIND.group)
      groups.push({ start: tree.start(node), end: closeOf(text, tree, node) });
  }
  const depths = new Map<number, number>();
  const open: number[] = [];
  let next = 0;
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  for (const raw of text.slice(at).split(/\r\n|\n|\r/)) {
    const start = at + raw.length - raw.replace(/^[ \t]+/, '').length;
    while (open.length > 0 && (open.at(-1) ?? 0) <= start) open.pop();
    depths.set(start, open.length);
    at += raw.length;
    for (let group = groups[next]; group !== undefined && group.start < at; group = groups[next]) {
      while (open.length > 0 && (open.at(-1) ?? 0) <= group.start) open.pop();
      open.push(group.end);
      next += 1;
    }
    at += text.startsWith('\r\n', at) ? 2 : 1;
  }
  return depths;
}

/** Where a group's closing parenthesis stands. */
function closeOf(text: string, tree: ReturnType<typeof parseBatch>['tree'], node: number): number {
  let last = tree.start(node) + 1;
  for (const child of tree.children(node)) if (tree.kind(child) !== KIND.redirection) last = tree.end(child);
  const found = text.indexOf(')', last);
  return found === -1 ? tree.end(node) : found;
}
