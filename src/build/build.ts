import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Answer, Effect, Reader } from '../operation/index.ts';
import type { BuildOptions, BuildResult } from './model.ts';
import { type BuildPlan, planBuild } from './plan.ts';
import { runBuild } from './run-build.ts';
import { settle } from './settle.ts';
import { readSettled } from './settled.ts';
import { isDone, leaveAll, leaveSettled } from './unchanged.ts';

/** Builds what the tree holds, taking from the cache whatever was built of the same before. */
export async function buildTargets(
  reader: Reader,
  options: BuildOptions,
): Promise<Effect<BuildResult> | Answer<BuildResult>> {
  const started = performance.now();
  const onMesh = options.on === 'mesh';
  if (options.network !== undefined && !onMesh)
    throw new BitError('usage', '--network is for what runs on a mesh: --on mesh');
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
      ...(onMesh ? { on: 'mesh', network: options.network ?? 'none' } : {}),
    },
    plan: planLines(plan, onMesh ? 'on the mesh, run' : 'run'),
    touches: { refs: [] },
    // another build may have ended while this one waited for it
    run: async (writer) =>
      runBuild(writer, plan.state.stale ? await planBuild(reader, options) : plan, options),
    record: ({ ok, targets, files, unkept }) => ({
      ok,
      targets: targets.slice(0, 200).map(({ id, state, key, job }) => ({
        ...{ id, state, key: key.slice(0, 16) },
        ...(job === undefined ? {} : { job }),
      })),
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

function planLines(plan: BuildPlan, run: string): string[] {
  const lines = plan.targets.map((target) => {
    const entry = plan.entries.get(target.id);
    const where = target.directory === '' ? '' : ` in ${target.directory}`;
    if (plan.unchanged.has(target.id)) return `leave ${target.id}${where} as it is: nothing changed`;
    return entry === undefined
      ? `${run} ${target.id}${where}: ${shorten(target.command, 200)}`
      : `take ${target.id}${where} from the cache (${entry.outputs.size} files)`;
  });
  const left = plan.left.map(({ path, why }) => `leave ${path} alone: ${why}`);
  return [...(lines.length === 0 ? ['nothing that changed is built'] : lines), ...left].map((line) =>
    printable(line),
  );
}
