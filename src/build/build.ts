import { availableParallelism } from 'node:os';
import { putBytes } from '../kernel/content-store.ts';
import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Answer, Effect, Reader, Writer } from '../operation/index.ts';
import { type CacheEntry, dropEntry, prune, putList, touchEntry, writeEntry } from './cache.ts';
import { bring, type FileImage, type Files, imageOf, isSameImage, keep } from './files.ts';
import { digestInputs, type Keyed } from './key.ts';
import { OutputLog, shown } from './log.ts';
import type { BuildOptions, BuildResult, BuiltTarget, Target, TargetState } from './model.ts';
import { type BuildPlan, isCached, planBuild } from './plan.ts';
import { keptLists, rememberLists } from './rollbacks.ts';
import { candidates, keepAll, runSteps, whatItLeft } from './run-target.ts';
import { schedule } from './schedule.ts';
import { settle } from './settle.ts';
import { readSettled } from './settled.ts';
import { isDone, leaveAll, leaveSettled, replay, replayKept } from './unchanged.ts';

/** Bytes put into the store before it is measured against its bound again. */
const PRUNE_AFTER = 256 << 20;

/** Builds what the tree holds, taking from the cache whatever was built of the same before. */
export async function buildTargets(
  reader: Reader,
  options: BuildOptions,
): Promise<Effect<BuildResult> | Answer<BuildResult>> {
  const started = performance.now();
  const settled = readSettled(reader, options);
  if (settled !== undefined) return { reads: 'build', answer: async () => leaveSettled(settled, started) };
  const plan = await planBuild(reader, options);
  if (isDone(plan)) {
    const answer = async (dryRun: boolean): Promise<BuildResult> => {
      const result = leaveAll(reader, plan, { options, started });
      if (!dryRun) await settle(reader, plan, { options, result });
      return result;
    };
    return { reads: 'build', answer };
  }
  const runs = plan.targets.filter(({ id }) => !plan.entries.has(id) && !plan.unchanged.has(id));
  const count = plan.targets.length;
  return {
    summary: `build ${count === 1 ? printable(plan.targets[0]?.id ?? '') : `${count} targets`} (${options.mode})`,
    target: {
      mode: options.mode,
      targets: plan.targets.map(({ id }) => id).slice(0, 1000),
      runs: runs.length,
    },
    plan: planLines(plan),
    touches: { refs: [] },
    // another build may have ended while this one waited for it
    run: async (writer) =>
      new Build(writer, plan.state.stale ? await planBuild(reader, options) : plan, options).run(),
    record: ({ ok, targets, files, unkept }) => ({
      ok,
      targets: targets.slice(0, 200).map(({ id, state, key }) => ({ id, state, key: key.slice(0, 16) })),
      ...(files === undefined ? {} : { files }),
      ...(unkept === undefined ? {} : { unkept }),
    }),
    failed: ({ ok, targets }) => {
      if (ok) return undefined;
      const bad = targets.filter(({ state }) => state === 'failed').map(({ id }) => printable(shorten(id)));
      return `${bad.slice(0, 10).join(', ')} did not build`;
    },
  };
}

function planLines(plan: BuildPlan): string[] {
  const lines = plan.targets.map((target) => {
    const entry = plan.entries.get(target.id);
    const where = target.directory === '' ? '' : ` in ${target.directory}`;
    if (plan.unchanged.has(target.id)) return `leave ${target.id}${where} as it is: nothing changed`;
    return entry === undefined
      ? `run ${target.id}${where}: ${shorten(target.command, 200)}`
      : `take ${target.id}${where} from the cache (${entry.outputs.size} files)`;
  });
  const left = plan.left.map(({ path, why }) => `leave ${path} alone: ${why}`);
  return [...(lines.length === 0 ? ['nothing that changed is built'] : lines), ...left].map((line) =>
    printable(line),
  );
}

class Build {
  readonly #writer: Writer;
  readonly #plan: BuildPlan;
  readonly #options: BuildOptions;
  readonly #done = new Map<string, BuiltTarget>();
  readonly #before = new Map<string, FileImage | null>();
  readonly #after = new Map<string, FileImage | null>();
  readonly #inputs: ReadonlySet<string>;
  #unkept: string | undefined;
  #stopped = false;

  constructor(writer: Writer, plan: BuildPlan, options: BuildOptions) {
    this.#writer = writer;
    this.#plan = plan;
    this.#options = options;
    this.#inputs = new Set(plan.paths);
  }

