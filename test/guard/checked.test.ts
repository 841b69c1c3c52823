import { chmodSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { checkedSets } from '../../src/guard/index.ts';
import { suite } from '../suite.ts';

const DIGEST = `sha256:${'ab'.repeat(32)}`;
const OTHER = `sha256:${'cd'.repeat(32)}`;

suite('policy sets found without fault', (test) => {
  const within = (work: (cache: string, file: string) => void) => () => {
    const cache = mkdtempSync(join(tmpdir(), 'bit-checked-'));
    try {
      checkedSets(cache, 'one').add(DIGEST);
      work(cache, join(cache, 'policies', `one-${'ab'.repeat(32)}`));
    } finally {
      rmSync(cache, { recursive: true, force: true });
    }
  };

  test(
    'are remembered by digest and by the build that found them so',
    within((cache) => {
      assert.is(checkedSets(cache, 'one').has(DIGEST), true);
      assert.is(checkedSets(cache, 'one').has(OTHER), false);
      assert.is(checkedSets(cache, 'two').has(DIGEST), false);
    }),
  );

  test(
    'of another build are forgotten, and of one there are never many',
    within((cache) => {
      checkedSets(cache, 'two').add(OTHER);
      assert.equal(readdirSync(join(cache, 'policies')), [`two-${'cd'.repeat(32)}`]);
      for (let i = 0; i < 200; i++) checkedSets(cache, 'two').add(`sha256:${String(i).padStart(64, '0')}`);
      assert.ok(readdirSync(join(cache, 'policies')).length <= 65);
    }),
  );

  test(
    'count for nothing in a file with other words',
    within((cache, file) => {
      writeFileSync(file, '');
      assert.is(checkedSets(cache, 'one').has(DIGEST), false);
    }),
  );

  if (process.platform !== 'win32') {
    test(
      'count for nothing where others can write, nor through a link',
      within((cache, file) => {
        const { has } = checkedSets(cache, 'one');
        chmodSync(file, 0o620);
        assert.is(has(DIGEST), false);
        chmodSync(file, 0o600);
        chmodSync(join(cache, 'policies'), 0o777);
        assert.is(has(DIGEST), false);
        chmodSync(join(cache, 'policies'), 0o755);
        assert.is(has(DIGEST), true);
        renameSync(file, join(cache, 'elsewhere'));
        symlinkSync(join(cache, 'elsewhere'), file);
        assert.is(has(DIGEST), false);
      }),
    );
  }

  test('are checked anew where nothing can be kept', () => {
    const { has, add } = checkedSets('/dev/null/nowhere', 'one');
    add(DIGEST);
    assert.is(has(DIGEST), false);
  });
});
