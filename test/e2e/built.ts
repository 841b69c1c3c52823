/** The program as it is shipped: `bin/run.js` over `dist/`, built first where the sources are newer. */
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

/** Path of the program. */
export function builtBit(): string {
  if (
    newest('src', 'commands', 'plugins', 'scripts/build') > modified(join(ROOT, 'dist', 'hot', 'hot.json'))
  ) {
    const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts', 'build.ts')], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`the build fails:\n${stderr}`);
  }
  return join(ROOT, 'bin', 'run.js');
}

function newest(...folders: readonly string[]): number {
  const times = folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => modified(join(ROOT, folder, name))),
  );
  return Math.max(...times);
}

function modified(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
