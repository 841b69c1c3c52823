import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import * as assert from 'uvu/assert';
import { isBitError } from '../../../src/kernel/errors.ts';
import { Retention } from '../../../src/mesh/controller/retention.ts';
import { meshConfigOf } from '../../../src/mesh/settings/index.ts';
import { openEmbeddedStore } from '../../../src/mesh/store/index.ts';
import { NsDriver } from '../../../src/storage/index.ts';
import { suite } from '../../suite.ts';
import { endOf } from '../lifecycle/rig.ts';
import { jobWrite, recordOf } from '../store/contract.ts';
import { meshGround, until } from './ground.ts';

const DAY = 86_400_000;
const NOW = Date.parse('2026-11-21T00:00:00.000Z');

suite('jobs that were kept long enough', (test) => {
  test('go with their logs and what they alone left behind, a few at a time', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'bit-retention-'));
    const store = openEmbeddedStore({ directory });
    const driver = new NsDriver({ roots: [join(directory, 'storage')] });
    const put = async (uri: string, text: string) => {
      await driver.put(uri, Readable.from([Buffer.from(text)]));
      return { uri, sha256: createHash('sha256').update(text).digest('hex'), size: text.length };
    };
    const there = async (uri: string): Promise<boolean> => {
      try {
        await driver.stat(uri);
        return true;
      } catch (error) {
        if (isBitError(error, 'not-found')) return false;
        throw error;
      }
    };
    try {
      const own = await put('aln+ns://storage/builds/J-000.tar', 'own');
      const shared = await put('aln+ns://storage/builds/latest.tar', 'shared');
      const young = await put('aln+ns://storage/builds/J-070.tar', 'young');
      const writes = [];
      for (let n = 0; n < 71; n++) {
        const id = `J-${String(n).padStart(3, '0')}`;
        const at = new Date(NOW - (n === 70 ? 1 : 40) * DAY + n).toISOString();
        const artifacts = n === 0 ? [own, shared] : n === 70 ? [young] : [];
        const result = { ...endOf(id, 1), artifacts };
        const end = { state: 'CompletedSuccessfully' as const, at, result };
        writes.push(jobWrite(recordOf(id, { end }), 0));
      }
      await store.commit(writes);
      await store.logs.append([{ job_id: 'J-000', fence: 1, offset: 0, stream: 'stdout', data: 'old' }]);
      const retention = new Retention({
        ...{ store, artifacts: async () => driver, keep: { days: 30, jobs: 2 }, now: () => NOW },
        pruned: () => {},
        fault: (error) => {
          throw error;
        },
      });
      assert.is(await retention.step(), 64);
      assert.is(await store.job('J-000'), undefined);
      assert.is(await store.logs.end('J-000', 1), 0);
      assert.is(await there(own.uri), false);
      assert.is(await there(shared.uri), true, 'an address that jobs share is the last one’s');
      assert.is(await retention.step(), 5, 'the two that ended last stay');
      assert.is(await retention.step(), 0);
      assert.equal(
        (await store.list({ limit: 9 })).jobs.map(({ job_id }) => job_id),
        ['J-070', 'J-069'],
      );
      assert.is(await there(young.uri), true);
    } finally {
      await store.close();
      await driver.close();
      rmSync(directory, { recursive: true, force: true });
    }
  });

  test('go by themselves while a controller runs', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'bit-retention-'));
    const store = openEmbeddedStore({ directory });
    const at = new Date(Date.now() - 31 * DAY).toISOString();
    await store.commit([jobWrite(recordOf('J-OLD', { end: { state: 'Failed', at } }), 0)]);
    const config = meshConfigOf('mesh:\n  retention: { days: 30, jobs: 0 }\n');
    const ground = await meshGround({ store, parts: { config, retentionMs: 10 } });
    try {
      await until(async () => (await store.job('J-OLD')) === undefined);
      assert.equal(ground.faults, []);
    } finally {
      await ground.close();
      await store.close();
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
