import type { Diagnostics } from '../diagnostic.ts';

export interface Word {
  readonly start: number;
  readonly end: number;
}

/** Words of a line: split at blanks; `"…"` and `'…'` hold blanks; a `#` behind a blank begins a comment. */
export function wordsOf(text: string, from: number, to: number, diagnostics: Diagnostics): Word[] {
  const words: Word[] = [];
  let start = -1;
  let at = from;
  while (at < to) {
    const code = text.charCodeAt(at);
    if (code === 32 || code === 9) {
      if (start !== -1) words.push({ start, end: at });
      start = -1;
      at += 1;
      continue;
    }
    if (code === 35 && start === -1) return words;
    if (start === -1) start = at;
    if (code === 34 || code === 39) {
      let close = at + 1;
      while (close < to && text.charCodeAt(close) !== code)
        close += code === 34 && text.charCodeAt(close) === 92 ? 2 : 1;
      if (close >= to) {
        diagnostics.error('unclosed-string', 'a quote is never closed', at, at + 1, text.charAt(at));
        at = to;
      } else at = close + 1;
    } else at += code === 92 ? 2 : 1;
  }
  if (start !== -1) words.push({ start, end: Math.min(at, to) });
  return words;
}

/** A word's text: quotes taken off, and `${NAME}` filled in outside of single ones. Nothing filled in is split or read again. */
export function wordText(raw: string, variable: (name: string) => string | undefined): string {
  const parts: string[] = [];
  let quote = '';
  for (let at = 0; at < raw.length; at++) {
    const character = raw.charAt(at);
    if (quote === '' && (character === '"' || character === "'")) quote = character;
    else if (character === quote) quote = '';
    else if (character === '\\' && quote !== "'") {
      at += 1;
      parts.push(raw.charAt(at));
    } else if (character === '$' && quote !== "'" && raw.charAt(at + 1) === '{') {
      const close = raw.indexOf('}', at);
      const name = raw.slice(at + 2, close === -1 ? raw.length : close);
      parts.push(close === -1 ? raw.slice(at) : (variable(name) ?? ''));
      at = close === -1 ? raw.length : close;
    } else parts.push(character);
  }
  return parts.join('');
}

/** A field's value: a JSON string where it is in quotes, else as a word is; variables filled in. */
export function valueText(raw: string, variable: (name: string) => string | undefined): string {
  if (!raw.startsWith('"')) return wordText(raw, variable);
  // Cut at the variables first, so that none is made of what an escape stands for.
  return raw
    .slice(1, -1)
    .split(/\$\{([^}]*)\}/)
    .map((part, at) => (at % 2 === 1 ? (variable(part) ?? '') : String(JSON.parse(`"${part}"`))))
    .join('');
}
