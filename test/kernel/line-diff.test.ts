import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { filePatch } from '../../src/kernel/line-diff.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';

suite('a patch of two texts', (test) => {
  const text = fc
    .array(fc.constantFrom('a\n', 'b\n', 'c\n', '\n', 'd  \n', 'é\n'), { maxLength: 30 })
    .chain((lines) => fc.constantFrom('', 'end').map((end) => lines.join('') + end));

  test('property: git apply makes the one of the other', () => {
    const folder = mkdtempSync(join(tmpdir(), 'bit-patch-'));
    try {
      execFileSync('git', ['init', '-q', folder]);
      fc.assert(
        fc.property(
          fc.option(text, { nil: undefined }),
          fc.option(text, { nil: undefined }),
          (before, after) => {
            const path = join(folder, 'x.txt');
            rmSync(path, { force: true });
            if (before !== undefined) writeFileSync(path, before);
            const patch = filePatch('x.txt', before, after);
            if (before === after) return assert.is(patch, '');
            // an empty file comes and goes without a hunk, which is no patch for git
            if ((before ?? '') === (after ?? '')) return undefined;
            execFileSync('git', ['apply', '--whitespace=nowarn', '-'], {
              cwd: folder,
              input: patch,
              stdio: 'pipe',
            });
            assert.is(existsSync(path) ? readFileSync(path, 'utf8') : undefined, after);
            return undefined;
          },
        ),
        { numRuns: 60 },
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('is the shortest: one line that came is one line of it', () => {
    const lines = Array.from({ length: 200 }, (_, at) => `${at}\n`);
    const patch = filePatch('x', lines.join(''), lines.toSpliced(100, 0, 'new\n').join(''));
    assert.equal(
      patch.split('\n').filter((line) => /^[-+](?![-+])/.test(line)),
      ['+new'],
    );
  });
});
