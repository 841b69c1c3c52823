import { readContent } from '../kernel/content-store.ts';
import { printable } from '../kernel/text.ts';
import type { Reader } from '../operation/index.ts';
import { type CacheEntry, readEntry } from './cache.ts';
import { shown } from './log.ts';
import type { BuildOptions, BuildResult, Target } from './model.ts';
import type { BuildPlan } from './plan.ts';

const MOST_LOG_BYTES = 64 << 20;

/** There is nothing to do, and nothing new to remember. */
export function isDone({ targets, unchanged, state }: BuildPlan): boolean {
  return targets.length > 0 && unchanged.size === targets.length && !state.changed;
}

/** What a build tells that found nothing to do. */
export function leaveAll(
  reader: Reader,
  plan: BuildPlan,
  { options, started }: { readonly options: BuildOptions; readonly started: number },
): BuildResult {
  const { targets, left, state } = plan;
  if (options.logs === 'full') for (const target of targets) replayKept(reader.notice, plan, target);
  return {
    mode: options.mode,
    ok: true,
    targets: targets.map(({ id, directory, command }) => ({
      id,
      directory,
      command,
      state: 'unchanged',
      reason: '',
      milliseconds: 0,
      outputs: state.target(id)?.outputs.size ?? 0,
      key: plan.keyed.get(id)?.key ?? '',
    })),
    left,
    milliseconds: Math.round(performance.now() - started),
  };
}

/** The same, where nobody had to look for what there is to build. */
export function leaveSettled(known: Pick<BuildResult, 'targets' | 'left'>, started: number): BuildResult {
  return { mode: 'incremental', ok: true, ...known, milliseconds: Math.round(performance.now() - started) };
}

/** What the target said when it was built. */
export function replayKept(notice: (line: string) => void, plan: BuildPlan, target: Target): void {
  const entry = readEntry(plan.cache, plan.keyed.get(target.id)?.key ?? '');
  if (entry !== undefined) replay(notice, plan, entry);
}

/** The lines that were kept with a result, each after its target's name where there are several. */
export function replay(notice: (line: string) => void, plan: BuildPlan, entry: CacheEntry): void {
  const text = readContent(plan.store, entry.log, MOST_LOG_BYTES)?.toString('utf8') ?? '';
  const prefix = plan.targets.length === 1 ? '' : `${printable(entry.id)}: `;
  for (const line of text.split('\n').slice(0, -1)) notice(prefix + shown(line));
}
