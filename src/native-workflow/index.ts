/**
 * Native workflows, `.bithub/workflows/*.yml`: the words of GitHub's workflows where the two mean the same, with inputs,
 * retries, limits and sandboxes of their own. docs/workflows.md is the reference, docs/schema/workflow-v1.json the
 * schema. Expressions are those of `src/expression`. Faults are `usage` BitErrors that begin with `path:line:column`.
 */
export { readDefinition } from './definition.ts';
export type { Definition, InputDefinition } from './definition-model.ts';
export { readDocument, type Tree } from './document.ts';
export { nativeSource, readInputs } from './source.ts';
