import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
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
  const others = Object.keys(SPECIFICATION_SHAPE.members).map((key): [string, Shape] => [key, any()]);
  const shape = object(
    undefined,
    { ...Object.fromEntries(others), ledger, policy: map(any()) },
    { open: true },
  );
  const { value, faults } = validate<Frame>(parseYaml(SPECIFICATION, text), shape);
  if (faults.length > 0) throw faulty(SPECIFICATION, faults);
  return value;
}

/**
 * One section of `.bithub.yml` for the part of the program that reads it by rules of its own; empty where there is none.
 *
 * @throws BitError `usage` where the file is no YAML, or the section no mapping
 */
export function readSection(root: string, key: keyof typeof SPECIFICATION_SHAPE.members): JsonObject {
  const document = readYaml(root, SPECIFICATION);
  const section = isJsonObject(document) ? (document[key] ?? {}) : {};
  if (isJsonObject(section)) return section;
  throw new BitError('usage', `${SPECIFICATION}: ${key} must be a mapping`, {
    details: { path: SPECIFICATION, key },
  });
}

/** Any YAML file of the repository as JSON, bounded; an empty one, and one that isn't there, is null. */
export function readYaml(root: string, name: string): Json {
  const text = readYamlText(root, name);
  if (text === undefined) return null;
  const { value, faults } = validate<Json | undefined>(parseYaml(name, text), any());
  if (faults.length > 0) throw faulty(name, faults);
  return value ?? null;
}
