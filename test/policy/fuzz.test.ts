import * as assert from 'uvu/assert';
import { examine, fuzzRego, keptTexts, noFigures } from '../../scripts/campaign/rego.ts';
import { suite } from '../suite.ts';

suite('hostile Rego', (test) => {
  test('what was taken wrongly once is taken rightly', () => {
    const texts = keptTexts();
    assert.ok(texts.length > 0);
    for (const text of texts) {
      for (const input of [{}, { args: { x: [1] } }])
        assert.is(examine(text, input, noFigures()), undefined, text);
    }
  });

  test('a short campaign finds nothing', () => {
    const { figures, wrong } = fuzzRego({ seed: 7, milliseconds: 2500 });
    assert.equal(wrong, []);
    assert.ok(figures.texts > 200, `${figures.texts} texts`);
  });
});
