import { BitError, isBitError } from '../kernel/errors.ts';
import { nearest, printable } from '../kernel/text.ts';
import type { FoundWorkflow, RunRequest, SourceFiles, Workflow, WorkflowSource } from '../workflow/index.ts';
import { compile } from './compile.ts';
import { readDefinition } from './definition.ts';
import type { Definition } from './definition-model.ts';
import { wrong } from './document.ts';

const FOLDER = '.bithub/workflows';
const ENDING = /\.ya?ml$/;

/** Workflows that call workflows. */
const DEEPEST = 10;

/** `.bithub/workflows/*.yml`. */
export const nativeSource: WorkflowSource = {
  kind: 'native',
  async find(files) {
    return files
      .list(FOLDER)
      .filter((name) => ENDING.test(name))
      .map((name) => found(files, `${FOLDER}/${name}`));
  },
  async load(request, files) {
    return open(pathOf(request.workflow, files), request, files, []);
  },
};

/**
 * The inputs with the defaults of those left out.
 *
 * @throws BitError `usage` for one that is missing, unknown or none of its options
 */
export function readInputs(
  { inputs: asked }: Definition,
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(asked, name)) continue;
    const near = nearest(name, Object.keys(asked));
    throw new BitError('usage', `the workflow has no input ${printable(name)}`, {
      details: { unknown: name },
      hint:
        near.length > 0
          ? `did you mean: ${near.join(', ')}`
          : `its inputs: ${Object.keys(asked).join(', ') || 'none'}`,
    });
  }
  return Object.fromEntries(
    Object.entries(asked).map(([name, { required, default: otherwise, options }]) => {
      const value = given[name] ?? otherwise;
      if (value === undefined && required)
        throw new BitError('usage', `the workflow needs the input ${name}`, { hint: `--input ${name}=…` });
      if (value !== undefined && options !== undefined && !options.includes(value)) {
        const hint = `one of: ${options.join(', ')}`;
        throw new BitError('usage', `input ${name} can't be ${printable(value)}`, { hint });
      }
      return [name, value ?? ''];
    }),
  );
}

function open(path: string, request: RunRequest, files: SourceFiles, callers: readonly string[]): Workflow {
  const text = files.read(path);
  if (text === undefined) throw new BitError('not-found', `there is no workflow ${printable(path)}`);
  const definition = readDefinition(text, path);
  const includes: string[] = [];
  const workflow = compile(definition, {
    path,
    text,
    env: request.env,
    checkPlugged: files.checkPlugged,
    called(uses, at) {
      if (callers.length >= DEEPEST)
        throw wrong(path, at, `workflows call each other more than ${DEEPEST} deep`);
      const target = uses.startsWith('./') ? uses.slice(2) : pathOf(uses, files);
      if (target === path || callers.includes(target)) throw wrong(path, at, `${target} calls itself`);
      const inner = open(target, request, files, [...callers, path]);
      includes.push(target, inner.name, ...(inner.includes ?? []));
      return inner;
    },
  });
  return { ...workflow, includes, inputs: (given) => readInputs(definition, given) };
}

function found(files: SourceFiles, path: string): FoundWorkflow {
  const name = path.slice(FOLDER.length + 1).replace(ENDING, '');
  try {
    const definition = readDefinition(files.read(path) ?? '', path);
    return { name, title: definition.name ?? name, path, on: definition.on };
  } catch (error) {
    if (!isBitError(error)) throw error;
    return { name, title: name, path, on: [], fault: error.message };
  }
}

/** A name, or the file's path. */
function pathOf(name: string, files: SourceFiles): string {
  const plain = name.replace(/^\.\//, '');
  const direct = plain.startsWith(`${FOLDER}/`) ? plain.slice(FOLDER.length + 1) : plain;
  const names = files.list(FOLDER).filter((file) => ENDING.test(file));
  const file = [direct, `${direct}.yml`, `${direct}.yaml`].find((candidate) => names.includes(candidate));
  if (file !== undefined) return `${FOLDER}/${file}`;
  const near = nearest(
    direct,
    names.map((one) => one.replace(ENDING, '')),
  );
  throw new BitError('not-found', `there is no workflow ${printable(name)}`, {
    hint: near.length > 0 ? `did you mean: ${near.join(', ')}` : 'see them with: bit workflow list',
    details: { workflow: name },
  });
}
