/**
 * Runs: every kind of workflow started, gone on with and tried again. What a name means is decided here; the kinds are
 * in `sources.ts`, the engine in `src/workflow`. A run is one recorded operation (`WORKFLOW_RUN`, digest of the journal
 * in its outcome) that holds no lock: the `bit` commands of its steps are operations of their own inside it.
 */
export {
  goOnOrResume,
  interruptedRun,
  type Resumed,
  renderResumed,
  resumeRun,
  retry,
  type Which,
} from './again.ts';
export { pairs, type Ran, type RunFlags, renderRan, runAnything, sandboxOf } from './anything.ts';
export { type ChainOptions, chain } from './chain.ts';
export { type DebugOptions, debugWorkflow } from './debug.ts';
export {
  askWorkflow,
  deleteWorkflow,
  type EditResult,
  linkWorkflow,
  listWorkflows,
  modifyWorkflow,
  renderWorkflows,
  type WorkflowList,
} from './edit.ts';
export { workTreeFiles } from './files.ts';
export { type FlowRequest, type FlowRun, renderFlowRun, runFlow } from './flow.ts';
export { type Inspected, inspectRun, renderInspected } from './inspect.ts';
export { type RunOptions, type RunResult, rootOf, runWorkflow } from './launch.ts';
export { type MeshJob, runMeshJob } from './mesh-job.ts';
export { type PlannedJob, planOf } from './plan.ts';
export { rollbackWorkflow } from './rollback.ts';
export { findAll, named, SOURCES, sourceOf } from './sources.ts';
export { type Change, changeYaml } from './splice.ts';
export { standingOf } from './standing.ts';
export { TEMPLATE_NAMES, type TemplateName } from './workflow-templates.ts';
