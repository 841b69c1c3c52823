import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { requireService, suite } from '../suite.ts';
import { type World, world } from '../world.ts';

const CONTENT = Buffer.alloc(100_000, '\u0000\u0001binary\r\n');
const OID = createHash('sha256').update(CONTENT).digest('hex');
const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${OID}\nsize ${CONTENT.length}`;

function found(program: string, path = process.env['PATH'] ?? ''): string | undefined {
  return path
    .split(':')
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file));
}
const LFS = requireService('git-lfs', found('git-lfs') !== undefined);

function withAssets(world: World): void {
  world.start();
  for (const name of ['big.psd', 'art/deep.psd']) {
    mkdirSync(join(world.dir, 'art'), { recursive: true });
    writeFileSync(join(world.dir, name), CONTENT);
  }
  world.git('add', '.');
  world.git('commit', '-qm', 'assets');
}

suite<{ world: World }>('bit track assets', (test) => {
  test.before.each((context) => {
    context.world = world();
    withAssets(context.world);
  });
  test.after.each((context) => context.world.close());

  test('puts pointers in the index and leaves the files alone; git-lfs reads them', async ({ world }) => {
    if (!LFS) return;
    const run = await world.bit('track', 'assets', '*.psd', '--json');
    assert.is(run.code, 0, run.stderr);
    assert.is(JSON.parse(run.stdout).filter, 'git-lfs');
    assert.is(world.git('cat-file', 'blob', ':big.psd'), POINTER);
    assert.is(world.git('cat-file', 'blob', ':art/deep.psd'), POINTER);
    assert.ok(readFileSync(join(world.dir, 'big.psd')).equals(CONTENT));
    assert.is(world.read('.gitattributes'), '*.psd filter=lfs diff=lfs merge=lfs -text\n');
    assert.is(world.git('diff', '--name-only'), '');
    world.git('commit', '-qm', 'pointers');
    assert.is(world.git('status', '--porcelain'), '');
    assert.match(world.git('lfs', 'ls-files', '--long'), `${OID} * big.psd`);
    assert.match(world.git('lfs', 'fsck'), 'Git LFS fsck OK');
    world.git('rm', '-q', '--cached', 'big.psd');
    world.git('reset', '-q', '--hard');
    assert.ok(readFileSync(join(world.dir, 'big.psd')).equals(CONTENT));
    const listed = JSON.parse((await world.bit('track', '--json')).stdout);
    assert.equal(listed.patterns, ['*.psd']);
    assert.equal(
      listed.files.map((file: { path: string; here: boolean }) => [file.path, file.here]),
      [
        ['art/deep.psd', true],
        ['big.psd', true],
      ],
    );
  });

  test('twice changes nothing more, and spaces are written as git-lfs writes them', async ({ world }) => {
    await world.bit('track', 'assets', '*.psd', 'my files/*');
    const index = world.git('write-tree');
    const again = await world.bit('track', 'assets', '*.psd', 'my files/*', '--json');
    assert.is(again.code, 0, again.stderr);
    assert.equal(JSON.parse(again.stdout).patterns, []);
    assert.is(world.git('write-tree'), index);
    assert.match(world.read('.gitattributes'), 'my[[:space:]]files/* filter=lfs');
  });

  test('works through its own filter where there is no git-lfs', async ({ world }) => {
    const bin = join(world.root, 'bin');
    mkdirSync(bin);
    for (const program of ['git', 'sh']) symlinkSync(found(program) ?? '', join(bin, program));
    const assets = pathToFileURL(join(import.meta.dirname, '../../src/assets/index.ts')).href;
    const state = JSON.stringify(join(world.dir, '.git/bit'));
    const main = `const a = await import(${JSON.stringify(assets)}); await a.serveFilter({ input: process.stdin, output: process.stdout, place: a.assetPlace(${state}, ${JSON.stringify(join(world.dir, '.git'))}), notice: () => {} });`;
    writeFileSync(join(world.root, 'filter.mjs'), main);
    writeFileSync(
      join(bin, 'bit'),
      `#!${join(bin, 'sh')}\nexec '${process.execPath}' '${join(world.root, 'filter.mjs')}'\n`,
    );
    chmodSync(join(bin, 'bit'), 0o755);
    const env = world.env as Record<string, string>;
    env['PATH'] = bin;
    const git = (...args: string[]) =>
      execFileSync('git', args, { cwd: world.dir, env, encoding: 'utf8', stdio: 'pipe' }).trimEnd();
    const run = await world.bit('track', 'assets', '*.psd', '--json');
    assert.is(run.code, 0, run.stderr);
    assert.is(JSON.parse(run.stdout).filter, 'bit');
    assert.is(git('diff', '--name-only'), '');
    git('commit', '-qm', 'pointers');
    writeFileSync(join(world.dir, 'new.psd'), 'new content');
    git('add', 'new.psd');
    assert.match(git('cat-file', 'blob', ':new.psd'), 'size 11');
    git('rm', '-q', '--cached', 'big.psd');
    git('reset', '-q', '--hard');
    assert.ok(readFileSync(join(world.dir, 'big.psd')).equals(CONTENT));
    git('fsck', '--strict');
  });

  test('changes nothing under --dry-run', async ({ world }) => {
    const index = world.git('write-tree');
    const config = world.read('.git/config');
    const run = await world.bit('track', 'assets', '*.psd', '--dry-run');
    assert.is(run.code, 0, run.stderr);
    assert.match(run.stdout, 'make art/deep.psd a pointer in the index');
    assert.is(world.git('write-tree'), index);
    assert.is(world.read('.git/config'), config);
    assert.not.ok(world.exists('.gitattributes'));
    assert.not.ok(world.exists('.git/lfs'));
  });

  test('refuses edited files, conflicts and hostile patterns', async ({ world }) => {
    world.write('big.psd', 'edited');
    const edited = await world.bit('track', 'assets', '*.psd');
    assert.is(edited.code, 1);
    assert.match(edited.stderr, 'big.psd');
    for (const glob of ['-x', '!*.psd', 'a\nb filter=x', '../*', '', 'dir/', 'a"b']) {
      assert.is((await world.bit('track', 'assets', '--', glob)).code, 2, glob);
    }
    assert.not.ok(world.exists('.gitattributes'));
  });
});

