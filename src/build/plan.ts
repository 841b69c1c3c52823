import { BitError } from '../kernel/errors.ts';
import type { Reader } from '../operation/index.ts';
import { type BuildCache, type CacheEntry, openCache, readEntry } from './cache.ts';
import { detectTargets } from './detect.ts';
import { type FilePlace, type Files, imageOf, isSameImage } from './files.ts';
import { affectedBy, type Graph, orderTargets, requireTargets, withDependencies } from './graph.ts';
import { type Keyed, keyTargets } from './key.ts';
import type { BuildOptions, LeftAlone, Target } from './model.ts';
import { type BuildSettings, readBuildSettings } from './settings.ts';
import { BuildState } from './state.ts';
import { changedSince, listTree, type Tree } from './tree.ts';

/** All that is known before anything runs. */
export interface BuildPlan extends FilePlace {
  /** When it began to look, milliseconds. */
  readonly begun: number;
  readonly cache: BuildCache;
  readonly settings: BuildSettings;
  readonly paths: readonly string[];
  /** The chosen targets in order, each after what it depends on. */
  readonly targets: readonly Target[];
  readonly keyed: ReadonlyMap<string, Keyed>;
  /** Results of the same that were kept, of targets whose files are not all in place. */
  readonly entries: ReadonlyMap<string, CacheEntry>;
  /** Targets whose files are all in place. */
  readonly unchanged: ReadonlySet<string>;
  readonly left: readonly LeftAlone[];
}

/**
 * Finds the targets, chooses among them, and looks up what each would leave.
 *
 * @throws BitError `usage` for `.bithub.yml` or a circle, `not-found` for a target or revision nobody is
 */
export async function planBuild(reader: Reader, options: BuildOptions): Promise<BuildPlan> {
  const root = requireRoot(reader);
  const begun = Date.now();
  // while git lists the tree, what was remembered is read
  const [tree, { settings, state, cache }] = await Promise.all([
    listTree(reader.git),
    remembered(reader, root),
  ]);
  const { graph, left } = findTargets(root, tree, settings);
  if (graph.size === 0) {
    throw new BitError('not-found', 'there is nothing to build here', {
      hint: 'declare it in .bithub.yml under build.targets, or give package.json a build script',
      details: { left },
    });
  }
  const chosen = await choose(reader, graph, options);
  const keyed = await keyTargets(graph, chosen, { root, env: reader.env, state, paths: tree.paths });
  const targets = [...graph.values()].filter((target) => chosen.has(target.id));
  const place = { root, state, store: cache.store };
  const entries = new Map<string, CacheEntry>();
  const unchanged = new Set<string>();
  for (const target of targets) {
    const known = keyed.get(target.id);
    if (known === undefined || !isCached(target, known, options) || options.mode === 'full') continue;
    const record = state.target(target.id);
    if (record?.key === known.key && inPlace(place, record.outputs)) unchanged.add(target.id);
    else {
      const entry = readEntry(cache, known.key);
      if (entry !== undefined) entries.set(target.id, entry);
    }
  }
  return { ...place, begun, cache, settings, paths: tree.paths, targets, keyed, entries, unchanged, left };
}

function inPlace(place: FilePlace, outputs: Files): boolean {
  for (const [path, image] of outputs) if (!isSameImage(imageOf(place, path), image)) return false;
  return true;
}

async function remembered(reader: Reader, root: string) {
  return {
    settings: readBuildSettings(root),
    state: new BuildState(root, reader.stateDirectory),
    cache: openCache(reader.stateDirectory),
  };
}

export function isCached(target: Target, keyed: Keyed, options: Pick<BuildOptions, 'noCache'>): boolean {
  return target.cached && keyed.unkeyable === undefined && !options.noCache;
}

export function requireRoot(reader: Reader): string {
  const root = reader.git.paths.root;
  if (root === undefined) throw new BitError('unsupported', 'a bare repository has no files to build');
  return root;
}

export function findTargets(
  root: string,
  tree: Tree,
  settings: BuildSettings,
): { readonly graph: Graph; readonly left: readonly LeftAlone[] } {
  const detected = settings.detect ? detectTargets(root, tree) : { targets: [], left: [] };
  const declared = new Set(settings.targets.map((target) => target.id));
  const others = detected.targets.filter((target) => !declared.has(target.id));
  return { graph: orderTargets([...settings.targets, ...others]), left: detected.left };
}

async function choose(reader: Reader, graph: Graph, options: BuildOptions): Promise<Set<string>> {
  requireTargets(graph, options.targets);
  const named =
    options.targets.length === 0 ? new Set(graph.keys()) : withDependencies(graph, options.targets);
  if (options.mode !== 'partial') return named;
  const base = await baseOf(reader, options.since);
  if (base === undefined) return named; // before the first commit everything is new
  const affected = affectedBy(graph, await changedSince(reader.git, base));
  return withDependencies(
    graph,
    [...affected].filter((id) => named.has(id)),
  );
}

/** What `partial` compares with: the revision named, where this branch left its upstream, or HEAD. */
export async function baseOf(reader: Reader, since: string | undefined): Promise<string | undefined> {
  const { git } = reader;
  if (since !== undefined) {
    const oid = await git.resolve(since, 'commit');
    if (oid === undefined)
      throw new BitError('not-found', `there is no commit ${since}`, { details: { revision: since } });
    return oid;
  }
  const head = await git.resolve('HEAD', 'commit');
  const tracked = await git.read(['for-each-ref', '--format=%(HEAD) %(upstream)', 'refs/heads/']);
  const name = /^\* (refs\/\S+)$/m.exec(tracked.stdout)?.[1];
  const upstream = name === undefined ? undefined : await git.resolve(name, 'commit');
  if (head === undefined || upstream === undefined) return head;
  return (await git.mergeBase(head, upstream)) ?? head;
}
