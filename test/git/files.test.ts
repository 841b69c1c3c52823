/** What is read from files is what git says of the same repository, and what is out of the ordinary is git's to say. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type GitInvocation, openGit, type ProgramGit } from '../../src/git/index.ts';
import { applyDelta } from '../../src/git/pack-files.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';
import { type GitWorld, gitWorld } from './world.ts';

suite('files of a repository', (test) => {
  let world: GitWorld;
  const calls: GitInvocation[] = [];
  test.before.each(() => {
    world = gitWorld();
    world.repository('r');
  });
  test.after.each(() => world.close());
  const plain = (...args: string[]) => world.git('r', ...args);

  /** Everything the files can tell, and how many processes it took. */
  async function tell(
    git: ProgramGit,
    revisions: readonly string[],
  ): Promise<{ said: unknown; started: number }> {
    calls.length = 0;
    const said = {
      refs: await git.refs(),
      tags: await git.refs(['refs/tags/']),
      local: await git.branches(),
      remotes: await git.branches({ remotes: true }),
      resolved: await Promise.all(
        revisions.flatMap((name) =>
          (['commit', 'tree', 'any'] as const).map((peel) => git.resolve(name, peel)),
        ),
      ),
    };
    return { said, started: calls.length };
  }

  const REVISIONS = [
    'HEAD',
    'main',
    'refs/heads/main',
    'heads/main',
    'v1',
    'v2',
    'origin/main',
    'stash',
    'nothing',
    'config',
    'FETCH_HEAD',
  ];

  /** Through files and, with files forbidden by a redirected object store, through git: the same. */
  async function agree(place = 'r', revisions = REVISIONS): Promise<number> {
    const paths = world.paths(place);
    const open = (extra: Record<string, string>) =>
      openGit({ paths, env: { ...world.env, ...extra }, onInvocation: (call) => calls.push(call) });
    const files = await tell(open({}), revisions);
    const asked = await tell(open({ GIT_OBJECT_DIRECTORY: join(paths.commonDir, 'objects') }), revisions);
    assert.equal(files.said, asked.said);
    assert.is(asked.started, 4 + 3 * revisions.length);
    return files.started;
  }

  const tree = () => plain('write-tree');
  const commitTree = (message: string, env: Record<string, string> = {}) =>
    execFileSync('git', ['commit-tree', tree(), '-p', 'HEAD'], {
      cwd: join(world.directory, 'r'),
      env: { ...world.env, ...env },
      input: message,
      encoding: 'utf8',
    }).trim();

  function history(): void {
    for (let i = 0; i < 30; i++) {
      writeFileSync(join(world.directory, 'r/a.txt'), `${'line\n'.repeat(50)}${i}\n`);
      plain('commit', '-q', '-a', '-m', `change ${i}\nsecond line\n\nbody`);
      if (i % 5 === 0) plain('branch', `topic/${i}`);
    }
    plain('tag', 'v1');
    plain('tag', '-a', '-m', 'two', 'v2');
  }

  test('loose, packed and half packed repositories cost no process for what they hold', async () => {
    history();
    const known = ['HEAD', 'main', 'refs/heads/main', 'heads/main', 'v1', 'v2', plain('rev-parse', 'HEAD~7')];
    assert.is(await agree('r', known), 0);
    plain('pack-refs', '--all');
    assert.is(await agree('r', known), 0);
    plain('gc', '-q', '--aggressive');
    assert.ok(readdirSync(join(world.directory, 'r/.git/objects/pack')).length > 0);
    assert.is(await agree('r', known), 0);
    plain('commit', '-q', '--allow-empty', '-m', 'loose on top');
    plain('branch', 'topic/0', '-f', 'HEAD');
    assert.is(await agree('r', known), 0);
    // all else: git is asked, and the answers are the same
    await agree();
    assert.ok((await agree('r', ['HEAD~3', 'main^{tree}', ':/change', 'main@{0}', '@'])) > 0);
  });

  test('a tag of a tag is peeled to what it finally points to, loose or packed', async () => {
    plain('tag', '-a', '-m', 'two', 'v2');
    plain('tag', '-a', '-m', 'three', 'v3', 'v2');
    const target = plain('rev-parse', 'v3^{}');
    for (const command of [['status'], ['pack-refs', '--all']]) {
      plain(...command);
      const tags = await openGit({ paths: world.paths('r'), env: world.env }).refs(['refs/tags/']);
      assert.equal(
        tags.map((tag) => tag.peeled),
        [target, target],
      );
    }
  });

  test('upstreams in place, gone, ambiguous and of odd refspecs are git’s', async () => {
    history();
    world.git('.', 'clone', '-q', 'r', 'c');
    const inClone = (...args: string[]) => world.git('c', ...args);
    inClone('branch', 'same', 'origin/topic/5');
    assert.is(await agree('c', ['origin/main', 'same']), 0);
    inClone('update-ref', '-d', 'refs/remotes/origin/topic/5');
    assert.is(await agree('c', ['same']), 0);
    inClone('branch', 'here', '--track', 'main');
    assert.is(await agree('c', ['here']), 0);
    inClone('branch', 'apart', '--track', 'origin/main');
    inClone('branch', '-f', 'apart', 'origin/topic/0');
    await agree('c', ['apart']);
    inClone('branch', '-D', '-q', 'apart');
    inClone('tag', 'origin/main');
    await agree('c', ['origin/main']);
    inClone('tag', '-d', 'origin/main');
    inClone('config', '--add', 'remote.origin.fetch', '+refs/pull/*:refs/remotes/pull/*');
    await agree('c');
    inClone('config', 'branch.main.merge', 'refs/pull/1');
    await agree('c');
  });

  test('alternates, replaced objects, linked work trees and a shallow clone are read as git reads them', async () => {
    history();
    world.git('.', 'clone', '-q', '--shared', 'r', 'shared');
    await agree('shared', ['HEAD', 'main']);
    world.git('.', 'clone', '-q', '--depth', '2', `file://${join(world.directory, 'r')}`, 'shallow');
    await agree('shallow', ['HEAD', 'main']);
    plain('worktree', 'add', '-q', '../linked', 'topic/5');
    world.git('linked', 'update-ref', 'refs/worktree/mine', 'HEAD');
    world.git('linked', 'update-ref', 'refs/bisect/bad', 'HEAD');
    await agree('linked', ['HEAD', 'main', 'worktree/mine', 'bisect/bad']);
    await agree('r', ['HEAD', 'main', 'worktree/mine', 'bisect/bad']);
    plain('replace', 'HEAD', 'HEAD~5');
    await agree();
    plain('pack-refs', '--all');
    await agree();
  });

  test('a symbolic, a dangling and a broken ref are git’s to judge', async () => {
    history();
    plain('symbolic-ref', 'refs/heads/alias', 'refs/heads/main');
    await agree('r', ['alias']);
    plain('symbolic-ref', 'refs/heads/again', 'refs/heads/alias');
    await agree('r', ['again']);
    plain('symbolic-ref', 'refs/heads/again', 'refs/heads/nowhere');
    await agree('r', ['again']);
    plain('symbolic-ref', '-d', 'refs/heads/again');
    plain('stash', 'store', '-m', 'kept', plain('stash', 'create') || plain('rev-parse', 'HEAD'));
    plain('branch', 'stash');
    await agree('r', ['stash']);
    world.write('r/.git/refs/heads/.hidden', 'not a ref\n');
    await agree('r', ['HEAD', 'main']);
  });

  test('subjects and dates come out as git prints them, whatever a commit says', async () => {
    let n = 0;
    const piece = fc.constantFrom(
      'one',
      ' two',
      '\n',
      '\n\n',
      ' ',
      '\t',
      'ä€😀',
      '\r\n',
      '-----BEGIN PGP SIGNATURE-----',
      '#',
      '\u0001',
      'encoding x\n',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 200_000_000, max: 4_000_000_000 }),
        fc.constantFrom('+0000', '-0000', '+0530', '-1130', '+1400'),
        async (pieces, seconds, zone) => {
          const date = { GIT_COMMITTER_DATE: `${seconds} ${zone}` };
          plain('update-ref', `refs/heads/s${n++}`, commitTree(pieces.join('') || 'x', date));
        },
      ),
      { numRuns: 30 },
    );
    await agree('r', ['s0']);
    const odd = commitTree('in Latin-1', { GIT_COMMITTER_NAME: 'A' });
    plain('update-ref', 'refs/heads/odd', odd);
    plain('config', 'i18n.commitEncoding', 'ISO-8859-1');
    plain('commit', '-q', '--allow-empty', '-m', 'encoded');
    await agree('r', ['odd']);
  });

  test('damaged packs, indexes and loose objects never say more than git does', async () => {
    history();
    plain('gc', '-q');
    const folder = join(world.directory, 'r/.git/objects/pack');
    const index = readdirSync(folder).find((name) => name.endsWith('.idx')) ?? '';
    const pack = index.replace(/idx$/, 'pack');
    const paths = world.paths('r');
    const oid = plain('rev-parse', 'HEAD~3');
    const good = { [index]: readFileSync(join(folder, index)), [pack]: readFileSync(join(folder, pack)) };
    const replace = (name: string, bytes: Uint8Array): void => {
      rmSync(join(folder, name), { force: true }); // git makes them read-only
      writeFileSync(join(folder, name), bytes);
    };
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(index, pack),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (name, at, bits) => {
          const bytes = Buffer.from(good[name] ?? '');
          bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ bits;
          replace(name, bytes);
          const git = openGit({ paths, env: world.env });
          const found = await git.resolve(oid, 'commit').catch(() => undefined);
          assert.ok(found === undefined || found === oid);
          replace(name, good[name] ?? bytes);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('a delta that reaches outside its base or its result is refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 40 }), (base, delta) => {
        try {
          assert.ok(applyDelta(Buffer.from(base), Buffer.from(delta)).length <= 1 << 20);
        } catch (error) {
          assert.instance(error, Error);
          assert.not.instance(error, RangeError);
        }
      }),
    );
  });

  test('settings are git’s, wherever they stand and whatever includes them', async () => {
    const KEYS = ['user.name', 'user.email', 'core.hooksPath', 'alias.x', 'branch.main.remote', 'core.bare'];
    const same = async (env: Record<string, string> = {}): Promise<number> => {
      calls.length = 0;
      const paths = world.paths('r');
      const git = openGit({ paths, env: { ...world.env, ...env }, onInvocation: (call) => calls.push(call) });
      const read = (from: ProgramGit) =>
        Promise.all([...KEYS.map((key) => from.config(key)), from.pathConfig('core.hooksPath')]);
      const found = await read(git);
      const { length } = calls;
      const asked = openGit({ paths, env: { ...world.env, GIT_CONFIG_COUNT: '0', ...env } });
      assert.equal(found, await read(asked));
      return length;
    };
    const home = join(world.directory, 'home');
    appendFileSync(
      join(home, '.gitconfig'),
      '[user]\n\tname = "Ada \\"L\\" ; Lovelace" ; comment\n\temail = ada@home # x\n',
    );
    assert.is(await same(), 0); // set, or unset in every file there is
    plain('config', 'user.name', 'Here');
    await same();
    appendFileSync(join(home, '.gitconfig'), '[includeIf "gitdir:**/r/"]\n\tpath = work\n');
    writeFileSync(join(home, 'work'), '[core]\n\thooksPath = ~/h\n');
    await same();
    writeFileSync(join(home, 'work'), '[user]\n\temail = ada@work\n[include]\n\tpath = more\n');
    writeFileSync(join(home, 'more'), '[alias]\n\tx = status\n');
    assert.ok((await same()) > 0);
    await same({ GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'user.name', GIT_CONFIG_VALUE_0: 'Env' });
    mkdirSync(join(world.directory, 'x/git'), { recursive: true });
    writeFileSync(join(world.directory, 'x/git/config'), '[user]\n\tname = Xdg\n');
    await same({ XDG_CONFIG_HOME: join(world.directory, 'x'), GIT_CONFIG_GLOBAL: '' });
    plain('config', 'extensions.worktreeConfig', 'true');
    plain('config', '--worktree', 'user.email', 'tree@x');
    await same();
  });
});
