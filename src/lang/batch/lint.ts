import type { Diagnostics } from '../diagnostic.ts';
import type { Tree } from '../tree.ts';
import { WINDOWS_ONLY } from './built-in.ts';
import { KIND } from './kinds.ts';

/** What is likely wrong with a program that can be parsed: told as warnings; a goto to nowhere, which ends the program, is an error. */
export function lintBatch(text: string, tree: Tree, diagnostics: Diagnostics): void {
  const labels = new Map<string, number>();
  for (let node = 0; node < tree.length; node++) {
    if (tree.kind(node) !== KIND.label) continue;
    const name = labelOf(text.slice(tree.start(node) + 1, tree.end(node)));
    if (labels.has(name))
      diagnostics.warning(
        'duplicate-label',
        `a second label ${name}: goto finds the first after it`,
        tree.start(node),
        tree.end(node),
      );
    else labels.set(name, node);
  }
  for (let node = 0; node < tree.length; node++) {
    if (tree.kind(node) === KIND.command) command(text, tree, node, { diagnostics, labels });
    else if (tree.kind(node) === KIND.condition) condition(text, tree, node, diagnostics);
    else if (tree.kind(node) === KIND.group) assignedWithin(text, tree, node, diagnostics);
  }
  afterTheEnd(tree, diagnostics);
}

interface Found {
  readonly diagnostics: Diagnostics;
  readonly labels: ReadonlyMap<string, number>;
}

function command(text: string, tree: Tree, node: number, { diagnostics, labels }: Found): void {
  const words = [...tree.children(node)].filter((child) => tree.kind(child) === KIND.word);
  const [first, second] = words;
  if (first === undefined) return;
  const [start, end] = [tree.start(first), tree.end(first)];
  const name = text.slice(start, end).replace(/^"|"$/g, '').toLowerCase();
  const plain = name.replace(/\.(?:exe|com)$/, '');
  if (WINDOWS_ONLY.has(plain))
    diagnostics.warning(
      'windows-only',
      `${plain} is only to be had on Windows: the program ends there`,
      start,
      end,
    );
  if (name === 'set') assignment(text, tree, node, diagnostics);
  const target = second === undefined ? '' : text.slice(tree.start(second), tree.end(second));
  const jumps = (name === 'goto' && target !== '') || (name === 'call' && target.startsWith(':'));
  // A label of two colons is a remark for everything but such a jump.
  if (!jumps || second === undefined || /^::|[%!]/.test(target)) return;
  const label = labelOf(target);
  if (label === 'eof' || labels.has(label)) return;
  if (name === 'call')
    diagnostics.warning(
      'no-label',
      `there is no label ${label}: the call fails with status 1`,
      tree.start(second),
      tree.end(second),
    );
  else
    diagnostics.error(
      'no-label',
      `there is no label ${label}`,
      tree.start(second),
      tree.end(second),
      'a label of this file',
    );
}

function assignment(text: string, tree: Tree, node: number, diagnostics: Diagnostics): void {
  const said = text.slice(tree.start(node), tree.end(node));
  const spaced = /^\s*@?set[ \t]+([A-Za-z_]\w*)([ \t]+)=/i.exec(said);
  if (spaced !== null)
    diagnostics.warning(
      'space-before-equals',
      `the variable is named "${spaced[1]}${spaced[2]}", with the blank`,
      tree.start(node),
      tree.end(node),
    );
}

function condition(text: string, tree: Tree, node: number, diagnostics: Diagnostics): void {
  const said = text.slice(tree.start(node), tree.end(node));
  const bare = /^(?:\/i\s+|not\s+)*(%[^%\s"]+%|%[0-9])\s*==/i.exec(said);
  if (bare !== null)
    diagnostics.warning(
      'unquoted',
      `${bare[1]} may be empty or hold blanks: put both sides in quotes`,
      tree.start(node),
      tree.end(node),
    );
}

/** `%NAME%` of a name that is set in the same parentheses has the value from before them. */
function assignedWithin(text: string, tree: Tree, node: number, diagnostics: Diagnostics): void {
  const set = new Set<string>();
  let told = 0;
  for (let inner = node + 1; inner < tree.after(node) && told < 20; inner++) {
    if (tree.kind(inner) !== KIND.command) continue;
    const said = text.slice(tree.start(inner), Math.min(tree.end(inner), tree.start(inner) + 4096));
    for (const [found, name = ''] of said.matchAll(/%([A-Za-z_]\w*)(?::[^%]*)?%/g)) {
      if (!set.has(name.toLowerCase())) continue;
      told += 1;
      diagnostics.warning(
        'expanded-early',
        `${found} has the value from before the parentheses: use !${name}! with delayed expansion`,
        tree.start(inner),
        tree.end(inner),
      );
    }
    const name = /^\s*@?set[ \t]+(?:\/[ap][ \t]+)?"?([A-Za-z_]\w*)\s*[-+*/]?=/i.exec(said)?.[1];
    if (name !== undefined) set.add(name.toLowerCase());
  }
}

/** What the parser passed over, for no label leads to it. */
function afterTheEnd(tree: Tree, diagnostics: Diagnostics): void {
  for (const root of tree.roots()) {
    if (tree.kind(root) === KIND.unread)
      diagnostics.warning(
        'unreachable',
        'nothing comes here: it stands behind an exit or a goto, and is not read',
        tree.start(root),
        tree.end(root),
      );
  }
}

function labelOf(text: string): string {
  return (/^[\s:]*([^\s:+,;=&|<>()"]*)/.exec(text)?.[1] ?? '').toLowerCase();
}
