import type { Json, JsonObject } from '../kernel/json.ts';
import type { Shape } from './shape.ts';

export const SCHEMA_ID = 'https://bithub.dev/schema/bithub-v1.json';

/** The JSON Schema (2020-12) that editors read, made from the same shape that validates. */
export function jsonSchema(shape: Shape, title: string, id: string = SCHEMA_ID): JsonObject {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: id,
    title,
    ...schemaOf(shape),
  };
}

function schemaOf(shape: Shape): JsonObject {
  const about: JsonObject = shape.about === undefined ? {} : { description: shape.about };
  switch (shape.kind) {
    case 'any':
      return about;
    case 'either':
      return { ...about, anyOf: shape.of.map(schemaOf) };
    case 'boolean':
      return { ...about, type: 'boolean' };
    case 'number':
      return {
        ...about,
        type: shape.whole ? 'integer' : 'number',
        minimum: shape.least,
        maximum: shape.most,
      };
    case 'text': {
      if (shape.options !== undefined) return { ...about, enum: [...shape.options] };
      const pattern: JsonObject =
        shape.pattern === undefined ? { minLength: 1 } : { pattern: shape.pattern.source };
      return { ...about, type: 'string', ...pattern, maxLength: shape.most ?? 4096 };
    }
    case 'list':
      return {
        ...about,
        type: 'array',
        items: schemaOf(shape.of),
        ...(shape.least === undefined ? {} : { minItems: shape.least }),
        ...(shape.most === undefined ? {} : { maxItems: shape.most }),
      };
    case 'map':
      return {
        ...about,
        type: 'object',
        additionalProperties: nullable(schemaOf(shape.of)),
        ...(shape.names === undefined ? {} : { propertyNames: { pattern: shape.names.source } }),
      };
    case 'object': {
      const { members, required = [], oneOf, open = false } = shape;
      const properties: Record<string, Json> = {};
      for (const [key, member] of Object.entries(members)) {
        const schema = schemaOf(member);
        properties[key] = required.includes(key) ? schema : nullable(schema);
      }
      return {
        ...about,
        type: 'object',
        properties,
        ...(open ? {} : { patternProperties: { '^x-': {} }, additionalProperties: false }),
        ...(required.length === 0 ? {} : { required: [...required] }),
        ...(oneOf === undefined ? {} : { oneOf: oneOf.map((key) => ({ required: [key] })) }),
      };
    }
  }
}

/** A key without a value counts as not there. */
function nullable(schema: JsonObject): JsonObject {
  const { type, enum: options } = schema;
  if (typeof type === 'string') return { ...schema, type: [type, 'null'] };
  if (Array.isArray(options)) return { ...schema, enum: [...options, null] };
  if (Array.isArray(schema['anyOf'])) return { ...schema, anyOf: [...schema['anyOf'], { type: 'null' }] };
  return schema;
}
