import { SPECIFICATION_SHAPE, type Specification } from './document.ts';
import { SPECIFICATION } from './name.ts';
import { validate } from './validate.ts';
import type { Place } from './yaml.ts';
import { faulty, parseYaml, readYamlText } from './yaml.ts';

export interface ReadSpecification {
  readonly specification: Specification;
  readonly text: string;
  /** Where the value at a path stands. */
  readonly places: ReadonlyMap<string, Place>;
}

/**
 * The repository's `.bithub.yml`; undefined where there is none.
 *
 * @throws BitError `usage` with everything that is wrong in it, each by line and column
 */
export function readSpecification(root: string): ReadSpecification | undefined {
  const text = readYamlText(root, SPECIFICATION);
  return text === undefined ? undefined : parseSpecification(text);
}

/** @throws BitError `usage`, as {@link readSpecification} */
export function parseSpecification(text: string, name: string = SPECIFICATION): ReadSpecification {
  const { value, faults, places } = validate<Specification>(parseYaml(name, text), SPECIFICATION_SHAPE);
  if (faults.length > 0) throw faulty(name, faults);
  return { specification: value, text, places };
}
