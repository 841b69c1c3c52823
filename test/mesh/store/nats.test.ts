import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { BitError } from '../../../src/kernel/errors.ts';
import type { Kept } from '../../../src/mesh/lifecycle/index.ts';
import { type Membership, type MeshStore, openNatsStore } from '../../../src/mesh/store/index.ts';
import type { NatsArtifacts } from '../../../src/mesh/store/nats-artifacts.ts';
import type { StreamingDriver } from '../../../src/storage/index.ts';
import { bytesOf, contract as drivers, refused } from '../../storage/contract.ts';
import { suite } from '../../suite.ts';
import { contract, event, jobWrite, recordOf } from './contract.ts';
import { type Server, startServer } from './server.ts';

async function until<T>(look: () => T | undefined, what: string): Promise<T> {
  for (let round = 0; round < 400; round++) {
    const found = look();
    if (found !== undefined) return found;
    await sleep(25);
  }
  throw new Error(`never: ${what}`);
}

suite('mesh store, NATS', (test) => {
  let server: Server;
  test.before(async () => {
    server = await startServer();
  });
  test.after(() => server.stop());

  const open = (mesh: string, claim_ms = 400) =>
    openNatsStore({ url: server.url, mesh, claim_ms, ledger_ms: 2_000 });

  contract(test, async () => {
    const mesh = randomUUID();
    const opened: MeshStore[] = [await open(mesh)];
    const [store] = opened as [MeshStore];
    return {
      store,
      again: async () => {
        await opened.at(-1)?.close();
        const next = await open(mesh);
        opened.push(next);
        return next;
      },
      clean: async () => {
        await opened.at(-1)?.close();
      },
    };
  });

  test('of two controllers that want the same job one gets it, and the other hears of it', async () => {
    const mesh = randomUUID();
    const [a, b] = [await open(mesh), await open(mesh)];
    const heard: Kept[] = [];
    await b.watch(({ jobs }) => heard.push(...jobs));
    const ids = Array.from({ length: 50 }, (_, n) => `J-${n}`);
    const made = await a.commit(ids.map((id) => jobWrite(recordOf(id), 0, [event(`${id}.1`)])));
    const lease = (n: number, digest: string) => {
      const outcome = made[n];
      return jobWrite(
        recordOf(`J-${n}`, { fence: 1, digest }),
        outcome?.stored === true ? outcome.revision : -1,
      );
    };
    const [first, second] = await Promise.all([
      a.commit(ids.map((_, n) => lease(n, 'a'))),
      b.commit(ids.map((_, n) => lease(n, 'b'))),
    ]);
    for (const [n, outcome] of first.entries()) {
      const other = second[n];
      assert.ok(outcome.stored !== other?.stored, `${n}: one and not both`);
      const loser = outcome.stored ? other : outcome;
      assert.is(loser?.stored === false ? loser.kept?.record.digest : undefined, outcome.stored ? 'a' : 'b');
    }
    const won = first.filter(({ stored }) => stored).length;
    await until(
      () => (heard.filter(({ record }) => record.digest === 'a').length === won ? true : undefined),
      'changes',
    );
    await a.close();
    await b.close();
  });

  test('each event goes to one controller; what a killed one had not told its ledger goes to the other', async () => {
    const mesh = randomUUID();
    const [a, b] = [await open(mesh), await open(mesh)];
    await a.commit(Array.from({ length: 20 }, (_, n) => jobWrite(recordOf(`J-${n}`), 0, [event(`e${n}`)])));
    const told: string[] = [];
    const first = await a.outbox.take(5);
    await a.outbox.done(first.slice(0, 2));
    told.push(...first.slice(0, 2).map(({ id }) => id));
    for (let round = 0; round < 10 && told.length < 20; round++) {
      const events = await b.outbox.take(100);
      await b.outbox.done(events);
      told.push(...events.map(({ id }) => id));
    }
    assert.is(told.length, 20);
    assert.is(new Set(told).size, 20);
    await a.close();
    await b.close();
  });

  test('controllers know of each other; one that cannot reach the server has no claim, and comes back as another', async () => {
    const mesh = randomUUID();
    const [a, b] = [await open(mesh), await open(mesh)];
    let one: Membership | undefined;
    let two: Membership | undefined;
    await a.join('one', (membership) => {
      one = membership;
    });
    const joined = await b.join('two', (membership) => {
      two = membership;
    });
    await until(() => (one?.live.length === 2 && two?.live.length === 2 ? true : undefined), 'both live');
    const before = one?.me ?? '';
    assert.ok(two?.live.includes(before));
    await server.kill();
    await until(() => (one?.valid === false ? true : undefined), 'the claim lapses');
    await server.start();
    await until(() => (one?.valid === true ? true : undefined), 'the claim is back');
    assert.is.not(one?.me, before);
    await until(() => (two?.live.includes(before) === false ? true : undefined), 'the old one is gone');
    await joined.leave();
    await until(() => (one?.live.length === 1 ? true : undefined), 'two has left');
    await a.close();
    await b.close();
  });

  test('a server that is killed loses nothing it acknowledged, and nothing is written twice', async () => {
    const mesh = randomUUID();
    const store = await open(mesh);
    const known = new Map<string, number>();
    let stop = false;
    const write = async (n: number) => {
      for (let more = 0; !stop; more++) {
        const id = `J-${n}x${more}`;
        let revision = 0;
        for (let fence = 0; fence < 3 && !stop; fence++) {
          const [outcome] = await store.commit([jobWrite(recordOf(id, { fence }), revision)]);
          assert.ok(outcome?.stored === true, `${id} ${fence} is refused by its own earlier try`);
          revision = outcome.revision;
          known.set(id, fence);
        }
      }
    };
    const writers = [0, 1, 2, 3].map(write);
    for (let round = 0; round < 2; round++) {
      await sleep(300);
      await server.kill();
      await server.start();
    }
    await sleep(300);
    stop = true;
    await Promise.all(writers);
    assert.ok(known.size > 20, `${known.size} jobs`);
    for (const [id, fence] of known) assert.is((await store.job(id))?.record.fence, fence, id);
    await store.close();
  });

  test('an artifact that one controller took every other one serves, whole and in part', async () => {
    const mesh = randomUUID();
    const folders = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'bit-nats-artifacts-')));
    const stores = await Promise.all(folders.map(() => open(mesh)));
    const [one, two] = await Promise.all(
      stores.map(async (store, n) => {
        const driver = await store.artifacts?.(folders[n] ?? '');
        if (driver === undefined) throw new Error('it holds no artifacts');
        return driver as NatsArtifacts;
      }),
    );
    if (one === undefined || two === undefined) throw new Error('no two');
    try {
      const uri = 'aln+ns://builds/J-1.tar.gz';
      const bytes = randomBytes(2_500_000);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const upload = await one.upload(uri, { sha256, size: bytes.length });
      await upload.append(Readable.from([bytes.subarray(0, 1_200_000)]));
      await upload.leave();
      await refused(() => two.stat(uri), 'not-found');
      const rest = await one.upload(uri, { sha256, size: bytes.length });
      assert.ok(rest.offset >= 1_000_000, `${rest.offset}`);
      await rest.append(Readable.from([bytes.subarray(rest.offset)]));
      const { chunks, ...stored } = await rest.commit();
      assert.equal(stored, { uri, sha256, size: bytes.length });
      assert.equal(await two.stat(uri), { sha256, size: bytes.length, chunks });
      const part = await bytesOf(await two.open(uri, { offset: 1_048_000, length: 9000 }));
      assert.ok(part.equals(bytes.subarray(1_048_000, 1_057_000)));
      assert.ok(Buffer.from(await two.read(uri)).equals(bytes));
      assert.equal(await two.list('aln+ns://builds/'), [uri]);
      // other bytes under the same address: no copy stands in the way of them
      await one.write(uri, Buffer.from('second'));
      assert.is(Buffer.from(await two.read(uri)).toString(), 'second');
      assert.ok(await two.remove(uri));
      await refused(() => one.open(uri), 'not-found');
      assert.is(await one.tidy(0), 1, 'the copy of what is gone');
      assert.is(await one.tidy(0), 0);
    } finally {
      await Promise.all([one.close(), two.close()]);
      await Promise.all(stores.map((store) => store.close()));
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    }
  });

  test('a server that is not there is said to be', async () => {
    try {
      await openNatsStore({ url: 'nats://127.0.0.1:1', mesh: 'm' });
      assert.unreachable();
    } catch (error) {
      assert.instance(error, BitError);
      assert.is((error as BitError).code, 'remote');
    }
  });
});

suite('artifacts on NATS', (test) => {
  let server: Server;
  let store: MeshStore;
  let driver: StreamingDriver;
  let count = 0;
  const folder = mkdtempSync(join(tmpdir(), 'bit-nats-artifacts-'));
  test.before(async () => {
    server = await startServer();
    store = await openNatsStore({ url: server.url, mesh: randomUUID() });
    const opened = await store.artifacts?.(folder);
    if (opened === undefined) throw new Error('it holds no artifacts');
    driver = opened;
  });
  test.after(async () => {
    await driver.close();
    await store.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  drivers(test, () => ({ driver, base: `aln+ns://test/${++count}/` }));
});
