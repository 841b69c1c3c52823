import { BitError } from '../kernel/errors.ts';
import type { Json, JsonObject } from '../kernel/json.ts';
import { nearest, printable, shorten } from '../kernel/text.ts';

/** What the configuration says of one anchor, read key by key; a key nobody asked for is a mistake. */
export class Options {
  readonly #values: JsonObject;
  readonly #known = new Set<string>(['driver']);
  readonly name: string;

  constructor(name: string, values: JsonObject) {
    this.name = name;
    this.#values = values;
  }

  text(key: string): string {
    return this.optional(key) ?? this.#fail(key, 'a text');
  }

  optional(key: string): string | undefined {
    const value = this.#get(key);
    return value === undefined ? undefined : this.#line(key, value);
  }

  has(key: string): boolean {
    return this.#get(key) !== undefined;
  }

  /** One text or a list of them; at least one. */
  list(key: string): readonly string[] {
    const value = this.#get(key);
    const items = Array.isArray(value) ? (value as readonly Json[]) : value === undefined ? [] : [value];
    if (items.length === 0 || items.length > 16) this.#fail(key, 'a text or a list of them');
    return items.map((item) => this.#line(key, item));
  }

  whole(
    key: string,
    { least, most, otherwise }: { least: number; most: number; otherwise?: number },
  ): number {
    const value = this.#get(key) ?? otherwise;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most)
      return value;
    return this.#fail(key, `a whole number from ${least} to ${most}`);
  }

  /** All that nobody asked for yet, as texts. */
  others(): Readonly<Record<string, string>> {
    const keys = Object.keys(this.#values).filter((key) => !this.#known.has(key));
    return Object.fromEntries(
      keys.map((key) => {
        const value = this.#get(key) ?? this.#fail(key, 'a text, a number, true or false');
        const plain = typeof value === 'number' || typeof value === 'boolean';
        return [key, plain ? String(value) : this.#line(key, value)];
      }),
    );
  }

  /** Seconds a request may take. */
  timeout(): number {
    return this.whole('timeout', { least: 1, most: 600, otherwise: 30 });
  }

  /** Seconds to wait for what was sent to be taken up; as long as a request where nothing is said. */
  patience(): number {
    return this.whole('wait', { least: 0, most: 3600, otherwise: this.timeout() });
  }

  /** @throws BitError `usage` for a key no question was about */
  done(): void {
    for (const key of Object.keys(this.#values)) {
      if (this.#known.has(key)) continue;
      const near = nearest(key, this.#known);
      throw new BitError('usage', `.bithub.yml: ledger.anchors.${this.name} has no key ${shown(key)}`, {
        hint:
          near.length > 0 ? `did you mean: ${near.join(', ')}` : `it knows: ${[...this.#known].join(', ')}`,
      });
    }
  }

  /** @throws BitError `usage` */
  fail(key: string, wanted: string): never {
    return this.#fail(key, wanted);
  }

  #get(key: string): Json | undefined {
    this.#known.add(key);
    return this.#values[key] ?? undefined;
  }

  #line(key: string, value: Json): string {
    if (
      typeof value !== 'string' ||
      value === '' ||
      value.length > 4096 ||
      /[\u0000-\u001f\u007f]/.test(value)
    )
      return this.#fail(key, 'a text of one line');
    return value;
  }

  #fail(key: string, wanted: string): never {
    throw new BitError('usage', `.bithub.yml: ledger.anchors.${this.name}.${key} must be ${wanted}`, {
      details: { path: '.bithub.yml', key: `ledger.anchors.${this.name}.${key}` },
    });
  }
}

function shown(key: string): string {
  return printable(shorten(key));
}
