import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);

/**
 * Loads one file of a package at its first use, at once and from any module: also of a package that is ES modules only
 * and names only the `import` condition, which `require` by its name refuses.
 */
export function requirePackageFile<Exports>(name: string, file: string): Exports {
  return require(join(packageDirectory(name), file)) as Exports;
}

/** Where a dependency is installed, whatever its `exports` say. */
export function packageDirectory(name: string): string {
  for (const directory of require.resolve.paths(name) ?? []) {
    const found = join(directory, name);
    if (existsSync(join(found, 'package.json'))) return found;
  }
  throw new Error(`the package ${name} is not installed beside bit`);
}

/** The folder of this package, from wherever in it this code runs: sources, compiled files or a chunk. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}
