import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import { nearest } from '../kernel/text.ts';
import type { FoundWorkflow, RunRequest, SourceFiles, Workflow, WorkflowSource } from '../workflow/index.ts';
import { compileWorkflow } from './compile.ts';
import { readWorkflow } from './definition.ts';
import type { EventFacts } from './event.ts';

export const WORKFLOW_FOLDER = '.github/workflows';

/** GitHub's workflows of this repository. */
export const githubWorkflows: WorkflowSource = {
  kind: 'github',

  async find(files: SourceFiles): Promise<readonly FoundWorkflow[]> {
    return workflowFiles(files).map((path) => {
      const name = path.slice(WORKFLOW_FOLDER.length + 1).replace(/\.ya?ml$/, '');
      try {
        const { name: title, on } = readWorkflow(path, files.read(path) ?? '');
        return { name, title: title === path ? name : title, path, on: on.map((event) => event.name) };
      } catch (error) {
        if (!(error instanceof BitError)) throw error;
        return { name, title: name, path, on: [], fault: error.message };
      }
    });
  },

  async load(request: RunRequest, files: SourceFiles): Promise<Workflow> {
    const path = findWorkflow(files, request.workflow);
    const definition = readWorkflow(path, files.read(path) ?? '');
    const { vars } = request.options;
    return compileWorkflow(definition, {
      files,
      event: factsOf(request),
      vars: isJsonObject(vars) ? vars : {},
    });
  },
};

function workflowFiles(files: SourceFiles): readonly string[] {
  return files
    .list(WORKFLOW_FOLDER)
    .filter((name) => /\.ya?ml$/.test(name))
    .map((name) => `${WORKFLOW_FOLDER}/${name}`);
}

/**
 * By path, file name with or without its ending, or `name`.
 *
 * @throws BitError `not-found` with the nearest
 */
export function findWorkflow(files: SourceFiles, wanted: string): string {
  const paths = workflowFiles(files);
  const short = (path: string): string => path.slice(WORKFLOW_FOLDER.length + 1);
  const exact = paths.find((path) =>
    [path, short(path), short(path).replace(/\.ya?ml$/, '')].includes(wanted.replace(/^\.\//, '')),
  );
  if (exact !== undefined) return exact;
  const named = paths.find(
    (path) => /^name:\s*["']?(.*?)["']?\s*$/m.exec(files.read(path) ?? '')?.[1] === wanted,
  );
  if (named !== undefined) return named;
  const near = nearest(
    wanted,
    paths.map((path) => short(path).replace(/\.ya?ml$/, '')),
  );
  throw new BitError('not-found', `there is no workflow ${wanted} in ${WORKFLOW_FOLDER}`, {
    hint:
      near.length > 0
        ? `did you mean: ${near.join(', ')}`
        : `there are: ${paths.map(short).join(', ') || 'none'}`,
  });
}

/** What the run was started by: kept in its request, so that a resumed run is told the same. */
export function factsOf({ event, options }: RunRequest): EventFacts {
  const facts = isJsonObject(options['github']) ? options['github'] : {};
  const text = (name: string, otherwise: string): string => {
    const value = facts[name];
    return typeof value === 'string' ? value : otherwise;
  };
  const of = (value: Json | undefined, otherwise: string): string =>
    typeof value === 'string' ? value : otherwise;
  return {
    name: event.name,
    payload: event.payload,
    ref: text('ref', of(event.payload['ref'], 'refs/heads/main')),
    sha: text('sha', of(event.payload['after'], '0'.repeat(40))),
    repository: text('repository', 'local/repository'),
    actor: text('actor', 'local'),
    serverUrl: text('serverUrl', 'https://github.com'),
    headRef: text('headRef', ''),
    baseRef: text('baseRef', ''),
    defaultBranch: text('defaultBranch', 'main'),
  };
}

/** The facts as a request keeps them under `options.github`. */
export function factsToJson({ payload: _payload, name: _name, ...facts }: EventFacts): JsonObject {
  return { ...facts };
}
