/** json.match_schema and json.verify_schema. */
import { isObject, type Value } from '../values.ts';
import { BuiltinError, builtins, type Operands } from './define.ts';
import { parseJson } from './json.ts';
import { checkSchema } from './schema-check.ts';
import { Validator } from './schema-validator.ts';

/** JSON text, or the value itself. */
function document(o: Operands, i: number): Value {
  const value = o.value(i);
  if (typeof value === 'string') {
    o.output(value.length);
    return parseJson(value);
  }
  if (isObject(value)) return value;
  throw o.wrong(i, 'one of {string, object}');
}

function matchSchema(o: Operands): Value {
  const [value, schema] = [document(o, 0), document(o, 1)];
  checkSchema(schema, o);
  const validator = new Validator(schema, o);
  validator.validate(value, schema);
  const faults = validator.faults.map(({ field, type, desc }) => ({
    desc,
    error: `${field}: ${desc}`,
    field,
    type,
  }));
  return [faults.length === 0, faults];
}

function verifySchema(o: Operands): Value {
  try {
    checkSchema(document(o, 0), o);
    return [true, null];
  } catch (error) {
    if (error instanceof BuiltinError && error.code === 'eval_builtin_error')
      return [false, `jsonschema: ${error.message}`];
    throw error;
  }
}

export const SCHEMA = builtins({
  'json.match_schema': [2, matchSchema],
  'json.verify_schema': [1, verifySchema],
});
