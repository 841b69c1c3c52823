import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { isRunning, type RunPlace, runPlace } from './store.ts';

/** In memory where the system has such a place: scripts may hold secrets. */
export function makeScratch(place: RunPlace, stateDirectory: string): string {
  for (const root of ['/dev/shm', place.directory]) {
    const path = join(root, `${SCRATCH}${process.getuid?.() ?? 0}-${place.id}`);
    try {
      mkdirSync(path, { recursive: true, mode: 0o700 });
      writeFileSync(join(path, OWNER), stateDirectory, { mode: 0o600 });
      return path;
    } catch {
      // the next one
    }
  }
  throw new BitError('io', `cannot make a folder for scripts in ${place.directory}`);
}

const SCRATCH = 'bit-run-';
/** Says in a scratch folder whose run it is of: the local state of its clone. */
const OWNER = '.state';

/** What the user's runs that were killed left there, in this clone or any, also one that is gone by now. */
export function dropScratch(): void {
  let names: string[];
  try {
    names = readdirSync('/dev/shm');
  } catch {
    return;
  }
  for (const name of names) {
    if (!name.startsWith(`${SCRATCH}${process.getuid?.() ?? 0}-`)) continue;
    const path = join('/dev/shm', name);
    try {
      const owner = readFileSync(join(path, OWNER), 'utf8');
      if (isRunning(runPlace(owner, name.slice(name.lastIndexOf('-') + 1)))) continue;
      rmSync(path, { recursive: true, force: true });
    } catch {
      // it is being made, or somebody else takes it away
    }
  }
}
