/**
 * Specification: `.bithub.yml` (`apiVersion: bithub/v1`, `kind: OrchestrationSpec`), every key of it.
 *
 * One source, the shapes in `sections/`, gives the TypeScript types, the validator and the JSON Schema that editors
 * read (`docs/schema/bithub-v1.json`). Whoever obeys a key says there what it may be. Unknown keys are refused with the
 * nearest known one, everything that is wrong is told at once, by line and column; depth, size and what aliases expand
 * to are bounded.
 */
export {
  type ActionOptions,
  type Bundle,
  type Channel,
  type DeclaredSchedule,
  type DeclaredTrigger,
  type DeployTarget,
  type Directive,
  type FlowSpecification,
  type Profanity,
  type ProfileSpecification,
  SPECIFICATION_SHAPE,
  type Specification,
  type StepSpecification,
} from './document.ts';
export { type Frame, readFrame, readSection, readYaml } from './frame.ts';
export { jsonSchema, SCHEMA_ID } from './json-schema.ts';
export { SPECIFICATION } from './name.ts';
export { parseSpecification, type ReadSpecification, readSpecification } from './read.ts';
export { TRIGGER_EVENTS } from './sections/commands.ts';
export { ACTION_OPTIONS, type ActionName } from './sections/orchestration.ts';
export {
  any,
  choice,
  either,
  flag,
  list,
  map,
  number,
  object,
  type Shape,
  text,
  type ValueOf,
  whole,
} from './shape.ts';
export { type Validated, validate } from './validate.ts';
export { type Fault, faulty, type Place, parseYaml, readYamlText, type YamlDocument } from './yaml.ts';
