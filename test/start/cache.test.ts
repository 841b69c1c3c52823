/** V8 runs the bytes of a code cache as they are: old ones and damaged ones must never reach it. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { root, type StartWorld, startWorld } from './bit.ts';

suite('code caches', (test) => {
  let world: StartWorld;
  let copy: string;
  let hot: string;
  test.before.each(() => {
    world = startWorld();
    copy = join(world.home, 'copy');
    hot = join(copy, 'dist/hot');
    mkdirSync(hot, { recursive: true });
    cpSync(join(root, 'bin'), join(copy, 'bin'), { recursive: true });
    cpSync(join(root, 'dist/hot'), hot, { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction');
  });
  test.after.each(() => world.remove());

  const start = (...words: string[]) => world.bit(words, { script: join(copy, 'bin/run.js') });
  const caches = (directory: string) => readdirSync(directory).filter((name) => name.endsWith('.cache'));
  const own = () => join(world.home, 'cache/bit');
  const chunks = () =>
    JSON.parse(readFileSync(join(hot, 'hot.json'), 'utf8')) as { chunks: Record<string, string> };
  const dropShipped = (): void => {
    for (const name of caches(hot)) rmSync(join(hot, name));
  };

  test('each name holds the hash of the code it is of', () => {
    for (const [chunk, hash] of Object.entries(chunks().chunks)) {
      const code = readFileSync(join(hot, `hot-${chunk}-${hash}.cjs`));
      assert.is(createHash('sha256').update(code).digest('hex').slice(0, 16), hash);
    }
    const made = caches(hot);
    for (const chunk of ['core', 'query', 'action', 'ledger']) {
      assert.ok(
        made.some((name) =>
          name.startsWith(`hot-${chunk}-${chunks().chunks[chunk]}-${process.versions.v8}-`),
        ),
      );
    }
  });

  test('a command started often has caches of its own, smaller than those of any', () => {
    const size = (end: RegExp): number => {
      const file = caches(hot).find((name) => name.startsWith('hot-core-') && end.test(name)) ?? '';
      return statSync(join(hot, file)).size;
    };
    for (const profile of ['version', 'branch-list', 'status', 'commit', 'tag-new'])
      assert.ok(size(new RegExp(`-${profile}\\.cache$`)) < size(/-(x64|arm64)\.cache$/), profile);
  });

  test('changed code of the same length runs, although V8 itself would take the old cache', async () => {
    const index = chunks();
    const hash = index.chunks['core'] ?? '';
    const file = join(hot, `hot-core-${hash}.cjs`);
    const [version = ''] = (await start('--version')).stdout.split('\n');
    const changed = readFileSync(file, 'latin1').replaceAll(
      `"${version}"`,
      `"${'9'.repeat(version.length)}"`,
    );
    const next = createHash('sha256').update(changed).digest('hex').slice(0, 16);
    rmSync(file);
    writeFileSync(join(hot, `hot-core-${next}.cjs`), changed);
    writeFileSync(
      join(hot, 'hot.json'),
      JSON.stringify({ ...index, chunks: { ...index.chunks, core: next } }),
    );
    for (let i = 0; i < 3; i++) assert.match((await start('--version')).stdout, /^9+\n/);
    assert.ok(caches(own()).some((name) => name.startsWith(`hot-core-${next}-`)));
    // the trap itself: under the new name, V8 runs what the old bytes say
    const shipped = caches(hot).find((file) => file.includes(hash) && file.endsWith('-version.cache')) ?? '';
    renameSync(join(hot, shipped), join(hot, shipped.replace(hash, next)));
    assert.match((await start('--version')).stdout, new RegExp(`^${version.replaceAll('.', '\\.')}\n`));
  });

  test('damaged caches, shipped or a user’s own, are passed over and never crash', async () => {
    const right = await start('branch', 'list', '--json');
    assert.is(right.code, 0);
    // the one for just this command, and the one that any command falls back to
    const special = caches(hot).find((file) => /^hot-core-.*-branch-list\.cache$/.test(file)) ?? '';
    const name = special.replace('-branch-list.', '.');
    const bytes = readFileSync(join(hot, name));
    const flip = (at: number): Buffer => {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 0x41;
      return damaged;
    };
    const half = (bytes.length - 1) / 2;
    const versions = [
      Buffer.alloc(0),
      Buffer.alloc(1),
      Buffer.from('not a cache at all'),
      bytes.subarray(0, half),
      bytes.subarray(0, -1),
      bytes.subarray(0, -2),
      ...[1, 5, 17, 40, half >> 1, half, half + 9, bytes.length - 1].map(flip),
      Buffer.concat([bytes, Buffer.alloc(2)]),
    ];
    mkdirSync(own(), { recursive: true });
    for (const version of versions) {
      for (const file of [special, name]) writeFileSync(join(hot, file), version);
      assert.equal(await start('branch', 'list', '--json'), right);
      for (const file of [special, name]) rmSync(join(hot, file));
      writeFileSync(join(own(), name), version, { mode: 0o600 });
      assert.equal(await start('branch', 'list', '--json'), right);
    }
  });

  test('another V8 makes caches of its own, which then stay', async () => {
    dropShipped();
    const right = await world.bit(['branch', 'list', '--json']);
    for (let i = 0; i < 10; i++) assert.equal(await start('branch', 'list', '--json'), right);
    const before = caches(own()).map((name) => [name, statSync(join(own(), name)).mtimeMs]);
    assert.ok(before.length >= 2);
    assert.equal(await start('branch', 'list', '--json'), right);
    assert.equal(
      caches(own()).map((name) => [name, statSync(join(own(), name)).mtimeMs]),
      before,
    );
  });

  test('a cache that others may write is not run, and replaced by one they may not', async () => {
    if (process.platform === 'win32') return;
    dropShipped();
    await start('--version');
    const [name = ''] = caches(own());
    chmodSync(join(own(), name), 0o666);
    writeFileSync(join(own(), name), readFileSync(join(own(), name)).fill(7, 1));
    assert.match((await start('--version')).stdout, /^\d/);
    assert.is(statSync(join(own(), name)).mode & 0o777, 0o600);
  });

  test('of a plugin’s command hold what it runs, whatever it is called', () => {
    const size = (chunk: string, end: string): number => {
      const name = caches(hot).find((one) => one.startsWith(`hot-${chunk}-`) && one.endsWith(`${end}.cache`));
      return name === undefined ? Number.NaN : statSync(join(hot, name)).size;
    };
    assert.ok(size('core', '-plugin') < size('core', `-${process.arch}`) * 0.7);
    assert.ok(size('action', '-plugin') < size('action', `-${process.arch}`) * 0.2);
    for (const chunk of ['cli', 'plugins']) assert.ok(size(chunk, '-plugin') > 0);
  });

  test('a home that takes no files makes starting slower and nothing else', async () => {
    dropShipped();
    writeFileSync(join(world.home, 'file'), '');
    const right = await world.bit(['branch', 'list', '--json']);
    const env = { XDG_CACHE_HOME: join(world.home, 'file/below') };
    assert.equal(
      await world.bit(['branch', 'list', '--json'], { script: join(copy, 'bin/run.js'), env }),
      right,
    );
  });

  test('caches of builds that are gone are dropped with the next one', async () => {
    dropShipped();
    mkdirSync(own(), { recursive: true });
    writeFileSync(join(own(), `hot-core-${'0'.repeat(16)}-1-x64.cache`), 'old');
    await start('--version');
    assert.not.ok(caches(own()).some((name) => name.includes('0'.repeat(16))));
    assert.ok(caches(own()).length > 0);
  });
});
