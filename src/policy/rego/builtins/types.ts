import { isArray, isNumber, isObject, normalNumber, RegoSet, typeName, type Value } from '../values.ts';
import { BuiltinError, builtins, type Operands } from './define.ts';

function toNumber(o: Operands): Value {
  const value = o.value(0);
  if (value === null || value === false) return 0;
  if (value === true) return 1;
  if (isNumber(value)) return value;
  if (typeof value !== 'string') throw o.wrong(0, 'one of {null, boolean, number, string}');
  // Go reads these as numbers, which JSON can't hold.
  if (/^[+-]?(?:nan|inf|infinity)$/i.test(value))
    throw new BuiltinError('operand 1 must be a finite number', 'eval_type_error');
  if (value.length > 400 || !/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(value))
    throw new BuiltinError('invalid syntax');
  return normalNumber(/^[+-]?\d+$/.test(value) ? BigInt(value.replace(/^\+/, '')) : Number(value));
}

function is(test: (value: Value) => boolean) {
  return [1, (o: Operands) => test(o.value(0))] as const;
}

function cast(name: string) {
  return [
    1,
    (o: Operands) => {
      if (typeName(o.value(0)) !== name) throw o.wrong(0, name);
      return o.value(0);
    },
  ] as const;
}

export const TYPES = builtins({
  type_name: [1, (o) => typeName(o.value(0))],
  to_number: [1, toNumber],
  is_null: is((v) => v === null),
  is_boolean: is((v) => typeof v === 'boolean'),
  is_number: is((v) => isNumber(v)),
  is_string: is((v) => typeof v === 'string'),
  is_array: is((v) => isArray(v)),
  is_set: is((v) => v instanceof RegoSet),
  is_object: is((v) => isObject(v)),
  cast_null: cast('null'),
  cast_boolean: cast('boolean'),
  cast_string: cast('string'),
  cast_object: cast('object'),
  cast_array: [1, (o) => o.list(0)],
  cast_set: [1, (o) => new RegoSet(o.list(0))],
});