suite<{ world: World }>('bit track code and history', (test) => {
  test.before.each((context) => {
    context.world = world();
    context.world.start();
  });
  test.after.each((context) => context.world.close());

  test('counts a renamed file as one, and names who changed it', async ({ world }) => {
    world.write('old.ts', 'a\n'.repeat(50));
    world.git('add', '.');
    world.git('commit', '-qm', 'old');
    world.git('mv', 'old.ts', 'new.ts');
    world.git('commit', '-qm', 'rename');
    world.write('new.ts', `${'a\n'.repeat(50)}${'b\n'.repeat(10)}`);
    world.git('commit', '-qam', 'more', '--author', 'Bob <bob@example.org>');
    const out = JSON.parse((await world.bit('track', 'code', '--json')).stdout);
    const [top] = out.churn;
    assert.is(top.path, 'new.ts');
    assert.is(top.added, 60);
    assert.is(top.commits, 3);
    assert.equal(top.owners, [
      { name: 'Ada', share: 0.833 },
      { name: 'Bob', share: 0.167 },
    ]);
    assert.is(out.hotSpots[0].heat, 60 * 120);
    assert.is(out.added, 61);
    const human = await world.bit('track', 'code');
    assert.match(human.stdout, 'new.ts');
  });

  test('follows one file through its renames, whatever subjects and names hold', async ({ world }) => {
    const first = 'we\u0001ird\tname.txt';
    world.write(first, 'some lines\nof text\nthat stay\n');
    world.git('add', '.');
    world.git('commit', '-qm', `\u0001${'a'.repeat(40)}\u001ffake`);
    world.git('mv', first, 'plain.txt');
    world.git('commit', '-qm', 'moved');
    const out = JSON.parse((await world.bit('track', 'history', 'plain.txt', '--json')).stdout);
    assert.equal(out.names, ['plain.txt', first]);
    assert.equal(
      out.commits.map((commit: { change: string }) => commit.change),
      ['renamed', 'added'],
    );
    assert.is(out.commits[1].subject, `\u0001${'a'.repeat(40)}\u001ffake`);
    const human = await world.bit('track', 'history', 'plain.txt');
    assert.not.match(human.stdout, /\u0001/);
  });

  test('suggests the nearest file and refuses paths outside', async ({ world }) => {
    const near = await world.bit('track', 'history', 'a.tx');
    assert.is(near.code, 4);
    assert.match(near.stderr, 'a.txt');
    for (const path of ['../x', '/etc/passwd', 'a\nb', '.git/config']) {
      assert.is((await world.bit('track', 'history', '--', path)).code, 2, path);
    }
  });
});
