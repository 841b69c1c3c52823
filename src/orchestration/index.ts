/**
 * Orchestration: flows of `.bithub.yml`. A flow is planned (every decision taken and explained: events, filters,
 * conditions, directives, profiles, pushes), compiled to the model of `src/workflow`, and run by its engine; the master
 * audit is its last job, so that a resumed run writes it too. `src/specification` says what the file may hold.
 */

export { type Collected, collectFiles, placeInside } from './collect.ts';
export { type Condition, FACTS, type Facts, judge, parseCondition } from './condition.ts';
export { type DirectiveEffect, parseDirectiveEffect } from './directive.ts';
export {
  checkSpecification,
  explainFlow,
  type FlowCheck,
  type FlowListing,
  listFlows,
  type PlannedFlow,
} from './flows.ts';
export { type GatePassed, type GateRequest, passGate } from './gate.ts';
export { gateSteps } from './gates.ts';
export { type Loaded, loadSpecification, requireRoot } from './load.ts';
export { EVENT_NAMES, type Occasion, type OccasionRequest, readOccasion } from './occasion.ts';
export { planFlow } from './plan.ts';
export type { FlowPlan, ProfilePlan, StepPlan, WorkflowPlan } from './plan-model.ts';
export { renderFlowCheck, renderFlows, renderPlan } from './render.ts';
export { type Sending, send } from './send.ts';
export { type FlowOptions, flowSource } from './source.ts';
