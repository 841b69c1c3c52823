import { chmodSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Removes a folder that a stranger filled: also what he made unreadable to its owner. Links are followed by nobody. */
export function removeTree(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
    return;
  } catch {
    open(path, 0);
  }
  rmSync(path, { recursive: true, force: true });
}

function open(path: string, depth: number): void {
  if (depth > 2000 || lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  chmodSync(path, 0o700);
  for (const name of readdirSync(path)) open(join(path, name), depth + 1);
}
