import { appendFileSync, closeSync, fsyncSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeDirectory, readTextIfExists, writeFileAtomic } from '../kernel/files.ts';

/** Marks remembered; two a delivery. */
const MOST = 20_000;

/** What came already, so that nothing starts twice. On disk: it outlives the listener. */
export class Deliveries {
  readonly #path: string;
  #known: Set<string>;

  constructor(stateDirectory: string) {
    this.#path = join(stateDirectory, 'triggers', 'deliveries');
    const lines = (readTextIfExists(this.#path) ?? '').split('\n').filter((line) => line !== '');
    this.#known = new Set(lines);
    if (lines.length > MOST) this.#keep();
  }

  has(mark: string): boolean {
    return this.#known.has(mark);
  }

  add(marks: readonly string[]): void {
    makeDirectory(dirname(this.#path), 0o700);
    const file = openSync(this.#path, 'a', 0o600);
    try {
      appendFileSync(file, marks.map((mark) => `${mark}\n`).join(''));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    for (const mark of marks) this.#known.add(mark);
    if (this.#known.size > 2 * MOST) this.#keep();
  }

  #keep(): void {
    this.#known = new Set([...this.#known].slice(-MOST));
    writeFileAtomic(this.#path, `${[...this.#known].join('\n')}\n`, { mode: 0o600 });
  }
}
