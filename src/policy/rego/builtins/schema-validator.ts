/** A value against a JSON Schema; the words of its faults are those of OPA's validator. */
import { jsonText } from '../text.ts';
import {
  type AnyObject,
  equal,
  isArray,
  isNumber,
  isObject,
  objectEntries,
  objectGet,
  objectSize,
  RegoSet,
  type Value,
} from '../values.ts';
import { BuiltinError, type Operands } from './define.ts';
import { fitsFormat } from './formats.ts';
import { MOST_DEPTH, regex, typesOf } from './schema-check.ts';

const MOST_FAULTS = 100;

interface Fault {
  readonly field: string;
  readonly type: string;
  readonly desc: string;
}

function typeOf(value: Value): string {
  if (value === null) return 'null';
  if (isNumber(value)) return typeof value === 'bigint' || Number.isInteger(value) ? 'integer' : 'number';
  if (isArray(value) || value instanceof RegoSet) return 'array';
  return isObject(value) ? 'object' : typeof value;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new BuiltinError('a reference is no valid URI');
  }
}

export class Validator {
  readonly faults: Fault[] = [];
  private readonly root: Value;
  private readonly o: Operands;
  private depth = 0;

  constructor(root: Value, o: Operands) {
    this.root = root;
    this.o = o;
  }

  private add(field: string, type: string, desc: string): void {
    if (this.faults.length < MOST_FAULTS) this.faults.push({ field, type, desc });
  }

  private holds(value: Value, schema: Value, field: string): boolean {
    const inner = new Validator(this.root, this.o);
    inner.depth = this.depth;
    inner.validate(value, schema, field);
    return inner.faults.length === 0;
  }

  validate(value: Value, schema: Value, field = '(root)'): void {
    this.o.tick();
    if (schema === true || !isObject(schema)) {
      if (schema === false) this.add(field, 'false', 'False always fails validation');
      return;
    }
    if (++this.depth > MOST_DEPTH) throw new BuiltinError('the schema nests too deeply');
    const reference = objectGet(schema, '$ref');
    if (typeof reference === 'string') this.validate(value, this.follow(reference), field);
    else {
      this.general(value, schema, field);
      if (isNumber(value)) this.number(Number(value), schema, field);
      else if (typeof value === 'string') this.string(value, schema, field);
      else if (isArray(value) || value instanceof RegoSet)
        this.array(isArray(value) ? value : value.sorted(), schema, field);
      else if (isObject(value)) this.object(value, schema, field);
    }
    this.depth--;
  }

  private follow(reference: string): Value {
    let target: Value | undefined = this.root;
    for (const part of reference.split('/').slice(1)) {
      const name = decoded(part).replace(/~1/g, '/').replace(/~0/g, '~');
      target = isArray(target)
        ? target[Number(name)]
        : target !== undefined && isObject(target)
          ? objectGet(target, name)
          : undefined;
    }
    if (target === undefined) throw new BuiltinError(`Object has no key '${reference.slice(0, 80)}'`);
    return target;
  }

  private general(value: Value, schema: AnyObject, field: string): void {
    const types = typesOf(schema);
    const given = typeOf(value);
    if (types.length > 0 && !types.includes(given) && !(given === 'integer' && types.includes('number'))) {
      const expected = types.length === 1 ? types[0] : `[${types.join(',')}]`;
      this.add(field, 'invalid_type', `Invalid type. Expected: ${expected}, given: ${given}`);
    }
    const one = objectGet(schema, 'const');
    if (one !== undefined && !equal(value, one))
      this.add(field, 'const', `${field} does not match: ${jsonText(one).slice(0, 200)}`);
    const options = objectGet(schema, 'enum');
    if (isArray(options) && !options.some((option) => equal(option, value))) {
      const list = options.map((option) => jsonText(option)).join(', ');
      this.add(field, 'enum', `${field} must be one of the following: ${list.slice(0, 400)}`);
    }
    this.combined(value, schema, field);
  }

  private combined(value: Value, schema: AnyObject, field: string): void {
    const get = (name: string) => objectGet(schema, name);
    const many = (name: string): readonly Value[] | undefined => {
      const list = get(name);
      return isArray(list) ? list : undefined;
    };
    const any = many('anyOf');
    if (any !== undefined && !any.some((item) => this.holds(value, item, field)))
      this.add(field, 'number_any_of', 'Must validate at least one schema (anyOf)');
    const one = many('oneOf');
    if (one !== undefined && one.filter((item) => this.holds(value, item, field)).length !== 1)
      this.add(field, 'number_one_of', 'Must validate one and only one schema (oneOf)');
    const before = this.faults.length;
    for (const item of many('allOf') ?? []) this.validate(value, item, field);
    if (this.faults.length > before)
      this.add(field, 'number_all_of', 'Must validate all the schemas (allOf)');
    const not = get('not');
    if (not !== undefined && this.holds(value, not, field))
      this.add(field, 'number_not', 'Must not validate the schema (not)');
    const condition = get('if');
    if (condition === undefined) return;
    const branch = this.holds(value, condition, field) ? 'then' : 'else';
    const then = get(branch);
    if (then !== undefined && !this.holds(value, then, field)) {
      const was = branch === 'then' ? 'valid' : 'not valid';
      this.add(field, `condition_${branch}`, `Must validate "${branch}" as "if" was ${was}`);
    }
  }

