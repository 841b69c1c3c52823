import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import * as assert from 'uvu/assert';
import { type Twins, withTwins } from '../repository/twins.ts';
import { suite } from '../suite.ts';

const LONG_AGO = new Date('2026-01-01T00:00:00Z');

/** A file of git's that has lain there for long. */
function leave(place: Twins, path: string, bytes = ''): string {
  const full = join(place.dir, '.git', path);
  mkdirSync(join(full, '..'), { recursive: true });
  writeFileSync(full, bytes);
  utimesSync(full, LONG_AGO, LONG_AGO);
  return full;
}

interface Repaired {
  readonly fixed: readonly { readonly scope: string; readonly what: string; readonly did: string }[];
  readonly failed: readonly { readonly scope: string; readonly did: string }[];
}

async function repaired(place: Twins, ...words: string[]): Promise<Repaired> {
  return JSON.parse((await place.ok('repair', ...words, '--json')).stdout) as Repaired;
}

suite('repair', (test) => {
  test('finds nothing wrong with a sound repository, and changes nothing there', () =>
    withTwins(async (place) => {
      place.write('b.txt', 'staged\n');
      place.git('add', '.');
      place.write('a.txt', 'dirty\n');
      const before = place.standing();
      assert.match((await place.ok('repair')).stdout, 'nothing is wrong');
      assert.match((await place.ok('repair', 'custom', 'objects')).stdout, 'nothing is wrong');
      assert.equal(place.standing(), before);
    }));

  test('removes lock files nobody holds, and leaves those somebody may', () =>
    withTwins(async (place) => {
      const names = [
        'index.lock',
        'HEAD.lock',
        'CHERRY_PICK_HEAD.lock',
        'refs/heads/main.lock',
        'refs/heads/a/b.lock',
      ];
      const locks = names.map((name) => leave(place, name));
      const young = join(place.dir, '.git/config.lock');
      writeFileSync(young, '');
      await place.ok('repair', '--dry-run');
      assert.ok(locks.every((path) => existsSync(path)));
      const { fixed } = await repaired(place);
      assert.equal(
        fixed.map(({ scope }) => scope),
        names.map(() => 'locks'),
      );
      assert.not.ok(locks.some((path) => existsSync(path)));
      assert.ok(existsSync(young));
      rmSync(young);
      place.write('a.txt', 'two\n');
      await place.ok('commit', 'a.txt', '-m', 'goes on');
    }));

  test('rebuilds a corrupt index, keeps the broken one and every file', () =>
    withTwins(async (place) => {
      place.write('b.txt', 'b\n');
      place.git('add', '.');
      place.write('a.txt', 'dirty\n');
      for (const bytes of ['', 'DIRC rubbish', 'DIRC\0\0\0\u0002\0\0\0\u0009']) {
        const path = leave(place, 'index', bytes);
        assert.throws(() => place.git('ls-files', '--error-unmatch', 'a.txt'), bytes);
        const { fixed } = await repaired(place, 'custom', 'index');
        assert.is(fixed.length, 1, JSON.stringify(bytes));
        assert.ok(existsSync(path));
        assert.is(place.git('status', '--porcelain'), ' M a.txt\n?? b.txt');
      }
      assert.is(readdirSync(join(place.dir, '.git/bit/aside')).length, 3);
      assert.is(place.read('a.txt'), 'dirty\n');
    }));

  test('works in a linked work tree on that one’s own files', () =>
    withTwins(async (place) => {
      place.git('worktree', 'add', '-q', '-b', 'linked', '../linked');
      const gitDir = join(place.dir, '.git/worktrees/linked');
      writeFileSync(join(gitDir, 'index'), 'DIRC rubbish');
      const lock = leave(place, 'worktrees/linked/HEAD.lock');
      const run = await place.bitIn(join(place.root, 'linked'), 'repair');
      assert.is(run.code, 0, run.stderr);
      assert.not.ok(existsSync(lock));
      assert.is(place.gitIn(join(place.root, 'linked'), 'status', '--porcelain'), '');
    }));

  test('fetches missing objects again, and says so where no remote has them', () =>
    withTwins(async (place) => {
      place.gitIn(place.root, 'clone', '-q', '--bare', place.dir, 'origin.git');
      const blob = place.git('rev-parse', 'HEAD:a.txt');
      const lose = (): void =>
        rmSync(join(place.dir, '.git/objects', blob.slice(0, 2), blob.slice(2)), { force: true });
      lose();
      const alone = await place.bit('repair', 'custom', 'objects');
      assert.is(alone.code, 1);
      assert.match(alone.stdout, 'no remote');
      place.git('remote', 'add', 'origin', join(place.root, 'origin.git'));
      const { fixed } = await repaired(place, 'custom', 'objects');
      assert.match(fixed[0]?.did ?? '', 'origin');
      assert.is(place.git('cat-file', 'blob', blob), 'one');
    }));

  test('gives hooks their run bit, but no sample', () =>
    withTwins(async (place) => {
      const hook = leave(place, 'hooks/pre-commit', '#!/bin/sh\nexit 0\n');
      const sample = leave(place, 'hooks/pre-push.sample', '#!/bin/sh\n');
      chmodSync(hook, 0o644);
      const { fixed } = await repaired(place);
      assert.equal(
        fixed.map(({ scope }) => scope),
        ['hooks'],
      );
      assert.ok(fixed[0]?.what.includes('pre-commit'));
      assert.ok(existsSync(sample));
    }));

  test('removes what dead processes left in the state folder, and nothing of a living one', () =>
    withTwins(async (place) => {
      await place.ok('branch', 'new', 'x');
      const dead = leave(place, 'bit/tmp/01ABC.4194304.index');
      const living = leave(place, `bit/tmp/01ABC.${process.pid}.index`);
      await repaired(place);
      assert.not.ok(existsSync(dead));
      assert.ok(existsSync(living));
    }));

  test('of a damaged ledger what verifies is saved aside, and what is lost is told; the copy goes on as a new chain', () =>
    withTwins(async (place) => {
      for (let n = 0; n < 12; n++) await place.ok('branch', 'new', `b${n}`);
      const directory = join(place.dir, '.git/bit/ledger');
      const path = join(directory, 'ledger.db');
      const database = new DatabaseSync(path);
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      const pages = database.prepare(
        "SELECT pageno FROM dbstat WHERE name = 'entries' AND pagetype = 'leaf'",
      );
      let torn: number[];
      try {
        torn = pages.all().map((row) => Number(row['pageno']));
      } catch {
        torn = [];
      }
      database.close();
      const size = Number(readFileSync(path).readUInt16BE(16));
      const bytes = readFileSync(path);
      const at = ((torn[Math.floor(torn.length / 2)] ?? Math.floor(bytes.length / size / 2)) - 1) * size;
      bytes.fill(0x55, at, at + size);
      writeFileSync(path, bytes);

      const asides = (): string[] => {
        const folder = join(place.dir, '.git/bit/aside');
        return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
      };
      const dry = await place.bit('repair', 'custom', 'ledger', '--dry-run');
      assert.match(dry.stdout, 'damaged');
      assert.equal(asides(), []);
      const run = await place.bit('repair', 'custom', 'ledger');
      assert.is(run.code, 1, run.stdout + run.stderr);
      assert.match(run.stdout, /[1-9]\d* entries that verify are in .*ledger\.db/);
      assert.match(run.stdout, /lost: of chain \w+ what comes after \d+ entries \(entry \d+ can't be read/);
      assert.ok(readFileSync(path).equals(bytes), 'the damaged file stays as it is');
      const [copy = ''] = asides();
      const told = JSON.parse(readFileSync(join(copy, 'salvage.json'), 'utf8'));
      const [chain] = told.chains;
      assert.ok(chain.recovered > 0 && chain.recovered < 24, JSON.stringify(told));

      renameSync(directory, `${directory}.damaged`);
      renameSync(copy, directory);
      await place.ok('branch', 'new', 'after');
      const events = JSON.parse((await place.ok('ledger', 'list', '-n', '100', '--json')).stdout).entries;
      const forked = events.find(({ event }: { event: string }) => event === 'CHAIN_FORKED');
      assert.ok(forked !== undefined, 'it goes on as a chain that names its parent');
      await place.ok('ledger', 'verify');
    }));

  test('of a ledger that is no database any more nothing is saved, and that is said', () =>
    withTwins(async (place) => {
      await place.ok('branch', 'new', 'one');
      const path = join(place.dir, '.git/bit/ledger/ledger.db');
      writeFileSync(path, 'no database at all');
      const run = await place.bit('repair');
      assert.is(run.code, 1, run.stdout + run.stderr);
      assert.match(run.stdout, /0 entries that verify/);
      assert.is(readFileSync(path, 'utf8'), 'no database at all');
    }));

  test('is gated, recorded and tells what it takes', () =>
    withTwins(async (place) => {
      assert.match((await place.refused(2, 'repair', 'custom')).stderr, 'locks|index|intents');
      await place.refused(2, 'repair', 'auto', 'index');
      await place.refused(2, 'repair', 'custom', 'everything');
      await place.refused(2, 'repair', 'gently');
      leave(place, 'index.lock');
      await place.ok('repair');
      const { stdout } = await place.ok('history', 'query', '--event', 'REPAIR', '--json');
      assert.match(stdout, 'index.lock');
    }));
});
