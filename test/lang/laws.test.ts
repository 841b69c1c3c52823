import * as assert from 'uvu/assert';
import { languages } from '../../scripts/campaign/fuzz/language.ts';
import { ALN, BATCH, brokenLaw, LISP } from '../../scripts/campaign/fuzz/language-laws.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';

const PIECES = {
  aln: [
    ...[
      '[VARS]\n',
      '[RUN a b]\n',
      'KEY: v\n',
      'KEY :  "q # r\\u0041"  # c\n',
      '  bit.status a ${KEY}\n',
      'IF a == b\n',
    ],
    ...[
      'IF FAILED OR ${KEY} > 1\n',
      'ELSE\n',
      'ELSEIF SUCCEEDED\n',
      'END\n',
      '\t# c\n',
      '\n',
      '\r\n',
      'STOP x\n',
      'A:\n',
    ],
  ],
  batch: [
    ...[
      'if ',
      'not ',
      '1==1 ',
      'else ',
      'for ',
      '/l ',
      '%%i in ',
      '(1,1,3) ',
      'do ',
      '(',
      ')',
      '&',
      '&&',
      '||',
      '|',
    ],
    ...[
      '>nul ',
      '2>&1',
      '^',
      '"',
      '%',
      '%a%',
      '!a!',
      'echo ',
      'set a=',
      'set /a b=1+',
      ':l\n',
      'goto l\n',
      'call :l ',
    ],
    ...[
      'rem ',
      '::',
      ' ',
      '\t',
      '\n',
      '\r\n',
      'x',
      '1',
      'exit /b\n',
      '%%i',
      '%~1',
      ',',
      'setlocal enabledelayedexpansion\n',
    ],
  ],
  lisp: [
    ...[
      '(',
      ')',
      '(',
      ')',
      "'",
      '`',
      ',',
      ',@',
      '.',
      ' ',
      '\n',
      ';c\n',
      '#|',
      '|#',
      '#;',
      '"',
      '"a b"',
      '\\',
      '|',
      '#\\',
      '#(',
    ],
    ...[
      'a',
      '12',
      '#t',
      '#1=',
      '#+',
      '#-',
      'é',
      '\u{1f600}',
      '#/a/',
      '#[a]',
      'p::',
      '@',
      '.5',
      '..',
      'define ',
      'lambda ',
    ],
  ],
} as const;

/** Longer texts of whole forms, so that many have no fault. */
const FORMS = fc.letrec((tie) => ({
  leaf: fc.constantFrom(
    'a',
    '12',
    '"s t"',
    '#\\space',
    '#\\(',
    ':k',
    '#f',
    'define',
    'let',
    '"two\n  lines"',
    '|x y|',
    '1/2',
  ),
  gap: fc.constantFrom(' ', '\n', '   ', ' ; c\n', '\n\n\n\n', ' #| b |# ', '\n; d\n', ' #;(z) '),
  list: fc
    .array(fc.tuple(tie('any'), tie('gap')), { maxLength: 5 })
    .map((all) => `(${all.map(([one, gap]) => `${one}${gap}`).join('')})`),
  quoted: fc
    .tuple(fc.constantFrom("'", '`', ',', ',@', '#+a b ', '#'), tie('list'))
    .map((pair) => pair.join('')),
  any: fc.oneof({ depthSize: 'small', withCrossShrink: true }, tie('leaf'), tie('list'), tie('quoted')),
}));

const texts = (pieces: readonly string[]): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((parts) => parts.join(''));

suite('laws of the languages', (test) => {
  const all = [
    [ALN, texts(PIECES.aln)],
    [BATCH, texts(PIECES.batch)],
    [LISP.scheme, fc.oneof(texts(PIECES.lisp), FORMS.any as fc.Arbitrary<string>)],
    [LISP['common-lisp'], fc.oneof(texts(PIECES.lisp), FORMS.any as fc.Arbitrary<string>)],
  ] as const;
  for (const [language, arbitrary] of all) {
    test(`${language.name}: laid out a text has the same tree and the same run, and laid out again the same text`, async () => {
      let whole = 0;
      const count = (): void => {
        whole += 1;
      };
      await fc.assert(
        fc.asyncProperty(arbitrary, async (text) => {
          assert.is(await brokenLaw(language, text, count), undefined);
        }),
        { numRuns: 1500 },
      );
      assert.ok(whole > 100, `only ${whole} of them could be read`);
    });
  }

  test('what the campaigns start from has no fault', async () => {
    for (const { seeds, examine } of languages) {
      const reached: string[] = [];
      for (const seed of seeds()) assert.is(await examine(seed, (what) => reached.push(what)), undefined);
      assert.ok(reached.length > 0);
    }
  });
});
