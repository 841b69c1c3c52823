import { createHash } from 'node:crypto';
import type { Environment } from '../git/index.ts';
import { namedEnvironment } from './environment.ts';
import type { Graph } from './graph.ts';
import type { Target } from './model.ts';
import type { BuildState } from './state.ts';
import { toolVersion } from './tools.ts';
import { walkFiles } from './tree.ts';

/** Changes whenever the same key would stand for something else. */
const KEY_VERSION = 'bit build 1';

export interface Keyed {
  readonly key: string;
  /** Digest of what it reads alone, which must be the same after it ran. */
  readonly inputs: string;
  readonly files: readonly string[];
  /** Why its result can't be kept: a name that is no text, a file that can't be read. */
  readonly unkeyable?: string;
}

export interface KeyPlace {
  readonly root: string;
  readonly env: Environment;
  readonly state: BuildState;
  readonly paths: readonly string[];
}

/** Content keys of the targets: command, inputs, variables, tools, and the keys of what they depend on. */
export async function keyTargets(
  graph: Graph,
  ids: ReadonlySet<string>,
  place: KeyPlace,
): Promise<Map<string, Keyed>> {
  const chosen = [...graph.values()].filter((target) => ids.has(target.id));
  const versions = new Map<string, string>();
  for (const name of new Set(chosen.flatMap((target) => target.tools)))
    versions.set(name, await toolVersion(name, place));
  const top = place.paths.filter((path) => !path.includes('/'));
  const keyed = new Map<string, Keyed>();
  for (const target of chosen) {
    const files = filesOf(target, place.paths, top);
    const { digest: inputs, unkeyable } = digestInputs(place, target, files);
    const parts = [
      [KEY_VERSION, target.id, target.from, target.directory],
      target.steps,
      [inputs],
      target.outputs,
      target.tools.map((name) => `${name} ${versions.get(name) ?? ''}`),
      namedEnvironment(target, place.env).flat(),
      Object.entries(target.set).flat(),
      [process.platform, process.arch],
      [...target.depends].sort().map((id) => keyed.get(id)?.key ?? ''),
    ];
    const key = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
    keyed.set(target.id, { key, inputs, files, ...(unkeyable === undefined ? {} : { unkeyable }) });
  }
  return keyed;
}

/** The paths come in order: those of a folder stand together. */
function filesOf(target: Target, paths: readonly string[], top: readonly string[]): string[] {
  if (!target.close || target.directory === '') return paths.filter(target.reads);
  const prefix = `${target.directory}/`;
  const below: string[] = [];
  for (let at = firstFrom(paths, prefix); paths[at]?.startsWith(prefix) === true; at++)
    below.push(paths[at] ?? '');
  return [...top, ...below].filter(target.reads);
}

function firstFrom(paths: readonly string[], wanted: string): number {
  let low = 0;
  let high = paths.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((paths[middle] ?? '') < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What lies at each path, or that nothing does. A folder among them is another repository: all of its files count. */
export function digestInputs(
  { root, state }: Pick<KeyPlace, 'root' | 'state'>,
  target: Pick<Target, 'id'>,
  files: readonly string[],
): { readonly digest: string; readonly unkeyable?: string } {
  const lines: string[] = [];
  let unkeyable: string | undefined;
  const add = (path: string): void => {
    if (path.includes('\ufffd')) unkeyable = `a name among what ${target.id} reads is not UTF-8`;
    try {
      const found = state.digest(path);
      lines.push(`${path}\0${found?.kind ?? '!'}${found?.sha256 ?? ''}\n`);
    } catch {
      unkeyable = `${path} can't be read`;
    }
  };
  for (const path of files) {
    add(path);
    const inner = isFolder(path, state) ? walkFiles(root, path.replace(/\/$/, '')) : [];
    for (const below of inner) add(below);
  }
  const digest = createHash('sha256').update(lines.join('')).digest('hex');
  return { digest, ...(unkeyable === undefined ? {} : { unkeyable }) };
}

function isFolder(path: string, state: BuildState): boolean {
  return path.endsWith('/') || state.isFolder(path);
}