  async run(): Promise<BuildResult> {
    const { targets, state } = this.#plan;
    const started = performance.now();
    try {
      await schedule(targets, {
        jobs: this.#options.jobs ?? availableParallelism(),
        work: (target) => this.#build(target),
        skip: (target, because) => {
          const reason = because === '' ? 'stopped before it began' : `${because} did not build`;
          this.#end(target, 'skipped', { reason, milliseconds: 0, outputs: 0 });
        },
        stopped: () => this.#stopped || this.#writer.signal.aborted,
      });
      if (this.#writer.signal.aborted) this.#putBack();
      return this.#result(started);
    } finally {
      state.save();
    }
  }

  /** Interrupted: what this build changed is put back as it was. */
  #putBack(): never {
    const missing = this.#unkept ?? bring(this.#plan, this.#before);
    throw new BitError(
      'cancelled',
      missing === undefined
        ? 'interrupted; the files it had changed were put back'
        : 'interrupted; files it had changed stay as they are',
    );
  }

  async #build(target: Target): Promise<boolean> {
    if (this.#plan.unchanged.has(target.id)) return this.#leave(target);
    const entry = this.#plan.entries.get(target.id);
    const reason = entry === undefined ? this.#whyRun(target) : this.#take(target, entry);
    return reason === undefined ? true : this.#execute(target, reason);
  }

  #leave(target: Target): true {
    const { state } = this.#plan;
    const outputs = state.target(target.id)?.outputs.size ?? 0;
    if (this.#options.logs === 'full') replayKept(this.#writer.notice, this.#plan, target);
    this.#end(target, 'unchanged', { reason: '', milliseconds: 0, outputs });
    return true;
  }

