import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { BitError } from '../../src/kernel/errors.ts';
import { type ParseReport, parseLanguage, parseText } from '../../src/lang/index.ts';
import { suite } from '../suite.ts';
import { world } from '../world.ts';

type Reader = Parameters<typeof parseLanguage>[0];

/** As much of a reader as parsing asks: a folder, and outside of a repository. */
function outside(cwd: string): Reader {
  return { cwd, repository: undefined, signal: new AbortController().signal } as unknown as Reader;
}

async function refused(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof BitError) return error.code;
    throw error;
  }
  return 'not refused';
}

suite('bit parse', (test) => {
  test('the shape of --json is what it was', () => {
    const file = parseText('(define a 1)\n(b', 'x.scm', { language: 'lisp', tree: true, format: false });
    assert.equal(JSON.parse(JSON.stringify(file)), {
      ...{ path: 'x.scm', bytes: 15, nodes: 6, errors: 1, warnings: 0 },
      diagnostics: [
        {
          severity: 'error',
          code: 'unclosed',
          line: 2,
          column: 1,
          message: '( is never closed',
          expected: ')',
        },
      ],
      symbols: [{ name: 'a', kind: 'define', line: 1 }],
      tree: [
        {
          ...{ kind: 'list', line: 1, column: 1 },
          children: [
            { kind: 'symbol', line: 1, column: 2, text: 'define' },
            { kind: 'symbol', line: 1, column: 9, text: 'a' },
            { kind: 'number', line: 1, column: 11, text: '1' },
          ],
        },
        { kind: 'list', line: 2, column: 1, children: [{ kind: 'symbol', line: 2, column: 2, text: 'b' }] },
      ],
    });
  });

  test('a repository gives each of its files of the language, whatever they are called', async () => {
    const place = world();
    try {
      place.git('init', '-q', '-b', 'main', '--template=');
      const names = ['a b.bat', '-x.cmd', 'n\tl.bat', 'é.BAT', 'deep/er/c.batch', ':(top).bat'];
      for (const name of names) place.write(name, 'echo a |\r\n');
      place.write('.gitignore', 'ignored.bat\n');
      place.write('ignored.bat', 'echo\n');
      place.write('other.txt', '(');
      symlinkSync('/etc/passwd', join(place.root, 'repo', 'link.bat'));
      const { code, stdout, stderr } = await place.bit('parse', 'batch', '--json');
      assert.is(code, 1, stderr);
      const report = JSON.parse(stdout) as ParseReport;
      assert.equal(report.files.map(({ path }) => path).sort(), [...names].sort());
      assert.is(report.errors, names.length);
      assert.equal(
        report.skipped.map(({ path }) => path),
        ['link.bat'],
      );
    } finally {
      place.close();
    }
  });

  test('what is no file of a bounded size is refused', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bit-parse-'));
    try {
      const ask = (path: string | undefined) =>
        refused(parseLanguage(outside(folder), { language: 'aln', path, tree: false, format: false }));
      writeFileSync(join(folder, 'huge.aln'), '');
      truncateSync(join(folder, 'huge.aln'), 200 * 1024 * 1024);
      symlinkSync('/dev/zero', join(folder, 'endless.aln'));
      assert.is(await ask('huge.aln'), 'usage');
      assert.is(await ask('endless.aln'), 'usage');
      assert.is(await ask('nowhere.aln'), 'not-found');
      assert.is(await ask(undefined), 'usage');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('a line of ten million characters is read, and what is wrong is told to a bound', () => {
    const file = parseText(')'.repeat(1_000_000), 'x.scm', { language: 'lisp', tree: false, format: false });
    assert.is(file.errors, 1_000_000);
    assert.is(file.diagnostics.length, 1000);
    const long = parseText(`A: ${'x'.repeat(10_000_000)}`, 'x.aln', {
      language: 'aln',
      tree: false,
      format: false,
    });
    assert.is(long.errors, 0);
  });
});
