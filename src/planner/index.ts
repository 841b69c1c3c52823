/**
 * Planner: what past runs say of the workflows here, and what would make the next ones shorter.
 *
 * A workflow's jobs, with the middle of what each took, are simulated on so many slots as the engine hands them out. From
 * that come a forecast (how long, how likely to succeed) before anything runs, and proposals, each a patch with what it
 * rests on: jobs in the order that ends soonest, downloads and builds that are kept where their inputs are the same, jobs
 * and workflows that begin with the same steps made one. A proposal is `same` only where every run does what it did.
 */
export { type Improvement, type ImproveRequest, improveWorkflows } from './apply.ts';
export { readHistory, type WorkflowHistory } from './history.ts';
export type { FileChange, Forecast, PlannedWorkflow, Proposal, WorkflowPlanReport } from './model.ts';
export { type Ordered, orderJobs } from './order.ts';
export { type PlanQuestion, planWorkflows } from './plan.ts';
export { renderImprovement } from './render.ts';
export { criticalPath, type Simulation, simulate, type TimedJob } from './simulate.ts';
