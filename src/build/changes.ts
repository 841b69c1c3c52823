import { putList } from './cache.ts';
import { bring, type FileImage, type Files, imageOf, isSameImage } from './files.ts';
import type { BuildResult, Target } from './model.ts';
import type { BuildPlan } from './plan.ts';
import { rememberLists } from './rollbacks.ts';
import { candidates, keepAll, type Left, whatItLeft } from './run-target.ts';

/** What a build changes in the tree, and how it stood before: enough to take all of it back. */
export class Changes {
  readonly #plan: BuildPlan;
  readonly #inputs: ReadonlySet<string>;
  readonly #before = new Map<string, FileImage | null>();
  readonly #after = new Map<string, FileImage | null>();
  #unkept: string | undefined;

  /** `inputs` are nobody's to write. */
  constructor(plan: BuildPlan, inputs: ReadonlySet<string>) {
    this.#plan = plan;
    this.#inputs = inputs;
  }

  /** Brings what a target leaves out of the store to its place. `missing` is what the store has not got whole. */
  place(target: Target, outputs: Files): { readonly moved: number; readonly missing: string | undefined } {
    const wanted = new Map(outputs);
    for (const [path, image] of this.#plan.state.target(target.id)?.outputs ?? []) {
      // what an older build left and this one does not, unless somebody changed it
      const ours = !wanted.has(path) && !this.#inputs.has(path);
      if (ours && isSameImage(imageOf(this.#plan, path), image)) wanted.set(path, null);
    }
    const moving = [...wanted].filter(([path, image]) => !isSameImage(imageOf(this.#plan, path), image));
    if (moving.length === 0) return { moved: 0, missing: undefined };
    const before = new Map(moving.map(([path]) => [path, imageOf(this.#plan, path)] as const));
    this.#keep([...before].filter((pair): pair is [string, FileImage] => pair[1] !== null));
    this.#noteBefore(before);
    const missing = bring(this.#plan, moving);
    for (const [path] of moving) this.#after.set(path, imageOf(this.#plan, path));
    return { moved: moving.length, missing };
  }

  /** While a target runs: what it may replace is kept, and what it left is looked for. */
  async watch<T>(
    target: Target,
    run: () => Promise<T>,
  ): Promise<{ readonly result: T; readonly left: Left }> {
    const before = candidates(this.#plan, target, this.#inputs);
    this.#keep(before);
    const result = await run();
    const left = whatItLeft(this.#plan, target, before, this.#inputs);
    this.#noteBefore(left.before);
    for (const [path, image] of left.after) this.#after.set(path, image);
    return { result, left };
  }

  /** Puts all of it back; false where it can't be. */
  putBack(): boolean {
    return this.#unkept === undefined && bring(this.#plan, this.#before) === undefined;
  }

  /** By what it can be taken back later; nothing where nothing changed. */
  remember(): Pick<BuildResult, 'files' | 'unkept'> {
    if (this.#before.size === 0) return {};
    if (this.#unkept !== undefined) return { unkept: this.#unkept };
    const { cache } = this.#plan;
    const files = { before: putList(cache, this.#before), after: putList(cache, this.#after) };
    rememberLists(cache, files);
    return { files };
  }

  #keep(files: Iterable<readonly [string, FileImage]>): void {
    const kept = keepAll(this.#plan, new Map(files));
    this.#plan.state.added += kept.bytes;
    this.#unkept ??= kept.unkept;
  }

  /** What is told first is how it stood before the whole. */
  #noteBefore(files: Files): void {
    for (const [path, image] of files) if (!this.#before.has(path)) this.#before.set(path, image);
  }
}
