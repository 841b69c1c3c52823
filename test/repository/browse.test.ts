import * as assert from 'uvu/assert';
import { isBitError } from '../../src/kernel/errors.ts';
import { forgeOf, pageAddress } from '../../src/repository/index.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';

suite('forgeOf', (test) => {
  test('reads every form of a remote as one page', () => {
    const forms = [
      'https://github.com/octo/app.git',
      'https://user:secret@github.com/octo/app',
      'ssh://git@github.com:22/octo/app.git',
      'ssh://git@ssh.github.com:443/octo/app.git',
      'git@github.com:octo/app.git',
      'github.com:octo/app',
      'git://github.com/octo/app.git/',
    ];
    for (const form of forms)
      assert.equal(forgeOf(form), { style: 'github', home: 'https://github.com/octo/app' }, form);
    assert.is(forgeOf('http://localhost:3000/a/b').home, 'http://localhost:3000/a/b');
  });

  test('refuses paths and what has no host', () => {
    for (const form of [
      '/srv/app.git',
      '../app',
      'file:///srv/app.git',
      'C:\\app',
      'https:///x',
      'git@host:..',
      'x',
    ]) {
      assert.throws(
        () => forgeOf(form),
        (error: unknown) => isBitError(error, 'unsupported'),
        form,
      );
    }
  });

  test('spells pages as each forge does', () => {
    const file = { kind: 'file', path: 'a b/c#d.ts', folder: false, at: { branch: 'x/y' }, line: 4 } as const;
    const oid = 'a'.repeat(40);
    const of = (remote: string) =>
      [file, { kind: 'commit', oid } as const, { kind: 'branch', branch: 'x/y' } as const].map((page) =>
        pageAddress(forgeOf(remote), page).replace(/^https:\/\/[^/]+\/o\/r\//, ''),
      );
    assert.equal(of('https://github.com/o/r'), ['blob/x/y/a%20b/c%23d.ts#L4', `commit/${oid}`, 'tree/x/y']);
    assert.equal(of('git@gitlab.example.org:o/r.git'), [
      '-/blob/x/y/a%20b/c%23d.ts#L4',
      `-/commit/${oid}`,
      '-/tree/x/y',
    ]);
    assert.equal(of('https://bitbucket.org/o/r'), [
      'src/x/y/a%20b/c%23d.ts#lines-4',
      `commits/${oid}`,
      'src/x/y',
    ]);
    assert.equal(of('https://codeberg.org/o/r'), [
      'src/branch/x/y/a%20b/c%23d.ts#L4',
      `commit/${oid}`,
      'src/branch/x/y',
    ]);
  });

  test('never gives an address that leads to another host or scheme than the remote names', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1 }), (owner, branch) => {
        let address: string;
        try {
          address = pageAddress(forgeOf(`https://forge.example/${owner}/x`), { kind: 'branch', branch });
        } catch (error) {
          return isBitError(error, 'unsupported');
        }
        const url = new URL(address);
        return url.origin === 'https://forge.example' && url.search === '' && url.hash === '';
      }),
    );
  });
});

suite<{ world: World }>('bit browse', (test) => {
  test.before.each((context) => {
    context.world = world();
    context.world.start();
  });
  test.after.each((context) => context.world.close());

  const printed = async (world: World, ...words: string[]): Promise<string> => {
    const run = await world.bit('browse', 'web', ...words, '--print');
    assert.is(run.code, 0, run.stderr);
    return run.stdout.trim();
  };

  test('prints the page of here, a file and line, a tag, a commit, a pull request', async ({ world }) => {
    world.git('remote', 'add', 'origin', 'git@github.com:o/r.git');
    world.git('tag', 'v1');
    const oid = world.git('rev-parse', 'HEAD');
    assert.is(await printed(world), 'https://github.com/o/r/tree/main');
    assert.is(await printed(world, 'a.txt:12'), 'https://github.com/o/r/blob/main/a.txt#L12');
    assert.is(await printed(world, 'v1'), 'https://github.com/o/r/tree/v1');
    assert.is(await printed(world, oid.slice(0, 10)), `https://github.com/o/r/commit/${oid}`);
    assert.is(await printed(world, '#12'), 'https://github.com/o/r/pull/12');
    world.git('checkout', '-q', '--detach');
    assert.is(await printed(world, 'a.txt'), `https://github.com/o/r/blob/${oid}/a.txt`);
  });

  test('suggests the nearest name, and says when there is no remote or page', async ({ world }) => {
    assert.is((await world.bit('browse', '--print')).code, 4);
    world.git('remote', 'add', 'origin', '/srv/app.git');
    assert.is((await world.bit('browse', '--print')).code, 1);
    world.git('remote', 'set-url', 'origin', 'https://github.com/o/r');
    const run = await world.bit('browse', 'web', 'mian', '--print');
    assert.is(run.code, 4);
    assert.match(run.stderr, 'main');
    for (const target of ['-x', 'a\nb', '../../etc/passwd', '..']) {
      const hostile = await world.bit('browse', 'web', '--print', '--', target);
      assert.ok(hostile.code === 2 || hostile.code === 4, `${target}: ${hostile.stderr}`);
    }
    const internal = await world.bit('browse', 'internal', '--json');
    assert.is(JSON.parse(internal.stdout).error.code, 'unsupported');
  });
});
