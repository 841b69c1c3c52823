import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { world } from '../world.ts';

suite('bit tag list without the git program', (test) => {
  test('says the same as with it, patterns and order included', async () => {
    const place = world();
    try {
      place.start();
      const at = (hour: string) => ({ GIT_COMMITTER_DATE: `2026-01-01T${hour}:00:00+02:00` });
      const tag = (hour: string, ...words: string[]) => {
        Object.assign(place.env, at(hour));
        place.git('tag', ...words);
      };
      tag('01', '-m', 'first of all\n\nwith a body', 'v1.2');
      tag('02', '-m', 'a later one', 'v1.10');
      tag('03', 'light');
      tag('04', '-m', 'in a folder', 'release/one');
      place.git('tag', 'tree', 'HEAD^{tree}');
      place.git('pack-refs', '--all');
      const list = async (...patterns: string[]) => {
        const run = await place.bit('tag', 'list', ...patterns, '--json');
        assert.is(run.code, 0, run.stderr);
        return JSON.parse(run.stdout);
      };
      const asked = [[], ['v1*'], ['release'], ['nothing'], ['light', 'v1.2']];
      const expected = [];
      for (const patterns of asked) expected.push(await list(...patterns));
      Object.assign(place.env, { PATH: join(place.root, 'home') });
      for (const [index, patterns] of asked.entries())
        assert.equal(await list(...patterns), expected[index], patterns.join(' '));
    } finally {
      place.close();
    }
  });
});
