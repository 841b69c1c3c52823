import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';

suite<{ world: World }>('bit clone', (test) => {
  test.before.each((context) => {
    context.world = world();
    context.world.start();
  });
  test.after.each((context) => context.world.close());

  test('clones a path with the same commit, and git finds nothing wrong', async ({ world }) => {
    const run = await world.bitIn(world.root, 'clone', 'repo', 'copy', '--json');
    assert.is(run.code, 0, run.stderr);
    const out = JSON.parse(run.stdout);
    const copy = join(world.root, 'copy');
    assert.is(out.directory, copy);
    assert.is(out.branch, 'main');
    assert.is(out.head, world.git('rev-parse', 'HEAD'));
    assert.is(world.gitIn(copy, 'rev-parse', 'HEAD^{tree}'), world.git('rev-parse', 'HEAD^{tree}'));
    world.gitIn(copy, 'fsck', '--strict');
    assert.is(world.gitIn(copy, 'status', '--porcelain'), '');
  });

  test('changes nothing under --dry-run', async ({ world }) => {
    const before = readdirSync(world.root).sort();
    const run = await world.bitIn(world.root, 'clone', 'repo', 'copy', '--dry-run');
    assert.is(run.code, 0, run.stderr);
    assert.match(run.stdout, 'Nothing was changed.');
    assert.equal(
      readdirSync(world.root).filter((name) => name === 'copy'),
      [],
    );
    assert.equal(
      readdirSync(world.root)
        .sort()
        .filter((name) => name.includes('bit-clone')),
      before.filter((name) => name.includes('bit-clone')),
    );
  });

  test('takes depth, branch and mirror', async ({ world }) => {
    world.write('a.txt', 'two\n');
    world.git('commit', '-qam', 'second');
    world.git('branch', 'side', 'HEAD~1');
    const shallow = await world.bitIn(world.root, 'clone', 'repo', 'shallow', '--depth', '1');
    assert.is(shallow.code, 0, shallow.stderr);
    assert.is(world.gitIn(join(world.root, 'shallow'), 'rev-list', '--count', 'HEAD'), '1');
    const side = await world.bitIn(world.root, 'clone', 'repo', 'side', '-b', 'side', '--json');
    assert.is(JSON.parse(side.stdout).branch, 'side');
    const mirror = await world.bitIn(world.root, 'clone', 'repo', '--mirror');
    assert.is(mirror.code, 0, mirror.stderr);
    const refs = ['for-each-ref', '--format=%(refname) %(objectname)', 'refs/heads'];
    assert.is(world.gitIn(join(world.root, 'repo.git'), ...refs), world.git(...refs));
  });

  test('refuses a target that holds something, and takes an empty folder', async ({ world }) => {
    mkdirSync(join(world.root, 'full'));
    writeFileSync(join(world.root, 'full', 'mine.txt'), 'mine');
    const full = await world.bitIn(world.root, 'clone', 'repo', 'full');
    assert.is(full.code, 1);
    assert.equal(readdirSync(join(world.root, 'full')), ['mine.txt']);
    mkdirSync(join(world.root, 'empty'));
    const empty = await world.bitIn(world.root, 'clone', 'repo', 'empty');
    assert.is(empty.code, 0, empty.stderr);
    mkdirSync(join(world.root, 'here'));
    const here = await world.bitIn(join(world.root, 'here'), 'clone', '../repo', '.');
    assert.is(here.code, 0, here.stderr);
    assert.equal(readdirSync(join(world.root, 'here')).sort(), ['.git', 'a.txt']);
  });

  test('leaves nothing under or beside the wanted name when it fails', async ({ world }) => {
    mkdirSync(join(world.root, 'no-repository'));
    const run = await world.bitIn(world.root, 'clone', 'no-repository', 'deep/er/copy');
    assert.is.not(run.code, 0);
    assert.not.ok(existsSync(join(world.root, 'deep')));
    assert.equal(
      readdirSync(world.root).filter((name) => name.includes('bit-clone')),
      [],
    );
  });

  test('removes the half clones of dead processes of this machine, and only those', async ({ world }) => {
    const host = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
    const op = '01jd0000000000000000000000';
    const dead = `.x.bit-clone-${op}.999999999.${host}`;
    const living = `.x.bit-clone-${op}.${process.pid}.${host}`;
    const elsewhere = `.x.bit-clone-${op}.999999999.00000000`;
    for (const name of [dead, living, elsewhere])
      mkdirSync(join(world.root, name, 'objects'), { recursive: true });
    const run = await world.bitIn(world.root, 'clone', 'repo', 'copy');
    assert.is(run.code, 0, run.stderr);
    assert.not.ok(existsSync(join(world.root, dead)));
    assert.ok(existsSync(join(world.root, living)));
    assert.ok(existsSync(join(world.root, elsewhere)));
  });

  test('refuses hostile addresses and names before anything is made', async ({ world }) => {
    const before = readdirSync(world.root).sort();
    const hostile = [
      'ext::sh -c "touch pwned"',
      '--upload-pack=touch pwned',
      '-x',
      'a\nb',
      'ssh://-oProxyCommand=x/y',
      'file\u0000x',
    ];
    for (const address of hostile) {
      const run = await world.bitIn(world.root, 'clone', '--', address);
      assert.is.not(run.code, 0, address);
      assert.is.not(run.code, 70, `${address}: ${run.stderr}`);
    }
    for (const folder of ['a\nb', '.git', '']) {
      const run = await world.bitIn(world.root, 'clone', 'repo', folder);
      assert.is(run.code, 2, JSON.stringify(folder) + run.stderr);
    }
    assert.equal(
      readdirSync(world.root).filter(
        (name) => !before.includes(name) && !['data', 'config', 'cache'].includes(name),
      ),
      [],
    );
  });

  test('reads owner/name as GitHub, at GH_HOST where it is set', async ({ world }) => {
    const run = await world.bitIn(world.root, 'clone', 'octocat/hello', '--dry-run', '--json');
    assert.match(JSON.parse(run.stdout).plan.join('\n'), 'https://github.com/octocat/hello.git');
  });
});

suite<{ world: World }>('bit fork', (test) => {
  test.before.each((context) => {
    context.world = world();
    context.world.start();
  });
  test.after.each((context) => context.world.close());

  test('knows the original as upstream and its own copy as origin', async ({ world }) => {
    const run = await world.bitIn(
      world.root,
      'fork',
      'repo',
      'mine',
      '--remote',
      'https://example.org/me/app.git',
    );
    assert.is(run.code, 0, run.stderr);
    const mine = join(world.root, 'mine');
    assert.is(world.gitIn(mine, 'remote', 'get-url', 'upstream'), world.dir);
    assert.is(world.gitIn(mine, 'remote', 'get-url', 'origin'), 'https://example.org/me/app.git');
    assert.is(world.gitIn(mine, 'rev-parse', '--abbrev-ref', 'main@{upstream}'), 'upstream/main');
  });

  test('says what to do for a fork on GitHub', async ({ world }) => {
    const run = await world.bitIn(world.root, 'fork', 'octocat/hello', '--json');
    assert.is(run.code, 1);
    assert.is(JSON.parse(run.stdout).error.code, 'unsupported');
    assert.match(JSON.parse(run.stdout).error.hint, '--remote');
  });
});