  #whyRun(target: Target): string {
    const keyed = this.#keyed(target);
    if (this.#options.mode === 'full') return 'everything is built';
    if (!isCached(target, keyed, this.#options))
      return keyed.unkeyable ?? (this.#options.noCache ? 'no cache is used' : 'it is never cached');
    return this.#plan.state.target(target.id) === undefined
      ? 'it was not built here before'
      : 'what it reads changed';
  }

  #keyed(target: Target): Keyed {
    return this.#plan.keyed.get(target.id) ?? { key: '', inputs: '', files: [], unkeyable: 'it has no key' };
  }

  /** Brings what it left from the cache. Undefined where all is there now, else why it must be run. */
  #take(target: Target, entry: CacheEntry): string | undefined {
    const started = performance.now();
    const { state, cache } = this.#plan;
    const wanted = new Map(entry.outputs);
    for (const [path, image] of state.target(target.id)?.outputs ?? []) {
      // what an older build left and this one does not, unless somebody changed it
      const ours = !wanted.has(path) && !this.#inputs.has(path);
      if (ours && isSameImage(imageOf(this.#plan, path), image)) wanted.set(path, null);
    }
    const moving = [...wanted].filter(([path, image]) => !isSameImage(imageOf(this.#plan, path), image));
    const end = (how: TargetState): undefined => {
      if (moving.length > 0 || state.target(target.id)?.key !== entry.key)
        this.#record(target, entry.key, entry.outputs);
      touchEntry(cache, entry, this.#writer.now());
      const { logs } = this.#options;
      if (logs === 'full' || (logs === 'new' && how === 'restored'))
        replay(this.#writer.notice, this.#plan, entry);
      const milliseconds = performance.now() - started;
      this.#end(target, how, { reason: '', milliseconds, outputs: entry.outputs.size });
    };
    if (moving.length === 0) return end('unchanged');
    this.#keepBefore(new Map(moving.flatMap(([path]) => [[path, imageOf(this.#plan, path)] as const])));
    const missing = bring(this.#plan, moving);
    this.#noteAfter(moving.map(([path]) => path));
    if (missing === undefined) return end('restored');
    dropEntry(cache, entry.key);
    return `the cache has not got ${printable(missing)} whole`;
  }

  async #execute(target: Target, reason: string): Promise<boolean> {
    const { root, state } = this.#plan;
    const started = performance.now();
    const keyed = this.#keyed(target);
    const title = printable(target.id);
    const prefix = this.#plan.targets.length === 1 ? '' : `${title}: `;
    const log = new OutputLog(
      this.#options.logs === 'errors' ? undefined : (line) => this.#writer.notice(prefix + line),
    );
    const before = candidates(this.#plan, target, this.#inputs);
    const kept = keepAll(this.#plan, before);
    state.added += kept.bytes;
    this.#unkept ??= kept.unkept;
    this.#writer.notice(`${prefix}$ ${shown(shorten(target.command, 500))}`);
    const result = await runSteps(target, {
      root,
      env: this.#writer.env,
      operation: this.#writer.operation,
      signal: this.#writer.signal,
      timeout: this.#options.timeout === undefined ? target.timeout : this.#options.timeout * 1000,
      log,
    });
    const left = whatItLeft(this.#plan, target, before, this.#inputs);
    for (const [path, image] of left.before) if (!this.#before.has(path)) this.#before.set(path, image);
    for (const [path, image] of left.after) this.#after.set(path, image);
    const milliseconds = performance.now() - started;
    if (result.exitCode !== 0 || result.ended !== 'exit') {
      state.setTarget(target.id, undefined);
      if (!this.#options.keepGoing) this.#stopped = true;
      if (this.#options.logs === 'errors')
        for (const line of log.tail) this.#writer.notice(prefix + shown(line));
      this.#end(target, 'failed', {
        reason: failure(result.ended, result.exitCode),
        milliseconds,
        outputs: left.outputs.size,
        exitCode: result.exitCode,
        tail: log.tail.map(shown),
      });
      return false;
    }
    const uncached = this.#store(target, { keyed, log, left, milliseconds });
    this.#end(target, 'ran', {
      reason,
      milliseconds,
      outputs: left.outputs.size,
      exitCode: 0,
      ...(uncached === undefined ? {} : { uncached }),
    });
    return true;
  }

  /** Keeps what a run left for the next time. Says why it could not. */
  #store(
    target: Target,
    ran: { keyed: Keyed; log: OutputLog; left: ReturnType<typeof whatItLeft>; milliseconds: number },
  ): string | undefined {
    const { state, cache } = this.#plan;
    const { keyed, left } = ran;
    this.#record(target, keyed.key, left.outputs);
    if (!isCached(target, keyed, this.#options)) return keyed.unkeyable ?? 'it is not to be';
    if (left.uncached !== undefined) return left.uncached;
    if (digestInputs(this.#plan, target, keyed.files).digest !== keyed.inputs)
      return 'what it reads changed while it ran';
    for (const [path, image] of left.outputs) state.added += keep(this.#plan, path, image);
    const { sha256: log } = putBytes(cache.store, Buffer.from(ran.log.text));
    writeEntry(cache, {
      id: target.id,
      key: keyed.key,
      outputs: left.outputs,
      log,
      milliseconds: ran.milliseconds,
    });
    return undefined;
  }

  #record(target: Target, key: string, outputs: Files): void {
    this.#plan.state.setTarget(target.id, { key, outputs });
  }

  #keepBefore(files: ReadonlyMap<string, FileImage | null>): void {
    const there = [...files].filter((pair): pair is [string, FileImage] => pair[1] !== null);
    const kept = keepAll(this.#plan, new Map(there));
    this.#plan.state.added += kept.bytes;
    this.#unkept ??= kept.unkept;
    for (const [path, image] of files) if (!this.#before.has(path)) this.#before.set(path, image);
  }

  #noteAfter(paths: readonly string[]): void {
    for (const path of paths) this.#after.set(path, imageOf(this.#plan, path));
  }

  #end(
    target: Target,
    state: TargetState,
    facts: Omit<BuiltTarget, 'id' | 'directory' | 'command' | 'state' | 'key'>,
  ): void {
    const { id, directory, command } = target;
    const milliseconds = Math.round(facts.milliseconds);
    this.#done.set(id, {
      id,
      directory,
      command,
      state,
      key: this.#keyed(target).key,
      ...facts,
      milliseconds,
    });
  }

  #result(started: number): BuildResult {
    const { targets, left, cache, settings, state } = this.#plan;
    const built = targets.flatMap((target) => this.#done.get(target.id) ?? []);
    const result: BuildResult = {
      mode: this.#options.mode,
      ok: built.every(({ state }) => state !== 'failed' && state !== 'skipped'),
      targets: built,
      left,
      milliseconds: Math.round(performance.now() - started),
    };
    if (this.#before.size === 0) return result;
    if (this.#unkept !== undefined) return { ...result, unkept: this.#unkept };
    const files = { before: putList(cache, this.#before), after: putList(cache, this.#after) };
    rememberLists(cache, files);
    if (state.added > PRUNE_AFTER) {
      prune(cache, { most: settings.most, lists: keptLists(cache) });
      state.added = 0;
    }
    return { ...result, files };
  }
}

function failure(ended: string, exitCode: number): string {
  if (ended === 'timeout') return 'it took longer than it may';
  if (ended === 'aborted') return 'interrupted';
  if (ended === 'unstartable') return 'no shell to run it with';
  return `it ended with ${exitCode}`;
}
