/** Whether a JSON Schema is one, as of drafts 4 to 7. References stay inside it; patterns run on the linear matcher. */
import { Regex } from '../regex.ts';
import { RegexError } from '../regex-program.ts';
import { jsonText } from '../text.ts';
import {
  type AnyObject,
  isArray,
  isNumber,
  isObject,
  objectEntries,
  objectGet,
  type Value,
} from '../values.ts';
import { BuiltinError, type Operands } from './define.ts';

const TYPES = ['array', 'boolean', 'integer', 'number', 'null', 'object', 'string'];
const LISTS = ['allOf', 'anyOf', 'oneOf'];
const SINGLE = [
  'not',
  'if',
  'then',
  'else',
  'contains',
  'propertyNames',
  'additionalItems',
  'additionalProperties',
];
const KEYED = ['properties', 'patternProperties', 'definitions', '$defs'];
export const MOST_DEPTH = 100;

export function typesOf(schema: AnyObject): string[] {
  const type = objectGet(schema, 'type');
  return (isArray(type) ? type : type === undefined ? [] : [type]).map((item) => {
    if (typeof item === 'string' && TYPES.includes(item)) return item;
    const given = typeof item === 'string' ? item : jsonText(item);
    throw new BuiltinError(
      `has a primitive type that is NOT VALID -- given: /${given.slice(0, 80)}/ Expected valid values are:[${TYPES.join(' ')}]`,
    );
  });
}

export function regex(pattern: Value): Regex {
  if (typeof pattern !== 'string') throw new BuiltinError('pattern must be of type string');
  try {
    return Regex.compile(pattern);
  } catch (error) {
    if (error instanceof RegexError) throw new BuiltinError('pattern must be a valid regex');
    throw error;
  }
}

/** Throws where the schema itself is wrong. */
export function checkSchema(schema: Value, o: Operands, depth = 0): void {
  o.tick();
  if (depth > MOST_DEPTH) throw new BuiltinError('the schema nests too deeply');
  if (typeof schema === 'boolean') return;
  if (!isObject(schema)) throw new BuiltinError('schema is invalid: neither an object nor true or false');
  typesOf(schema);
  for (const [key, value] of objectEntries(schema)) {
    if (typeof key !== 'string') continue;
    if (LISTS.includes(key)) {
      if (!isArray(value) || value.length === 0) throw new BuiltinError(`${key} must be of type array`);
      for (const item of value) checkSchema(item, o, depth + 1);
    } else if (SINGLE.includes(key)) checkSchema(value, o, depth + 1);
    else if (KEYED.includes(key)) {
      if (!isObject(value)) throw new BuiltinError(`${key} must be of type object`);
      for (const [name, item] of objectEntries(value)) {
        if (key === 'patternProperties') regex(name);
        checkSchema(item, o, depth + 1);
      }
    } else if (key === 'items') {
      for (const item of isArray(value) ? value : [value]) checkSchema(item, o, depth + 1);
    } else if (key === 'required') {
      if (!isArray(value) || value.some((item) => typeof item !== 'string'))
        throw new BuiltinError('required must be of type array of strings');
    } else if (key === 'enum') {
      if (!isArray(value)) throw new BuiltinError('enum must be of type array');
    } else if (key === 'pattern') regex(value);
    else if (/^(?:(?:max|min)(?:imum|Length|Items|Properties)|multipleOf)$/.test(key) && !isNumber(value))
      throw new BuiltinError(`${key} must be of type number`);
    else if (key === '$ref' && (typeof value !== 'string' || !value.startsWith('#')))
      throw new BuiltinError('a reference may only lead within the schema');
  }
}
