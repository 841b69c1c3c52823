/**
 * Build: what the tree can be made into, and never twice of the same.
 *
 * A target is commands run in a folder, with what they read (inputs) and leave (outputs). Its key is a digest of its
 * commands, of every file it reads, of the variables it may see, of its tools' versions and of the keys of what it depends
 * on; under that key the cache holds what it left, file by file, each by its own digest. A key that is known brings the
 * files back instead of running anything; what comes out of the store is compared with its digest first.
 *
 * Targets are declared in `.bithub.yml`:
 *
 *     build:
 *       targets:
 *         site:
 *           command: npm run docs         # or a list, run one after another
 *           directory: packages/site
 *           inputs: [src/**]             # default: everything in its folder
 *           outputs: [dist/**]
 *           depends: [lib]
 *           env: [NODE_ENV, SITE_*]       # nothing else of the environment is seen but PATH and its like
 *           set: { MODE: production }
 *           tools: [node]                 # programs whose version matters
 *           cache: true
 *           timeout: 600                  # seconds
 *       prepare: npm ci                   # in the fresh checkout of a machine of a mesh, before a target or a suite
 *       detect: false                     # also what the tree holds
 *       cache: { most: 10 GiB }
 *
 * or found: packages with a `build` script (npm, yarn, pnpm, bun workspaces, by their dependency graph), Makefile,
 * Cargo.toml, go.mod.
 *
 * With `on: 'mesh'` what has to be run is run by a mesh, a job a target: the work tree goes along as it lies there, with
 * what the targets before left; what comes back is put in its place and kept under the key it has here, unless the other
 * machine's system or tools are not the same.
 */
export { buildTargets } from './build.ts';
export type { Pruned } from './cache.ts';
export { type Package, type Packages, readPackages } from './detect-npm.ts';
export { type Came, type Elsewhere, openElsewhere, type WorkPlace } from './elsewhere.ts';
export { type Done, type ErrandPlace, errandSource } from './errand.ts';
export { OutputLog } from './log.ts';
export type { BuildMode, BuildOptions, BuildResult, BuiltTarget, LeftAlone, Target } from './model.ts';
export { baseOf, findTargets } from './plan.ts';
export { pruneBuilds } from './prune.ts';
export { renderBuild } from './render.ts';
export { type BuildRollback, rollbackBuild } from './rollback.ts';
export { readBuildSettings } from './settings.ts';
export {
  type BuildPack,
  packBuild,
  packedBytes,
  takeBuild,
  type WantedBuild,
  wantedBuilds,
} from './share.ts';
export { changedSince, listTree, type Tree, walkFiles } from './tree.ts';
export { buildWork } from './work.ts';
