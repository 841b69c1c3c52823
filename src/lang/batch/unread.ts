import type { Tree } from '../tree.ts';
import { KIND } from './kinds.ts';
import { afterBreak, lineEnd } from './scan.ts';

/** Labels that are jumped to. */
export interface Jumps {
  readonly names: ReadonlySet<string>;
  /** Some jump's label is computed: it may be any. */
  readonly computed: boolean;
}

const JUMP = /\b(?:goto|call)[\s,;=]*(:?)[\s,;=]*(:*[^\s:+,;=&|<>()"^]*)/gi;

export function jumpsOf(text: string): Jumps {
  const names = new Set<string>();
  let computed = false;
  for (const [found, colon, name = ''] of text.matchAll(JUMP)) {
    if (colon === '' && !/^g/i.test(found)) continue;
    if (/[%!]/.test(name)) computed = true;
    else names.add(name.toLowerCase());
  }
  return { names, computed };
}

/** Nothing comes to the line after this chain: its last command is `exit` or `goto`, and none decides whether it runs. */
export function endsHere(text: string, tree: Tree, chain: number): boolean {
  let last = -1;
  let before = -1;
  for (const child of tree.children(chain)) {
    before = last;
    last = child;
  }
  if (last === -1 || tree.kind(last) !== KIND.command) return false;
  if (before !== -1 && text.slice(tree.start(before), tree.end(before)) !== '&') return false;
  return /^[\s@,;=]*(?:exit(?:[\s/]|$)|goto(?:[\s:,;=]|$))/i.test(
    text.slice(tree.start(last), Math.min(tree.end(last), tree.start(last) + 16)),
  );
}

const PASSED = /^[\s,;=@]*(?:$|rem(?:[\s.]|$)|::)/i;
const LABEL = /^[\s,;=]*:[\s]*(:*[^\s:+,;=&|<>()"]+)([^\r\n]*)$/;
const LONGEST_LOOK = 512;

/**
 * Where what begins at this line, behind such an end, is read again: at a label that is jumped to, or that stands alone on
 * its line. `from` itself where the line is a remark, which belongs to what is read.
 */
export function unreadEnd(text: string, from: number, jumps: Jumps): number {
  let end = from;
  for (let at = from; at < text.length; ) {
    const to = lineEnd(text, at);
    const line = look(text, at, to);
    if (leadsTo(line, jumps) || (at === from && PASSED.test(line))) break;
    if (/\S/.test(line)) end = to;
    at = to < text.length ? afterBreak(text, to) : to;
  }
  return end;
}

/** The beginning of a line, behind what cmd passes over before its first word. */
function look(text: string, at: number, to: number): string {
  let from = at;
  while (from < to && /[\s,;=]/.test(text.charAt(from))) from += 1;
  return text.slice(from, Math.min(to, from + LONGEST_LOOK));
}

/** The line that begins here is a label that something leads to. */
export function readAgainAt(text: string, from: number, jumps: Jumps): boolean {
  return leadsTo(look(text, from, lineEnd(text, from)), jumps);
}

function leadsTo(line: string, { names, computed }: Jumps): boolean {
  const found = LABEL.exec(line);
  if (found === null) return false;
  const [, name = '', rest = ''] = found;
  if (names.has(name.toLowerCase())) return true;
  return computed ? /^[\s,;=]*:[^\s:]/.test(line) : rest.trim() === '' && /^\w[\w.-]*$/.test(name);
}
