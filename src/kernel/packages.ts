import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

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
