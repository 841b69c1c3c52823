/**
 * GitHub's workflows, `.github/workflows/*.yml`, read and judged as GitHub does and compiled to the model of
 * `src/workflow`: GitHub's own parser says what is wrong with a file; filters, matrix, contexts, workflow commands and
 * the actions follow what is documented. Errors are `usage` BitErrors that begin with `path:line:column`.
 */
export {
  type AuditFinding,
  type AuditOptions,
  auditText,
  auditWorkflows,
  type WorkflowAudit,
} from './audit/audit.ts';
export type { Finding, Severity } from './audit/finding.ts';
export { type AuditReport, auditReport, failsAt, renderAudit } from './audit/report.ts';
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
export { inputsFromPairs } from './inputs.ts';
export { pinnedActions } from './lock.ts';
export { type Combination, combinationLabel, expandMatrix, MOST_COMBINATIONS } from './matrix.ts';
export { matchesGlob, matchesPattern, selects } from './pattern.ts';
export { previewWorkflow, type WorkflowPreview } from './preview.ts';
export { renderPreview } from './preview-render.ts';
export { githubRequest } from './request.ts';
export type { Place, Problem, Source, Tree } from './source.ts';
export { type Happening, startsOn, type Verdict } from './trigger.ts';
export { type VendorRequest, type VendorResult, vendorActions } from './vendor.ts';
export { openWorkTree } from './work-tree.ts';
export { CommandReader, parseWorkflowCommand, type WorkflowCommand } from './workflow-command.ts';
