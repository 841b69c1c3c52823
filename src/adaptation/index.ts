/**
 * Adaptation: GitHub workflows made to last, always as a diff to review first: artifact names that are unique, real build
 * output paths, network commands tried again, and a wrapper around `aln-analyze` where it may be missing.
 */
export { type Adaptation, adaptWorkflow } from './adapt.ts';
export { applyEdits, type Edit, unifiedDiff } from './edits.ts';
export {
  renderTransformed,
  type Transformed,
  type TransformedFile,
  transformWorkflows,
} from './transform.ts';
