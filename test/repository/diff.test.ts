import { execFileSync } from 'node:child_process';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { unquotePath } from '../../src/git/index.ts';
import type { ContextualDiff } from '../../src/repository/diff.ts';
import { parsePatch } from '../../src/repository/diff-patch.ts';
import { diffWords } from '../../src/repository/diff-words.ts';
import fc from '../property.ts';
import { processorTime, suite } from '../suite.ts';
import { type World, within } from '../world.ts';
import { digestOf } from './digest.ts';

const contextual = async (place: World, ...words: string[]): Promise<ContextualDiff> =>
  JSON.parse((await place.bit('diff', ...words, '--json')).stdout) as ContextualDiff;

/** The patch's own bytes: what the command prints goes through JSON here, so base64 where it must. */
async function rawBytes(place: World, ...words: string[]): Promise<Buffer> {
  const run = await place.bit('diff', 'raw', ...words, '--json');
  assert.is(run.code, 0, run.stderr);
  const { patch, encoding } = JSON.parse(run.stdout) as { patch: string; encoding: 'utf8' | 'base64' };
  return Buffer.from(patch, encoding);
}

function applied(place: World, at: string, patch: Buffer): string {
  const clone = join(place.root, `clone-${Math.random().toString(36).slice(2)}`);
  place.gitIn(place.root, 'clone', '-q', place.dir, clone);
  place.gitIn(clone, 'checkout', '-q', at);
  if (patch.length > 0)
    execFileSync('git', ['apply', '--index'], { cwd: clone, env: place.env, input: patch });
  return place.gitIn(clone, 'write-tree');
}

