/**
 * Hostile input for what reads any: Rego, ALN, signed notes, tokens, entries. See docs/campaign.md.
 */
import { availableParallelism, setPriority } from 'node:os';
import { kindOf, shrink } from './shrink.ts';
import { keepInput, type Target } from './target.ts';
import { targets } from './targets.ts';
import { verdictOn, type WatchOptions, type Wrong, watched } from './watch.ts';
import type { Report } from './worker.ts';

export interface FuzzOptions {
  readonly target: Target;
  /** Module that exports `targets`, with this one among them. */
  readonly module: string;
  readonly seed: number;
  readonly milliseconds: number;
  /** Ends after this many inputs, however long they take; for tests, which may not hang on how busy a machine is. */
  readonly inputs?: number;
  /** Milliseconds by the clock after which an input hangs; default 30 s, for others use the machine too. */
  readonly patience?: number;
  /** Milliseconds to look for the least that is still wrong. */
  readonly shrinking?: number;
}

export interface Found {
  readonly report: Report | undefined;
  /** With the file each is kept in. */
  readonly wrong: readonly (Wrong & { readonly kept: string })[];
  /** What is wrong with the memory. */
  readonly growth: string | undefined;
}

/** Fuzzes one target; what it takes wrongly is made small and kept in its corpus. */
export async function fuzz(options: FuzzOptions): Promise<Found> {
  const { target, seed, milliseconds, inputs, module, patience = 30_000 } = options;
  const watch: WatchOptions = { module, name: target.name, patience };
  const found = new Map<string, Wrong>();
  let report: Report | undefined;
  const ended = await watched(
    watch,
    { run: { seed, milliseconds, ...(inputs === undefined ? {} : { inputs }) } },
    (answer) => {
      if ('wrong' in answer && !found.has(kindOf(answer.wrong)))
        found.set(kindOf(answer.wrong), { what: answer.wrong, input: answer.input });
      if ('report' in answer) report = answer.report;
      return 'report' in answer;
    },
  );
  if (ended !== undefined) found.set(kindOf(ended.what), ended);
  const wrong = [];
  for (const one of found.values()) {
    const input = await least(watch, one, options.shrinking ?? 60_000);
    wrong.push({ ...one, input, kept: keepInput(target, input, 'found') });
  }
  return { report, wrong, growth: growthOf(report?.heap ?? []) };
}

/** The least that is wrong in the same way. */
async function least(watch: WatchOptions, { what, input }: Wrong, milliseconds: number): Promise<string> {
  const kind = kindOf(what);
  let shrunk: string | undefined;
  // in one thread, unless one more candidate hangs there
  await watched(watch, { shrink: input, kind, milliseconds }, (answer) => {
    if ('shrunk' in answer) shrunk = answer.shrunk;
    return 'shrunk' in answer;
  });
  const same = async (candidate: string): Promise<boolean> => {
    const wrong = await verdictOn(watch, candidate);
    return wrong !== undefined && kindOf(wrong) === kind;
  };
  return shrunk ?? shrink(input, same, milliseconds);
}

/** Bytes by which a heap may differ between two moments of a steady state. */
const SLACK = 4 * 1024 * 1024;

/**
 * A heap that is steady keeps the level it had after the first quarter: caches are full and code is compiled. Each side
 * is the least of a quarter's samples, for a sample may fall into the middle of an input's work.
 */
export function growthOf(heap: readonly number[]): string | undefined {
  const quarter = Math.floor(heap.length / 4);
  if (quarter < 1) return undefined;
  const early = Math.min(...heap.slice(quarter, 2 * quarter));
  const late = Math.min(...heap.slice(-quarter));
  if (late <= early * 1.05 + SLACK) return undefined;
  return `the heap grows: from ${megabytes(early)} to ${megabytes(late)} MB`;
}

const megabytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1);

export interface FuzzCampaign {
  readonly milliseconds: number;
  /** Of each, in the place of a time. */
  readonly inputs: number | undefined;
  readonly seed: number;
  readonly only: readonly string[];
  /** Targets at the same time. */
  readonly jobs: number | undefined;
}

/** Fuzzes the targets asked for and tells each one's figures; false where anything was wrong. */
export async function fuzzCampaign({
  milliseconds,
  inputs,
  seed,
  only,
  jobs,
}: FuzzCampaign): Promise<boolean> {
  const unknown = only.find((name) => !targets.some((target) => target.name === name));
  if (unknown !== undefined)
    throw new Error(`no such target: ${unknown}; there are: ${targets.map(({ name }) => name).join(', ')}`);
  // nobody waits for it
  setPriority(10);
  const queue = targets.filter(({ name }) => only.length === 0 || only.includes(name));
  const module = new URL('./targets.ts', import.meta.url).href;
  let good = true;
  const long = inputs === undefined ? `${(milliseconds / 60_000).toFixed(2)} minutes` : `${inputs} inputs`;
  process.stdout.write(`seed ${seed}, ${long} each\n`);
  const work = async (): Promise<void> => {
    for (let target = queue.shift(); target !== undefined; target = queue.shift()) {
      const found = await fuzz({
        ...{ target, module, seed, milliseconds },
        ...(inputs === undefined ? {} : { inputs }),
      });
      tell(target, found);
      if (found.wrong.length > 0 || found.growth !== undefined) good = false;
    }
  };
  await Promise.all(Array.from({ length: jobs ?? Math.min(2, availableParallelism()) }, work));
  return good;
}

function tell({ name }: Target, { report, wrong, growth }: Found): void {
  const lines: string[] = [];
  if (report !== undefined) {
    const { inputs, characters, slowest, tallies, heap } = report;
    const early = heap[Math.floor(heap.length / 4)] ?? 0;
    lines.push(
      `${inputs} inputs, ${(characters / 1e6).toFixed(1)} M characters, slowest ${slowest.toFixed(0)} ms`,
      `heap ${megabytes(early)} MB after a quarter, ${megabytes(heap.at(-1) ?? 0)} MB at the end`,
      ...Object.entries(tallies).map(([what, count]) => `${what}: ${count}`),
    );
  }
  for (const { what, input, kept } of wrong)
    lines.push(`WRONG ${what}`, JSON.stringify(input), `kept: ${kept}`);
  if (growth !== undefined) lines.push(`WRONG ${growth}`);
  process.stdout.write(lines.map((line) => `${name}: ${line}\n`).join(''));
}
