import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { githubWorkflows } from '../github-workflow/index.ts';
import { BitError } from '../kernel/errors.ts';
import { nearest, printable } from '../kernel/text.ts';
import { nativeSource } from '../native-workflow/index.ts';
import { flowSource } from '../orchestration/index.ts';
import type { FoundWorkflow, SourceFiles, WorkflowSource } from '../workflow/index.ts';
import { chainSource } from './chain-source.ts';
import { executableSource, scriptSource } from './program-source.ts';

/** Every kind of workflow there is, the nearer first where a name alone is given. */
export const SOURCES: readonly WorkflowSource[] = [
  nativeSource,
  githubWorkflows,
  flowSource(sourceOf),
  scriptSource,
  executableSource,
  chainSource(sourceOf),
];

export function sourceOf(kind: string): WorkflowSource {
  const source = SOURCES.find((candidate) => candidate.kind === kind);
  if (source === undefined) throw new BitError('unsupported', `this bit knows no workflows of kind ${kind}`);
  return source;
}

export interface Named {
  readonly source: string;
  /** As that source takes it. */
  readonly workflow: string;
}

/** Everything `bit run` could be given here. */
export async function findAll(
  files: SourceFiles,
): Promise<readonly (FoundWorkflow & { readonly source: string })[]> {
  const found = await Promise.all(
    SOURCES.map(async (source) => (await source.find(files)).map((one) => ({ ...one, source: source.kind }))),
  );
  return found.flat();
}

/**
 * What a name or path means: a file that is there, else a workflow's name.
 *
 * @throws BitError `not-found` with the nearest names
 */
export async function named(name: string, files: SourceFiles, cwd: string): Promise<Named> {
  const path = resolve(cwd, name);
  const inside = relative(files.root, path);
  const facts = name.length < 4096 ? statSync(path, { throwIfNoEntry: false }) : undefined;
  const isInside = inside !== '' && inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
  if (facts?.isFile() === true) {
    const known = isInside ? (await findAll(files)).find((one) => one.path === inside) : undefined;
    if (known !== undefined) return { source: known.source, workflow: known.path };
    if (name.endsWith('.bit')) return { source: 'script', workflow: path };
    if (isProgram(path)) return { source: 'executable', workflow: path };
    throw new BitError('usage', `${printable(name)} is neither a workflow, a .bit script nor executable`, {
      hint: 'workflows lie in .bithub/workflows and .github/workflows; chmod +x makes a program of a file',
    });
  }
  const all = await findAll(files);
  const same = all.find((one) => one.name === name || one.path === name);
  if (same !== undefined) return { source: same.source, workflow: same.path };
  const names = all.map((one) => one.name);
  const near = nearest(name, names);
  throw new BitError('not-found', `there is no workflow or script ${printable(name)}`, {
    hint: near.length > 0 ? `did you mean: ${near.join(', ')}` : 'see the workflows with: bit workflow list',
    details: { workflow: name },
  });
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
