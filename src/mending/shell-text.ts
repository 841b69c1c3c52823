/** A simple command of a script: its words as they stand there, quotes and all. */
export interface ShellCommand {
  /** Without assignments before the program and without redirections. */
  readonly words: readonly string[];
  /** Of a command that reads a pipe: everything before it, `git ls-files | `; else empty. */
  readonly feed: string;
}

const MOST_BYTES = 64 * 1024;
const MOST_COMMANDS = 500;
const KEYWORDS = new Set([
  'if',
  'then',
  'else',
  'elif',
  'fi',
  'do',
  'done',
  'while',
  'until',
  '!',
  '{',
  '}',
  'time',
]);

/**
 * The simple commands of a POSIX script, those in `$(…)` too, in order. It is no parser of the shell's grammar: what
 * it misreads gives a command nobody knows. Linear in the script's length.
 */
export function shellCommands(script: string): readonly ShellCommand[] {
  const found: ShellCommand[] = [];
  collect(script.slice(0, MOST_BYTES).replaceAll('\\\n', ' '), found, 0);
  return found;
}

function collect(script: string, found: ShellCommand[], depth: number): void {
  const inner: string[] = [];
  let words: string[] = [];
  let word = '';
  let feed = '';
  let from = 0;
  const endWord = (): void => {
    if (word !== '') words.push(word);
    word = '';
  };
  const endCommand = (at: number, pipe: boolean): void => {
    endWord();
    const plain = simple(words);
    if (plain.length > 0 && found.length < MOST_COMMANDS) found.push({ words: plain, feed });
    feed = pipe ? `${script.slice(from, at).trim()} | ` : '';
    if (!pipe) from = at + 1;
    words = [];
  };
  for (let at = 0; at < script.length; at++) {
    const character = script[at] ?? '';
    if (character === "'" || character === '"') {
      const end = closing(script, at, character);
      const quoted = script.slice(at, end + 1);
      if (character === '"') inner.push(...substitutions(quoted));
      word += quoted;
      at = end;
    } else if (character === '\\') word += character + (script[++at] ?? '');
    else if (character === '$' && script[at + 1] === '(') {
      const end = matching(script, at + 1);
      word += script.slice(at, end + 1);
      inner.push(script.slice(at + 2, end));
      at = end;
    } else if (character === '`') {
      const end = closing(script, at, character);
      word += script.slice(at, end + 1);
      inner.push(script.slice(at + 1, end));
      at = end;
    } else if (character === '#' && word === '') {
      const end = script.indexOf('\n', at);
      at = (end < 0 ? script.length : end) - 1;
    } else if (character === '\n' || character === ';' || character === '(' || character === ')')
      endCommand(at, false);
    else if (character === '|' && script[at + 1] !== '|') endCommand(at, true);
    else if (character === '&' && script[at - 1] !== '>' && script[at + 1] !== '>' && !/\d?>$/.test(word)) {
      endCommand(at, false);
    } else if (character === '|') endCommand(at++, false);
    else if (character === ' ' || character === '\t') endWord();
    else word += character;
  }
  endCommand(script.length, false);
  if (depth < 3) for (const each of inner) collect(each, found, depth + 1);
}

/** Where a quote that opens at `at` closes; the script's end for one that doesn't. */
function closing(script: string, at: number, quote: string): number {
  for (let end = at + 1; end < script.length; end++) {
    if (script[end] === '\\' && quote !== "'") end++;
    else if (script[end] === quote) return end;
  }
  return script.length;
}

/** Where the parenthesis that opens at `at` closes. */
function matching(script: string, at: number): number {
  let depth = 0;
  for (let end = at; end < script.length; end++) {
    if (script[end] === '(') depth++;
    else if (script[end] === ')' && --depth === 0) return end;
  }
  return script.length;
}

function substitutions(quoted: string): string[] {
  const found: string[] = [];
  for (let at = quoted.indexOf('$('); at >= 0; at = quoted.indexOf('$(', at + 1)) {
    const end = matching(quoted, at + 1);
    found.push(quoted.slice(at + 2, end));
    at = end;
  }
  return found;
}

function simple(words: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (kept.length === 0 && (KEYWORDS.has(word) || /^[A-Za-z_]\w*=/.test(word))) continue;
    if (/^\d?[<>]{1,2}$/.test(word)) at++;
    else if (!/^\d?[<>]/.test(word)) kept.push(word);
  }
  return kept;
}

/** A word without its quotes; what it holds of expansions stays as it stands. */
export function bare(word: string): string {
  return word.replace(/["']/g, '');
}

/** A text as one word of a POSIX shell. */
export function quoted(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
