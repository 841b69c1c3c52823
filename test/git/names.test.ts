import { spawnSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import {
  checkPath,
  checkRefName,
  checkRefspec,
  checkRemote,
  checkRevision,
  checkShortName,
} from '../../src/git/index.ts';
import { isBitError } from '../../src/kernel/errors.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';

function refuses(check: (text: string) => string, texts: readonly string[]): void {
  for (const text of texts) {
    try {
      check(text);
    } catch (error) {
      assert.ok(isBitError(error, 'usage'), text);
      assert.not.match(error instanceof Error ? error.message : '', /[\u0000-\u001f]/);
      continue;
    }
    assert.unreachable(`accepted ${JSON.stringify(text)}`);
  }
}

suite('names', (test) => {
  test('a ref name is accepted exactly where git check-ref-format accepts it', () => {
    const character = fc.constantFrom(...'aZ0-_./@{}~^:?*[]\\ +é\u0001\u007f', '.lock', '..', '@{', '//');
    const name = fc.array(character, { maxLength: 8 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(name, (text) => {
        const full = `refs/heads/${text}`;
        const theirs = spawnSync('git', ['check-ref-format', full]).status === 0;
        let ours = true;
        try {
          checkRefName(full);
        } catch {
          ours = false;
        }
        assert.is(ours, theirs, JSON.stringify(full));
      }),
      { numRuns: 120 },
    );
  });

  test('short names that are options, reserved or full refs are refused', () => {
    refuses(
      (text) => checkShortName('branch', text),
      ['-d', '--force', 'HEAD', 'refs/heads/x', '@', '', 'a b', 'x'.repeat(2000)],
    );
    assert.is(checkShortName('branch', 'feature/ünï'), 'feature/ünï');
  });

  test('a revision is one object and never an option or a range', () => {
    refuses(checkRevision, ['-x', '--all', 'a..b', 'a...b', '^main', '', 'a\nb', 'a\0', '\ud800']);
    for (const good of ['HEAD~3', 'v1^{}', 'main@{upstream}', ':/fix', 'HEAD:a.txt'])
      assert.is(checkRevision(good), good);
    refuses(checkRefspec, ['--mirror', 'a b', 'a..b', '']);
  });

  test('addresses that run programs, or that ssh would take for options, are refused', () => {
    refuses(checkRemote, [
      ...[
        '-oProxyCommand=x',
        'ext::sh -c id',
        'fd::17',
        'EXT::x',
        'foo::bar',
        'javascript://x',
        'transport-helper://x',
      ],
      ...['ssh://-oProxyCommand=x/y', 'ssh://%2doProxyCommand=x/y', 'ssh://-l@host/y', 'ssh://user@-host/y'],
      ...[
        '-x@host:path',
        'user@-host:path',
        'host:-path',
        'https://',
        'https://user@/x',
        'https://h/a%0ab',
        'a\nb',
        '',
      ],
      ...['https://h%0a.example/x', 'git://-h/x', 'git+ssh://-h/x'],
    ]);
  });

  test('ordinary remotes pass', () => {
    for (const good of [
      ...[
        'origin',
        'https://github.com/a/b.git',
        'https://u:p@h:8080/x',
        'ssh://git@h:22/x',
        'git@github.com:a/b.git',
      ],
      ...[
        '../other',
        '/srv/git/x.git',
        'file:///srv/x',
        'C:\\repo',
        'http://[::1]:8080/x',
        'git@[::1]:x',
        './a:b',
      ],
    ]) {
      assert.is(checkRemote(good), good);
    }
  });

  test('a path never leaves the repository', () => {
    refuses(checkPath, [
      '../x',
      'a/../../x',
      '/etc/passwd',
      'C:/x',
      '.git/config',
      'a/.GIT/hooks',
      'a\0b',
      'a\nb',
      '',
    ]);
    for (const good of ['.', 'a', '-x', 'a/b c', '.gitignore', 'a..b', 'ü/✓'])
      assert.is(checkPath(good), good);
  });

  test('no text at all makes a check throw anything but a usage error', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        for (const check of [checkRefName, checkRemote, checkRevision, checkPath, checkRefspec]) {
          try {
            check(text);
            assert.not.match(text, /^$|\n|\0/);
          } catch (error) {
            assert.ok(isBitError(error, 'usage'));
          }
        }
      }),
    );
  });
});
