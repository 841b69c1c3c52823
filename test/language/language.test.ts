import * as assert from 'uvu/assert';
import { hits, type Lexicon, plain, redactLine } from '../../src/language/index.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';
import { world } from '../world.ts';

const LEXICON: Lexicon = {
  mode: 'compliant-banter',
  redaction: 'partial',
  denied: new Set(['blorp', 'znark'].map(plain)),
  beginnings: ['frumb'],
  missing: [],
};

const found = (line: string): string[] => hits(line, LEXICON).map(({ word }) => word);

suite('denied words', (test) => {
  test('are found whole, in any case, with accents and look-alikes, and not within others', () => {
    assert.equal(found('Blorp, BLORP! b10rp blörp “znark” frumbling'), [
      'Blorp',
      'BLORP',
      'b10rp',
      'blörp',
      'znark',
      'frumbling',
    ]);
    assert.equal(found('blorpy unblorp blor-p 810rp 1234'), []);
  });

  test('are redacted as the policy says', () => {
    assert.is(redactLine('a blorp here', LEXICON), 'a b**** here');
    assert.is(redactLine('a blorp here', { ...LEXICON, redaction: 'full' }), 'a *** here');
    assert.is(redactLine('a blorp here', { ...LEXICON, redaction: 'none' }), 'a blorp here');
    assert.is(redactLine('a blorp here', { ...LEXICON, mode: 'off' }), 'a blorp here');
  });

  test('are gone from any redacted line, the rest of which stays', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string({ unit: 'binary', maxLength: 8 }),
            fc.constantFrom('blorp', ' ', 'Znark', '.', 'frumb'),
          ),
          { maxLength: 12 },
        ),
        (parts) => {
          const line = parts.join(' ');
          const clean = redactLine(line, LEXICON);
          assert.equal(hits(clean, LEXICON), []);
          let kept = line;
          for (const { at, word } of hits(line, LEXICON).reverse())
            kept = kept.slice(0, at) + kept.slice(at + word.length);
          assert.ok(kept.length <= clean.length);
        },
      ),
    );
  });

  test('take time that grows with the line only', () => {
    const started = performance.now();
    for (const line of ['a'.repeat(300_000), "a'".repeat(150_000), '$'.repeat(300_000), 'é'.repeat(200_000)])
      hits(line, LEXICON);
    assert.ok(performance.now() - started < 4000);
  });
});

suite('bit check language', (test) => {
  test('goes by the accepted policy, and what can not be read only warns', async () => {
    const place = world();
    try {
      place.start();
      place.write(
        '.bithub.yml',
        'policy:\n  profanity:\n    mode: compliant-banter\n    allowlist: [znark]\n    denylist: [znark, blorp, "slurs/*", "gone/*"]\n    logRedaction: partial\n',
      );
      place.write('.bithub/words/slurs/one.txt', '# a list\nquib\n');
      assert.is((await place.bit('policy', 'accept', '--yes')).code, 0);
      place.write('build.log', 'fine\n  znark blorp\nQuib!\n');
      const run = await place.bit('check', 'language', 'build.log', 'not-there.log');
      assert.is(run.code, 1);
      assert.match(run.stdout, 'build.log:2:9: b****\nbuild.log:3:1: Q***\n');
      assert.match(run.stdout, 'gone/* has no list of words');
      assert.match(run.stdout, 'not-there.log is not there');
      assert.not.match(run.stdout, 'blorp');
      assert.is((await place.bit('check', 'language', 'build.log', '--warn')).code, 0);
      assert.is((await place.bit('check', 'language', 'build.log', '--allow', 'blorp,quib')).code, 0);
      // the tree's allowlist is worth nothing before it is accepted
      place.write('.bithub.yml', place.read('.bithub.yml').replace('[znark]', '[znark, blorp, quib]'));
      assert.is((await place.bit('check', 'language', 'build.log')).code, 1);
      const clean = await place.bitWith({ input: 'a blorp\n' }, 'check', 'language', '-', '--redact');
      assert.is(clean.stdout, 'a b****\n');
      assert.is(clean.code, 0);
    } finally {
      place.close();
    }
  });
});
