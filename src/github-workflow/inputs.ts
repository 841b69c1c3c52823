import { textOf } from '../expression/index.ts';
import { BitError } from '../kernel/errors.ts';
import type { Json, JsonObject } from '../kernel/json.ts';
import { nearest } from '../kernel/text.ts';
import type { WorkflowDefinition } from './definition.ts';
import { at, entries, type Tree, textAt, texts } from './source.ts';

/** An input a workflow declares. */
export interface InputDeclaration {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly default: Tree | undefined;
  readonly options: readonly string[];
}

export function inputDeclarations(
  workflow: WorkflowDefinition,
  event: 'workflow_dispatch' | 'workflow_call',
): readonly InputDeclaration[] {
  const declared = workflow.on.find(({ name }) => name === event)?.filters;
  return entries(at(declared, 'inputs')).map(({ key, value }) => ({
    name: String(key.value),
    type: textAt(value, 'type') ?? 'string',
    required: textAt(value, 'required') === 'true',
    default: at(value, 'default'),
    options: texts(at(value, 'options')),
  }));
}

/** The secrets a workflow that is called declares as required. */
export function requiredSecrets(workflow: WorkflowDefinition): readonly string[] {
  const declared = workflow.on.find(({ name }) => name === 'workflow_call')?.filters;
  return entries(at(declared, 'secrets')).flatMap(({ key, value }) =>
    textAt(value, 'required') === 'true' ? [String(key.value)] : [],
  );
}

export interface GivenInputs {
  readonly declared: readonly InputDeclaration[];
  readonly given: Readonly<Record<string, string>>;
  readonly evaluate: (tree: Tree) => Json;
  /** Names the workflow in errors. */
  readonly path: string;
}

/**
 * The `inputs` context: each declared input by its type, its default where none is given.
 *
 * @throws BitError `usage` naming the input
 */
export function typedInputs({ declared, given, evaluate, path }: GivenInputs): JsonObject {
  const names = declared.map(({ name }) => name);
  for (const name of Object.keys(given)) {
    if (names.some((known) => known.toLowerCase() === name.toLowerCase())) continue;
    const near = nearest(name, names);
    const hint =
      near.length > 0 ? `did you mean: ${near.join(', ')}` : `its inputs: ${names.join(', ') || 'none'}`;
    throw new BitError('usage', `${path} has no input ${name}`, { hint });
  }
  const inputs: Record<string, Json> = {};
  for (const declaration of declared) {
    const { name, required } = declaration;
    const key = Object.keys(given).find((candidate) => candidate.toLowerCase() === name.toLowerCase());
    const value = key === undefined ? undefined : given[key];
    if (value !== undefined) inputs[name] = typed(value, declaration, path);
    else if (declaration.default !== undefined)
      inputs[name] = typed(evaluate(declaration.default), declaration, path);
    else if (required)
      throw new BitError('usage', `${path} needs the input ${name}`, { hint: `give --input ${name}=…` });
    else inputs[name] = EMPTY[declaration.type] ?? '';
  }
  return inputs;
}

const EMPTY: Readonly<Record<string, Json>> = { boolean: false, number: 0 };

function typed(value: Json, { name, type, options }: InputDeclaration, path: string): Json {
  if (type === 'boolean') {
    if (value === true || value === 'true') return true;
    if (value === false || value === 'false' || value === '') return false;
    throw new BitError('usage', `${path}: the input ${name} is true or false, not ${textOf(value)}`);
  }
  if (type === 'number') {
    const number = typeof value === 'number' ? value : Number(textOf(value).trim() || Number.NaN);
    if (Number.isNaN(number))
      throw new BitError('usage', `${path}: the input ${name} is a number, not ${textOf(value)}`);
    return number;
  }
  const text = textOf(value);
  if (type === 'choice' && text !== '' && !options.includes(text))
    throw new BitError('usage', `${path}: the input ${name} is one of ${options.join(', ')}, not ${text}`);
  return text;
}

/** `--input NAME=VALUE`. @throws BitError `usage` for another form */
export function inputsFromPairs(pairs: readonly string[]): Record<string, string> {
  const inputs: Record<string, string> = {};
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) throw new BitError('usage', `--input ${pair} is not NAME=VALUE`);
    inputs[pair.slice(0, at)] = pair.slice(at + 1);
  }
  return inputs;
}
