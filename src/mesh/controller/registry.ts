/** Metrics in the Prometheus text exposition format, version 0.0.4. */

type Labels = Readonly<Record<string, string>>;

export const EXPOSITION = 'text/plain; version=0.0.4; charset=utf-8';

interface Family {
  readonly name: string;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  samples(): Iterable<readonly [suffix: string, labels: string, value: number]>;
}

/** Series of one name beyond this are left out: what peers call themselves must not grow a controller. */
const MOST_SERIES = 1000;

/** Counts by the value of its one label, or without any. */
export class Counter {
  readonly #label: string | undefined;
  readonly #values = new Map<string, number>();

  constructor(label?: string) {
    this.#label = label;
  }

  add(value = '', by = 1): void {
    const before = this.#values.get(value);
    if (before === undefined && this.#values.size >= MOST_SERIES) return;
    this.#values.set(value, (before ?? 0) + by);
  }

  *samples(): Generator<readonly [string, string, number]> {
    const label = this.#label;
    for (const [value, count] of this.#values)
      yield ['', label === undefined ? '' : labelText({ [label]: value }), count];
  }
}

/** Counts of observations up to each bound; bounds ascend. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;
  #count = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  observe(value: number): void {
    this.#sum += value;
    this.#count += 1;
    for (let i = this.#bounds.length - 1; i >= 0; i--) {
      const bound = this.#bounds[i];
      if (bound === undefined || value > bound) return;
      this.#counts[i] = (this.#counts[i] ?? 0) + 1;
    }
  }

  *samples(): Generator<readonly [string, string, number]> {
    for (const [i, bound] of this.#bounds.entries())
      yield ['_bucket', labelText({ le: String(bound) }), this.#counts[i] ?? 0];
    yield ['_bucket', labelText({ le: '+Inf' }), this.#count];
    yield ['_sum', '', this.#sum];
    yield ['_count', '', this.#count];
  }
}

export class Registry {
  readonly #families: Family[] = [];

  counter(name: string, help: string, label?: string): Counter {
    const counter = new Counter(label);
    this.#families.push({ name, kind: 'counter', help, samples: () => counter.samples() });
    return counter;
  }

  histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    const histogram = new Histogram(bounds);
    this.#families.push({ name, kind: 'histogram', help, samples: () => histogram.samples() });
    return histogram;
  }

  /** Read when the metrics are. */
  gauge(name: string, help: string, read: () => Iterable<readonly [labels: Labels, value: number]>): void {
    const samples = function* (): Generator<readonly [string, string, number]> {
      for (const [labels, value] of read()) yield ['', labelText(labels), value];
    };
    this.#families.push({ name, kind: 'gauge', help, samples });
  }

  expose(): string {
    let text = '';
    for (const { name, kind, help, samples } of this.#families) {
      text += `# HELP ${name} ${help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}\n# TYPE ${name} ${kind}\n`;
      for (const [suffix, labels, value] of samples()) text += `${name}${suffix}${labels} ${value}\n`;
    }
    return text;
  }
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(value: string): string {
  return value.replace(/[\\"\n]/g, (found) => (found === '\n' ? '\\n' : `\\${found}`));
}
