import * as assert from 'uvu/assert';
import { FIXERS } from '../../src/mending/index.ts';
import { suite } from '../suite.ts';
import { ROOMS } from './gallery/index.ts';

suite('the catalogue of fixers', (test) => {
  test('has two broken repositories or more for each, and ten that nothing mends', () => {
    const shown = Object.values(ROOMS).flat();
    for (const { name } of FIXERS) {
      const own = shown.filter(({ fixer, by }) => fixer === name || by === name);
      assert.ok(own.length >= 2, `${name}: ${own.length}`);
    }
    assert.ok(shown.filter(({ fixer }) => fixer === '').length >= 10);
    assert.is(new Set(shown.map(({ title }) => title)).size, shown.length);
  });

  test('is in order, by names that say what is wrong', () => {
    const names = FIXERS.map(({ name }) => name);
    assert.equal(names, [...names].sort());
    for (const { name, title } of FIXERS) {
      assert.match(name, /^[a-z]+(?:-[a-z]+)*$/);
      assert.ok(title.length > 10 && !title.endsWith('.'), title);
    }
  });
});
