import type { Json, JsonObject } from '../kernel/json.ts';
import { SPECIFICATION_SHAPE } from './document.ts';
import { SPECIFICATION } from './name.ts';
import { ledger } from './sections/frame.ts';
import { any, map, object, type Shape, type ValueOf } from './shape.ts';
import { validate } from './validate.ts';
import { faulty, parseYaml, readYamlText } from './yaml.ts';

/** What the frame itself obeys. */
export interface Frame {
  readonly ledger?: ValueOf<typeof ledger>;
  /** As it stands, keys of the user's own too. */
  readonly policy?: JsonObject;
}

/**
 * The sections of `.bithub.yml` that every command obeys. What is wrong elsewhere in it stops no commit: it is told by
 * `bit flow check` and whoever reads that section. A key that is nearly one of the known is refused here too.
 *
 * @throws BitError `usage` with everything that is wrong, by line and column
 */
export function readFrame(root: string): Frame {
  const text = readYamlText(root, SPECIFICATION);
  if (text === undefined) return {};
  const shape = object(undefined, { ...others(), ledger, policy: map(any()) }, { open: true });
  const { value, faults } = validate<Frame>(parseYaml(SPECIFICATION, text), shape);
  if (faults.length > 0) throw faulty(SPECIFICATION, faults);
  return value;
}

type Sections = typeof SPECIFICATION_SHAPE.members;

/**
 * One section of `.bithub.yml`, held against its shape; empty where there is none. What is wrong elsewhere in the file is
 * told by whoever reads that.
 *
 * @throws BitError `usage` with everything that is wrong in it, by line and column
 */
export function readSection<Key extends keyof Sections>(root: string, key: Key): ValueOf<Sections[Key]> {
  const text = readYamlText(root, SPECIFICATION);
  const section = SPECIFICATION_SHAPE.members[key];
  const empty = {} as ValueOf<Sections[Key]>;
  if (text === undefined) return empty;
  const shape = object(undefined, { ...others(), [key]: section as Shape }, { open: true });
  const { value, faults } = validate<{ readonly [K in Key]?: ValueOf<Sections[K]> }>(
    parseYaml(SPECIFICATION, text),
    shape,
  );
  if (faults.length > 0) throw faulty(SPECIFICATION, faults);
  return value[key] ?? empty;
}

/** The sections, none of them looked into. */
function others(): Record<string, Shape> {
  return Object.fromEntries(
    Object.keys(SPECIFICATION_SHAPE.members).map((key): [string, Shape] => [key, any()]),
  );
}

/** Any YAML file of the repository as JSON, bounded; an empty one, and one that isn't there, is null. */
export function readYaml(root: string, name: string): Json {
  const text = readYamlText(root, name);
  if (text === undefined) return null;
  const { value, faults } = validate<Json | undefined>(parseYaml(name, text), any());
  if (faults.length > 0) throw faulty(name, faults);
  return value ?? null;
}
