import { cpSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { repositoryState } from '../operation/fixture.ts';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';
import { digestOf } from './digest.ts';

suite<{ world: World }>('bit merge', (test) => {
  test.before.each((context) => {
    const { world: place } = Object.assign(context, { world: world() });
    place.start();
    place.git('branch', 'base');
    place.git('switch', '-qc', 'topic');
    place.write('t.txt', 'topic\n');
    place.git('add', '.');
    place.git('commit', '-qm', 'topic work');
    place.git('switch', '-qc', 'clash', 'base');
    place.write('a.txt', 'clash\n');
    place.git('commit', '-qam', 'clashing work');
    place.git('switch', '-q', 'main');
    place.write('a.txt', 'ours\n');
    place.git('commit', '-qam', 'our work');
  });
  test.after.each((context) => context.world.close());

  const dated = (world: World): void => {
    // the same second in both, so that commits come out equal
    const env = world.env as Record<string, string>;
    for (const who of ['AUTHOR', 'COMMITTER']) env[`GIT_${who}_DATE`] = '2026-11-21T12:00:00Z';
  };

  test('makes the very commit git makes, checked out or not', async ({ world }) => {
    dated(world);
    const twin = join(world.root, 'twin');
    cpSync(world.dir, twin, { recursive: true });
    const aside = join(world.root, 'aside');
    cpSync(world.dir, aside, { recursive: true });
    world.gitIn(aside, 'switch', '-q', 'base');
    world.gitIn(twin, 'merge', '-q', '--no-edit', 'topic');
    const wanted = world.gitIn(twin, 'cat-file', 'commit', 'HEAD');
    assert.is((await world.bit('merge', 'topic')).code, 0);
    assert.is(world.git('cat-file', 'commit', 'HEAD'), wanted);
    assert.is(world.git('status', '--porcelain'), '');
    const before = world.gitIn(aside, 'rev-parse', 'HEAD');
    const run = await world.bitIn(aside, 'merge', 'topic', 'main', '--json');
    assert.is(run.code, 0, run.stderr);
    assert.equal(JSON.parse(run.stdout).files, [{ path: 't.txt', added: 1, deleted: 0 }]);
    assert.is(world.gitIn(aside, 'cat-file', 'commit', 'main'), wanted);
    assert.is(world.gitIn(aside, 'rev-parse', 'HEAD'), before);
    assert.is(world.gitIn(aside, 'status', '--porcelain'), '');
    for (const dir of [world.dir, aside])
      assert.is(world.gitIn(dir, 'fsck', '--strict', '--no-dangling'), '');
  });

  test('fast-forwards, refuses to with commits on both sides, and makes a commit with --no-ff', async ({
    world,
  }) => {
    const refused = await world.bit('merge', 'topic', '--ff-only');
    assert.is(refused.code, 1);
    assert.match(refused.stderr, 'both have commits of their own');
    const aside = await world.bit('merge', 'topic', 'base', '--ff-only', '--json');
    assert.is(JSON.parse(aside.stdout).kind, 'fast-forward');
    assert.is(world.git('rev-parse', 'base'), world.git('rev-parse', 'topic'));
    world.git('switch', '-q', '-c', 'here', 'base~1');
    assert.is((await world.bit('merge', 'base', '--no-ff', '-m', 'take it in')).code, 0);
    assert.is(
      world.git('log', '-1', '--format=%s|%P'),
      `take it in|${world.git('rev-parse', 'main~1')} ${world.git('rev-parse', 'topic')}`,
    );
    assert.is(JSON.parse((await world.bit('merge', 'topic', '--json')).stdout).kind, 'up-to-date');
  });

  test('squashes into one commit with one parent, here and aside, with the same tree', async ({ world }) => {
    const before = world.git('rev-parse', 'main');
    assert.is((await world.bit('merge', 'topic', '--squash', '-m', 'squashed')).code, 0);
    const tree = world.git('rev-parse', 'HEAD^{tree}');
    assert.is(world.git('log', '-1', '--format=%s|%P'), `squashed|${before}`);
    assert.is((await world.bit('undo', '--yes')).code, 0);
    assert.is(world.git('rev-parse', 'main'), before);
    world.git('switch', '-q', 'base');
    assert.is((await world.bit('merge', 'topic', 'main', '--squash')).code, 0);
    assert.is(world.git('rev-parse', 'main^{tree}'), tree);
    assert.is(
      world.git('log', '-1', '--format=%s|%P', 'main'),
      `Squashed commit of the following:|${before}`,
    );
  });

  test('a conflict lists the files and leaves every byte as it was, here and aside', async ({ world }) => {
    world.write('untracked.txt', 'mine\n');
    const before = repositoryState(world);
    const run = await world.bit('merge', 'clash', '--json');
    assert.is(run.code, 1);
    const { error } = JSON.parse(run.stdout);
    assert.is(error.code, 'conflict');
    assert.equal(error.details.conflicts, ['a.txt']);
    assert.is(repositoryState(world), before);
    assert.not.ok(world.exists('.git/MERGE_HEAD'));
    world.git('switch', '-q', 'topic');
    const aside = repositoryState(world);
    assert.is((await world.bit('merge', 'clash', 'main')).code, 1);
    assert.is(repositoryState(world), aside);
  });

  test('--leave-conflicts leaves what git leaves, and the commit after it is a merge', async ({ world }) => {
    const twin = join(world.root, 'twin');
    cpSync(world.dir, twin, { recursive: true });
    assert.throws(() => world.gitIn(twin, 'merge', 'clash'));
    const run = await world.bit('merge', 'clash', '--leave-conflicts');
    assert.is(run.code, 1);
    assert.match(run.stdout, 'conflict a.txt');
    assert.is(world.git('status', '--porcelain'), world.gitIn(twin, 'status', '--porcelain'));
    assert.is(world.read('a.txt'), world.read(join(twin, 'a.txt')));
    assert.is((await world.bit('merge', 'topic')).code, 1, 'one merge at a time');
    world.write('a.txt', 'both\n');
    world.git('add', 'a.txt');
    assert.is((await world.bit('commit', '-m', 'settled')).code, 0);
    assert.is(world.git('log', '-1', '--format=%P').split(' ').length, 2);
  });

  test('--preview and --dry-run change and record nothing, and tell files and conflicts', async ({
    world,
  }) => {
    await world.bit('status');
    const before = digestOf(world.dir);
    const preview = JSON.parse((await world.bit('merge', 'clash', '--preview', '--json')).stdout);
    assert.is(preview.kind, 'conflict');
    assert.equal(preview.conflicts, ['a.txt']);
    const dry = await world.bit('merge', 'topic', '--dry-run');
    assert.is(dry.code, 0, dry.stderr);
    assert.match(dry.stdout, '1 files change: t.txt');
    assert.is(digestOf(world.dir), before);
  });

  test('undo takes it back byte for byte, redo brings it again', async ({ world }) => {
    world.write('a.txt', 'edited, not in the way\n');
    const before = repositoryState(world);
    assert.is((await world.bit('merge', 'topic')).code, 0);
    const after = repositoryState(world);
    const undone = await world.bit('undo', '--yes');
    assert.is(undone.code, 0, undone.stderr);
    assert.is(repositoryState(world), before);
    assert.is((await world.bit('redo', '--yes')).code, 0);
    assert.is(repositoryState(world), after);
  });

  test('local changes in the way are named and kept; the others stay where they are', async ({ world }) => {
    world.write('t.txt', 'untracked, and in the way\n');
    const before = repositoryState(world);
    const run = await world.bit('merge', 'topic');
    assert.is(run.code, 1);
    assert.is(repositoryState(world), before);
    assert.not.ok(world.exists('.git/MERGE_HEAD'));
  });

  test('strategies, and settings of git that would change what a merge is', async ({ world }) => {
    world.git('config', 'branch.main.mergeOptions', '--no-commit --squash');
    world.git('config', 'merge.ff', 'only');
    const run = await world.bit('merge', 'clash', '--strategy', 'ours');
    assert.is(run.code, 0, run.stderr);
    assert.is(world.git('log', '-1', '--format=%P').split(' ').length, 2);
    assert.is(world.read('a.txt'), 'ours\n');
  });

  test('hostile and unknown names are refused with what was meant', async ({ world }) => {
    for (const name of ['--abort', 'a\nb', 'a..b', '']) {
      const run = await world.bit('merge', '--', name);
      assert.is(run.code, 2, `${JSON.stringify(name)}: ${run.stderr}`);
    }
    const near = await world.bit('merge', 'topik');
    assert.is(near.code, 4);
    assert.match(near.stderr, 'did you mean: topic');
    assert.is((await world.bit('merge', 'topic', 'mian')).code, 4);
    world.git('switch', '-qc', 'we-ird');
    world.write('-dash "x".txt', 'x\n');
    world.git('add', '-A');
    world.git('commit', '-qm', 'odd name');
    world.git('switch', '-q', 'main');
    assert.is((await world.bit('merge', 'we-ird')).code, 0);
    assert.is(world.read('-dash "x".txt'), 'x\n');
  });

  test('previews in a folder whose name holds the separator of path lists', async ({ world }) => {
    const odd = join(world.root, 'a:b "c"');
    cpSync(world.dir, odd, { recursive: true });
    assert.is((await world.bitIn(odd, 'merge', 'topic', '--no-ff')).code, 0);
  });

  test('a policy that protects the branch stops it before anything', async ({ world }) => {
    world.write(
      '.bithub/policies/p.rego',
      'package p\nimport rego.v1\ndeny contains "main is protected" if {\n\tinput.action == "repo.merge"\n\tinput.target.branch == "main"\n}\n',
    );
    const before = repositoryState(world);
    const run = await world.bit('merge', 'topic');
    assert.is(run.code, 3);
    assert.match(run.stderr, 'main is protected');
    assert.is(repositoryState(world), before);
    assert.is((await world.bit('merge', 'topic', '--dry-run')).code, 3);
    assert.is((await world.bit('merge', 'topic', 'base')).code, 0);
  });
});
