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

  test('a first word to choose that has a default may be left out before others', async () => {
    const place = world();
    try {
      place.start();
      await place.bit('bot', 'create', 'custom', 'tidy');
      await place.bit('bot', 'deploy', 'tidy', '--yes');
      const all = await place.bit('bot', 'query', 'state', 'tidy', '--json');
      const short = await place.bit('bot', 'query', 'tidy', '--json');
      assert.is(short.code, 0, short.stderr);
      assert.equal(JSON.parse(short.stdout), JSON.parse(all.stdout));
    } finally {
      place.close();
    }
  });

  test('a word that is none of those to choose from is told with what is near it', async () => {
    const place = world();
    try {
      place.start();
      const near = await place.bit('bot', 'query', 'histroy');
      assert.is(near.code, 2);
      assert.match(near.stderr, 'histroy is none of: state, history, logs; did you mean history?');
      assert.match(near.stderr, 'bit bot query --help');
      // nothing that could be left out before it
      const only = await place.bit('status', 'xyz');
      assert.is(only.code, 2);
      assert.match(only.stderr, 'xyz is none of: shallow, deep');
      // of two words the second is wrong: the first is no name
      const second = await place.bit('repair', 'custom', 'nothing-such');
      assert.is(second.code, 2);
      assert.match(second.stderr, 'nothing-such is none of: ');
    } finally {
      place.close();
    }
  });
});
