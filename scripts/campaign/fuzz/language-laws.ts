/**
 * What holds of every text in one of the languages: the parser ends, all it says lies in the text, and the layout changes
 * nothing but the layout: the same tree, the same run, and the same text when it is laid out again.
 */
import { kindName as alnKind, formatAln, parseAln, runAln } from '../../../src/lang/aln/index.ts';
import {
  kindName as batchKind,
  formatBatch,
  lintBatch,
  parseBatch,
  runBatch,
} from '../../../src/lang/batch/index.ts';
import type { Diagnostics } from '../../../src/lang/diagnostic.ts';
import {
  type Dialect,
  evaluate,
  formatLisp,
  lintLisp,
  kindName as lispKind,
  readLisp,
} from '../../../src/lang/lisp/index.ts';
import { print } from '../../../src/lang/lisp/print.ts';
import type { Tree } from '../../../src/lang/tree.ts';

interface Parsed {
  readonly tree: Tree;
  readonly diagnostics: Diagnostics;
}

interface Language {
  readonly name: string;
  readonly parse: (text: string) => Parsed;
  readonly format: (text: string) => string;
  readonly kindName: (kind: number) => string;
  /** A node's text as far as it means something; undefined: only what is below it does. */
  readonly meaning: (kind: string, text: string) => string | undefined;
  readonly run: (text: string) => Promise<string>;
}

const lines = (text: string): string => text.replace(/[ \t]*(?:\r\n|\n|\r)[ \t\r\n]*/g, '\n');

export const ALN: Language = {
  name: 'aln',
  parse: parseAln,
  format: formatAln,
  kindName: alnKind,
  meaning: (kind, text) => (/^(?:key|value|word|comment|condition)$/.test(kind) ? text : undefined),
  run: async (text) => {
    const asked: string[] = [];
    const host = { bit: async (words: readonly string[]) => asked.push(words.join('\0')) % 3 };
    const ended = await runAln({ text, variables: { GIVEN: 'x y' } }, host);
    return JSON.stringify([asked, ended.ended, ended.ended === 'stopped' ? ended.message : '']);
  },
};

export const BATCH: Language = {
  name: 'batch',
  parse: (text) => {
    const parsing = parseBatch(text);
    lintBatch(text, parsing.tree, parsing.diagnostics);
    return parsing;
  },
  format: formatBatch,
  kindName: batchKind,
  meaning: (kind, text) => {
    if (/^(?:chain|group|if|else|for)$/.test(kind)) return undefined;
    return kind === 'unread' ? text.replace(/\r\n?/g, '\n') : lines(text);
  },
  run: async (text) => {
    const printed: string[] = [];
    const ended = await runBatch(
      { text, name: 'x.bat', args: ['a b', 'c'], fuel: 400 },
      {
        write: (_, said) => printed.push(said),
        run: async (words, input, write) => {
          write('stdout', `${words.join('|')} ${input.length}\n`);
          return words.length % 3;
        },
      },
    );
    const end = ended.ended === 'exit' ? ended.status : ended.ended;
    return `${printed.join('')}${end}`;
  },
};

export const LISP: Readonly<Record<Dialect, Language>> = {
  scheme: lisp('scheme'),
  'common-lisp': lisp('common-lisp'),
};

function lisp(dialect: Dialect): Language {
  return {
    name: dialect,
    parse: (text) => {
      const reading = readLisp(text, dialect);
      lintLisp(text, reading.tree, dialect, reading.diagnostics);
      return reading;
    },
    format: (text) => formatLisp(text, dialect),
    kindName: lispKind,
    // A list without members: whatever blanks and remarks stand within.
    meaning: (kind, text) =>
      /^(?:list|vector|bytes)$/.test(kind) ? text.slice(0, text.search(/[([{]/) + 1) : text,
    run: async (text) => {
      if (dialect !== 'scheme') return '';
      const printed: string[] = [];
      const ended = await evaluate(text, { write: (said) => printed.push(said) }, { fuel: 3000 });
      const end = ended.ended === 'value' ? print(ended.value, true) : '';
      return `${printed.join('')}${ended.ended}${end}`;
    },
  };
}

/** What is wrong with how a text is taken; undefined where nothing is. */
export async function brokenLaw(
  language: Language,
  text: string,
  tally: (what: string) => void,
): Promise<string | undefined> {
  const { tree, diagnostics } = language.parse(text);
  const outside = misplaced(tree, text) ?? misplacedDiagnostic(diagnostics, text);
  if (outside !== undefined) return `${language.name}: ${outside}`;
  const laid = language.format(text);
  const errors = parseErrors(language, text);
  if (errors > 0) {
    if (laid !== text) return `${language.name}: the layout changes what can't be read`;
    const ran = await language.run(text);
    return /unread/.test(ran) || language.name === 'common-lisp'
      ? undefined
      : `${language.name}: what can't be read runs`;
  }
  tally(`${language.name} without an error`);
  if (language.format(laid) !== laid) return `${language.name}: laid out again it is another text`;
  const [before, after] = [skeleton(language, text), skeleton(language, laid)];
  if (before !== after) return `${language.name}: laid out it has another tree`;
  const [ran, again] = [await language.run(text), await language.run(laid)];
  return ran === again ? undefined : `${language.name}: laid out it runs otherwise`;
}

/** Errors of the parser alone: a lint's make no text unreadable. */
function parseErrors({ name, parse }: Language, text: string): number {
  return name === 'batch' ? parseBatch(text).diagnostics.errors : parse(text).diagnostics.errors;
}

/** Nodes in the order of the text, each within the one around it. */
function misplaced(tree: Tree, text: string): string | undefined {
  const open: { readonly after: number; readonly end: number }[] = [];
  let last = 0;
  for (let node = 0; node < tree.length; node++) {
    while (node >= (open.at(-1)?.after ?? Number.POSITIVE_INFINITY)) open.pop();
    const [start, end] = [tree.start(node), tree.end(node)];
    if (start < last || end < start || end > text.length)
      return 'a node lies outside the text or before another';
    if (end > (open.at(-1)?.end ?? end)) return 'a node ends behind the one around it';
    if (tree.after(node) <= node || tree.after(node) > (open.at(-1)?.after ?? tree.length))
      return 'a node has too many below it';
    last = start;
    open.push({ after: tree.after(node), end });
  }
  return undefined;
}

function misplacedDiagnostic({ list }: Diagnostics, text: string): string | undefined {
  const found = list.find(({ start, end }) => start < 0 || end < start || end > text.length);
  return found === undefined ? undefined : `${found.code} lies outside the text`;
}

function skeleton({ parse, kindName, meaning }: Language, text: string): string {
  const { tree } = parse(text);
  const parts: string[] = [];
  const ends: number[] = [];
  for (let node = 0; node < tree.length; node++) {
    while (node >= (ends.at(-1) ?? Number.POSITIVE_INFINITY)) {
      ends.pop();
      parts.push('up');
    }
    const kind = kindName(tree.kind(node));
    const leaf = tree.after(node) === node + 1;
    const said =
      leaf || kind === 'command' ? meaning(kind, text.slice(tree.start(node), tree.end(node))) : undefined;
    parts.push(`${kind} ${said ?? ''}`);
    ends.push(tree.after(node));
  }
  return parts.join('\n');
}
