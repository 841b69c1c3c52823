import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Builds the program where the sources are newer; ends this process where that fails. */
export function buildWhereStale(): void {
  const root = dirname(import.meta.dirname);
  const newest = (path: string): number => {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return 0;
    if (!found.isDirectory()) return found.mtimeMs;
    return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
  };
  const sources = ['src', 'commands', 'plugins', 'bin', 'scripts/build', 'package.json'];
  const built = statSync(join(root, 'dist', 'hot'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (built > Math.max(...sources.map((path) => newest(join(root, path))))) return;
  const { status } = spawnSync(process.execPath, [join(root, 'scripts', 'build.ts')], { stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}
