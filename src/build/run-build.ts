import { availableParallelism } from 'node:os';
import { putBytes } from '../kernel/content-store.ts';
import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Writer } from '../operation/index.ts';
import { type CacheEntry, dropEntry, prune, touchEntry, writeEntry } from './cache.ts';
import { Changes } from './changes.ts';
import type { Elsewhere } from './elsewhere.ts';
import { type FileImage, type Files, keep } from './files.ts';
import { digestInputs, type Keyed } from './key.ts';
import { OutputLog, shown } from './log.ts';
import type { BuildOptions, BuildResult, BuiltTarget, Target, TargetState } from './model.ts';
import { type BuildPlan, isCached } from './plan.ts';
import { keptLists } from './rollbacks.ts';
import { runSteps } from './run-target.ts';
import { schedule } from './schedule.ts';
import { replay, replayKept } from './unchanged.ts';

/** Bytes put into the store before it is measured against its bound again. */
const PRUNE_AFTER = 256 << 20;
/** Targets at a mesh at a time. */
const MOST_SENT = 256;

/** Does what the plan says, target by target, and tells how each of them ended. */
export function runBuild(writer: Writer, plan: BuildPlan, options: BuildOptions): Promise<BuildResult> {
  return new Build(writer, plan, options).run();
}

class Build {
  readonly #writer: Writer;
  readonly #plan: BuildPlan;
  readonly #options: BuildOptions;
  readonly #done = new Map<string, BuiltTarget>();
  readonly #inputs: ReadonlySet<string>;
  readonly #changes: Changes;
  #elsewhere: Elsewhere | undefined;
  #stopped = false;

  constructor(writer: Writer, plan: BuildPlan, options: BuildOptions) {
    this.#writer = writer;
    this.#plan = plan;
    this.#options = options;
    this.#inputs = new Set(plan.paths);
    this.#changes = new Changes(plan, this.#inputs);
  }

