/** Documents of graphql-js as the values OPA makes of them, and back to text. Empty lists are left out. */
import type {
  ArgumentNode,
  ASTNode,
  ConstDirectiveNode,
  DefinitionNode,
  DirectiveNode,
  DocumentNode,
  EnumValueDefinitionNode,
  FieldDefinitionNode,
  InputValueDefinitionNode,
  OperationTypeDefinitionNode,
  SelectionNode,
  SelectionSetNode,
  StringValueNode,
  TypeNode,
  ValueNode,
  VariableDefinitionNode,
} from 'graphql';
import type { PlainObject, Value } from '../values.ts';

/** The numbers OPA's parser gives kinds of values. */
export const VALUE_KINDS = {
  Variable: 0,
  IntValue: 1,
  FloatValue: 2,
  StringValue: 3,
  BlockValue: 4,
  BooleanValue: 5,
  NullValue: 6,
  EnumValue: 7,
  ListValue: 8,
  ObjectValue: 9,
} as const;

type Members = Record<string, Value | undefined>;

function object(members: Members): PlainObject {
  const kept = Object.entries(members).filter(
    ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(kept) as PlainObject;
}

function list<T>(nodes: readonly T[] | undefined, each: (node: T) => Value): readonly Value[] {
  return (nodes ?? []).map(each);
}

function text(node: StringValueNode | undefined): string {
  return node?.value ?? '';
}

export function queryValue(document: DocumentNode): PlainObject {
  const operations: Value[] = [];
  const fragments: Value[] = [];
  for (const node of document.definitions) {
    if (node.kind === 'OperationDefinition') {
      operations.push(
        object({
          Operation: node.operation,
          Name: node.name?.value ?? '',
          VariableDefinitions: list(node.variableDefinitions, variable),
          Directives: list(node.directives, directive),
          SelectionSet: selections(node.selectionSet),
        }),
      );
    } else if (node.kind === 'FragmentDefinition') {
      fragments.push(
        object({
          Name: node.name.value,
          VariableDefinition: list(node.variableDefinitions, variable),
          TypeCondition: node.typeCondition.name.value,
          Directives: list(node.directives, directive),
          SelectionSet: selections(node.selectionSet),
        }),
      );
    }
  }
  return object({ Operations: operations, Fragments: fragments });
}

function variable(node: VariableDefinitionNode): Value {
  return object({
    Variable: node.variable.name.value,
    Type: type(node.type),
    DefaultValue: node.defaultValue === undefined ? undefined : value(node.defaultValue),
    Directives: list(node.directives, directive),
    Used: false,
  });
}

function selections(set: SelectionSetNode | undefined): readonly Value[] {
  return list(set?.selections, (node: SelectionNode): Value => {
    const Directives = list(node.directives, directive);
    if (node.kind === 'FragmentSpread') return object({ Name: node.name.value, Directives });
    const SelectionSet = selections(node.selectionSet);
    if (node.kind === 'InlineFragment')
      return object({ TypeCondition: node.typeCondition?.name.value ?? '', Directives, SelectionSet });
    const Name = node.name.value;
    const Alias = node.alias?.value ?? Name;
    return object({ Alias, Name, Arguments: list(node.arguments, argument), Directives, SelectionSet });
  });
}

function directive(node: DirectiveNode | ConstDirectiveNode): Value {
  return object({ Name: node.name.value, Arguments: list(node.arguments, argument), Location: '' });
}

function argument(node: Pick<ArgumentNode, 'name' | 'value'>): Value {
  return { Name: node.name.value, Value: value(node.value) };
}

function value(node: ValueNode): Value {
  const plain = (Raw: string, Kind: number, Children: readonly Value[] = []) =>
    object({ Raw, Children, Kind, ExpectedTypeHasDefault: false });
  switch (node.kind) {
    case 'Variable':
      return plain(node.name.value, VALUE_KINDS.Variable);
    case 'StringValue':
      return plain(node.value, node.block === true ? VALUE_KINDS.BlockValue : VALUE_KINDS.StringValue);
    case 'BooleanValue':
      return plain(String(node.value), VALUE_KINDS.BooleanValue);
    case 'NullValue':
      return plain('null', VALUE_KINDS.NullValue);
    case 'ListValue':
      return plain(
        '',
        VALUE_KINDS.ListValue,
        node.values.map((item) => ({ Name: '', Value: value(item) })),
      );
    case 'ObjectValue':
      return plain('', VALUE_KINDS.ObjectValue, node.fields.map(argument));
    default:
      return plain(node.value, VALUE_KINDS[node.kind]);
  }
}

function type(node: TypeNode): Value {
  if (node.kind === 'NonNullType') return { ...(type(node.type) as PlainObject), NonNull: true };
  if (node.kind === 'ListType') return { NamedType: '', Elem: type(node.type), NonNull: false };
  return { NamedType: node.name.value, NonNull: false };
}

const KINDS: Readonly<Record<string, string>> = {
  Scalar: 'SCALAR',
  Object: 'OBJECT',
  Interface: 'INTERFACE',
  Union: 'UNION',
  Enum: 'ENUM',
  InputObject: 'INPUT_OBJECT',
};

export function schemaValue(document: DocumentNode): PlainObject {
  const parts: Record<'Schema' | 'SchemaExtension' | 'Directives' | 'Definitions' | 'Extensions', Value[]> = {
    Schema: [],
    SchemaExtension: [],
    Directives: [],
    Definitions: [],
    Extensions: [],
  };
  for (const node of document.definitions) {
    const found = /^(\w+)Type(Definition|Extension)$/.exec(node.kind);
    if (found !== null) {
      const Kind = KINDS[found[1] as string] ?? '';
      parts[found[2] === 'Definition' ? 'Definitions' : 'Extensions'].push(definition(node, Kind));
    } else if (node.kind === 'SchemaDefinition') parts.Schema.push(schema(node, text(node.description)));
    else if (node.kind === 'SchemaExtension') parts.SchemaExtension.push(schema(node, ''));
    else if (node.kind === 'DirectiveDefinition') {
      parts.Directives.push(
        object({
          Description: text(node.description),
          Name: node.name.value,
          Arguments: list(node.arguments, input),
          Locations: node.locations.map((location) => location.value),
          IsRepeatable: node.repeatable,
        }),
      );
    }
  }
  return object(parts);
}

function schema(
  node: {
    readonly directives?: readonly ConstDirectiveNode[];
    readonly operationTypes?: readonly OperationTypeDefinitionNode[];
  },
  Description: string,
): Value {
  const OperationTypes = list(node.operationTypes, (item) => ({
    Operation: item.operation,
    Type: item.type.name.value,
  }));
  return object({ Description, Directives: list(node.directives, directive), OperationTypes });
}

function definition(node: DefinitionNode, Kind: string): Value {
  const any = node as Extract<ASTNode, { kind: 'ObjectTypeDefinition' }> & {
    readonly types?: readonly { readonly name: { readonly value: string } }[];
    readonly values?: readonly EnumValueDefinitionNode[];
  };
  return object({
    Kind,
    Description: text(any.description),
    Name: any.name.value,
    Directives: list(any.directives, directive),
    Interfaces: list(any.interfaces, (item) => item.name.value),
    Fields: list(any.fields, field),
    Types: list(any.types, (item) => item.name.value),
    EnumValues: list(any.values, (item) =>
      object({
        Description: text(item.description),
        Name: item.name.value,
        Directives: list(item.directives, directive),
      }),
    ),
    BuiltIn: false,
  });
}

function field(node: FieldDefinitionNode | InputValueDefinitionNode): Value {
  if (node.kind === 'InputValueDefinition') return input(node);
  return object({
    Description: text(node.description),
    Name: node.name.value,
    Arguments: list(node.arguments, input),
    Type: type(node.type),
    Directives: list(node.directives, directive),
  });
}

function input(node: InputValueDefinitionNode): Value {
  return object({
    Description: text(node.description),
    Name: node.name.value,
    DefaultValue: node.defaultValue === undefined ? undefined : value(node.defaultValue),
    Type: type(node.type),
    Directives: list(node.directives, directive),
  });
}
