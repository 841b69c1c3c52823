import { maskSecrets } from '../kernel/secrets.ts';

const MASK = '***';

/** Shorter ones would mask every other word. */
const SHORTEST = 4;

/** The values a run must not write, and their usual other forms; what looks like a credential goes too. */
export class Masks {
  readonly #redact: ((line: string) => string) | undefined;
  readonly #forms = new Set<string>();
  readonly #values = new Set<string>();
  #pattern: RegExp | undefined;
  #longest = 0;

  /** `redact` sees each line once what is secret is masked. */
  constructor(redact?: (line: string) => string) {
    this.#redact = redact;
  }

  add(value: string): void {
    if (this.#values.has(value)) return;
    this.#values.add(value);
    // a value of many lines appears line by line
    for (const text of [value, ...value.split(/\r?\n/)].map((line) => line.trim())) {
      for (const form of formsOf(text)) if (form.length >= SHORTEST) this.#forms.add(form);
    }
    const sorted = [...this.#forms].sort((a, b) => b.length - a.length);
    this.#longest = sorted[0]?.length ?? 0;
    this.#pattern = sorted.length === 0 ? undefined : new RegExp(sorted.map(escaped).join('|'), 'g');
  }

  values(): readonly string[] {
    return [...this.#values];
  }

  /** Characters of the longest form: text cut anywhere must keep so many back. */
  get longest(): number {
    return this.#longest;
  }

  /** Whether the text holds one of the values. */
  finds(text: string): boolean {
    if (this.#pattern === undefined) return false;
    this.#pattern.lastIndex = 0;
    return this.#pattern.test(text);
  }

  /** A place at or before `at` where cutting the text cuts no value. */
  cut(text: string, at: number): number {
    if (this.#pattern === undefined) return at;
    for (const match of text.matchAll(this.#pattern)) {
      if (match.index >= at) break;
      if (match.index + match[0].length > at) return match.index;
    }
    return at;
  }

  mask(text: string): string {
    const masked = maskSecrets(this.#pattern === undefined ? text : text.replace(this.#pattern, MASK));
    const redact = this.#redact;
    return redact === undefined ? masked : masked.split('\n').map(redact).join('\n');
  }
}

function formsOf(text: string): string[] {
  const bytes = Buffer.from(text);
  return [
    text,
    JSON.stringify(text).slice(1, -1),
    encodeURIComponent(text.toWellFormed()),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    ...base64Inside(bytes),
  ];
}

/** As it stands in the base64 of something longer, at each of the three offsets, without the ends that others share. */
function base64Inside(bytes: Buffer): string[] {
  if (bytes.length < 8) return [];
  return [1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    return text.slice(offset + 1, -1);
  });
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
