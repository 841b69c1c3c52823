import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { appendMirror, repairMirror } from '../../src/ledger/index.ts';
import { suite } from '../suite.ts';
import { draft, inTemporary, testLedger } from './fixture.ts';

suite('ledger mirror', (test) => {
  test('is one line an entry, in the order and with the names of the mesh', () =>
    inTemporary(async (directory) => {
      const path = join(directory, 'deep', 'runner.log');
      const ledger = testLedger(join(directory, 'ledger'));
      const { entries } = await ledger.append([
        draft('note', { event: 'JOB_CLAIM', payload: { job_id: 'J-92A7' } }),
        draft('note', { payload: { text: 'two\nlines' } }),
      ]);
      appendMirror(path, entries.slice(0, 1));
      appendMirror(path, entries.slice(1));
      appendMirror(path, []);
      const lines = readFileSync(path, 'utf8').split('\n');
      assert.is(lines.length, 3);
      assert.equal(Object.keys(JSON.parse(lines[0] ?? '')), [
        'ts',
        'actor',
        'event',
        'job_id',
        'op',
        'phase',
        'prev_sha256',
        'payload_sha256',
        'entry_sha256',
      ]);
      assert.not('job_id' in JSON.parse(lines[1] ?? ''));
      assert.is(JSON.parse(lines[1] ?? '').prev_sha256, entries[0]?.entry_sha256);
    }));

  test('a torn last line is cut and kept aside; a whole file is left alone', () =>
    inTemporary((directory) => {
      const path = join(directory, 'runner.log');
      const now = new Date('2026-01-02T03:04:05.678Z');
      assert.is(repairMirror(path, now), undefined);
      assert.not(existsSync(path));
      writeFileSync(path, '{"a":1}\n');
      assert.is(repairMirror(path, now), undefined);
      appendFileSync(path, `{"b":"${'x'.repeat(200_000)}`);
      const aside = repairMirror(path, now);
      assert.is(aside, `${path}.torn-2026-01-02T030405678Z`);
      assert.is(readFileSync(path, 'utf8'), '{"a":1}\n');
      assert.is(readFileSync(aside ?? '', 'utf8').length, 200_006);
      writeFileSync(path, 'torn from the start');
      assert.ok(repairMirror(path, new Date(0)) !== undefined);
      assert.is(readFileSync(path, 'utf8'), '');
    }));
});
