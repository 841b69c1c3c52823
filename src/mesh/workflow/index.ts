/**
 * Tasks of kind `workflow`. The engine's side is {@link MeshDelegate}: it has instances of a run's jobs run on a mesh, from
 * what {@link sourceOfRun} makes of the work tree. The runner's side is {@link launchWorkflow}: it turns the task of an offer into a program for
 * the job's room (`bin/mesh-job.js`). What a runner has to do beside:
 *
 * - where `task.delegation.bundle` names a git bundle, bring it and fetch the commit from it (`git fetch <file>
 *   <commit>`), over what the repository gave, or instead of it where the bundle is `complete`;
 * - bring `artifacts_in` into the work tree as for any job: the program takes them away before a step runs;
 * - keep `artifacts_out` also where the exit status is 1: the outcome tells the engine which step failed;
 * - leave `exit_code` out of the result where it is {@link UNABLE}: another runner may be able;
 * - hand `secrets` the values of `task.secrets` that its own manifest lets it give.
 */
export { type DelegateOptions, MeshDelegate, type MeshJobs, type MeshNews } from './delegate.ts';
export { launchWorkflow, UNABLE, type WorkflowLaunch } from './launch.ts';
export { type OnMesh, onMesh } from './on-mesh.ts';
export { type RunSource, sourceOfRun } from './source.ts';
