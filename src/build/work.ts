import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import type { StepTools } from '../workflow/index.ts';
import { commandEnvironment } from './environment.ts';
import { type Done, type ErrandPlace, errandSource } from './errand.ts';
import { type FileImage, type FilePlace, type Files, filesFrom, filesJson, keep } from './files.ts';
import type { Target } from './model.ts';
import { candidates, whatItLeft } from './run-target.ts';
import type { BuildState } from './state.ts';
import { toolVersion } from './tools.ts';

/** What another machine has to know of a target; what it reads was settled here. */
export function toldTarget(target: Target): JsonObject {
  const { id, from, directory, steps, outputs, observe, others, env, set, path, tools } = target;
  return {
    ...{ id, from, directory, observe, set: { ...set } },
    ...{ steps: [...steps], outputs: [...outputs], others: [...others] },
    ...{ env: [...env], path: [...path], tools: [...tools] },
  };
}

/** What a machine is, as far as a result depends on it: two that say the same make the same. */
export async function machineOf(
  tools: readonly string[],
  place: { readonly env: Readonly<Record<string, string | undefined>>; readonly state: BuildState },
): Promise<JsonObject> {
  const versions: Record<string, string> = {};
  for (const name of [...tools].sort()) versions[name] = await toolVersion(name, place);
  return { system: `${process.platform} ${process.arch}`, tools: versions };
}

/** Runs a target where a mesh has brought it. */
export const buildWork = errandSource('build', async (place: ErrandPlace): Promise<Done> => {
  const { about, tools, root, request, checkout } = place;
  const target = targetFrom(about);
  const env = commandEnvironment(target, {
    root,
    env: { ...tools.inherited, ...request.env },
    operation: tools.state.run.id,
  });
  const before = candidates(place, target, checkout);
  const exit = await runAll(target, env, tools);
  if (exit !== 0) return { exit, tells: {}, files: new Map() };
  const left = whatItLeft(place, target, before, checkout);
  keepLinks(place, left.outputs);
  const tells = {
    files: filesJson(left.outputs) as unknown as Json,
    machine: await machineOf(target.tools, { env: tools.inherited, state: place.state }),
    ...(left.uncached === undefined ? {} : { uncached: left.uncached }),
  };
  return { exit, tells, files: left.outputs };
});

async function runAll(target: Target, env: Record<string, string>, tools: StepTools): Promise<number> {
  for (const step of target.steps) {
    const argv = ['/bin/sh', '-c', step];
    const exit = await tools.exec({ argv, cwd: target.directory || '.', env, files: {} });
    if (exit !== 0) return exit;
  }
  return 0;
}

function keepLinks(place: FilePlace, files: Files): void {
  for (const [path, image] of files) if (image?.kind === 'l') keep(place, path, image);
}

/** @throws BitError `integrity` */
function targetFrom(value: JsonObject): Target {
  const { id, from, directory, observe, set } = value;
  const texts = (key: string): readonly string[] => {
    const list = value[key];
    if (Array.isArray(list) && list.every((one) => typeof one === 'string')) return list as string[];
    throw new BitError('integrity', `a target has no good ${key}`);
  };
  if (typeof id !== 'string' || typeof directory !== 'string' || !isJsonObject(set ?? null))
    throw new BitError('integrity', 'a target without its name, folder or variables');
  const steps = texts('steps');
  return {
    id,
    from: from === 'npm' ? 'npm' : 'declared',
    directory,
    steps,
    command: steps.join(' && '),
    close: false,
    reads: () => false,
    outputs: texts('outputs'),
    observe: observe === true,
    others: texts('others'),
    depends: [],
    env: texts('env'),
    set: Object.fromEntries(Object.entries(set as JsonObject).map(([name, text]) => [name, String(text)])),
    path: texts('path'),
    tools: texts('tools'),
    cached: false,
  };
}

export interface Brought {
  readonly files: Files;
  /** Why it is not what would have come of it here. */
  readonly uncached?: string;
}

/**
 * What a target left on another machine, looked at: only what it may leave, and all of it there.
 *
 * @throws BitError `integrity` naming the file that is not its to leave
 */
export function broughtBack(
  report: JsonObject,
  facts: {
    readonly target: Target;
    readonly here: JsonObject;
    readonly refusal: (path: string, image: FileImage | null) => string | undefined;
  },
): Brought {
  const { target, here, refusal } = facts;
  let files: Files;
  try {
    files = filesFrom(report['files']);
  } catch {
    throw new BitError('integrity', `what ${target.id} left on the mesh is no list of files`);
  }
  for (const [path, image] of files) {
    const why = refusal(path, image);
    if (why !== undefined) throw new BitError('integrity', `the result of ${target.id} ${why}`);
  }
  const { uncached, machine } = report;
  if (typeof uncached === 'string') return { files, uncached: uncached.slice(0, 500) };
  const why = isJsonObject(machine ?? null)
    ? difference(here, machine as JsonObject)
    : 'nobody knows on what';
  return { files, ...(why === undefined ? {} : { uncached: `it was built elsewhere, ${why}` }) };
}

function difference(here: JsonObject, there: JsonObject): string | undefined {
  if (there['system'] !== here['system']) return `on ${String(there['system'])}`;
  const versions = (machine: JsonObject): JsonObject =>
    isJsonObject(machine['tools'] ?? null) ? (machine['tools'] as JsonObject) : {};
  const [ours, theirs] = [versions(here), versions(there)];
  const other = Object.keys(ours).find((name) => ours[name] !== theirs[name]);
  return other === undefined
    ? undefined
    : `with another ${other}: ${String(theirs[other] ?? 'none').slice(0, 100)}`;
}
