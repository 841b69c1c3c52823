/**
 * What a repository says of its part in a mesh: `.bit/runner.manifest.yml` (the runner that serves it) and
 * `.bit/mesh/config.yml` (which mesh, how found, how secured).
 *
 * Both are read by the shapes of `src/specification`: unknown keys are refused with the nearest known one, everything
 * that is wrong is told at once by line and column. What a file leaves out has the defaults told here.
 */
export {
  MESH_CONFIG,
  type MeshConfig,
  type MeshConfigSource,
  meshConfigOf,
  readMeshConfig,
} from './config.ts';
export {
  PRIORITY_BIASES,
  type PriorityBias,
  RUNNER_MANIFEST,
  type RunnerLimits,
  type RunnerManifest,
  readRunnerManifest,
  runnerManifestOf,
  type StorageDriverOptions,
  type StorageOptions,
} from './manifest.ts';
