import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { discoverRepository } from '../../src/git/index.ts';
import { isBitError } from '../../src/kernel/errors.ts';
import { suite } from '../suite.ts';
import { type GitWorld, gitWorld } from './world.ts';

suite('discovery', (test) => {
  let world: GitWorld;
  test.before.each(() => {
    world = gitWorld();
    world.repository('r');
  });
  test.after.each(() => world.close());
  const at = (...parts: string[]) => join(world.directory, ...parts);
  const same = (cwd: string) => {
    const ask = (...args: string[]) => world.git(cwd, 'rev-parse', '--path-format=absolute', ...args);
    const bare = ask('--is-inside-work-tree') === 'false';
    assert.equal(discoverRepository(at(cwd), {}), {
      root: bare ? undefined : ask('--show-toplevel'),
      gitDir: ask('--git-dir'),
      commonDir: ask('--git-common-dir'),
    });
  };

  test('agrees with git in a subfolder, a linked work tree, a bare repository, a submodule and a git directory', () => {
    mkdirSync(at('r/deep/er'), { recursive: true });
    world.git('r', 'worktree', 'add', '-q', '../linked');
    world.git('.', 'clone', '-q', '--bare', 'r', 'bare.git');
    world.git('r', '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', at('bare.git'), 'sub');
    world.git('.', 'init', '-q', '--separate-git-dir=elsewhere.git', 'apart');
    for (const cwd of ['r', 'r/deep/er', 'linked', 'bare.git', 'bare.git/refs', 'r/sub', 'apart', 'r/.git'])
      same(cwd);
    world.git('bare.git', 'worktree', 'add', '-q', '../from-bare');
    same('from-bare');
  });

  test('a symbolic link to the work tree leads to its real path', () => {
    symlinkSync(at('r'), at('link'));
    assert.is(discoverRepository(at('link'), {})?.root, at('r'));
  });

  test('obeys GIT_DIR, GIT_WORK_TREE and the ceilings', () => {
    mkdirSync(at('r/a/b'), { recursive: true });
    assert.equal(discoverRepository(at('home'), { GIT_DIR: '../r/.git' }), {
      root: at('home'),
      gitDir: at('r/.git'),
      commonDir: at('r/.git'),
    });
    assert.is(discoverRepository(at('r'), { GIT_WORK_TREE: 'a' })?.root, at('r/a'));
    assert.is(discoverRepository(at('r/a/b'), { GIT_CEILING_DIRECTORIES: at('r') }), undefined);
    assert.is(discoverRepository(at('r'), { GIT_CEILING_DIRECTORIES: at('r') })?.root, at('r'));
    assert.is(discoverRepository(at('home'), { GIT_CEILING_DIRECTORIES: world.directory }), undefined);
  });

  test('a gitfile that leads nowhere or is absurdly large is refused by name', () => {
    for (const text of ['gitdir: ../nowhere', 'nonsense', `gitdir: ${'x'.repeat(100_000)}`]) {
      mkdirSync(at('broken'), { recursive: true });
      writeFileSync(at('broken/.git'), text);
      try {
        discoverRepository(at('broken'), {});
        assert.unreachable();
      } catch (error) {
        assert.ok(isBitError(error, 'not-found'));
      }
    }
  });

  test('a folder called .git that is no repository is passed over', () => {
    mkdirSync(at('r/fake/.git'), { recursive: true });
    assert.is(discoverRepository(at('r/fake'), {})?.root, at('r'));
  });
});
