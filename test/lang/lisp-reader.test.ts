import * as assert from 'uvu/assert';
import { formatLisp, kindName, readLisp } from '../../src/lang/lisp/index.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';

/** The tree as a line: kinds and the text of leaves. */
function shape(text: string, dialect: 'scheme' | 'common-lisp' = 'scheme'): string {
  const { tree } = readLisp(text, dialect);
  const parts: string[] = [];
  const open: number[] = [];
  for (let node = 0; node < tree.length; node++) {
    while ((open.at(-1) ?? Number.POSITIVE_INFINITY) <= node) {
      open.pop();
      parts.push(')');
    }
    const leaf = tree.after(node) === node + 1;
    const said = `${kindName(tree.kind(node))}${leaf ? `:${text.slice(tree.start(node), tree.end(node))}` : '('}`;
    parts.push(said);
    if (!leaf) open.push(tree.after(node));
  }
  return [...parts, ...open.map(() => ')')].join(' ');
}

function faults(text: string, dialect: 'scheme' | 'common-lisp' = 'scheme'): string[] {
  return readLisp(text, dialect).diagnostics.list.map(({ code, start }) => `${code}@${start}`);
}

const program = fc.array(
  fc.constantFrom(
    '(',
    ')',
    '[',
    ']',
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
    '\\',
    '|',
    '#\\',
    '#(',
    'a',
    '12',
    '#t',
    '#1=',
    '#+',
    'é',
    '\u{1f600}',
  ),
  { maxLength: 60 },
);

const datum = fc.letrec((tie) => ({
  leaf: fc.constantFrom('a', '12', '"s t"', '#\\space', '#t', 'define', 'lambda', 'let', '"two\nlines"'),
  gap: fc.constantFrom(' ', '\n', '   ', ' ; c\n', '\n\n\n\n', ' #| b |# ', '\n; d\n'),
  list: fc
    .array(fc.tuple(tie('any'), tie('gap')), { maxLength: 5 })
    .map((all) => `(${all.map(([one, gap]) => `${one}${gap}`).join('')})`),
  quoted: tie('any').map((one) => `'${one}`),
  any: fc.oneof({ depthSize: 'small', withCrossShrink: true }, tie('leaf'), tie('list'), tie('quoted')),
}));

