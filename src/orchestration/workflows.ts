import { lstatSync, readdirSync, realpathSync } from 'node:fs';
import { isAbsolute, join, normalize, relative, sep } from 'node:path';
import { nearest } from '../kernel/text.ts';

/** Where a name is looked for, in this order. */
const FOLDERS = [
  { folder: '.bithub/workflows', source: 'native' },
  { folder: '.github/workflows', source: 'github' },
] as const;
const ENDINGS = ['.yml', '.yaml'] as const;

export interface WorkflowFile {
  readonly name: string;
  /** Relative to the root; undefined where there is none. */
  readonly path?: string;
  readonly source?: 'native' | 'github';
  /** Where it was looked for. */
  readonly tried: readonly string[];
  /** The nearest names there are. */
  readonly near: readonly string[];
}

/** The file of a workflow named in a flow: a name (`.tests-aln`, `security-scan`) or a path in the repository. */
export function findWorkflowFile(root: string, name: string): WorkflowFile {
  const tried = candidates(name);
  const path = tried.find((candidate) => isOwnFile(root, candidate));
  if (path !== undefined) {
    const source = path.startsWith('.github/') ? 'github' : 'native';
    return { name, path, source, tried, near: [] };
  }
  return { name, tried, near: nearest(name, workflowNames(root)) };
}

function candidates(name: string): string[] {
  if (!name.includes('/')) {
    const bare = name.replace(/\.ya?ml$/, '');
    return FOLDERS.flatMap(({ folder }) => ENDINGS.map((ending) => `${folder}/${bare}${ending}`));
  }
  const path = normalize(name).split(sep).join('/');
  const leaves = isAbsolute(name) || path === '..' || path.startsWith('../');
  return leaves || !/\.ya?ml$/.test(path) ? [] : [path];
}

/** A regular file, whose real path stays inside the repository. */
function isOwnFile(root: string, path: string): boolean {
  const full = join(root, path);
  if (lstatSync(full, { throwIfNoEntry: false })?.isFile() !== true) return false;
  const away = relative(realpathSync(root), realpathSync(full));
  return !away.startsWith('..') && !isAbsolute(away);
}

export function workflowNames(root: string): string[] {
  return FOLDERS.flatMap(({ folder }) => {
    const path = join(root, folder);
    if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
    return readdirSync(path)
      .filter((name) => /\.ya?ml$/.test(name))
      .map((name) => name.replace(/\.ya?ml$/, ''));
  });
}