  private number(value: number, schema: AnyObject, field: string): void {
    const limit = (name: string): number | undefined => {
      const found = objectGet(schema, name);
      return isNumber(found) ? Number(found) : undefined;
    };
    const multiple = limit('multipleOf');
    if (
      multiple !== undefined &&
      multiple !== 0 &&
      !Number.isInteger(Number((value / multiple).toPrecision(15)))
    )
      this.add(field, 'multiple_of', `Must be a multiple of ${multiple}`);
    // Draft 4 has a flag beside the limit, later drafts a limit of its own.
    const [least, most] = [limit('minimum'), limit('maximum')];
    const above = objectGet(schema, 'exclusiveMinimum') === true ? least : limit('exclusiveMinimum');
    const below = objectGet(schema, 'exclusiveMaximum') === true ? most : limit('exclusiveMaximum');
    if (above !== undefined && value <= above) this.add(field, 'number_gt', `Must be greater than ${above}`);
    else if (least !== undefined && value < least)
      this.add(field, 'number_gte', `Must be greater than or equal to ${least}`);
    if (below !== undefined && value >= below) this.add(field, 'number_lt', `Must be less than ${below}`);
    else if (most !== undefined && value > most)
      this.add(field, 'number_lte', `Must be less than or equal to ${most}`);
  }

  private string(value: string, schema: AnyObject, field: string): void {
    const { length } = [...value];
    const [least, most] = [objectGet(schema, 'minLength'), objectGet(schema, 'maxLength')];
    if (isNumber(least) && length < least)
      this.add(field, 'string_gte', `String length must be greater than or equal to ${least}`);
    if (isNumber(most) && length > most)
      this.add(field, 'string_lte', `String length must be less than or equal to ${most}`);
    const pattern = objectGet(schema, 'pattern');
    if (pattern !== undefined && !regex(pattern).test(value, (cost) => this.o.tick(cost)))
      this.add(field, 'pattern', `Does not match pattern '${String(pattern).slice(0, 200)}'`);
    const format = objectGet(schema, 'format');
    if (typeof format === 'string' && !fitsFormat(format, value))
      this.add(field, 'format', `Does not match format '${format.slice(0, 80)}'`);
  }

  private array(items: readonly Value[], schema: AnyObject, field: string): void {
    const below = (i: number) => (field === '(root)' ? String(i) : `${field}.${i}`);
    const each = objectGet(schema, 'items');
    if (isArray(each)) {
      const more = objectGet(schema, 'additionalItems');
      items.forEach((item, i) => {
        const own = each[i];
        if (own !== undefined) this.validate(item, own, below(i));
        else if (more !== undefined && more !== false) this.validate(item, more, below(i));
      });
      if (more === false && items.length > each.length)
        this.add(field, 'array_no_additional_items', 'No additional items allowed on array');
    } else if (each !== undefined) {
      items.forEach((item, i) => {
        this.validate(item, each, below(i));
      });
    }
    const [least, most] = [objectGet(schema, 'minItems'), objectGet(schema, 'maxItems')];
    if (isNumber(least) && items.length < least)
      this.add(field, 'array_min_items', `Array must have at least ${least} items`);
    if (isNumber(most) && items.length > most)
      this.add(field, 'array_max_items', `Array must have at most ${most} items`);
    if (objectGet(schema, 'uniqueItems') === true && new RegoSet(items).size < items.length)
      this.add(field, 'unique', `${field} items must be unique`);
    const contains = objectGet(schema, 'contains');
    if (contains !== undefined && !items.some((item) => this.holds(item, contains, field)))
      this.add(field, 'contains', 'At least one of the items must match');
  }

  private object(value: AnyObject, schema: AnyObject, field: string): void {
    const below = (name: string) => (field === '(root)' ? name : `${field}.${name}`);
    const required = objectGet(schema, 'required');
    for (const name of isArray(required) ? required : []) {
      if (objectGet(value, name) === undefined) this.add(field, 'required', `${String(name)} is required`);
    }
    const [least, most] = [objectGet(schema, 'minProperties'), objectGet(schema, 'maxProperties')];
    if (isNumber(least) && objectSize(value) < least)
      this.add(field, 'array_min_properties', `Must have at least ${least} properties`);
    if (isNumber(most) && objectSize(value) > most)
      this.add(field, 'array_max_properties', `Must have at most ${most} properties`);
    const own = objectGet(schema, 'properties');
    const patterns = objectGet(schema, 'patternProperties');
    const more = objectGet(schema, 'additionalProperties');
    const names = objectGet(schema, 'propertyNames');
    for (const [key, item] of objectEntries(value)) {
      const name = typeof key === 'string' ? key : jsonText(key);
      let known = false;
      const property = own !== undefined && isObject(own) ? objectGet(own, name) : undefined;
      if (property !== undefined) {
        known = true;
        this.validate(item, property, below(name));
      }
      for (const [pattern, inner] of patterns !== undefined && isObject(patterns)
        ? objectEntries(patterns)
        : []) {
        if (!regex(pattern).test(name, (cost) => this.o.tick(cost))) continue;
        known = true;
        this.validate(item, inner, below(name));
      }
      if (!known && more === false)
        this.add(field, 'additional_property_not_allowed', `Additional property ${name} is not allowed`);
      else if (!known && more !== undefined) this.validate(item, more, below(name));
      if (names !== undefined && !this.holds(name, names, field))
        this.add(field, 'invalid_property_name', `Property name of "${name}" does not match`);
    }
    this.dependencies(value, schema, field);
  }

  private dependencies(value: AnyObject, schema: AnyObject, field: string): void {
    const all = objectGet(schema, 'dependencies');
    for (const [key, wanted] of all !== undefined && isObject(all) ? objectEntries(all) : []) {
      if (objectGet(value, key) === undefined) continue;
      if (!isArray(wanted)) this.validate(value, wanted, field);
      else
        for (const name of wanted)
          if (objectGet(value, name) === undefined)
            this.add(field, 'missing_dependency', `Has a dependency on ${String(name)}`);
    }
  }
}
