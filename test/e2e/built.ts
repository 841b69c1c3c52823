/** The program as it is shipped, `bin/run.js` over `dist/`. `scripts/test.ts` builds it before any test runs. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

/** Path of the program. Not built here: tests that run at the same time would have it taken away under them. */
export function builtBit(): string {
  if (!existsSync(join(ROOT, 'dist', 'hot', 'hot.json')))
    throw new Error('these tests run the built program: npm run build');
  return join(ROOT, 'bin', 'run.js');
}
