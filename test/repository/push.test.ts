import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { repositoryState } from '../operation/fixture.ts';
import { suite } from '../suite.ts';
import { digestOf } from './digest.ts';
import { type Remotes, remotes } from './remotes.ts';

suite<{ at: Remotes }>('bit push', (test) => {
  test.before.each(async (context) => {
    context.at = await remotes();
  });
  test.after.each(({ at }) => at.close());

  test('pushes the current branch and keeps what it tracks; the answer is the remote’s own', async ({
    at,
  }) => {
    const { world, one, bare } = at;
    const oid = at.commit(one, 'b.txt', 'b\n');
    const run = await world.bitIn(one, 'push', '--json');
    assert.is(run.code, 0, run.stderr);
    const { branches, remote } = JSON.parse(run.stdout);
    assert.is(remote, 'origin');
    assert.equal([branches[0].state, branches[0].oid, branches[0].upstreamSet], ['updated', oid, false]);
    assert.is(world.gitIn(bare, 'rev-parse', 'main'), oid);
    assert.is(world.gitIn(one, 'rev-parse', 'origin/main'), oid);
    assert.is(world.gitIn(bare, 'fsck', '--strict', '--no-dangling'), '');
    const again = JSON.parse((await world.bitIn(one, 'push', '--json')).stdout);
    assert.is(again.branches[0].state, 'up-to-date');
  });

  test('a new branch gets its upstream; all go together, each keeping the upstream it has', async ({
    at,
  }) => {
    const { world, one, bare } = at;
    world.gitIn(one, 'switch', '-qc', 'topic');
    at.commit(one, 't.txt', 't\n');
    const run = JSON.parse((await world.bitIn(one, 'push', '--json')).stdout);
    assert.equal([run.branches[0].state, run.branches[0].upstreamSet], ['new', true]);
    assert.is(world.gitIn(one, 'rev-parse', '--abbrev-ref', 'topic@{upstream}'), 'origin/topic');
    world.gitIn(one, 'branch', 'extra');
    world.gitIn(one, 'branch', 'elsewhere', 'main');
    world.gitIn(one, 'config', 'branch.elsewhere.remote', '.');
    world.gitIn(one, 'config', 'branch.elsewhere.merge', 'refs/heads/main');
    const all = await world.bitIn(one, 'push', 'all');
    assert.is(all.code, 0, all.stderr);
    for (const name of ['topic', 'extra', 'elsewhere'])
      assert.is(world.gitIn(bare, 'rev-parse', name), world.gitIn(one, 'rev-parse', name));
    assert.is(world.gitIn(one, 'rev-parse', '--abbrev-ref', 'extra@{upstream}'), 'origin/extra');
    assert.is(world.gitIn(one, 'config', 'branch.elsewhere.remote'), '.');
  });

  test('a push that would lose commits is rejected, nothing moves, and several go not at all', async ({
    at,
  }) => {
    const { world, one, two, bare } = at;
    const theirs = at.commit(two, 'b.txt', 'two\n');
    assert.is((await world.bitIn(two, 'push')).code, 0);
    at.commit(one, 'b.txt', 'one\n');
    world.gitIn(one, 'branch', 'fine');
    const before = repositoryState(world, one);
    for (const words of [['push'], ['push', 'all']]) {
      const run = await world.bitIn(one, ...words, '--json');
      assert.is(run.code, 1);
      const { error } = JSON.parse(run.stdout);
      assert.is(error.code, 'conflict');
      assert.match(error.hint, 'bit sync');
    }
    assert.is(repositoryState(world, one), before);
    assert.is(world.gitIn(bare, 'for-each-ref', '--format=%(refname)'), 'refs/heads/main');
    assert.is(world.gitIn(bare, 'rev-parse', 'main'), theirs);
  });

  test('--force-with-lease overwrites only what was last seen; plain --force needs a policy that allows it', async ({
    at,
  }) => {
    const { world, one, two, bare } = at;
    const theirs = at.commit(two, 'b.txt', 'two\n');
    assert.is((await world.bitIn(two, 'push')).code, 0);
    const mine = at.commit(one, 'b.txt', 'one\n');
    const stale = await world.bitIn(one, 'push', '--force-with-lease');
    assert.is(stale.code, 1, stale.stderr);
    assert.is(world.gitIn(bare, 'rev-parse', 'main'), theirs);
    const forced = await world.bitIn(one, 'push', '--force', '--yes');
    assert.is(forced.code, 3);
    assert.match(forced.stderr, 'use --force-with-lease');
    assert.is(world.gitIn(bare, 'rev-parse', 'main'), theirs);
    world.gitIn(one, 'fetch', '-q', bare, '+main:refs/remotes/origin/main');
    const leased = await world.bitIn(one, 'push', '--force-with-lease', '--json');
    assert.is(JSON.parse(leased.stdout).branches[0].state, 'forced');
    assert.is(world.gitIn(bare, 'rev-parse', 'main'), mine);
    world.write(
      join(one, '.bithub/policies/p.rego'),
      'package p\ndeny[msg] { input.action == "none"; msg := "never" }\n',
    );
    world.gitIn(one, 'commit', '-q', '--amend', '-m', 'again');
    assert.is((await world.bitIn(one, 'policy', 'accept', '--yes')).code, 0);
    assert.is((await world.bitIn(one, 'push', '--force')).code, 2, 'asks first');
    const allowed = await world.bitIn(one, 'push', '--force', '--yes');
    assert.is(allowed.code, 0, allowed.stderr);
    assert.is(world.gitIn(bare, 'rev-parse', 'main'), world.gitIn(one, 'rev-parse', 'main'));
  });

  test('--dry-run tells what would go where, and changes nothing here or there', async ({ at }) => {
    const { world, one, bare } = at;
    world.gitIn(one, 'switch', '-qc', 'topic');
    at.commit(one, 't.txt', 't\n');
    const before = digestOf(one, bare);
    const dry = await world.bitIn(one, 'push', '--dry-run');
    assert.is(dry.code, 0, dry.stderr);
    assert.match(dry.stdout, 'push topic to refs/heads/topic on origin (new');
    assert.match(dry.stdout, 'let topic track topic of origin');
    assert.is(digestOf(one, bare), before);
  });

  test('undo says what it can’t take back, and with --skip-remote takes back the rest', async ({ at }) => {
    const { world, one, bare } = at;
    world.gitIn(one, 'switch', '-qc', 'topic');
    const config = world.read(join(one, '.git/config'));
    assert.is((await world.bitIn(one, 'push')).code, 0);
    assert.is.not(world.read(join(one, '.git/config')), config);
    const refused = await world.bitIn(one, 'undo', '--yes');
    assert.is(refused.code, 1);
    assert.match(refused.stderr, 'push topic to refs/heads/topic on origin');
    assert.is((await world.bitIn(one, 'undo', '--skip-remote', '--yes')).code, 0);
    assert.is(world.read(join(one, '.git/config')), config);
    assert.is(world.gitIn(one, 'rev-parse', 'origin/topic'), world.gitIn(bare, 'rev-parse', 'topic'));
  });

  test('undo keeps settings that were changed since', async ({ at }) => {
    const { world, one } = at;
    world.gitIn(one, 'switch', '-qc', 'topic');
    assert.is((await world.bitIn(one, 'push')).code, 0);
    world.gitIn(one, 'config', 'color.ui', 'never');
    const run = await world.bitIn(one, 'undo', '--skip-remote', '--yes');
    assert.is(run.code, 1);
    assert.match(run.stderr, 'config was changed');
    assert.is(world.gitIn(one, 'config', 'color.ui'), 'never');
  });

  test('protected by policy, it is denied before the remote hears of it', async ({ at }) => {
    const { world, one, bare } = at;
    world.write(
      join(one, '.bithub/policies/p.rego'),
      'package p\nimport rego.v1\ndeny contains msg if {\n\tinput.action == "repo.push"\n\tsome branch in input.target.branches\n\tbranch == "main"\n\tmsg := "main takes no pushes"\n}\n',
    );
    const before = world.gitIn(bare, 'rev-parse', 'main');
    at.commit(one, 'b.txt', 'b\n');
    for (const words of [['push'], ['push', 'all'], ['sync'], ['push', '--dry-run']]) {
      const run = await world.bitIn(one, ...words);
      assert.is(run.code, 3, `${words.join(' ')}: ${run.stderr}`);
    }
    assert.is(world.gitIn(bare, 'rev-parse', 'main'), before);
    assert.is((await world.bitIn(one, 'sync', 'from')).code, 0);
  });

  test('hostile and unknown names are refused, and a server that is gone is exit 6', async ({ at }) => {
    const { world, one } = at;
    for (const [branch, remote] of [
      ['--all', 'origin'],
      ['a..b', 'origin'],
      ['main', '--upload-pack=x'],
      ['main', 'ext::sh -c touch% pwned'],
      ['main', 'ssh://-oProxyCommand=x/y'],
      ['main', 'a\nb'],
    ] as const) {
      const run = await world.bitIn(one, 'push', '--', branch, remote);
      assert.is(run.code, 2, `${branch} ${remote}: ${run.stderr}`);
    }
    const near = await world.bitIn(one, 'push', 'main', 'orign');
    assert.is(near.code, 4);
    assert.match(near.stderr, 'did you mean: origin');
    assert.is((await world.bitIn(one, 'push', 'mian')).code, 4);
    await at.server.close();
    assert.is((await world.bitIn(one, 'push')).code, 6);
  });

  test('works where there is no git program', async ({ at }) => {
    const { world, one, bare } = at;
    world.gitIn(one, 'switch', '-qc', 'topic');
    const oid = at.commit(one, 'b.txt', 'b\n');
    const env = world.env as Record<string, string>;
    const path = env['PATH'] ?? '';
    env['PATH'] = join(world.root, 'home');
    const run = await world.bitIn(one, 'push', '--json').finally(() => {
      env['PATH'] = path;
    });
    assert.is(run.code, 0, run.stdout + run.stderr);
    assert.is(world.gitIn(bare, 'rev-parse', 'topic'), oid);
    assert.is(world.gitIn(one, 'rev-parse', 'topic@{upstream}'), oid);
  });
});
