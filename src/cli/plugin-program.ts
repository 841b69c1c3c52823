import { join } from 'node:path';
import type { SandboxProgram } from '../plugins/index.ts';
import type { Installation } from './host.ts';

/**
 * Node with `bin/plugin-child.js`, which may read `bit`'s own code and no more of its folder. In development what was
 * built is used where it is named: a process takes a tenth of the time to start.
 */
export function sandboxProgram({
  root,
  development,
  dist,
}: Pick<Installation, 'root' | 'development' | 'dist'>): SandboxProgram {
  const built = dist ?? (development ? undefined : join(root, 'dist'));
  const own = development ? ['src', 'plugins', 'bin', 'package.json'] : ['bin', 'package.json'];
  return {
    node: process.execPath,
    script: [join(root, 'bin', 'plugin-child.js'), built ?? 'development'],
    reads: [
      ...(built === undefined ? [] : [built]),
      ...own.map((path) => join(root, path)),
      ...libraryFolders(root),
    ],
  };
}

/** The `node_modules` that `bit`'s own imports are found in: its own, and where it is installed, those around it. */
function libraryFolders(root: string): readonly string[] {
  const around = root.lastIndexOf('node_modules');
  return [join(root, 'node_modules'), ...(around < 0 ? [] : [root.slice(0, around + 'node_modules'.length)])];
}
