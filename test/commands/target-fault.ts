import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { isJsonObject, type JsonObject } from '../../src/kernel/json.ts';

const path = join(import.meta.dirname, '..', '..', 'policy-targets.json');
const schemas = JSON.parse(readFileSync(path, 'utf8')) as Readonly<Record<string, object>>;
const ajv = new Ajv2020({ allowUnionTypes: true });
const compiled = new Map<string, ValidateFunction>();

/** What of the target recorded with an intent isn't what `policy-targets.json` says its action gives; undefined: all is. */
export function targetFault(payload: JsonObject | undefined): string | undefined {
  const action = String(payload?.['action']);
  const name = Object.hasOwn(schemas, action) ? action : `${action.split('.')[0]}.*`;
  const schema = schemas[name];
  if (schema === undefined) return `no effect was found for ${action}: run node scripts/docs.ts`;
  const validate = compiled.get(name) ?? ajv.compile(schema);
  compiled.set(name, validate);
  const target = isJsonObject(payload?.['target']) ? payload['target'] : {};
  return validate(target)
    ? undefined
    : `${action}: ${ajv.errorsText(validate.errors, { dataVar: 'target' })}`;
}
