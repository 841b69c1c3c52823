import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs with a directory of its own that is gone afterwards. */
export async function inTemporary<Out>(work: (directory: string) => Out | Promise<Out>): Promise<Out> {
  const directory = mkdtempSync(join(tmpdir(), 'bit-keys-'));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What `work` throws or rejects with. */
export async function refusal(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  return undefined;
}
