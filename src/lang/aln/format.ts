import { KIND } from './kinds.ts';
import { parseAln } from './parser.ts';

/**
 * Lays ALN out: two columns in for each `IF` around, one blank behind a colon, one blank line before a section, at most
 * one elsewhere. Comments stay where they stood. The same text again changes nothing; what can't be read comes back as
 * it is.
 */
export function formatAln(text: string): string {
  const { tree, diagnostics } = parseAln(text);
  if (diagnostics.errors > 0) return text;
  const fields = new Map<number, { readonly key: string; readonly rest: string }>();
  for (let node = 0; node < tree.length; node++) {
    if (tree.kind(node) !== KIND.field) continue;
    const key = text.slice(tree.start(node + 1), tree.end(node + 1));
    fields.set(tree.start(node), { key, rest: text.slice(tree.start(node + 2), tree.end(node)) });
  }
  const lines: string[] = [];
  let depth = 0;
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  for (const raw of text.slice(at).split(/\r\n|\n|\r/)) {
    const body = raw.replace(/^[ \t]+|[ \t]+$/g, '');
    const start = at + raw.length - raw.replace(/^[ \t]+/, '').length;
    at += raw.length;
    at += text.startsWith('\r\n', at) ? 2 : 1;
    if (body === '') {
      if (lines.length > 0 && lines.at(-1) !== '') lines.push('');
      continue;
    }
    if (/^(?:END|ELSE|ELSEIF)(?:[ \t#]|$)/.test(body)) depth = Math.max(0, depth - 1);
    if (body.startsWith('[')) {
      depth = 0;
      if (lines.length > 0 && lines.at(-1) !== '' && !lines.at(-1)?.startsWith('#')) lines.push('');
    }
    const field = fields.get(start);
    lines.push(`${'  '.repeat(depth)}${field === undefined ? body : `${field.key}: ${field.rest}`}`);
    if (/^(?:IF|ELSE|ELSEIF)(?:[ \t#]|$)/.test(body)) depth += 1;
  }
  while (lines.at(-1) === '') lines.pop();
  const mark = text.charCodeAt(0) === 0xfeff ? '\ufeff' : '';
  return lines.length === 0 ? mark : `${mark}${lines.join('\n')}\n`;
}
