/**
 * Writes `src/mesh/protocol/validators.ts`: one function for each schema that occurs, which says where a value departs
 * from it and how. It knows the keywords that the messages use and refuses any other, so that nothing is left unchecked.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MESSAGES } from '../../../src/mesh/protocol/messages.ts';

interface Schema {
  readonly [keyword: string]: unknown;
}

const KEYWORDS = new Set([
  ...['type', 'const', 'enum', 'anyOf', 'description'],
  ...['pattern', 'minLength', 'maxLength', 'minimum', 'maximum'],
  ...['items', 'minItems', 'maxItems'],
  ...[
    'properties',
    'required',
    'additionalProperties',
    'patternProperties',
    'propertyNames',
    'maxProperties',
  ],
]);

class Writer {
  readonly #names = new Map<string, string>();
  readonly #patterns = new Map<string, string>();
  readonly functions: string[] = [];

  get patterns(): string[] {
    return [...this.#patterns].map(([source, name]) => `const ${name} = ${regex(source)};`);
  }

  /** Name of the function for a schema; the same for schemas that say the same. */
  of(schema: Schema): string {
    const key = JSON.stringify(schema, (name, value) =>
      name === 'description' && typeof value === 'string' ? undefined : value,
    );
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const unknown = Object.keys(schema).find((keyword) => !KEYWORDS.has(keyword));
    if (unknown !== undefined) throw new Error(`the validators know no ${unknown}: ${key}`);
    const name = `check${this.#names.size}`;
    this.#names.set(key, name);
    const body = this.#body(schema);
    const end = body[1]?.startsWith('switch') ? [] : ['return undefined;'];
    const lines = [...body, ...end].map((line) => `  ${line}`);
    const parameter = body.length === 0 ? '_: unknown' : 'value: unknown';
    this.functions.push([`function ${name}(${parameter}): Fault | undefined {`, ...lines, '}'].join('\n'));
    return name;
  }

  #pattern(source: string): string {
    const name = this.#patterns.get(source) ?? `PATTERN${this.#patterns.size}`;
    this.#patterns.set(source, name);
    return name;
  }

  #body(schema: Schema): string[] {
    if (Array.isArray(schema['anyOf'])) return this.#union(schema['anyOf'] as Schema[]);
    if (schema['const'] !== undefined)
      return [
        `if (value !== ${text(schema['const'])}) return wrong(${text(`is not ${String(schema['const'])}`)});`,
      ];
    if (Array.isArray(schema['enum'])) {
      const values = schema['enum'] as string[];
      const none = values.map((value) => `value !== ${text(value)}`).join(' && ');
      return [`if (${none}) return wrong(${text(`is none of ${values.join(', ')}`)});`];
    }
    switch (schema['type']) {
      case 'string':
        return this.#string(schema);
      case 'integer':
      case 'number':
        return number(schema);
      case 'boolean':
        return [`if (typeof value !== 'boolean') return wrong('is neither true nor false');`];
      case 'null':
        return [`if (value !== null) return wrong('is not null');`];
      case 'array':
        return this.#array(schema);
      case 'object':
        return this.#object(schema);
      case undefined:
        return [];
      default:
        throw new Error(`the validators know no type ${String(schema['type'])}`);
    }
  }

  #string({ pattern, minLength, maxLength }: Schema): string[] {
    const lines = [`if (typeof value !== 'string') return wrong('is no text');`];
    if (minLength !== undefined && minLength !== 1) throw new Error('the validators know no minLength but 1');
    if (minLength === 1) lines.push(`if (value === '') return wrong('is empty');`);
    if (maxLength !== undefined) {
      const longer = text(`is longer than ${String(maxLength)} characters`);
      lines.push(
        `if (value.length > ${String(maxLength)} && characters(value) > ${String(maxLength)}) return wrong(${longer});`,
      );
    }
    if (typeof pattern === 'string')
      lines.push(
        `if (!${this.#pattern(pattern)}.test(value)) return wrong(${text(`does not match ${pattern}`)});`,
      );
    return lines;
  }

  #array({ items, minItems, maxItems }: Schema): string[] {
    const lines = [`if (!Array.isArray(value)) return wrong('is no array');`];
    if (minItems !== undefined)
      lines.push(
        `if (value.length < ${String(minItems)}) return wrong('has fewer items than ${String(minItems)}');`,
      );
    if (maxItems !== undefined)
      lines.push(
        `if (value.length > ${String(maxItems)}) return wrong('has more items than ${String(maxItems)}');`,
      );
    if (items === undefined) return lines;
    return [
      ...lines,
      'for (let at = 0; at < value.length; at++) {',
      `  const fault = ${this.of(items as Schema)}(value[at]);`,
      '  if (fault !== undefined) return within(at, fault);',
      '}',
    ];
  }

  #object(schema: Schema): string[] {
    const lines = [`if (!isObject(value)) return wrong('is no object');`];
    const properties = schema['properties'] as Record<string, Schema> | undefined;
    if (properties === undefined) return [...lines, ...this.#record(schema)];
    if (schema['additionalProperties'] !== false) throw new Error('an object that is open has no validator');
    const required = new Set((schema['required'] as string[] | undefined) ?? []);
    lines.push('let known = 0;', 'let fault: Fault | undefined;');
    for (const [name, member] of Object.entries(properties)) {
      const at = `value[${text(name)}]`;
      const check = [
        `fault = ${this.of(member)}(${at});`,
        `if (fault !== undefined) return within(${text(name)}, fault);`,
      ];
      if (required.has(name)) lines.push(`if (${at} === undefined) return missing(${text(name)});`, ...check);
      else
        lines.push(`if (${at} !== undefined) {`, '  known += 1;', ...check.map((line) => `  ${line}`), '}');
    }
    const names = `[${Object.keys(properties).map(text).join(', ')}]`;
    lines.push(`if (members(value) !== known + ${required.size}) return additional(value, ${names});`);
    return lines;
  }

  #record({ patternProperties, propertyNames, additionalProperties, maxProperties }: Schema): string[] {
    const lines = ['let count = 0;', 'for (const name in value) {', '  count += 1;'];
    const entries = Object.entries((patternProperties as Record<string, Schema> | undefined) ?? {});
    const [[pattern, member] = [], ...more] = entries;
    if (pattern === undefined || member === undefined || more.length > 0)
      throw new Error('a record has one pattern of names');
    const { maxLength, ...else_ } = (propertyNames ?? {}) as Schema;
    if (Object.keys(else_).some((keyword) => keyword !== 'type'))
      throw new Error('names are bounded by length only');
    if (maxLength !== undefined)
      lines.push(
        `  if (name.length > ${String(maxLength)} && characters(name) > ${String(maxLength)}) return within(name, wrong('has a name longer than ${String(maxLength)} characters'));`,
      );
    const check = `const fault = ${this.of(member)}(value[name]);`;
    const open = pattern === '^.*$';
    if (!open) {
      if (additionalProperties !== false) throw new Error(`names beside ${pattern} have no validator`);
      lines.push(
        `  if (!${this.#pattern(pattern)}.test(name)) return within(name, wrong(${text(`has a name that does not match ${pattern}`)}));`,
      );
    }
    lines.push(`  ${check}`, '  if (fault !== undefined) return within(name, fault);', '}');
    if (maxProperties !== undefined)
      lines.push(
        `if (count > ${String(maxProperties)}) return wrong('has more members than ${String(maxProperties)}');`,
      );
    return lines;
  }

  /** Objects that one member tells apart, or plain values. */
  #union(schemas: readonly Schema[]): string[] {
    const kinds = schemas.map(
      (schema) => (schema['properties'] as Record<string, Schema> | undefined)?.['kind']?.['const'],
    );
    if (kinds.every((kind) => typeof kind === 'string'))
      return [
        `if (!isObject(value)) return wrong('is no object');`,
        `switch (value['kind']) {`,
        ...schemas.flatMap((schema, at) => [
          `  case ${text(kinds[at])}:`,
          `    return ${this.of(schema)}(value);`,
        ]),
        `  case undefined:`,
        `    return missing('kind');`,
        `  default:`,
        `    return within('kind', wrong(${text(`is none of ${kinds.join(', ')}`)}));`,
        '}',
      ];
    const [first = '', ...others] = schemas.map((schema) => this.of(schema));
    return [
      `const fault = ${first}(value);`,
      `if (${['fault !== undefined', ...others.map((name) => `${name}(value) !== undefined`)].join(' && ')}) return fault;`,
    ];
  }
}

