import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { world } from '../world.ts';

const PAGE = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'policy.md'), 'utf8');

suite('docs/policy.md', (test) => {
  test('its policies hold together, their tests pass, and they deny what the page says', async () => {
    const place = world();
    try {
      place.start();
      const blocks = [...PAGE.matchAll(/```rego\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
      assert.is(blocks.length, 3);
      for (const [index, text] of blocks.entries())
        place.write(`.bithub/policies/${/_test\n/.test(text) ? `p${index}_test` : `p${index}`}.rego`, text);
      const check = await place.bit('policy', 'check');
      assert.is(check.code, 0, check.stdout + check.stderr);
      assert.is((await place.bit('policy', 'accept')).code, 0);
      const commit = await place.bit('commit', '--stage', '*', '-m', 'x');
      assert.is(commit.code, 3);
      assert.match(commit.stderr, /commit on a branch, not on main/);
      assert.match((await place.bit('tag', 'new', 'v1')).stderr, /second pair of eyes/);
    } finally {
      place.close();
    }
  });
});
