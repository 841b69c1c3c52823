/** graphql.*: read and checked by graphql-js, loaded when a policy first needs it. */
import { createRequire } from 'node:module';
import type * as GraphQL from 'graphql';
import type { DefinitionNode, DocumentNode, GraphQLSchema } from 'graphql';
import { isObject, type Value } from '../values.ts';
import { BuiltinError, builtins, type Operands } from './define.ts';
import { queryValue, schemaValue } from './graphql-ast.ts';
import { queryText, schemaText } from './graphql-text.ts';

/** Checking a query compares its fields with each other: what is larger is refused unread. */
const MOST_TOKENS = 5000;
const MOST_TEXT = 256 * 1024;
const MOST_DEPTH = 200;
const WORK = 5000;

let loaded: typeof GraphQL | undefined;
function library(): typeof GraphQL {
  loaded ??= createRequire(import.meta.url)('graphql') as typeof GraphQL;
  return loaded;
}

function parse(o: Operands, text: string): DocumentNode {
  if (text.length > MOST_TEXT) throw new BuiltinError('the GraphQL document is too large');
  o.tick(WORK + text.length);
  checkDepth(text);
  // A document of nothing is one, for OPA.
  if (text.replace(/#[^\r\n]*/g, '').replace(/[\s,\uFEFF]+/g, '') === '')
    return { kind: library().Kind.DOCUMENT, definitions: [] };
  try {
    return library().parse(text, {
      noLocation: true,
      maxTokens: MOST_TOKENS,
      allowLegacyFragmentVariables: true,
    });
  } catch (error) {
    throw refused(error);
  }
}

/** The library reads with recursion. Brackets in strings count too: no honest document has this many open. */
function checkDepth(text: string): void {
  let depth = 0;
  for (const character of text) {
    if ('{[('.includes(character)) depth++;
    else if ('}])'.includes(character)) depth--;
    if (depth > MOST_DEPTH) throw new BuiltinError('the GraphQL document nests too deeply');
  }
}

function refused(error: unknown): unknown {
  const known = error instanceof library().GraphQLError;
  return known ? new BuiltinError(error.message.slice(0, 300)) : error;
}

function only(document: DocumentNode, fits: (node: DefinitionNode) => boolean, what: string): DocumentNode {
  const other = document.definitions.find((node) => !fits(node));
  if (other !== undefined) throw new BuiltinError(`Unexpected ${other.kind} in a GraphQL ${what}`);
  return document;
}

function operand(o: Operands, i: number, text: (document: Value) => string): string {
  const value = o.value(i);
  if (typeof value === 'string') return value;
  if (isObject(value)) return text(value);
  throw o.wrong(i, 'one of {string, object}');
}

function query(o: Operands, i: number): DocumentNode {
  const document = parse(o, operand(o, i, queryText));
  return only(document, (node) => library().isExecutableDefinitionNode(node), 'query');
}

function schema(o: Operands, i: number): DocumentNode {
  const document = parse(o, operand(o, i, schemaText));
  return only(document, (node) => !library().isExecutableDefinitionNode(node), 'schema');
}

interface Loaded {
  readonly schema: GraphQLSchema;
  /** The schema has no queries; one was put in because the library wants it. */
  readonly invented: boolean;
}

/**
 * The schema of a document, checked. An extension of a type that isn't there defines it, and a schema needs no query,
 * as OPA has it.
 */
function build(document: DocumentNode): Loaded {
  const { buildASTSchema, validateSchema } = library();
  const defined = new Set(document.definitions.filter(isTypeDefinition).map(typeName));
  const definitions = document.definitions.map((node): DefinitionNode => {
    if (node.kind === 'SchemaDefinition' || node.kind === 'SchemaExtension')
      return { ...node, directives: [] };
    const name = typeName(node);
    if (!node.kind.endsWith('TypeExtension') || defined.has(name)) return node;
    defined.add(name);
    return { ...node, kind: node.kind.replace('Extension', 'Definition') } as DefinitionNode;
  });
  const roots = definitions.flatMap((node) =>
    node.kind === 'SchemaDefinition' || node.kind === 'SchemaExtension' ? (node.operationTypes ?? []) : [],
  );
  const invented = !defined.has('Query') && !roots.some(({ operation }) => operation === 'query');
  if (invented) definitions.push(...library().parse('type Query { none: Boolean }').definitions);
  try {
    const built = buildASTSchema({ ...document, definitions });
    const [problem] = validateSchema(built);
    if (problem !== undefined) throw problem;
    return { schema: built, invented };
  } catch (error) {
    if (error instanceof RangeError || error instanceof BuiltinError) throw error;
    // The library tells faults of a whole schema as plain errors.
    throw new BuiltinError(error instanceof Error ? error.message.slice(0, 300) : 'invalid schema');
  }
}

function isTypeDefinition(node: DefinitionNode): boolean {
  return node.kind.endsWith('TypeDefinition');
}

function typeName(node: DefinitionNode): string {
  return 'name' in node && node.name !== undefined ? node.name.value : '';
}

function check(o: Operands, document: DocumentNode, { schema: built, invented }: Loaded): void {
  o.tick(WORK);
  if (document.definitions.length === 0) return;
  const asks = document.definitions.some(
    (node) => node.kind === 'OperationDefinition' && node.operation === 'query',
  );
  if (invented && asks) throw new BuiltinError('Schema does not support operation type "query"');
  const [problem] = library().validate(built, document, library().specifiedRules, { maxErrors: 1 });
  if (problem !== undefined) throw refused(problem);
}

function both(o: Operands): [query: Value, schema: Value] {
  const [asked, document] = [query(o, 0), schema(o, 1)];
  check(o, asked, build(document));
  return [queryValue(asked), schemaValue(document)];
}

/** False where `run` refuses what it was given. */
function holds(run: () => unknown): boolean {
  try {
    run();
    return true;
  } catch (error) {
    if (error instanceof BuiltinError) return false;
    throw error;
  }
}

function parseAndVerify(o: Operands): Value {
  try {
    return [true, ...both(o)];
  } catch (error) {
    if (error instanceof BuiltinError) return [false, {}, {}];
    throw error;
  }
}

export const GRAPHQL = builtins({
  'graphql.parse': [2, (o) => both(o)],
  'graphql.parse_and_verify': [2, parseAndVerify],
  'graphql.parse_query': [1, (o) => queryValue(query(o, 0))],
  'graphql.parse_schema': [1, (o) => schemaValue(schema(o, 0))],
  'graphql.is_valid': [2, (o) => holds(() => both(o))],
  'graphql.schema_is_valid': [1, (o) => holds(() => build(schema(o, 0)))],
});
