/** GraphQL text of a document held as a value, so that one made or changed by a policy is read like any other. */
import { isArray, isObject, objectGet, type Value } from '../values.ts';
import { BuiltinError } from './define.ts';
import { VALUE_KINDS } from './graphql-ast.ts';

function member(node: Value | undefined, name: string): Value | undefined {
  return node !== undefined && isObject(node) ? objectGet(node, name) : undefined;
}

function all(node: Value | undefined, name: string): readonly Value[] {
  const found = member(node, name);
  return isArray(found) ? found : [];
}

/** Names are checked here: a document must not say more than its nodes do. */
function name(node: Value | undefined, key: string): string {
  const found = member(node, key);
  if (typeof found === 'string' && /^[_A-Za-z][_0-9A-Za-z]*$/.test(found)) return found;
  throw new BuiltinError(`a GraphQL document has no usable ${key}`);
}

function optional(node: Value | undefined, key: string): string {
  const found = member(node, key);
  return found === undefined || found === '' ? '' : name(node, key);
}

function joined(nodes: readonly Value[], each: (node: Value) => string, between: string): string {
  return nodes.map(each).join(between);
}

function wrapped(open: string, inner: string, close: string): string {
  return inner === '' ? '' : `${open}${inner}${close}`;
}

export function queryText(document: Value): string {
  const operations = all(document, 'Operations').map((node) => {
    const variables = wrapped('(', joined(all(node, 'VariableDefinitions'), variable, ', '), ')');
    const head = `${name(node, 'Operation')} ${optional(node, 'Name')}${variables}`;
    return `${head}${directives(node)} ${selections(node)}`;
  });
  const fragments = all(document, 'Fragments').map((node) => {
    const variables = wrapped('(', joined(all(node, 'VariableDefinition'), variable, ', '), ')');
    const head = `fragment ${name(node, 'Name')}${variables} on ${name(node, 'TypeCondition')}`;
    return `${head}${directives(node)} ${selections(node)}`;
  });
  return [...operations, ...fragments].join('\n');
}

function variable(node: Value): string {
  return `$${name(node, 'Variable')}: ${type(member(node, 'Type'))}${fallback(node)}${directives(node)}`;
}

function fallback(node: Value): string {
  const found = member(node, 'DefaultValue');
  return found === undefined || found === null ? '' : ` = ${value(found)}`;
}

function selections(node: Value): string {
  return wrapped('{ ', joined(all(node, 'SelectionSet'), selection, ' '), ' }');
}

function selection(node: Value): string {
  if (member(node, 'TypeCondition') !== undefined) {
    const condition = optional(node, 'TypeCondition');
    return `...${condition === '' ? '' : ` on ${condition}`}${directives(node)} ${selections(node)}`;
  }
  if (member(node, 'Alias') === undefined) return `...${name(node, 'Name')}${directives(node)}`;
  const [alias, field] = [name(node, 'Alias'), name(node, 'Name')];
  const head = alias === field ? field : `${alias}: ${field}`;
  return `${head}${args(node)}${directives(node)} ${selections(node)}`;
}

function args(node: Value): string {
  const each = (item: Value) => `${name(item, 'Name')}: ${value(member(item, 'Value'))}`;
  return wrapped('(', joined(all(node, 'Arguments'), each, ', '), ')');
}

function directives(node: Value): string {
  return joined(all(node, 'Directives'), (item) => ` @${name(item, 'Name')}${args(item)}`, '');
}

function value(node: Value | undefined): string {
  const raw = member(node, 'Raw');
  const children = all(node, 'Children');
  switch (member(node, 'Kind')) {
    case VALUE_KINDS.Variable:
      return `$${name(node, 'Raw')}`;
    case VALUE_KINDS.StringValue:
    case VALUE_KINDS.BlockValue:
      return JSON.stringify(raw);
    case VALUE_KINDS.ListValue:
      return `[${joined(children, (item) => value(member(item, 'Value')), ', ')}]`;
    case VALUE_KINDS.ObjectValue:
      return `{${joined(children, (item) => `${name(item, 'Name')}: ${value(member(item, 'Value'))}`, ', ')}}`;
    default:
      if (typeof raw === 'string' && /^[-+.\w]+$/.test(raw)) return raw;
      throw new BuiltinError('a GraphQL document has a value without text');
  }
}

function type(node: Value | undefined): string {
  const elem = member(node, 'Elem');
  const inner = elem === undefined || elem === null ? name(node, 'NamedType') : `[${type(elem)}]`;
  return member(node, 'NonNull') === true ? `${inner}!` : inner;
}

const WORDS: Readonly<Record<string, string>> = {
  SCALAR: 'scalar',
  OBJECT: 'type',
  INTERFACE: 'interface',
  UNION: 'union',
  ENUM: 'enum',
  INPUT_OBJECT: 'input',
};

export function schemaText(document: Value): string {
  return [
    ...all(document, 'Schema').map((node) => `schema${operations(node)}`),
    ...all(document, 'SchemaExtension').map((node) => `extend schema${operations(node)}`),
    ...all(document, 'Directives').map(directiveDefinition),
    ...all(document, 'Definitions').map(definition),
    ...all(document, 'Extensions').map((node) => `extend ${definition(node)}`),
  ].join('\n');
}

function operations(node: Value): string {
  const each = (item: Value) => `${name(item, 'Operation')}: ${name(item, 'Type')}`;
  return `${directives(node)}${wrapped(' { ', joined(all(node, 'OperationTypes'), each, ' '), ' }')}`;
}

function inputs(node: Value, key: string): string {
  const each = (item: Value) =>
    `${name(item, 'Name')}: ${type(member(item, 'Type'))}${fallback(item)}${directives(item)}`;
  return joined(all(node, key), each, ', ');
}

function directiveDefinition(node: Value): string {
  const repeatable = member(node, 'IsRepeatable') === true ? ' repeatable' : '';
  const locations = all(node, 'Locations').map((item) => name({ item }, 'item'));
  return `directive @${name(node, 'Name')}${wrapped('(', inputs(node, 'Arguments'), ')')}${repeatable} on ${locations.join(' | ')}`;
}

function definition(node: Value): string {
  const kind = member(node, 'Kind');
  const word = typeof kind === 'string' && Object.hasOwn(WORDS, kind) ? WORDS[kind] : undefined;
  if (word === undefined) throw new BuiltinError('a GraphQL definition has no kind');
  const names = (key: string, between: string) =>
    joined(all(node, key), (item) => name({ item }, 'item'), between);
  const fields =
    kind === 'INPUT_OBJECT'
      ? inputs(node, 'Fields')
      : joined(
          all(node, 'Fields'),
          (item) =>
            `${name(item, 'Name')}${wrapped('(', inputs(item, 'Arguments'), ')')}: ${type(member(item, 'Type'))}${directives(item)}`,
          ' ',
        );
  const values = joined(all(node, 'EnumValues'), (item) => `${name(item, 'Name')}${directives(item)}`, ' ');
  const head = `${word} ${name(node, 'Name')}${wrapped(' implements ', names('Interfaces', ' & '), '')}${directives(node)}`;
  return `${head}${wrapped(' = ', names('Types', ' | '), '')}${wrapped(' { ', fields || values, ' }')}`;
}