suite('diff', (test) => {
  test('raw is a patch that git apply takes: text, binary, Latin-1, renames, modes, names with spaces and quotes', () =>
    within({}, async (place) => {
      const put = (name: string, bytes: Uint8Array): void => writeFileSync(join(place.dir, name), bytes);
      put('binary', Buffer.from([0, 1, 2, 255, 10, 13]));
      put('latin1.txt', Buffer.from('caf\u00e9\nline\n', 'latin1'));
      put('crlf.txt', Buffer.from('a\r\nb\r\n'));
      put('moved from.txt', Buffer.from('some text that stays\n'.repeat(9)));
      place.git('add', '.');
      place.git('commit', '-q', '-m', 'two');
      put('binary', Buffer.from([9, 0, 255, 10]));
      put('latin1.txt', Buffer.from('caf\u00e9 \u00fc\nline', 'latin1'));
      put('crlf.txt', Buffer.from('a\r\nc\r\n'));
      put('new "quoted" \u00fc.txt', Buffer.from('x\n'));
      place.git('mv', 'moved from.txt', 'moved to.txt');
      place.git('rm', '-q', 'a.txt');
      place.git('update-index', '--chmod=+x', 'crlf.txt');
      place.git('add', '.');
      const patch = await rawBytes(place, '--staged');
      assert.is(applied(place, 'main', patch), place.git('write-tree'));
    }));

  test('raw applies whatever a person configured about diffs', () =>
    within({}, async (place) => {
      for (const [key, value] of [
        ['diff.noprefix', 'true'],
        ['diff.mnemonicPrefix', 'true'],
        ['diff.context', '0'],
        ['diff.external', 'false'],
        ['color.ui', 'always'],
        ['diff.renames', 'copies'],
        ['diff.relative', 'true'],
        ['core.quotePath', 'true'],
      ]) {
        place.git('config', key ?? '', value ?? '');
      }
      place.write('a.txt', 'one\ntwo\n');
      place.write('sub/b.txt', 'b\n');
      place.git('add', '.');
      const patch = await rawBytes(place, '--staged');
      assert.is(applied(place, 'main', patch), place.git('write-tree'));
    }));

  test('raw prints the bytes themselves, and nothing where nothing changed', () =>
    within({}, async (place) => {
      assert.is((await place.bit('diff', 'raw')).stdout, '');
      place.write('a.txt', 'two\n');
      const { stdout } = await place.bit('diff', 'raw');
      assert.is(stdout, `${place.git('diff', '--full-index')}\n`);
    }));

  test('raw patches of random trees apply to the very tree', () =>
    within({}, async (place) => {
      const name = fc
        .stringMatching(/^[a-z"\\ ]{1,6}$/)
        .filter((text) => text.trim() === text && text !== '');
      const tree = fc.dictionary(name, fc.uint8Array({ maxLength: 40 }), { minKeys: 1, maxKeys: 5 });
      await fc.assert(
        fc.asyncProperty(tree, tree, async (before, after) => {
          const commit = (files: Record<string, Uint8Array>): string => {
            place.git('rm', '-rfq', '--ignore-unmatch', '.');
            mkdirSync(place.dir, { recursive: true });
            for (const [path, bytes] of Object.entries(files)) writeFileSync(join(place.dir, path), bytes);
            place.git('add', '-A');
            place.git('commit', '-q', '--allow-empty', '-m', 'x');
            return place.git('rev-parse', 'HEAD');
          };
          const [a, b] = [commit(before), commit(after)];
          assert.is(applied(place, a, await rawBytes(place, a, b)), place.git('rev-parse', `${b}^{tree}`));
        }),
        { numRuns: 8 },
      );
    }));

  test('contextual shows the whole function and what changed in a line, word by word', () =>
    within({}, async (place) => {
      const lines = ['function first() {', ...Array.from({ length: 9 }, (_, i) => `  step(${i});`), '}', ''];
      place.write('code.js', `${lines.join('\n')}\nfunction second() {\n  return 2;\n}\n`);
      place.git('add', '.');
      place.git('commit', '-q', '-m', 'code');
      place.write('code.js', place.read('code.js').replace('step(4)', 'step(40)'));
      const [file] = (await contextual(place)).files;
      const shown = file?.hunks.flatMap((hunk) => hunk.lines) ?? [];
      assert.is(shown[0]?.text, 'function first() {');
      assert.not.ok(shown.some((line) => line.text.includes('second')));
      const changed = shown.filter((line) => line.kind === 'changed');
      assert.equal(changed[0]?.segments, [
        { side: 'both', text: '  step(' },
        { side: 'old', text: '4' },
        { side: 'new', text: '40' },
        { side: 'both', text: ');' },
      ]);
      assert.match((await place.bit('diff')).stdout, '~  step([-4-]{+40+});');
    }));

  test('contextual says of a moved block where it went', () =>
    within({}, async (place) => {
      const block = 'function movable(argument) {\n  return transform(argument) + constant;\n}\n';
      const rest = Array.from({ length: 30 }, (_, i) => `line ${i} of what stays where it is\n`).join('');
      place.write('m.js', `${block}${rest}`);
      place.git('add', '.');
      place.git('commit', '-q', '-m', 'm');
      place.write('m.js', rest);
      place.write('n.js', block);
      place.git('add', '-N', 'n.js');
      const { stdout } = await place.bit('diff');
      assert.match(stdout, 'moved to n.js:1');
      assert.match(stdout, 'moved from m.js:1');
    }));

  test('contextual shows renames, and no control characters of names or contents', () =>
    within({}, async (place) => {
      place.write('long.txt', 'the same line again\n'.repeat(8));
      place.git('add', '.');
      place.git('commit', '-q', '-m', 'long');
      place.git('mv', 'long.txt', 'other.txt');
      place.write('esc\u001b]0;x\u0007', 'a\u001b[31mred\rb\n');
      place.git('add', '.');
      const { stdout } = await place.bit('diff', '--staged');
      assert.match(stdout, 'renamed long.txt → other.txt, 100% alike');
      assert.not.match(stdout, /[\u001b\u0007\r]/);
      assert.match(stdout, '+a\\x1b[31mred\\rb');
    }));

  test('compares with our side while a merge stands in conflict, and refuses a patch of it', () =>
    within({}, async (place) => {
      place.git('checkout', '-q', '-b', 'topic');
      place.write('a.txt', 'topic\n');
      place.git('commit', '-q', '-am', 'topic');
      place.git('checkout', '-q', 'main');
      place.write('a.txt', 'main\n');
      place.git('commit', '-q', '-am', 'main');
      assert.throws(() => place.git('merge', 'topic'));
      const [file] = (await contextual(place)).files;
      assert.is(file?.verb, 'conflicted');
      const raw = await place.bit('diff', 'raw');
      assert.is(raw.code, 1);
      assert.match(raw.stderr, 'a.txt is in conflict');
      assert.is((await place.bit('diff', 'raw', 'HEAD')).code, 0);
    }));

  test('takes ranges, paths and --stat', () =>
    within({}, async (place) => {
      place.git('checkout', '-q', '-b', 'topic');
      place.write('t.txt', 't\n');
      place.write('u.txt', 'u\n');
      place.git('add', '.');
      place.git('commit', '-q', '-m', 't');
      place.git('checkout', '-q', 'main');
      place.git('commit', '-q', '--allow-empty', '-m', 'm');
      assert.equal(
        (await contextual(place, 'main..topic')).files.map((file) => file.path),
        ['t.txt', 'u.txt'],
      );
      assert.equal(
        (await contextual(place, 'main...topic', '--path', 'u.txt')).files.map((file) => file.path),
        ['u.txt'],
      );
      assert.equal((await contextual(place, 'topic', 'main', 'a.txt')).files, []);
      const { stdout } = await place.bit('diff', '--stat', 'main', 'topic');
      assert.match(stdout, '2 files, +2 -0');
    }));

  test('says what a word is nearest to, and takes none for an option', () =>
    within({}, async (place) => {
      const missing = await place.bit('diff', 'mian');
      assert.is(missing.code, 4);
      assert.match(missing.stderr, 'did you mean: main');
      for (const word of ['a\nb', '..', '--output=x', ':(glob)*', 'HEAD:../x']) {
        const run = await place.bit('diff', '--', word);
        assert.ok(run.code === 2 || run.code === 4, `${word}: ${run.code} ${run.stderr}`);
      }
      assert.not.ok(place.exists('x'));
      assert.is((await place.bit('diff', '--staged', 'main', 'main')).code, 2);
    }));

  test('works before the first commit, and in a bare repository between two commits', () =>
    within({}, async (place) => {
      place.gitIn(place.root, 'init', '-q', 'empty');
      const empty = join(place.root, 'empty');
      place.write(`${empty}/x`, 'x\n');
      place.gitIn(empty, 'add', '.');
      assert.match((await place.bitIn(empty, 'diff', '--staged')).stdout, 'added x +1 -0');
      assert.is((await place.bitIn(empty, 'diff', 'HEAD')).code, 4);
      place.git('commit', '-q', '--allow-empty', '-m', 'two');
      place.gitIn(place.root, 'clone', '-q', '--bare', place.dir, 'bare.git');
      const bare = join(place.root, 'bare.git');
      assert.is((await place.bitIn(bare, 'diff', 'main~1', 'main')).code, 0);
      assert.is((await place.bitIn(bare, 'diff')).code, 2);
    }));

  test('changes no byte', () =>
    within({}, async (place) => {
      place.write('a.txt', 'two\n');
      place.write('b.txt', 'same\n');
      place.git('add', 'b.txt');
      // only its time differs, so git would like to refresh the index
      utimesSync(join(place.dir, 'b.txt'), 1, 1);
      const before = digestOf(place.dir);
      for (const words of [[], ['raw'], ['--stat'], ['--staged'], ['HEAD']]) {
        const { code, stdout } = await place.bit('diff', ...words);
        assert.is(code, 0);
        if (words.length === 0 || words[0] === '--stat') assert.not.match(stdout, 'b.txt');
      }
      assert.is(digestOf(place.dir), before);
    }));
});

suite('reading patches', (test) => {
  test('joining the segments of a line gives both its sides', () => {
    const line = fc.array(fc.constantFrom('foo', 'bar', ' ', '(', ')', '=', '1', 'é', '\t'), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(line, line, (a, b) => {
        const [before, after] = [a.join(''), b.join('')];
        const segments = diffWords(before, after);
        if (segments === undefined) return;
        const side = (other: 'old' | 'new'): string =>
          segments
            .filter((segment) => segment.side !== other)
            .map((segment) => segment.text)
            .join('');
        assert.is(side('new'), before);
        assert.is(side('old'), after);
      }),
    );
  });

  test('content that looks like structure stays content', () => {
    const patch = [
      'diff --git a/x b/x',
      'index 1..2 100644',
      '--- a/x',
      '+++ b/x',
      '@@ -1,2 +1,2 @@ head',
      '--- a/not a file',
      '+++ b/nor this',
      ' diff --git a/y b/y',
      '\\ No newline at end of file',
      '',
    ].join('\n');
    const [file, more] = parsePatch(patch);
    assert.is(more, undefined);
    assert.equal(
      file?.hunks[0]?.lines.map((line) => [line.kind, line.text, line.noNewline]),
      [
        ['removed', '-- a/not a file', false],
        ['added', '++ b/nor this', false],
        ['context', 'diff --git a/y b/y', true],
      ],
    );
  });

  test('undoes git’s quoting of any name', () => {
    const octal = (bytes: Buffer): string =>
      [...bytes].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
        assert.is(unquotePath(`"${octal(Buffer.from(name))}"`), Buffer.from(name).toString());
      }),
    );
    assert.is(unquotePath('"a\\tb\\"c\\\\"'), 'a\tb"c\\');
    assert.is(unquotePath('plain'), 'plain');
  });

  test('reads arbitrary text to an end or a BitError', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom('diff --git a/x b/x', '@@ -1 +1 @@', '-a', '+b', ' c', '\\ x', '', 'zz', '--- a/x'),
          { maxLength: 12 },
        ),
        (lines) => {
          try {
            parsePatch(lines.join('\n'));
          } catch (error) {
            assert.is((error as { name: string }).name, 'BitError');
          }
        },
      ),
    );
  });

  test('a pair of long lines costs no long time', () => {
    const started = processorTime();
    diffWords('a b '.repeat(50_000), 'b a '.repeat(50_000));
    assert.ok(processorTime() - started < 2000);
  });
});
