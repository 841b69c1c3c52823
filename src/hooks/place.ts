import { isAbsolute, join, relative, resolve } from 'node:path';
import type { GitReader } from '../git/index.ts';
import { type HookName, KEPT } from './names.ts';

/** Where plain git's hooks of this repository lie. */
export interface HookPlace {
  /** Undefined where git takes its hooks from outside this repository: those are others' too. */
  readonly folder: string | undefined;
  /** Files that {@link settlePart} may change for these hooks. */
  files(names: readonly HookName[]): readonly string[];
}

export async function hookPlace(git: GitReader): Promise<HookPlace> {
  const configured = await git.pathConfig('core.hooksPath');
  const { commonDir, root, gitDir } = git.paths;
  const folder =
    configured === undefined || configured === ''
      ? join(commonDir, 'hooks')
      : resolve(root ?? gitDir, configured);
  const inside = [commonDir, ...(root === undefined ? [] : [root])].some((base) => isInside(base, folder));
  if (!inside) return { folder: undefined, files: () => [] };
  return {
    folder,
    files: (names) => names.flatMap((name) => [join(folder, name), join(folder, `${name}${KEPT}`)]),
  };
}

function isInside(base: string, path: string): boolean {
  const way = relative(base, path);
  return way !== '' && way !== '..' && !way.startsWith('../') && !isAbsolute(way);
}
