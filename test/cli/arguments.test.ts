import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { world } from '../world.ts';

suite('arguments', (test) => {
  test('a value of the wrong kind is a usage error, of an argument as of a flag', async () => {
    const place = world();
    try {
      place.start();
      for (const words of [
        ['undo', 'abc'],
        ['redo', '0'],
        ['log', '-n', 'abc'],
        ['clone', 'x', '--depth', '-1'],
      ]) {
        const run = await place.bit(...words);
        assert.is(run.code, 2, `bit ${words.join(' ')}: ${run.stderr}`);
        assert.not.match(run.stderr, /internal/);
      }
    } finally {
      place.close();
    }
  });
});
