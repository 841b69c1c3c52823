import { Chalk, type ChalkInstance } from 'chalk';
import { printable } from '../kernel/text.ts';

/** Every style of chalk, doing nothing; chalk itself is loaded where there are colours. */
const PLAIN: ChalkInstance = new Proxy((...texts: unknown[]) => texts.join(' '), {
  get: (_, name) => (name === 'level' ? 0 : PLAIN),
}) as unknown as ChalkInstance;

/** What `render` writes to: lines of text that go to stdout, or a pager, once complete. */
export class Page {
  readonly style: ChalkInstance;
  readonly width: number;
  readonly #lines: string[] = [];
  #bytes: Uint8Array | undefined;

  constructor(options: { readonly colour: boolean; readonly width: number }) {
    this.style = options.colour ? new Chalk({ level: 1 }) : PLAIN;
    this.width = options.width;
  }

  /** One line. Text from outside goes through {@link Page.safe} first. */
  line(text = ''): void {
    this.#lines.push(text);
  }

  /** Bytes that are the result itself (a patch, a file): printed as they are. */
  raw(text: string): void {
    this.#lines.push(text.endsWith('\n') ? text.slice(0, -1) : text);
  }

  /** A result that is not text: printed byte for byte, and nothing else is. */
  binary(bytes: Uint8Array): void {
    this.#bytes = bytes;
  }

  get bytes(): Uint8Array | undefined {
    return this.#bytes;
  }

  /** Hostile text made harmless for a terminal. */
  safe(text: string): string {
    return printable(text);
  }

  /** Columns padded to their widest cell; the last one is left as it is. Styles count no width. */
  table(
    rows: readonly (readonly string[])[],
    options: { readonly indent?: number; readonly gap?: number } = {},
  ): void {
    const widths: number[] = [];
    for (const row of rows) {
      for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, visibleWidth(cell));
    }
    const gap = ' '.repeat(options.gap ?? 2);
    const indent = ' '.repeat(options.indent ?? 0);
    for (const row of rows) {
      const cells = row.map((cell, i) =>
        i === row.length - 1 ? cell : cell + ' '.repeat((widths[i] ?? 0) - visibleWidth(cell)),
      );
      this.line((indent + cells.join(gap)).trimEnd());
    }
  }

  get height(): number {
    return this.#lines.length;
  }

  toString(): string {
    return this.#lines.length === 0 ? '' : `${this.#lines.join('\n')}\n`;
  }
}

function visibleWidth(text: string): number {
  return text.replace(/\u001b\[[0-9;]*m/g, '').length;
}

/** `3 files`, `1 file`. */
export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${n} ${n === 1 ? noun : plural}`;
}

/** How long ago, for people: `3 minutes ago`. */
export function ago(then: string, now: Date): string {
  const seconds = Math.max(0, (now.getTime() - Date.parse(then)) / 1000);
  const steps: readonly [number, string][] = [
    [60, 'second'],
    [60, 'minute'],
    [24, 'hour'],
    [7, 'day'],
    [4.35, 'week'],
    [12, 'month'],
    [Number.POSITIVE_INFINITY, 'year'],
  ];
  let value = seconds;
  for (const [size, unit] of steps) {
    if (value < size) return `${count(Math.floor(value), unit)} ago`;
    value /= size;
  }
  return then;
}
