/** What `npm run conformance` says of files that are no lists of cases, or hold what is no case. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';

const PROGRAM = join(import.meta.dirname, '../../scripts/conformance.ts');
const GOOD = {
  note: 'good',
  folder: 'f',
  query: 'data.x.p = y',
  modules: ['package x\np = 1'],
  want_result: [{ y: 1 }],
};

suite('files of conformance cases', (test) => {
  test('a malformed file or case is named and failed, and the others are judged', () => {
    const folder = mkdtempSync(join(tmpdir(), 'bit-cases-'));
    try {
      const run = (kind: string, text: string): string[] => {
        const file = join(folder, 'cases.json');
        writeFileSync(file, text);
        const args = ['--disable-warning=ExperimentalWarning', PROGRAM, kind, file];
        const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
        assert.is(stderr, '');
        assert.is(status, 1);
        return stdout.trimEnd().replaceAll(`${file}`, 'FILE').split('\n');
      };
      assert.equal(run('rego', JSON.stringify([GOOD, null, { ...GOOD, modules: 'no' }, { note: 5 }])), [
        'FAIL FILE, case 2: it is no object',
        'FAIL FILE, case 3: its modules is not texts',
        'FAIL FILE, case 4: its note is not string',
        '1 passed, 3 failed',
      ]);
      for (const kind of ['rego', 'tlog-inclusion', 'tlog-consistency']) {
        for (const text of ['', 'not json', '{}', '"x"']) {
          const [failed, counts] = run(kind, text);
          assert.match(failed ?? '', /^FAIL FILE: /);
          assert.is(counts, '0 passed, 1 failed');
        }
        assert.is(run(kind, '[]').at(-1), '0 passed, 1 failed', 'no case at all proves nothing');
        assert.is(run(kind, '[{"case":7}]').at(-1), '0 passed, 1 failed');
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
