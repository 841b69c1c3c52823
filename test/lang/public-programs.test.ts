/** What the files of public repositories taught, in texts of our own; the figures are in docs/lang/figures.md. */
import * as assert from 'uvu/assert';
import { kindName as batchKind, formatBatch, lintBatch, parseBatch } from '../../src/lang/batch/index.ts';
import { type Dialect, formatLisp, kindName, readLisp } from '../../src/lang/lisp/index.ts';
import { suite } from '../suite.ts';

function batch(text: string): string[] {
  const { tree, diagnostics } = parseBatch(text);
  lintBatch(text, tree, diagnostics);
  return diagnostics.list.map(({ code, start }) => `${code}@${start}`);
}

function kinds(text: string): string {
  const { tree } = parseBatch(text);
  return [...tree.roots()].map((root) => batchKind(tree.kind(root))).join(' ');
}

function lisp(text: string, dialect: Dialect = 'common-lisp'): string[] {
  return readLisp(text, dialect).diagnostics.list.map(({ code, start }) => `${code}@${start}`);
}

/** Kinds of all nodes, those of leaves with their text. */
function data(text: string, dialect: Dialect): string {
  const { tree } = readLisp(text, dialect);
  return Array.from({ length: tree.length }, (_, node) => {
    const leaf = tree.after(node) === node + 1;
    return leaf ? text.slice(tree.start(node), tree.end(node)) : `<${kindName(tree.kind(node))}>`;
  }).join(' ');
}

suite('batch: as public programs are', (test) => {
  test('another language behind the end of a program is not read, and is left as it is', () => {
    const hybrid =
      '@if (@X)==(@Y) @end /* JScript comment\r\n@echo off\r\nother //E:JScript //nologo "%~f0" %*\r\nexit /b %errorlevel%\r\n@if (@X)==(@Y) @end JScript comment */\r\nif (a) {\r\n\r\n\r\n   b = "(" + c; }\r\n';
    assert.equal(batch(hybrid), [`unreachable@${hybrid.indexOf('@if (@X)==(@Y) @end JS')}`]);
    assert.is(kinds(hybrid), 'chain chain chain chain unread');
    assert.is(formatBatch(hybrid), hybrid);
  });

  test('a label that is jumped to, or that stands alone, is read again; remarks are not passed over', () => {
    assert.is(kinds('goto a\n:: why\n\nif (\n:a with text\necho b'), 'chain chain unread chain chain');
    assert.is(kinds('exit /b\nif (\n:b\necho c'), 'chain unread chain chain');
    assert.is(kinds('exit /b\nif (\n: end batch / begin other\necho c'), 'chain unread');
    assert.is(kinds('goto %1\n)\n:b or not\necho c'), 'chain unread chain chain');
  });

  test('an end that something decides about is none', () => {
    for (const text of ['if a==b exit /b\necho', 'a || exit /b\necho', 'a && goto x\n:x', '(exit)\necho'])
      assert.is(kinds(text).includes('unread'), false, text);
    assert.is(kinds('endlocal & exit /b 1\n)))'), 'chain unread');
  });

  test('the head of for in all its forms', () => {
    for (const head of [
      "for /f tokens^=2-5^ delims^=.-_^\" %%j in ('x') do echo %%j",
      'for /f %options% %%a in ("1,2") do echo %%a',
      'for /d /r "%dir%" %%a in (*) do echo %%a',
      "for /f eol^=^%LF%%LF%^ delims^= %%A in (\n 'x'\n) do echo %%A",
      'for /r . %%a in (*.c) do echo %%a',
    ])
      assert.equal(batch(head), [], head);
    assert.equal(batch('for a b %%i in (c) do echo'), ['bad-for@0']);
  });

  test('a command behind a group wants an operator, as cmd says', () => {
    assert.equal(batch('(a) b'), ['unexpected@4']);
    assert.equal(batch('if 1==1 ((a) b)'), ['unexpected@13']);
    assert.equal(batch('(a) & b'), []);
    assert.equal(batch('(a) > x & b'), []);
  });

  test('labels written as remarks may be called', () => {
    assert.equal(batch('call ::insert 1\nexit /b\n::insert name\necho'), []);
  });

  test('programs made of variables that hold syntax are rejected, for only their expansion can be parsed', () => {
    const found = batch('set m=for %%# in (1 2) do (%\\n%\n echo%\\n%\n) else x');
    assert.match(found.join(' '), /unmatched-close/);
  });
});

suite('lisp: as public programs are', (test) => {
  test('what stands behind #+ and #- may not be there: dots and quotes wait for what is', () => {
    assert.equal(lisp('(a . #+sbcl b #-sbcl c)'), []);
    assert.equal(lisp('(a . #+sbcl b c)'), []);
    assert.equal(lisp("(import '#+x a #-x b)"), []);
    assert.equal(lisp('(a . b #+sbcl c d)'), ['bad-dot@0']);
    assert.equal(lisp('(a . )'), ['bad-dot@0']);
    assert.is(data("'#+x a #-x b c", 'common-lisp'), '<quote> <feature> x a <feature> x b c');
  });

  test('dots alone are read where they are only passed over', () => {
    assert.equal(lisp('#+(or) (foo ...) b'), []);
    assert.equal(lisp('(foo ...)'), ['only-dots@5']);
    assert.equal(lisp('(foo .. ...)', 'scheme'), []);
  });

  test('a package before a list is part of it, and stays so when laid out', () => {
    assert.is(data("'sb-impl::(a  b)", 'common-lisp'), '<quote> <package> <list> a b');
    assert.is(formatLisp("'sb-impl::(a  b)", 'common-lisp'), "'sb-impl::(a b)\n");
  });

  test('literals of Gauche and Sagittarius: expressions, sets of characters, bytes, bits', () => {
    assert.is(
      data('(#/a(\\/")/i #[a-z"[:digit:]] #*"x y" #*0101 #"a ~b")', 'scheme'),
      '<list> #/a(\\/")/i #[a-z"[:digit:]] #*"x y" #*0101 #"a ~b"',
    );
    assert.equal(lisp('(#/a(\\/")/i #[a-z"])', 'scheme'), []);
  });

  test('directives are no data', () => {
    assert.is(data('#!r6rs #!read-macro=x/regex #!fold-case (a #!eof)', 'scheme'), '<list> a #!eof');
  });

  test('a # before white space or a parenthesis is an error and eats nothing', () => {
    assert.equal(lisp('(a #)'), ['unknown-hash@3']);
    assert.equal(lisp('(a # b)', 'scheme'), ['unknown-hash@3']);
  });

  test('a blank that keeps two characters apart stays', () => {
    assert.is(formatLisp('(, @a , .b ,.c)', 'common-lisp'), '(, @a , .b ,.c)\n');
    assert.is(formatLisp('(a\\ \n #\\ \n b)', 'common-lisp'), '(a\\ \n #\\ \n b)\n');
  });
});
