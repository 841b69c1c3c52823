import { printable, shorten, splitWords } from '../kernel/text.ts';
import type { parseText } from '../lang/index.ts';
import { parseScript } from '../script/index.ts';
import type { ScriptLanguage } from './model.ts';

export interface FoundCommand {
  /** From 1. */
  readonly line: number;
  /** Without `bit`; what is made while the script runs stands as it is written. */
  readonly words: readonly string[];
}

type Node = NonNullable<ReturnType<typeof parseText>['tree']>[number];

const MOST = 1000;

/**
 * The `bit` commands that a script names, as far as they can be read without running it: for a person who decides what
 * it may do. What it really does is held by its token.
 */
export function commandsIn(
  language: ScriptLanguage,
  script: { readonly path: string; readonly text: string; readonly tree?: readonly Node[] | undefined },
): readonly FoundCommand[] {
  const found: FoundCommand[] = [];
  for (const command of FIND[language](script)) {
    if (command.words.length > 0) found.push(command);
    if (found.length === MOST) break;
  }
  return found;
}

interface Script {
  readonly path: string;
  readonly text: string;
  readonly tree?: readonly Node[] | undefined;
}

const FIND: Readonly<Record<ScriptLanguage, (script: Script) => Iterable<FoundCommand>>> = {
  *aln({ tree = [] }) {
    for (const { kind, line, children = [] } of nodes(tree))
      if (kind === 'command') {
        const [first = '', ...rest] = children.map(saidBy);
        yield { line, words: [first.replace(/^bit\./, ''), ...rest] };
      }
  },
  *lisp({ tree = [] }) {
    for (const { kind, line, children = [] } of nodes(tree)) {
      const [first, ...rest] = children;
      if (kind === 'list' && first?.kind === 'symbol' && first.text === 'bit')
        yield { line, words: rest.map(saidBy) };
    }
  },
  *batch({ tree = [] }) {
    for (const { kind, line, children = [] } of nodes(tree)) {
      if (kind !== 'command') continue;
      const words = children.filter((child) => child.kind === 'word').map(saidBy);
      if (/^@?call$/i.test(words[0] ?? '')) words.shift();
      const [first = '', ...rest] = words;
      const dotted = /^@?bit(?:\.exe|\.cmd)?(?:\.([a-z].*))?$/i.exec(first);
      if (dotted !== null) yield { line, words: dotted[1] === undefined ? rest : [dotted[1], ...rest] };
    }
  },
  *bit({ path, text }) {
    const names = [...text.matchAll(/\$\{?([A-Za-z_][A-Za-z0-9_]*)/g)].map(
      ([, name = '']) => [name, `$${name}`] as const,
    );
    yield* parseScript(path, text, Object.fromEntries(names));
  },
  *javascript({ text }) {
    for (const call of text.matchAll(/\bbit\s*\(\s*\[/g)) {
      const words: string[] = [];
      let rest = text.slice(call.index + call[0].length, call.index + call[0].length + 4096);
      for (;;) {
        const word = /^\s*(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)")\s*(,?)/.exec(rest);
        if (word === null) break;
        words.push((word[1] ?? word[2] ?? '').replace(/\\(.)/g, '$1'));
        rest = rest.slice(word[0].length);
        if (word[3] === '') break;
      }
      // what is computed has no words to show
      if (!/^\s*\]/.test(rest)) words.push('…');
      yield { line: lineAt(text, call.index), words };
    }
  },
  *shell({ text }) {
    const start =
      /(?:^|[;&|({!`]|\b(?:then|do|else|elif|if|while|until|exec|command)\b)[ \t]*bit(?=[ \t.\n]|$)/gm;
    for (const found of text.matchAll(start)) {
      const from = found.index + found[0].length;
      const before = text.slice(text.lastIndexOf('\n', found.index + found[0].length - 1) + 1, from);
      if (/^\s*#/.test(before)) continue;
      const [line = ''] =
        /^(?:[^\n;&|)`'"\\]|\\[\s\S]|'[^']*'|"(?:[^"\\]|\\[\s\S])*")*/.exec(text.slice(from, from + 4096)) ??
        [];
      const words = splitWords(line.replace(/^\./, '')) ?? [];
      yield { line: lineAt(text, from), words };
    }
  },
};

function* nodes(tree: readonly Node[]): Generator<Node> {
  const open = [...tree].reverse();
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    // `#;(bit 'push)` is not there
    if (node.kind === 'datumComment' || node.kind === 'comment') continue;
    yield node;
    open.push(...[...(node.children ?? [])].reverse());
  }
}

/** A word as the script means it, where it is a plain one. */
function saidBy({ kind, text, children = [] }: Node): string {
  if (kind === 'quote' && children[0] !== undefined) return saidBy(children[0]);
  if (text === undefined) return '…';
  const quoted = /^(["'])(.*)\1$/s.exec(text);
  return shorten(printable(quoted?.[2] ?? text), 200);
}

function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}
