import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import * as assert from 'uvu/assert';
import { parseUses, vendoredFolder } from '../../src/github-workflow/action-place.ts';
import { globFiles } from '../../src/github-workflow/glob.ts';
import { hashFiles } from '../../src/github-workflow/hash-files.ts';
import { shellCommand } from '../../src/github-workflow/shell.ts';
import { compareVersions, satisfies } from '../../src/github-workflow/version.ts';
import { BitError } from '../../src/kernel/errors.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';
import { world } from '../world.ts';

function folder(files: readonly string[], run: (root: string) => void): void {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'bit-glob-')));
  try {
    for (const file of files) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), file);
    }
    run(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

suite('globs of files', (test) => {
  const files = ['a.txt', 'b.md', '.hidden', 'src/a.ts', 'src/deep/b.ts', 'src/deep/.x/c.ts', 'dist/o.js'];
  const cases: readonly (readonly [patterns: readonly string[], found: readonly string[]])[] = [
    [['a.txt'], ['a.txt']],
    [['*'], ['.hidden', 'a.txt', 'b.md', 'dist/o.js', 'src/a.ts', 'src/deep/.x/c.ts', 'src/deep/b.ts']],
    [
      ['*.txt', '*.md'],
      ['a.txt', 'b.md'],
    ],
    [['**/*.ts'], ['src/a.ts', 'src/deep/.x/c.ts', 'src/deep/b.ts']],
    [['src'], ['src/a.ts', 'src/deep/.x/c.ts', 'src/deep/b.ts']],
    [['src/'], ['src/a.ts', 'src/deep/.x/c.ts', 'src/deep/b.ts']],
    [['src/**', '!src/deep'], ['src/a.ts']],
    [['src/**', '!**/*.ts', 'src/a.ts'], ['src/a.ts']],
    [['./src/?.ts'], ['src/a.ts']],
    [['[ab].*'], ['a.txt', 'b.md']],
    [['none/**'], []],
    [['!a.txt'], []],
    [['# a comment', ''], []],
  ];
  for (const [patterns, found] of cases)
    test(patterns.join(' '), () => {
      folder(files, (root) => {
        const result = globFiles(patterns, { root });
        assert.equal(
          result.files.map((file) => relative(root, file)),
          found,
        );
      });
    });

  test('hidden files are left out where asked, and the folder in common is found', () => {
    folder(files, (root) => {
      assert.equal(globFiles(['src'], { root, hidden: false }).files.length, 2);
      assert.is(globFiles(['src/deep/*.ts', 'src/a.ts'], { root }).root, join(root, 'src'));
      assert.is(globFiles(['dist/o.js'], { root }).root, join(root, 'dist'));
      assert.is(globFiles(['src/**', 'dist/**'], { root }).root, root);
    });
  });

  test('hashFiles: order of names, nothing for nothing, nothing from outside', () => {
    folder(['a/x', 'b', 'c'], (root) => {
      const digest = (text: string) => createHash('sha256').update(text).digest();
      const whole = createHash('sha256').update(digest('a/x')).update(digest('b')).digest('hex');
      assert.is(hashFiles(root, ['b', 'a/**']), whole);
      assert.is(hashFiles(root, ['**', '!c']), whole);
      assert.is(hashFiles(root, ['none']), '');
      symlinkSync('/etc/hostname', join(root, 'link'));
      assert.is(hashFiles(root, ['link']), '');
      assert.is(hashFiles(root, ['/etc/hostname']), '');
    });
  });
});

suite('versions of Node', (test) => {
  const rows: readonly (readonly [range: string, fits: readonly string[], not: readonly string[]])[] = [
    ['20', ['20.0.0', '20.19.1'], ['21.0.0', '2.0.0']],
    ['20.x', ['20.3.0'], ['22.0.0']],
    ['20.1', ['20.1.9'], ['20.2.0']],
    ['v20.1.2', ['20.1.2'], ['20.1.3']],
    ['^20.1', ['20.1.0', '20.9.0'], ['20.0.9', '21.0.0']],
    ['~20.1.2', ['20.1.9'], ['20.1.1', '20.2.0']],
    ['>=18 <21', ['18.0.0', '20.9.9'], ['17.9.9', '21.0.0']],
    ['>= 18', ['18.0.0'], ['17.0.0']],
    ['>20', ['21.0.0'], ['20.9.9']],
    ['<=20', ['20.9.9'], ['21.0.0']],
    ['18 || 20', ['18.1.0', '20.1.0'], ['19.0.0']],
    ['18.0.0 - 20.0.0', ['19.0.0', '20.0.0'], ['20.0.1']],
    ['*', ['1.0.0'], []],
    ['lts/*', ['24.0.0'], []],
    ['lts/iron', ['20.1.0'], ['22.0.0']],
    ['^0.2.3', ['0.2.9'], ['0.3.0']],
    ['latest', ['26.0.0'], []],
    ['nonsense', [], ['20.0.0']],
  ];
  for (const [range, fits, not] of rows)
    test(range, () => {
      for (const version of fits) assert.ok(satisfies(version, range), `${version} fits ${range}`);
      for (const version of not) assert.not(satisfies(version, range), `${version} does not fit ${range}`);
    });
  test('are compared as numbers', () => assert.ok(compareVersions('20.10.0', '20.9.0') > 0));
});

suite('uses', (test) => {
  test('what is named', () => {
    assert.equal(parseUses('actions/cache/restore@v4'), {
      kind: 'remote',
      owner: 'actions',
      repo: 'cache',
      path: 'restore',
      ref: 'v4',
    });
    assert.equal(parseUses('./.github/actions/x'), { kind: 'local', path: '.github/actions/x', self: false });
    assert.equal(parseUses('$/a/../b'), { kind: 'local', path: 'b', self: true });
    assert.equal(parseUses('docker://alpine:3'), { kind: 'docker', image: 'alpine:3' });
    const reference = parseUses('Octo/X@feature/a');
    if (reference.kind === 'remote')
      assert.is(vendoredFolder(reference), '.bithub/actions/octo/x/feature%2Fa');
  });
  test('what would lead out, or is none, is refused', () => {
    for (const uses of [
      '',
      'a',
      'a/b',
      'a/b@',
      'a@v1',
      '../x',
      './a/../../b',
      'a/../b@v1',
      'a/b@../x',
      'a/b@-x',
      'a/b@v1@v2',
      'a b/c@v1',
      '../../x@v1',
      'a/b/../../c@v1',
    ])
      assert.throws(
        () => parseUses(uses),
        (error: unknown) => error instanceof BitError && error.code === 'usage',
        uses,
      );
  });
  test('a vendored folder never leaves the folder of all of them', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          const reference = parseUses(`o/r@${text}`);
          if (reference.kind !== 'remote') return;
          const path = join(vendoredFolder(reference), reference.path);
          assert.ok(path.startsWith('.bithub/actions/o/r/') && !path.includes('..'), path);
        } catch (error) {
          if (!(error instanceof BitError)) throw error;
        }
      }),
    );
  });
});

