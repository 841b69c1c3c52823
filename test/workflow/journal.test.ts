import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { isBitError } from '../../src/kernel/errors.ts';
import { Journal, parseJournal, readJournal } from '../../src/workflow/journal.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';

async function written(path: string, count: number): Promise<Buffer> {
  const { journal } = Journal.open(path);
  for (let n = 0; n < count; n++) {
    journal.append({ t: 'step', n, text: `line\n${n} "ü"` });
    if (n % 3 === 2) await journal.durable();
  }
  await journal.durable();
  await journal.close();
  return readFileSync(path);
}

suite<{ root: string }>('the journal', (test) => {
  test.before((context) => {
    context.root = mkdtempSync(join(tmpdir(), 'bit-journal-'));
  });
  test.after((context) => rmSync(context.root, { recursive: true, force: true }));

  test('cut anywhere, it holds every whole record before the cut and goes on from there', async ({
    root,
  }) => {
    const path = join(root, 'cut');
    const whole = await written(path, 7);
    for (let cut = 0; cut <= whole.length; cut++) {
      const { records, length } = parseJournal(whole.subarray(0, cut), path);
      const lines = whole.subarray(0, cut).toString('latin1').split('\n').length - 1;
      assert.is(records.length, lines);
      assert.ok(length <= cut);
    }
    writeFileSync(path, whole.subarray(0, whole.length - 5));
    const { journal, records } = Journal.open(path);
    assert.is(records.length, 6);
    journal.append({ t: 'step', n: 'after' });
    await journal.close();
    assert.equal(
      readJournal(path).records.map((record) => record['n']),
      [0, 1, 2, 3, 4, 5, 'after'],
    );
  });

  test('a byte changed in what was on disk is damage, told with its place', async ({ root }) => {
    const path = join(root, 'damage');
    const whole = await written(path, 12);
    const lines = whole.toString('latin1').split('\n');
    // every record but those of the last sync is known to be on disk by a later one
    const known = Number(/^\w+ (\d+) /.exec(lines.at(-2) ?? '')?.[1]);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const copy = Buffer.from(whole);
        copy[at] = (copy[at] ?? 0) ^ change;
        try {
          const { records } = parseJournal(copy, path);
          assert.ok(at >= known, `byte ${at} went unnoticed`);
          assert.ok(records.length < 12);
        } catch (error) {
          assert.ok(isBitError(error, 'integrity'), String(error));
        }
      }),
      { numRuns: 400 },
    );
  });

  test('what was not yet synced may be there in parts, and is cut off', async ({ root }) => {
    const path = join(root, 'parts');
    const { journal } = Journal.open(path);
    journal.append({ t: 'a' });
    await journal.durable();
    journal.append({ t: 'b' });
    journal.append({ t: 'c' });
    await journal.close();
    const whole = readFileSync(path);
    const second = whole.indexOf('\n') + 1;
    whole.fill(0, second, second + 6);
    assert.equal(parseJournal(whole, path).records, [{ t: 'a' }]);
  });

  test('no bytes make it fail in another way', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        assert.equal(parseJournal(Buffer.from(bytes), 'x').records, []);
      }),
    );
  });

  test('has one writer at a time', async ({ root }) => {
    const path = join(root, 'one');
    const { journal } = Journal.open(path);
    assert.throws(
      () => Journal.open(path),
      (error: unknown) => isBitError(error, 'busy'),
    );
    await journal.close();
    await Journal.open(path).journal.close();
  });

  test('its digest is that of its bytes', async ({ root }) => {
    const path = join(root, 'digest');
    await written(path, 3);
    const { journal } = Journal.open(path);
    journal.append({ t: 'more' });
    const digest = journal.digest();
    await journal.close();
    const { createHash } = await import('node:crypto');
    assert.is(digest, createHash('sha256').update(readFileSync(path)).digest('hex'));
  });
});
