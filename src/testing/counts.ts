/** What a runner said of its tests. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Names of what failed, as the runner tells them. */
  readonly failures: readonly string[];
  /** Whose form it was in. */
  readonly form: string;
}

/** Reads one form of output, line by line. */
export interface FormReader {
  readonly form: string;
  line(text: string): void;
  /** Undefined where nothing of this form was there. */
  counts(): Counts | undefined;
}

const MOST_FAILURES = 1000;

/** A growing account of tests; keeps each failure's name once, and not without end. */
export class Tally {
  readonly form: string;
  passed = 0;
  failed = 0;
  skipped = 0;
  seen = false;
  readonly #failures = new Set<string>();

  constructor(form: string) {
    this.form = form;
  }

  name(failure: string): void {
    if (this.#failures.size < MOST_FAILURES) this.#failures.add(failure.trim().slice(0, 500));
  }

  counts(): Counts | undefined {
    if (!this.seen) return undefined;
    const { passed, failed, skipped, form } = this;
    return { passed, failed, skipped, failures: [...this.#failures], form };
  }
}

/** `2 failed | 1 passed`, `2 failed, 1 passed`: by word. Undefined where a part is something else. */
export function wordedCounts(text: string): Map<string, number> | undefined {
  const found = new Map<string, number>();
  for (const part of text.split(/[|,]/)) {
    const [, figure, word] = /^\s*(\d{1,9}) ([a-z]+)\s*$/.exec(part) ?? [];
    if (figure === undefined || word === undefined) return undefined;
    found.set(word, Number(figure));
  }
  return found;
}

/** Several accounts as one. */
export function addCounts(all: readonly Counts[]): Counts | undefined {
  const [first, ...others] = all;
  if (first === undefined) return undefined;
  return others.reduce(
    (sum, one) => ({
      passed: sum.passed + one.passed,
      failed: sum.failed + one.failed,
      skipped: sum.skipped + one.skipped,
      failures: [...sum.failures, ...one.failures].slice(0, MOST_FAILURES),
      form: sum.form === one.form ? sum.form : `${sum.form}, ${one.form}`,
    }),
    first,
  );
}