  async run(): Promise<BuildResult> {
    const { targets, state } = this.#plan;
    const { on, network = 'none', jobs } = this.#options;
    const started = performance.now();
    try {
      if (on === 'mesh') {
        const { openElsewhere } = await import('./elsewhere.ts');
        this.#elsewhere = await openElsewhere(this.#writer, network);
      }
      await schedule(targets, {
        // a mesh says itself how many it takes
        jobs: jobs ?? (on === 'mesh' ? MOST_SENT : availableParallelism()),
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
      await this.#elsewhere?.close();
      state.save();
    }
  }

  /** Interrupted: what this build changed is put back as it was. */
  #putBack(): never {
    throw new BitError(
      'cancelled',
      this.#changes.putBack()
        ? 'interrupted; the files it had changed were put back'
        : 'interrupted; files it had changed stay as they are',
    );
  }

  async #build(target: Target): Promise<boolean> {
    if (this.#plan.unchanged.has(target.id)) return this.#leave(target);
    const entry = this.#plan.entries.get(target.id);
    const reason = entry === undefined ? this.#whyRun(target) : this.#take(target, entry);
    if (reason === undefined) return true;
    return this.#elsewhere === undefined
      ? this.#execute(target, reason)
      : this.#send(target, reason, this.#elsewhere);
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
    const { moved, missing } = this.#changes.place(target, entry.outputs);
    if (missing !== undefined) {
      dropEntry(cache, entry.key);
      return `the cache has not got ${printable(missing)} whole`;
    }
    const how = moved === 0 ? 'unchanged' : 'restored';
    if (moved > 0 || state.target(target.id)?.key !== entry.key)
      this.#record(target, entry.key, entry.outputs);
    touchEntry(cache, entry, this.#writer.now());
    const { logs } = this.#options;
    if (logs === 'full' || (logs === 'new' && how === 'restored'))
      replay(this.#writer.notice, this.#plan, entry);
    const milliseconds = performance.now() - started;
    this.#end(target, how, { reason: '', milliseconds, outputs: entry.outputs.size });
    return undefined;
  }

  /** Has it run elsewhere, and brings what it left there to its place, as if it had been built here. */
  async #send(target: Target, reason: string, elsewhere: Elsewhere): Promise<boolean> {
    const { sendTarget } = await import('./send.ts');
    const started = performance.now();
    const prefix = this.#prefix(target);
    this.#writer.notice(`${prefix}$ ${shown(shorten(target.command, 500))}`);
    const keyed = this.#keyed(target);
    const fresh = this.#options.mode === 'full' || !isCached(target, keyed, this.#options);
    const sent = await sendTarget(target, {
      key: fresh ? undefined : keyed.key,
      ...{ plan: this.#plan, elsewhere, prefix, env: this.#writer.env, inputs: this.#inputs },
      timeoutMs: this.#options.timeout === undefined ? target.timeout : this.#options.timeout * 1000,
      show: this.#options.logs === 'errors' ? undefined : (line) => this.#writer.notice(prefix + line),
    });
    const milliseconds = performance.now() - started;
    const { log, job } = sent;
    const at = job === undefined ? {} : { job };
    if (sent.fault !== undefined) {
      const { exitCode, fault } = sent;
      return this.#failed(target, log, { reason: fault, milliseconds, outputs: 0, exitCode, ...at });
    }
    const { outputs } = sent;
    const { moved, missing } = this.#changes.place(target, outputs);
    if (missing !== undefined)
      throw new BitError('integrity', `${printable(missing)} of ${printable(target.id)} did not come whole`);
    const uncached = this.#store(target, { log, outputs, milliseconds, uncached: sent.uncached });
    // made by other tools than those of the key, it is not what that key stands for
    if (sent.uncached !== undefined) this.#record(target, '', outputs);
    const facts = { reason, milliseconds, outputs: outputs.size, exitCode: 0, ...at };
    this.#plan.state.added +=
      moved === 0 ? 0 : [...outputs.values()].reduce((sum, one) => sum + (one?.size ?? 0), 0);
    this.#end(target, 'ran', { ...facts, ...(uncached === undefined ? {} : { uncached }) });
    return true;
  }

  #prefix({ id }: Target): string {
    return this.#plan.targets.length === 1 ? '' : `${printable(id)}: `;
  }

  #failed(
    target: Target,
    log: OutputLog,
    facts: Omit<BuiltTarget, 'id' | 'directory' | 'command' | 'state' | 'key' | 'tail'>,
  ): false {
    this.#plan.state.setTarget(target.id, undefined);
    if (!this.#options.keepGoing) this.#stopped = true;
    if (this.#options.logs === 'errors')
      for (const line of log.tail) this.#writer.notice(this.#prefix(target) + shown(line));
    this.#end(target, 'failed', { ...facts, tail: log.tail.map(shown) });
    return false;
  }

  async #execute(target: Target, reason: string): Promise<boolean> {
    const { root } = this.#plan;
    const started = performance.now();
    const prefix = this.#prefix(target);
    const log = new OutputLog(
      this.#options.logs === 'errors' ? undefined : (line) => this.#writer.notice(prefix + line),
    );
    const { result, left } = await this.#changes.watch(target, () => {
      this.#writer.notice(`${prefix}$ ${shown(shorten(target.command, 500))}`);
      return runSteps(target, {
        root,
        env: this.#writer.env,
        operation: this.#writer.operation,
        signal: this.#writer.signal,
        timeout: this.#options.timeout === undefined ? target.timeout : this.#options.timeout * 1000,
        log,
      });
    });
    const milliseconds = performance.now() - started;
    const outputs = left.outputs.size;
    const { exitCode, ended } = result;
    if (exitCode !== 0 || ended !== 'exit')
      return this.#failed(target, log, { reason: failure(ended, exitCode), milliseconds, outputs, exitCode });
    const uncached = this.#store(target, { log, ...left, milliseconds });
    this.#end(target, 'ran', {
      reason,
      milliseconds,
      outputs,
      exitCode: 0,
      ...(uncached === undefined ? {} : { uncached }),
    });
    return true;
  }

  /** Keeps what a run left for the next time. Says why it could not. */
  #store(
    target: Target,
    ran: {
      readonly log: OutputLog;
      readonly outputs: ReadonlyMap<string, FileImage>;
      readonly uncached?: string | undefined;
      readonly milliseconds: number;
    },
  ): string | undefined {
    const { state, cache } = this.#plan;
    const { outputs } = ran;
    const keyed = this.#keyed(target);
    this.#record(target, keyed.key, outputs);
    if (!isCached(target, keyed, this.#options)) return keyed.unkeyable ?? 'it is not to be';
    if (ran.uncached !== undefined) return ran.uncached;
    if (digestInputs(this.#plan, target, keyed.files).digest !== keyed.inputs)
      return 'what it reads changed while it ran';
    for (const [path, image] of outputs) state.added += keep(this.#plan, path, image);
    const { sha256: log } = putBytes(cache.store, Buffer.from(ran.log.text));
    writeEntry(cache, {
      id: target.id,
      key: keyed.key,
      outputs,
      log,
      milliseconds: ran.milliseconds,
    });
    return undefined;
  }

  #record(target: Target, key: string, outputs: Files): void {
    this.#plan.state.setTarget(target.id, { key, outputs });
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
    const changed = this.#changes.remember();
    if (changed.files !== undefined && state.added > PRUNE_AFTER) {
      prune(cache, { most: settings.most, lists: keptLists(cache) });
      state.added = 0;
    }
    return { ...result, ...changed };
  }
}

function failure(ended: string, exitCode: number): string {
  if (ended === 'timeout') return 'it took longer than it may';
  if (ended === 'aborted') return 'interrupted';
  if (ended === 'unstartable') return 'no shell to run it with';
  return `it ended with ${exitCode}`;
}
