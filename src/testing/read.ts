import { addCounts, type Counts, type FormReader } from './counts.ts';
import { cargo, go, jest, mocha, nodeSpec, pytest, uvu, vitest } from './forms.ts';
import { tap } from './tap.ts';

const LONGEST = 2000;

/** Reads what any known runner says of its tests out of its output, line by line. */
export class OutputCounts {
  readonly #forms: readonly FormReader[] = [
    jest(),
    vitest(),
    mocha(),
    uvu(),
    nodeSpec(),
    pytest(),
    cargo(),
    go(),
  ];
  readonly #tap = tap();

  line(raw: string): void {
    const text = raw.slice(0, LONGEST).replace(/\u001b\[[0-9;]{0,32}[A-Za-z]/g, '');
    for (const form of this.#forms) form.line(text);
    this.#tap.line(text);
  }

  /** Undefined where no known form was there. Several runners in one output are counted together. */
  get counts(): Counts | undefined {
    const found = this.#forms.flatMap((form) => form.counts() ?? []);
    // a runner that prints its own closing lines may print points too
    return found.length > 0 ? addCounts(found) : this.#tap.counts();
  }
}
