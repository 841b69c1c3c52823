/**
 * GitHub's workflows, `.github/workflows/*.yml`, read and judged as GitHub does and compiled to the model of
 * `src/workflow`: GitHub's own parser says what is wrong with a file; filters, matrix, contexts, workflow commands and
 * the actions follow what is documented. Errors are `usage` BitErrors that begin with `path:line:column`.
 */
export {
  type ActionDefinition,
  type EventDefinition,
  type JobDefinition,
  readAction,
  readWorkflow,
  type StepDefinition,
  type WorkflowDefinition,
} from './definition.ts';
export { type EventFacts, type EventOptions, readEvent } from './event.ts';
export { factsToJson, findWorkflow, githubWorkflows, WORKFLOW_FOLDER } from './github-source.ts';
export { type Combination, combinationLabel, expandMatrix, MOST_COMBINATIONS } from './matrix.ts';
export { matchesGlob, matchesPattern, selects } from './pattern.ts';
export type { Place, Problem, Source, Tree } from './source.ts';
export { type Happening, startsOn, type Verdict } from './trigger.ts';
export { CommandReader, parseWorkflowCommand, type WorkflowCommand } from './workflow-command.ts';