function number({ type, minimum, maximum }: Schema): string[] {
  const lines =
    type === 'integer'
      ? [`if (!Number.isInteger(value)) return wrong('is no whole number');`]
      : [`if (typeof value !== 'number') return wrong('is no number');`];
  if (minimum !== undefined)
    lines.push(
      `if ((value as number) < ${String(minimum)}) return wrong('is less than ${String(minimum)}');`,
    );
  if (maximum !== undefined)
    lines.push(
      `if ((value as number) > ${String(maximum)}) return wrong('is more than ${String(maximum)}');`,
    );
  return lines;
}

const text = (value: unknown): string =>
  `'${JSON.stringify(value).slice(1, -1).replaceAll("'", "\\'").replaceAll('\\"', '"')}'`;
const regex = (source: string): string => `/${source.replaceAll(/(?<!\\)\//g, '\\/')}/u`;

const HEAD = `/**
 * Generated from messages.ts by \`node scripts/docs.ts\`. What a message must be, as functions: each says the first place
 * where a value departs from its schema.
 */
import { additional, characters, type Fault, isObject, members, missing, within, wrong } from './fault.ts';
`;

export function writeMeshValidators(root: string): void {
  const writer = new Writer();
  const types = Object.entries(MESSAGES).map(([type, schema]) => {
    const check = writer.of(schema as unknown as Schema);
    return { type, check, id: schema.properties.schema.const };
  });
  const parts = [
    HEAD,
    writer.patterns.join('\n'),
    ...writer.functions,
    'export const CHECKS: ReadonlyMap<string, (value: unknown) => Fault | undefined> = new Map([',
    ...types.map(({ type, check }) => `  ['${type}', ${check}],`),
    ']);\n',
    'export const SCHEMAS = {',
    ...types.map(({ type, id }) => `  ${type}: '${id}',`),
    '} as const;\n',
  ];
  writeFileSync(join(root, 'src/mesh/protocol/validators.ts'), parts.join('\n'));
}
