/** Properties over other cases than the tests' own: each file that states some runs once with each seed. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

export interface PropertiesOptions {
  /** Seeds tried. */
  readonly rounds: number;
  /** The first of them. */
  readonly seed: number;
}

/** Tells each failure with the seed that brings it back; false where there was one. */
export async function propertiesCampaign({ rounds, seed }: PropertiesOptions): Promise<boolean> {
  const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join('test', name))
    .filter((file) => /from '(?:\.\.\/)+property\.ts'/.test(readFileSync(join(root, file), 'utf8')))
    .sort();
  if (files.length === 0) throw new Error('no test states a property');
  let failed = 0;
  for (let round = 0; round < rounds; round++) {
    for (const file of files) {
      const output = await run(file, seed + round);
      if (output === undefined) continue;
      failed += 1;
      process.stdout.write(`${file}, again: PROPERTY_SEED=${seed + round} node ${file}\n${output}\n`);
    }
  }
  process.stdout.write(
    `properties of ${files.length} files, seeds ${seed} to ${seed + rounds - 1}: ${failed} failed\n`,
  );
  return failed === 0;
}

/** What the file said, where it failed. */
function run(file: string, seed: number): Promise<string | undefined> {
  const child = spawn(process.execPath, [file], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PROPERTY_SEED: String(seed), NO_COLOR: '1', FORCE_COLOR: '0' },
  });
  let output = '';
  const take = (chunk: Buffer): void => {
    output = (output + chunk.toString('utf8')).slice(-20_000);
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code === 0 ? undefined : output));
  });
}
