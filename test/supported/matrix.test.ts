import * as assert from 'uvu/assert';
import { BitError } from '../../src/kernel/errors.ts';
import { parseSupportTable, rowFor, verdictOn } from '../../src/supported/index.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';
import { world } from '../world.ts';

const TABLE = `# Security

Words, and a table that is about something else:

| Name | Value |
| ---- | ----- |
| a    | b     |

## Supported Versions

| Version | Supported          | Notes |
| ------- | ------------------ | ----- |
| 5.1.x   | :white_check_mark: | Current |
| 5.0.x   | :x:                | Over; sandbox runs only |
| 4.0.x   | ✅ | Fixes only \\| nothing new |
| < 4.0   | :x:                | Not built |

## Reporting
`;

suite('the table of supported versions', (test) => {
  test('is found by its head and read row by row', () => {
    assert.equal(
      parseSupportTable('SECURITY.md', TABLE).map(({ version, supported, line }) => [
        version,
        supported,
        line,
      ]),
      [
        ['5.1.x', true, 13],
        ['5.0.x', false, 14],
        ['4.0.x', true, 15],
        ['< 4.0', false, 16],
      ],
    );
    assert.is(parseSupportTable('SECURITY.md', TABLE)[2]?.notes, 'Fixes only | nothing new');
    assert.equal(parseSupportTable('SECURITY.md', '# nothing\n| a | b |\n'), []);
  });

  test('judges a version by the first row it falls under', () => {
    const rows = parseSupportTable('SECURITY.md', TABLE);
    const verdict = (version: string): string => verdictOn('SECURITY.md', rows, version).verdict;
    assert.equal(
      [
        '5.1.0',
        'v5.1.99',
        '5.1.2-rc.1',
        '5.0.3',
        '4.0.1',
        '3.9.9',
        '0.1',
        '4.1.0',
        '6.0.0',
        '5.10.0',
        'next',
      ].map(verdict),
      [
        'supported',
        'supported',
        'supported',
        'sandboxed',
        'supported',
        'blocked',
        'blocked',
        'unlisted',
        'unlisted',
        'unlisted',
        'unlisted',
      ],
    );
    const range = (version: string, of: string): boolean =>
      rowFor([{ version, supported: true, notes: '', line: 1 }], of) !== undefined;
    assert.equal(
      [
        range('>= 2', '2.0.0'),
        range('>= 2', '1.9'),
        range('> 2', '2.5'),
        range('<= 2', '2.5'),
        range('2.x', '2.0'),
        range('≥ 1.2', '1.2'),
      ],
      [true, false, false, true, true, true],
    );
  });

  test('says which line says neither yes nor no', () => {
    const wrong = TABLE.replace('✅', 'perhaps');
    assert.throws(
      () => parseSupportTable('SECURITY.md', wrong),
      (error: unknown) => error instanceof BitError && /^SECURITY\.md:15: .*perhaps/.test(error.message),
    );
  });

  test('is read or refused, and quickly, whatever the file holds', () => {
    const piece = fc.constantFrom('|', '-', 'Version', 'Supported', '\n', ':x:', '\\|', ' ', '5.x', '\r\n');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece, { maxLength: 60 }).map((all) => all.join('')),
        ),
        (text) => {
          try {
            parseSupportTable('S', text);
          } catch (error) {
            assert.instance(error, BitError);
          }
        },
      ),
    );
    const started = performance.now();
    assert.throws(() =>
      parseSupportTable('S', `| Version | Supported |\n| - | - |\n${'|'.repeat(4000)}\n`.repeat(200)),
    );
    assert.ok(performance.now() - started < 2000);
  });

  test('is written in the form the first enforcement script wrote, undone, and blocks a flow', async () => {
    const place = world();
    try {
      place.start();
      place.write('SECURITY.md', TABLE);
      place.write('package.json', '{ "version": "3.2.0" }');
      const written = await place.bit('security', 'matrix');
      assert.is(written.code, 0, written.stderr);
      assert.match(written.stdout, '3.2.0 is blocked: SECURITY.md:16 < 4.0');
      assert.equal(JSON.parse(place.read('orchestration_audit/supported_versions.json')), [
        { version: '5.1.x', supported: true },
        { version: '5.0.x', supported: false },
        { version: '4.0.x', supported: true },
        { version: '< 4.0', supported: false },
      ]);
      const blocked = await place.bit('flow', 'run');
      assert.is(blocked.code, 3);
      assert.match(blocked.stderr, '3.2.0 is not supported');
      assert.is((await place.bit('security', 'matrix', '--check', '3.0.0')).code, 1);
      assert.is((await place.bit('security', 'matrix', '--check', '5.1.7')).code, 0);
      assert.is((await place.bit('undo', '--yes')).code, 0);
      assert.not.ok(place.exists('orchestration_audit/supported_versions.json'));
    } finally {
      place.close();
    }
  });
});
