import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import type { Writer } from '../operation/index.ts';

/** The files of a commit in a folder of their own while `work` lasts; neither index nor work tree change. */
export async function withExport<Out>(
  writer: Writer,
  commit: string,
  work: (folder: string) => Promise<Out>,
): Promise<Out> {
  const base = mkdtempSync(join(writer.env['TMPDIR'] ?? tmpdir(), 'bit-release-'));
  try {
    const folder = join(base, 'tree');
    const env = { GIT_INDEX_FILE: join(base, 'index') };
    await writer.git.run(['read-tree', commit], { env });
    await writer.git.run(['checkout-index', '--all', '--force', `--prefix=${folder}${sep}`], { env });
    return await work(folder);
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}