function comments(text: string): string {
  return [...text.matchAll(/; [cd]|#\| b \|#/g)].join(' ');
}

suite('lisp: reader', (test) => {
  test('data of Scheme', () => {
    assert.is(
      shape("(a 'b . #(1 2.5))"),
      'list( symbol:a quote( symbol:b ) dot:. vector( number:1 number:2.5 ) )',
    );
    assert.is(
      shape('#\\( #\\space #\\x41 #t #false'),
      'character:#\\( character:#\\space character:#\\x41 boolean:#t boolean:#false',
    );
    assert.is(
      shape('+ - ... -> +inf.0 +i 1+2i -1/2 .5 1. +5x'),
      'symbol:+ symbol:- symbol:... symbol:-> number:+inf.0 number:+i number:1+2i number:-1/2 number:.5 number:1. symbol:+5x',
    );
    assert.is(shape('|a b| x|y z|w'), 'symbol:|a b| symbol:x|y z|w');
    assert.is(shape('`(,a ,@b)'), 'quasiquote( list( unquote( symbol:a ) unquoteSplicing( symbol:b ) ) )');
    assert.is(shape('[a {b}]'), 'list( symbol:a list( symbol:b ) )');
    assert.is(
      shape('#u8(1 2) #;(x y) z'),
      'bytes( number:1 number:2 ) datumComment( list( symbol:x symbol:y ) ) symbol:z',
    );
  });

  test('data of Common Lisp', () => {
    assert.is(
      shape("#'car #:g :key cl:car", 'common-lisp'),
      'functionOf( symbol:car ) symbol:#:g keyword::key symbol:cl:car',
    );
    assert.is(
      shape('#+sbcl (a) #-(or x y) b', 'common-lisp'),
      'feature( symbol:sbcl list( symbol:a ) ) feature( list( symbol:or symbol:x symbol:y ) symbol:b )',
    );
    assert.is(
      shape('#p"a" #c(1 2) #2A((1)) #*01 #xFF 1.0d0', 'common-lisp'),
      'pathname( string:"a" ) array( list( number:1 number:2 ) ) array( list( list( number:1 ) ) ) constant:#*01 number:#xFF number:1.0d0',
    );
    assert.is(shape('a\\;b |x;y|', 'common-lisp'), 'symbol:a\\;b symbol:|x;y|');
  });

  test('comments nest and are passed over', () => {
    assert.is(shape('#| a #| b |# c |# x ; y\nz'), 'symbol:x symbol:z');
    assert.equal(faults('#| open'), ['unclosed-comment@0']);
  });

  test('what is wrong is told with its place, and the rest is read', () => {
    assert.equal(faults('(a (b)'), ['unclosed@0']);
    assert.equal(faults('a) b'), ['unmatched-close@1']);
    assert.equal(faults('(a]'), ['wrong-close@2']);
    assert.equal(faults("(a ')"), ['lone-prefix@3']);
    assert.equal(faults('( . a)'), ['bad-dot@2']);
    assert.equal(faults('(a . b c)'), ['bad-dot@0']);
    assert.equal(faults('(a . b . c)'), ['bad-dot@7', 'bad-dot@0']);
    assert.equal(faults('"abc'), ['unclosed-string@0']);
    assert.equal(faults('"\\xZZ;"'), ['bad-escape@1']);
    assert.equal(faults('#zork'), ['unknown-hash@0']);
    assert.equal(faults('..', 'common-lisp'), ['only-dots@0']);
    assert.is(readLisp('(a ] b) (c)', 'scheme').tree.length > 3, true);
  });

  test('depth is bounded and costs nothing', () => {
    const deep = `${'('.repeat(200_000)}x${')'.repeat(200_000)} y`;
    const { diagnostics, tree } = readLisp(deep, 'scheme');
    assert.equal(
      diagnostics.list.map(({ code }) => code),
      ['too-deep'],
    );
    assert.is(tree.end(tree.length - 1), deep.length);
  });

  test('no text is too much for it: every node lies in the text, in order', () => {
    fc.assert(
      fc.property(program, fc.constantFrom('scheme' as const, 'common-lisp' as const), (parts, dialect) => {
        const text = parts.join('');
        const { tree } = readLisp(text, dialect);
        let last = 0;
        for (let node = 0; node < tree.length; node++) {
          if (tree.start(node) < last || tree.end(node) < tree.start(node) || tree.end(node) > text.length)
            return false;
          if (tree.after(node) > tree.length) return false;
          last = tree.start(node);
        }
        return true;
      }),
      { numRuns: 3000 },
    );
  });

  test('the layout changes no datum and no comment, and the second time nothing', () => {
    const gaps = fc.array(fc.tuple(datum.any, datum.gap), { maxLength: 6 });
    fc.assert(
      fc.property(gaps, (all) => {
        const text = all.map(([one, gap]) => `${one}${gap}`).join('');
        const once = formatLisp(text, 'scheme');
        assert.is(shape(once), shape(text));
        assert.is(comments(once), comments(text));
        assert.is(formatLisp(once, 'scheme'), once);
      }),
      { numRuns: 1500 },
    );
  });

  test('the layout of a program', () => {
    const given =
      '(define (f x)   ; comment\n(if (= x 1)\n"a"\n   (list 1 2   3\n 4)   )\n)\n\n\n\n(let ((x 1)\n(y 2))\n(+ x\ny))';
    assert.is(
      formatLisp(given, 'scheme'),
      '(define (f x) ; comment\n  (if (= x 1)\n      "a"\n      (list 1 2 3\n            4)))\n\n(let ((x 1)\n      (y 2))\n  (+ x\n     y))\n',
    );
    assert.is(formatLisp('(a', 'scheme'), '(a');
  });
});
