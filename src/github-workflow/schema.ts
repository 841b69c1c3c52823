import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as Concurrency from '@actions/workflow-parser/model/converter/concurrency';
import type * as Events from '@actions/workflow-parser/model/converter/events';
import type * as Jobs from '@actions/workflow-parser/model/converter/jobs';
import type * as JsonReader from '@actions/workflow-parser/templates/json-object-reader';
import type * as Schemas from '@actions/workflow-parser/templates/schema/index';
import type * as Context from '@actions/workflow-parser/templates/template-context';
import type * as TemplateReader from '@actions/workflow-parser/templates/template-reader';
import type * as Tokens from '@actions/workflow-parser/templates/tokens/template-token';
import type * as YamlReader from '@actions/workflow-parser/workflows/yaml-object-reader';
import { packageDirectory, requirePackageFile } from '../kernel/packages.ts';
import type { Place, Problem } from './source.ts';

/**
 * GitHub's own parser and schemas. Its entry imports JSON in a way Node refuses, so its parts are taken one by one and
 * the schema is read from its file.
 */
const NAME = '@actions/workflow-parser';
const part = <Exports>(file: string): Exports => requirePackageFile<Exports>(NAME, `dist/${file}.js`);

type Schema = Schemas.TemplateSchema;
const schemas = new Map<string, Schema>();

function schemaOf(file: string): Schema {
  let schema = schemas.get(file);
  if (schema === undefined) {
    const { TemplateSchema } = part<typeof Schemas>('templates/schema/index');
    const { JSONObjectReader } = part<typeof JsonReader>('templates/json-object-reader');
    const text = readFileSync(join(packageDirectory(NAME), 'dist', file), 'utf8');
    schema = TemplateSchema.load(new JSONObjectReader(undefined, text));
    schemas.set(file, schema);
  }
  return schema;
}

interface Read {
  readonly context: Context.TemplateContext;
  readonly root: Tokens.TemplateToken | undefined;
}

function read(path: string, text: string, schema: Schema, type: string): Read {
  const { TemplateContext, TemplateValidationErrors } = part<typeof Context>('templates/template-context');
  const { readTemplate } = part<typeof TemplateReader>('templates/template-reader');
  const { YamlObjectReader } = part<typeof YamlReader>('workflows/yaml-object-reader');
  const silent = { info: () => undefined, verbose: () => undefined, error: () => undefined };
  const context = new TemplateContext(new TemplateValidationErrors(), schema, silent);
  const file = context.getFileId(path);
  const root = readTemplate(context, type, new YamlObjectReader(file, text), file);
  return { context, root };
}

function problemsOf({ context }: Read): readonly Problem[] {
  const found = context.errors.getErrors().map((error) => {
    const start: Place = error.range?.start ?? { line: 1, column: 1 };
    return { message: error.rawMessage, at: { line: start.line, column: start.column } };
  });
  return found.filter(
    ({ message, at }, index) =>
      found.findIndex((other) => other.message === message && other.at.line === at.line) === index,
  );
}

/** What GitHub says is wrong with a workflow file, in the order of the file. The text has been read as YAML before. */
export function workflowProblems(path: string, text: string): readonly Problem[] {
  const result = read(path, text, schemaOf('workflow-v1.0.min.json'), 'workflow-root-strict');
  const { context, root } = result;
  pardonExpressions(context);
  if (context.errors.count === 0 && root !== undefined) convert(context, root);
  return problemsOf(result).toSorted(
    (left, right) => left.at.line - right.at.line || left.at.column - right.at.column,
  );
}

/**
 * The library converts a workflow without evaluating it and so misses a mapping where an expression stands that makes
 * one (`env: ${{ matrix.env }}`), which GitHub takes.
 */
function pardonExpressions(context: Context.TemplateContext): void {
  const { TemplateTokenError } = part<typeof Tokens>('templates/tokens/template-token');
  const report = context.error.bind(context) as (...args: unknown[]) => void;
  context.error = (...args: unknown[]): void => {
    const [, error] = args;
    if (!(error instanceof TemplateTokenError && error.token?.isExpression === true)) report(...args);
  };
}

/** The checks of GitHub's that are no matter of the schema: ids, needs, conditions, cron. */
function convert(context: Context.TemplateContext, root: Tokens.TemplateToken): void {
  const { convertOn } = part<typeof Events>('model/converter/events');
  const { convertJobs } = part<typeof Jobs>('model/converter/jobs');
  const { convertConcurrency } = part<typeof Concurrency>('model/converter/concurrency');
  for (const { key, value } of root.assertMapping('the workflow')) {
    try {
      const name = key.assertString('a key').value;
      if (name === 'on') convertOn(context, value);
      if (name === 'jobs') convertJobs(context, value);
      if (name === 'concurrency') convertConcurrency(context, value);
    } catch (error) {
      context.error(value, error instanceof Error ? error : new Error(String(error)));
    }
  }
}

/** What is wrong with an `action.yml`. */
export function actionProblems(path: string, text: string): readonly Problem[] {
  return problemsOf(read(path, text, schemaOf('action-v1.0.min.json'), 'action-root-strict'));
}
