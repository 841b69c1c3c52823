/** Characters of cmd.exe's parser: what separates, ends and quotes (docs/lang/batch.md). */

/** Between words: white space, `,`, `;`, `=`. */
export function separates(code: number): boolean {
  return (
    code === 32 ||
    code === 9 ||
    code === 44 ||
    code === 59 ||
    code === 61 ||
    code === 11 ||
    code === 12 ||
    code === 0xa0
  );
}

export function blank(code: number): boolean {
  return code === 32 || code === 9 || code === 11 || code === 12 || code === 0xa0;
}

export function breaks(code: number): boolean {
  return code === 10 || code === 13 || Number.isNaN(code);
}

/** Behind a line break at `at`; `at` itself where there is none. */
export function afterBreak(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code === 13) return text.charCodeAt(at + 1) === 10 ? at + 2 : at + 1;
  return code === 10 ? at + 1 : at;
}

export function lineEnd(text: string, from: number): number {
  let at = from;
  while (!breaks(text.charCodeAt(at))) at += 1;
  return at;
}

/** Units of a caret with what it takes as it is; what `%` begins is replaced before there are carets. */
export function escaped(text: string, caret: number): number {
  const next = text.charCodeAt(caret + 1);
  if (next === 13 && text.charCodeAt(caret + 2) === 10) return 3;
  return next === 37 ? 1 : 2;
}

/**
 * Behind what `%` begins: `%NAME%`, `%NAME:a=b%`, `%~dp0`, `%1`, `%%`. cmd replaces these before it parses, so a quote or
 * an operator within is none. One unit where it is just a percent sign.
 */
export function percentEnd(text: string, at: number): number {
  const next = text.charCodeAt(at + 1);
  if (next === 37 || next === 42 || (next >= 48 && next <= 57)) return at + 2;
  if (next === 126) {
    let end = at + 2;
    while (isLetter(text.charCodeAt(end))) end += 1;
    const last = text.charCodeAt(end);
    return (last >= 48 && last <= 57) || last === 42 ? end + 1 : at + 1;
  }
  for (let end = at + 1; end < at + 8192; end++) {
    const code = text.charCodeAt(end);
    if (breaks(code)) return at + 1;
    if (code === 37) return end + 1;
    // A name holds no such characters before its colon; this is a lone percent sign.
    if (code === 58) {
      const close = text.indexOf('%', end);
      const line = lineEnd(text, end);
      return close === -1 || close > line ? at + 1 : close + 1;
    }
    if (code === 34 || code === 38 || code === 124 || code === 60 || code === 62) return at + 1;
  }
  return at + 1;
}

function isLetter(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 36 || code === 58;
}
