import { StringDecoder } from 'node:string_decoder';
import { maskSecrets } from '../kernel/secrets.ts';
import { printable } from '../kernel/text.ts';

/** Characters of a log that are kept; of what comes after only the end is. */
const MOST_KEPT = 4 << 20;
const LONGEST_LINE = 8192;
const MOST_SHOWN = 10_000;
const TAIL_LINES = 40;

/**
 * The output of a command, line by line: shown as it comes, kept within a bound, without what looks like a secret.
 * However much a command prints, this holds a few MiB.
 */
export class OutputLog {
  readonly #show: ((line: string) => void) | undefined;
  readonly #each: ((line: string) => void) | undefined;
  readonly #decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') };
  readonly #rests = { stdout: '', stderr: '' };
  readonly #kept: string[] = [];
  readonly #tail: string[] = [];
  #size = 0;
  #lines = 0;
  #left = 0;

  /** `show` is given what a person may see, `each` every line as it came. */
  constructor(show: ((line: string) => void) | undefined, each?: (line: string) => void) {
    this.#show = show;
    this.#each = each;
  }

  readonly take = (chunk: Buffer, from: 'stdout' | 'stderr'): undefined => {
    const lines = (this.#rests[from] + this.#decoders[from].write(chunk)).split('\n');
    this.#rests[from] = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
    if (this.#rests[from].length > LONGEST_LINE) {
      this.#line(this.#rests[from]);
      this.#rests[from] = '';
    }
    return undefined;
  };

  end(): void {
    for (const from of ['stdout', 'stderr'] as const) {
      if (this.#rests[from] !== '') this.#line(this.#rests[from]);
      this.#rests[from] = '';
    }
  }

  /** The last lines. */
  get tail(): readonly string[] {
    return this.#tail;
  }

  get text(): string {
    const note = this.#left === 0 ? '' : `… ${this.#left} lines left out …\n${this.#tail.join('\n')}\n`;
    return `${this.#kept.map((line) => `${line}\n`).join('')}${note}`;
  }

  #line(raw: string): void {
    const cut = raw.length > LONGEST_LINE ? `${raw.slice(0, LONGEST_LINE)}…` : raw;
    const whole = lastOverwrite(cut);
    this.#each?.(whole);
    const line = maskSecrets(whole);
    this.#lines++;
    if (this.#size < MOST_KEPT) {
      this.#kept.push(line);
      this.#size += line.length + 1;
    } else this.#left++;
    this.#tail.push(line);
    if (this.#tail.length > TAIL_LINES) this.#tail.shift();
    if (this.#lines <= MOST_SHOWN) this.#show?.(shown(line));
    else if (this.#lines === MOST_SHOWN + 1) this.#show?.('… it goes on; no more of it is shown');
  }
}

/** What a terminal would show of a line that was written over itself: a progress bar's last state. */
function lastOverwrite(line: string): string {
  const whole = line.endsWith('\r') ? line.slice(0, -1) : line;
  return whole.slice(whole.lastIndexOf('\r') + 1);
}

/** Without colours, and with nothing else that moves a terminal. */
export function shown(line: string): string {
  return printable(line.replace(/\u001b\[[0-9;]{0,32}[A-Za-z]/g, ''));
}
