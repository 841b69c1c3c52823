import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as assert from 'uvu/assert';
import { BitError } from '../../../src/kernel/errors.ts';
import { type MeshStore, openEmbeddedStore } from '../../../src/mesh/store/index.ts';
import { suite } from '../../suite.ts';
import { contract } from './contract.ts';

suite('mesh store, embedded', (test) => {
  contract(test, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'bit-mesh-store-'));
    const opened: MeshStore[] = [openEmbeddedStore({ directory })];
    const [store] = opened as [MeshStore];
    return {
      store,
      again: async () => {
        await opened.at(-1)?.close();
        const next = openEmbeddedStore({ directory });
        opened.push(next);
        return next;
      },
      clean: async () => {
        await opened.at(-1)?.close();
        rmSync(directory, { recursive: true });
      },
    };
  });

  test('a second controller is told that there is one', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'bit-mesh-store-'));
    const store = openEmbeddedStore({ directory });
    try {
      openEmbeddedStore({ directory });
      assert.unreachable();
    } catch (error) {
      assert.is((error as BitError).code, 'busy');
      assert.instance(error, BitError);
    } finally {
      await store.close();
      rmSync(directory, { recursive: true });
    }
  });

  test('a kill at any moment loses nothing that was acknowledged', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'bit-mesh-store-'));
    try {
      let acknowledged = 0;
      for (let round = 0; round < 6; round++) {
        const known = await killedAfter(directory, round, 20 + round * 17);
        acknowledged += known.size;
        const store = openEmbeddedStore({ directory });
        const told = new Set((await store.outbox.take(1_000_000)).map(({ id }) => id));
        for (const [id, fence] of known) {
          const kept = await store.job(id);
          assert.ok(kept !== undefined && kept.record.fence >= fence, `${id} at ${fence}`);
          assert.ok(told.has(`${id}.${fence}`), `the event of ${id} at ${fence}`);
        }
        await store.close();
      }
      assert.ok(acknowledged > 50, `${acknowledged} acknowledged`);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

/** The last fence acknowledged of each job by a process that was killed. */
async function killedAfter(
  directory: string,
  round: number,
  acknowledgements: number,
): Promise<Map<string, number>> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'writer.ts'), directory, `${round}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const known = new Map<string, number>();
  let lines = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [id = '', fence = ''] = line.split(' ');
    known.set(id, Number(fence));
    if (++lines === acknowledgements) child.kill('SIGKILL');
  }
  return known;
}