suite('shells', (test) => {
  test('as documented', () => {
    assert.equal(shellCommand('bash', 'x').argv, ['bash', '--noprofile', '--norc', '-eo', 'pipefail', '{0}']);
    assert.equal(shellCommand('sh', 'x').argv, ['sh', '-e', '{0}']);
    assert.equal(shellCommand('perl -w {0} "a b"', 'x').argv, ['perl', '-w', '{0}', 'a b']);
    assert.match(shellCommand('pwsh', 'x').script, /^\$ErrorActionPreference = 'stop'\nx\n/);
    assert.is(shellCommand(undefined, 'x').script, 'x');
    assert.throws(() => shellCommand('fish', 'x'), /no \{0\}/);
  });
});

suite('actions/cache', (test) => {
  test('an exact key, a restore key, and a key that was kept is never written again', async () => {
    const place = world();
    try {
      place.start();
      const text = (key: string, value: string): string =>
        `on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/cache@v4\n        id: c\n        with:\n          path: kept\n          key: ${key}\n          restore-keys: |\n            k-\n      - run: echo "hit=[\${{ steps.c.outputs.cache-hit }}] matched=[\${{ steps.c.outputs.cache-matched-key }}] had=[$(cat kept/f 2>/dev/null)]"\n      - run: mkdir -p kept && echo ${value} > kept/f\n`;
      const run = async (key: string, value: string): Promise<string> => {
        rmSync(join(place.dir, 'kept'), { recursive: true, force: true });
        place.write('.github/workflows/w.yml', text(key, value));
        const { code, stdout, stderr } = await place.bit('run', 'w');
        assert.is(code, 0, stdout + stderr);
        return /\| (hit=.*)$/m.exec(stdout + stderr)?.[1] ?? '';
      };
      assert.is(await run('k-1', 'one'), 'hit=[] matched=[] had=[]');
      assert.is(await run('k-1', 'two'), 'hit=[true] matched=[k-1] had=[one]');
      assert.is(await run('k-2', 'three'), 'hit=[false] matched=[k-1] had=[one]');
      assert.is(await run('k-2', 'four'), 'hit=[true] matched=[k-2] had=[three]');
      assert.is(await run('other', 'five'), 'hit=[false] matched=[k-2] had=[three]');
    } finally {
      place.close();
    }
  });
});
