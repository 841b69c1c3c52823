import {
  chmodSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import type { BuildResult } from '../../src/build/index.ts';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';

/** Packages a ← b ← c, each of whose scripts counts its runs in a file nobody reads. */
function workspace(): World {
  const place = world();
  place.start();
  place.write('.gitignore', 'dist\nruns\nnode_modules\n');
  place.write('package.json', '{"name":"root","private":true,"workspaces":["packages/*"]}');
  const script = (text: string): string => `echo . >> ../../runs && ${text}`;
  const member = (name: string, build: string, needs: readonly string[] = []): void => {
    place.write(
      `packages/${name}/package.json`,
      JSON.stringify({
        name,
        version: '1.0.0',
        scripts: { build: script(build) },
        dependencies: Object.fromEntries(needs.map((other) => [other, '*'])),
      }),
    );
    place.write(`packages/${name}/src.txt`, `${name}\n`);
  };
  member('a', 'mkdir -p dist && cp src.txt dist/a && chmod 750 dist/a && ln -sf a dist/link && echo built a');
  member('b', 'mkdir -p dist && cat ../a/dist/a src.txt > dist/b', ['a']);
  member('c', 'mkdir -p dist && cat ../b/dist/b src.txt > dist/c', ['b']);
  place.git('add', '.');
  place.git('commit', '-q', '-m', 'packages');
  return place;
}

function runs(place: World): number {
  return place.exists('runs') ? place.read('runs').split('\n').length - 1 : 0;
}

async function build(
  place: World,
  ...words: string[]
): Promise<BuildResult & { code: number; stderr: string }> {
  const { stdout, stderr, code } = await place.bit('build', ...words, '--json');
  return { ...(JSON.parse(stdout) as BuildResult), code, stderr };
}

function states(result: BuildResult): Record<string, string> {
  return Object.fromEntries(result.targets.map(({ id, state }) => [id, state]));
}

function objects(place: World): string[] {
  const top = join(place.dir, '.git/bit/storage/binary/build/sha256');
  return readdirSync(top, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\/[0-9a-f]{64}$/.test(name))
    .map((name) => join(top, name));
}

suite('bit build', (test) => {
  test('builds packages after what they depend on, and nothing twice', async () => {
    const place = workspace();
    try {
      const first = await build(place);
      assert.equal(states(first), { a: 'ran', b: 'ran', c: 'ran' });
      assert.is(place.read('packages/c/dist/c'), 'a\nb\nc\n');
      assert.equal(states(await build(place)), { a: 'unchanged', b: 'unchanged', c: 'unchanged' });
      assert.is(runs(place), 3);
    } finally {
      place.close();
    }
  });

  test('writes and records nothing where there is nothing to do', async () => {
    const place = workspace();
    try {
      await build(place);
      // what is too fresh to be told from what comes next is remembered later
      for (let left = 40; left > 0 && 'operation' in (await build(place)); left--) await wait(50);
      const list = async (): Promise<string> => (await place.bit('ledger', 'list', '--json')).stdout;
      const [before, state] = [await list(), place.read('.git/bit/build/state.json')];
      const again = await build(place);
      assert.equal(states(again), { a: 'unchanged', b: 'unchanged', c: 'unchanged' });
      assert.not.ok('operation' in again);
      assert.is(await list(), before);
      assert.is(place.read('.git/bit/build/state.json'), state);
      assert.match((await build(place, '--logs', 'full')).stderr, 'a: built a');
    } finally {
      place.close();
    }
  });

  test('builds again what reads a changed file, and what depends on it', async () => {
    const place = workspace();
    try {
      await build(place);
      place.write('packages/b/src.txt', 'other\n');
      assert.equal(states(await build(place)), { a: 'unchanged', b: 'ran', c: 'ran' });
      assert.is(place.read('packages/c/dist/c'), 'a\nother\nc\n');
      place.write('packages/b/src.txt', 'b\n');
      assert.equal(states(await build(place)), { a: 'unchanged', b: 'restored', c: 'restored' });
      assert.is(place.read('packages/c/dist/c'), 'a\nb\nc\n');
      place.write('packages/c/new.txt', 'untracked files are read too\n');
      assert.equal(states(await build(place)), { a: 'unchanged', b: 'unchanged', c: 'ran' });
    } finally {
      place.close();
    }
  });

  test('brings files back with their modes and links, and what was said', async () => {
    const place = workspace();
    try {
      await build(place);
      rmSync(join(place.dir, 'packages/a/dist'), { recursive: true });
      const again = await build(place);
      assert.equal(states(again), { a: 'restored', b: 'unchanged', c: 'unchanged' });
      assert.is(lstatSync(join(place.dir, 'packages/a/dist/a')).mode & 0o777, 0o750);
      assert.is(readlinkSync(join(place.dir, 'packages/a/dist/link')), 'a');
      assert.match(again.stderr, 'a: built a');
      assert.is(runs(place), 3);
    } finally {
      place.close();
    }
  });

  test('finds a byte that was turned in the store, and builds again', async () => {
    const place = workspace();
    try {
      await build(place);
      for (const path of objects(place)) {
        const bytes = readFileSync(path);
        bytes[0] = (bytes[0] ?? 0) ^ 1;
        chmodSync(path, 0o600);
        writeFileSync(path, bytes);
      }
      rmSync(join(place.dir, 'packages/a/dist'), { recursive: true });
      const again = await build(place);
      assert.equal(states(again), { a: 'ran', b: 'unchanged', c: 'unchanged' });
      assert.match(again.targets[0]?.reason ?? '', 'has not got');
      assert.is(place.read('packages/a/dist/a'), 'a\n');
    } finally {
      place.close();
    }
  });

  test('takes an entry that was tampered with for none', async () => {
    const place = workspace();
    try {
      await build(place);
      const top = join(place.dir, '.git/bit/build/entries');
      for (const name of readdirSync(top, { recursive: true, encoding: 'utf8' }).filter((name) =>
        name.endsWith('.json'),
      ))
        writeFileSync(
          join(top, name),
          readFileSync(join(top, name), 'utf8').replace('packages/a/dist/a', '../../../../tmp/evil'),
        );
      rmSync(join(place.dir, 'packages/a/dist'), { recursive: true });
      assert.equal(states(await build(place)), { a: 'ran', b: 'unchanged', c: 'unchanged' });
    } finally {
      place.close();
    }
  });

  test('never writes through a link that stands on the way', async () => {
    const place = workspace();
    try {
      await build(place);
      rmSync(join(place.dir, 'packages/a/dist'), { recursive: true });
      symlinkSync(place.root, join(place.dir, 'packages/a/dist'));
      const { code, stdout } = await place.bit('build', '--json');
      assert.is(code, 1);
      assert.match(stdout, 'in the way');
      assert.not.ok(place.exists(join(place.root, 'a')));
    } finally {
      place.close();
    }
  });

  test('in part builds only what the changes since a commit touch', async () => {
    const place = workspace();
    try {
      place.write('packages/b/src.txt', 'other\n');
      const { plan } = JSON.parse((await place.bit('build', 'partial', '--dry-run', '--json')).stdout) as {
        plan: string[];
      };
      assert.is(plan.length, 3); // c depends on b, and b needs a
      assert.equal(states(await build(place, 'partial', '--since', 'HEAD')), {
        a: 'ran',
        b: 'ran',
        c: 'ran',
      });
      place.git('commit', '-qam', 'other');
      assert.equal(states(await build(place, 'partial')), {});
      place.write('packages/c/src.txt', 'other\n');
      assert.equal(states(await build(place, 'partial')), { a: 'unchanged', b: 'unchanged', c: 'ran' });
    } finally {
      place.close();
    }
  });

  test('in full runs everything, and a dry run changes nothing', async () => {
    const place = workspace();
    try {
      await build(place);
      await place.bit('build', 'full', '--dry-run');
      assert.is(runs(place), 3);
      assert.equal(states(await build(place, 'full')), { a: 'ran', b: 'ran', c: 'ran' });
      assert.is(runs(place), 6);
    } finally {
      place.close();
    }
  });

  test('that fails ends with 1, skips what depends on it, and is recorded as failed', async () => {
    const place = workspace();
    try {
      place.write(
        'packages/b/package.json',
        '{"name":"b","scripts":{"build":"echo oh no; exit 7"},"dependencies":{"a":"*"}}',
      );
      const result = await build(place, '--keep-going');
      assert.is(result.code, 1);
      assert.equal(states(result), { a: 'ran', b: 'failed', c: 'skipped' });
      assert.is(result.targets[1]?.exitCode, 7);
      assert.equal(result.targets[1]?.tail, ['oh no']);
      const [entry] = (
        JSON.parse((await place.bit('ledger', 'list', '-n', '1', '--json')).stdout) as {
          entries: { event: string; payload?: { ok: boolean } }[];
        }
      ).entries;
      assert.is(entry?.event, 'BUILD');
      assert.is(entry?.payload?.ok ?? false, false);
    } finally {
      place.close();
    }
  });

  test('is ended at its time', async () => {
    const place = workspace();
    try {
      place.write('packages/a/package.json', '{"name":"a","scripts":{"build":"sleep 60"}}');
      const began = performance.now();
      const result = await build(place, '--target', 'a', '--timeout', '1');
      assert.ok(performance.now() - began < 15_000);
      assert.is(result.targets[0]?.reason, 'it took longer than it may');
    } finally {
      place.close();
    }
  });

  test('is taken back file by file, unless somebody changed one', async () => {
    const place = workspace();
    try {
      await build(place);
      place.write('packages/a/src.txt', 'second\n');
      await build(place);
      assert.is(place.read('packages/c/dist/c'), 'second\nb\nc\n');
      assert.is((await place.bit('rollback', 'build')).code, 0);
      assert.is(place.read('packages/c/dist/c'), 'a\nb\nc\n');
      assert.is((await place.bit('redo')).code, 0);
      assert.is(place.read('packages/c/dist/c'), 'second\nb\nc\n');
      place.write('packages/c/dist/c', 'by hand\n');
      const { code, stderr } = await place.bit('rollback', 'build');
      assert.is(code, 1);
      assert.match(stderr, 'packages/c/dist/c');
      assert.is(place.read('packages/c/dist/c'), 'by hand\n');
    } finally {
      place.close();
    }
  });

  test('sees only the variables it named, and builds again when one changes', async () => {
    const place = world({ env: { GREETING: 'hello', OTHER: 'unseen' } });
    try {
      place.start();
      place.write(
        '.bithub.yml',
        'build:\n  targets:\n    site:\n      command: mkdir -p out && echo "$GREETING|$OTHER|$MODE" > out/env\n      inputs: [a.txt]\n      outputs: [out/**]\n      env: [GREET*]\n      set: { MODE: fast }\n',
      );
      assert.equal(states(await build(place)), { site: 'ran' });
      assert.is(place.read('out/env'), 'hello||fast\n');
      place.write('unread.txt', 'no input\n');
      assert.equal(states(await build(place)), { site: 'unchanged' });
    } finally {
      place.close();
    }
  });

  test('of a result whose link leads out of the repository keeps nothing', async () => {
    const place = world();
    try {
      place.start();
      place.write(
        '.bithub.yml',
        'build:\n  targets:\n    x: { command: mkdir -p out && ln -sf /etc/passwd out/l, outputs: [out/**] }\n',
      );
      const first = await build(place);
      assert.match(first.targets[0]?.uncached ?? '', 'leads out');
      assert.equal(states(await build(place)), { x: 'unchanged' });
      rmSync(join(place.dir, 'out'), { recursive: true });
      assert.equal(states(await build(place)), { x: 'ran' });
    } finally {
      place.close();
    }
  });

  test('keeps its cache within a bound', async () => {
    const place = workspace();
    try {
      await build(place);
      const before = objects(place).length;
      assert.ok(before > 3);
      assert.is((await place.bit('build', 'prune')).code, 0);
      assert.is(objects(place).length, before);
      rmSync(join(place.dir, '.git/bit/build/rollbacks'));
      const { stdout } = await place.bit('build', 'prune', '--most', '0', '--json');
      assert.is((JSON.parse(stdout) as { entries: number }).entries, 3);
      assert.equal(objects(place), []);
    } finally {
      place.close();
    }
  });
});
