/** What a reader of a language has to say about a text. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  /** Stable, for `--json` and for rules that are switched off. */
  readonly code: string;
  readonly message: string;
  /** What would have been right there, where that can be said. */
  readonly expected?: string;
  /** UTF-16 offsets; `end` is after the last unit. */
  readonly start: number;
  readonly end: number;
}

/** More of them help nobody; what lies beyond is counted. */
const MOST = 1000;

export class Diagnostics {
  readonly list: Diagnostic[] = [];
  /** How many there were, those beyond the bound too. */
  errors = 0;
  warnings = 0;

  error(code: string, message: string, start: number, end: number, expected?: string): void {
    this.errors += 1;
    this.#add({
      severity: 'error',
      code,
      message,
      start,
      end,
      ...(expected === undefined ? {} : { expected }),
    });
  }

  warning(code: string, message: string, start: number, end: number): void {
    this.warnings += 1;
    this.#add({ severity: 'warning', code, message, start, end });
  }

  #add(diagnostic: Diagnostic): void {
    if (this.list.length < MOST) this.list.push(diagnostic);
  }
}

/** 1-based line and column (UTF-16 units) of offsets into one text. */
export class Lines {
  readonly #text: string;
  #starts: number[] | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  at(offset: number): { readonly line: number; readonly column: number } {
    this.#starts ??= lineStarts(this.#text);
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.#starts[low] ?? 0) + 1 };
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 10) starts.push(at + 1);
    else if (code === 13 && text.charCodeAt(at + 1) !== 10) starts.push(at + 1);
  }
  return starts;
}
