import * as assert from 'uvu/assert';
import { Name } from '../../src/lang/lisp/data.ts';
import { evaluate } from '../../src/lang/lisp/index.ts';
import { suite } from '../suite.ts';

async function run(program: string, fuel = 200_000): Promise<string> {
  let printed = '';
  const ended = await evaluate(
    program,
    {
      write: (text) => {
        printed += text;
      },
    },
    { fuel },
  );
  if (ended.ended === 'value') return `${printed}${ended.shown}`;
  if (ended.ended === 'exit') return `${printed}exit ${ended.status}`;
  if (ended.ended === 'unread') return `unread: ${ended.diagnostics.list.map(({ code }) => code).join(' ')}`;
  return `${printed}${ended.ended} ${ended.line}:${ended.column}: ${ended.message}`;
}

/** What the report says a program comes to, in programs of our own. */
const CASES: readonly (readonly [program: string, shown: string])[] = [
  ['((lambda (x . rest) (list x rest)) 1 2 3)', '(1 (2 3))'],
  [
    '(define (even? n) (if (= n 0) #t (odd? (- n 1)))) (define (odd? n) (if (= n 0) #f (even? (- n 1)))) (even? 10001)',
    '#f',
  ],
  ['(let loop ((i 0) (sum 0)) (if (= i 1000) sum (loop (+ i 1) (+ sum i))))', '499500'],
  ['(let* ((x 1) (y (+ x 1)) (x (* y 10))) (list x y))', '(20 2)'],
  [
    "(let ((a 'a) (b 'b) (x 'x) (y 'y)) (let-values (((a b) (values x y)) ((x y) (values a b))) (list a b x y)))",
    '(x y a b)',
  ],
  [
    "(let ((a 'a) (b 'b) (x 'x) (y 'y)) (let*-values (((a b) (values x y)) ((x y) (values a b))) (list a b x y)))",
    '(x y x y)',
  ],
  ['(letrec ((f (lambda (n) (if (< n 2) 1 (* n (f (- n 1))))))) (f 25))', '15511210043330985984000000'],
  ['(do ((i 0 (+ i 1)) (found (quote ()) (cons i found))) ((= i 4) found))', '(3 2 1 0)'],
  ["(case (* 2 3) ((2 3 5 7) 'prime) ((1 4 6 8 9) 'composite))", 'composite'],
  ["(case 'x ((a) 1) (else => (lambda (k) (list k 'other))))", '(x other)'],
  ["(cond ((assv 'b '((a 1) (b 2))) => cadr) (else #f))", '2'],
  ['`(1 ,@(map (lambda (x) (* x x)) (list 2 3)) ,(+ 1 1) . end)', '(1 4 9 2 . end)'],
  ['`(a `(b ,(c ,(+ 1 2))))', '(a `(b ,(c 3)))'],
  ['`#(1 ,@(list 2 3))', '#(1 2 3)'],
  ['(define-values (q . r) (values 1 2 3)) (list q r)', '(1 (2 3))'],
  [
    '(define-record-type point (make-point x y) point? (x point-x set-point-x!) (y point-y)) (define p (make-point 1 2)) (set-point-x! p 5) (list (point-x p) (point-y p) (point? p) (point? 1))',
    '(5 2 #t #f)',
  ],
  ["(call/cc (lambda (k) (for-each (lambda (x) (if (negative? x) (k x))) '(54 0 37 -3 245)) #t))", '-3'],
  [
    "(let ((path '()) (c #f)) (let ((add (lambda (s) (set! path (cons s path))))) (dynamic-wind (lambda () (add 'connect)) (lambda () (add (call/cc (lambda (k) (set! c k) 'talk1)))) (lambda () (add 'disconnect))) (if (< (length path) 4) (c 'talk2) (reverse path))))",
    '(connect talk1 disconnect connect talk2 disconnect)',
  ],
  [
    '(define k #f) (define n 0) (define (f) (let ((a (call/cc (lambda (c) (set! k c) 1))) (b (begin (set! n (+ n 1)) n))) (list a b))) (define r (f)) (if (< n 3) (k (+ n 10)) r)',
    '(12 3)',
  ],
  ["(guard (e ((symbol? e) (list 'sym e)) ((string? e) 'str)) (raise 'boom))", '(sym boom)'],
  ['(guard (e ((string? e) \'inner)) (guard (e ((number? e) \'num)) (raise "s")))', 'inner'],
  ['(with-exception-handler (lambda (e) 42) (lambda () (+ (raise-continuable 1) 1)))', '43'],
  [
    '(guard (e (#t (list (error-object-message e) (error-object-irritants e)))) (error "bad thing" 1 \'two))',
    '("bad thing" (1 two))',
  ],
  [
    "(let ((log '())) (guard (e (#t (reverse (cons 'caught log)))) (dynamic-wind (lambda () (set! log (cons 'in log))) (lambda () (raise 'x)) (lambda () (set! log (cons 'out log))))))",
    '(in out caught)',
  ],
  [
    '(define p (make-parameter 10 (lambda (x) (* x 2)))) (list (p) (parameterize ((p 3)) (p)) (p))',
    '(20 6 20)',
  ],
  ['(define s (delay (begin (display "once ") 5))) (+ (force s) (force s))', 'once 10'],
  ['(define (loop n) (if (= n 0) (delay 7) (delay-force (loop (- n 1))))) (force (loop 5000))', '7'],
  [
    '(define f (case-lambda ((a) (list 1 a)) ((a b) (list 2 a b)) ((a . rest) (list 3 a rest)))) (list (f 1) (f 1 2) (f 1 2 3))',
    '((1 1) (2 1 2) (3 1 (2 3)))',
  ],
  [
    '(define-syntax swap! (syntax-rules () ((_ a b) (let ((tmp a)) (set! a b) (set! b tmp))))) (let ((tmp 1) (other 2)) (swap! tmp other) (list tmp other))',
    '(2 1)',
  ],
  [
    '(define-syntax my-or (syntax-rules () ((_) #f) ((_ e) e) ((_ e r ...) (let ((t e)) (if t t (my-or r ...)))))) (let ((t 5) (if list)) (my-or #f t))',
    '5',
  ],
  [
    '(define-syntax lets (syntax-rules () ((_ ((n v) ...) b ...) ((lambda (n ...) b ...) v ...)))) (lets ((a 1) (b 2)) (+ a b))',
    '3',
  ],
  [
    "(define-syntax rows (syntax-rules () ((_ (k v ...) ...) '((k (v ...)) ...)))) (rows (a 1 2) (b) (c 3))",
    '((a (1 2)) (b ()) (c (3)))',
  ],
  [
    '(define-syntax be-like-begin (syntax-rules () ((_ name) (define-syntax name (syntax-rules () ((_ e (... ...)) (begin e (... ...)))))))) (be-like-begin sequence) (sequence 1 2 3)',
    '3',
  ],
  ["(define-syntax last (syntax-rules () ((_ x ... y) 'y))) (last 1 2 3)", '3'],
  [
    '(define-syntax while (syntax-rules () ((_ c b ...) (let lp () (when c b ... (lp)))))) (define i 0) (while (< i 3) (display i) (set! i (+ i 1)))',
    '012',
  ],
  [
    "(define-syntax lit (syntax-rules (=>) ((_ a => b) (list a b)) ((_ a b c) 'no))) (list (lit 1 => 2) (let ((=> 0)) (lit 1 => 2)))",
    '((1 2) no)',
  ],
  ['(define (f) (define a 1) (define (g) (* a 2)) (g)) (f)', '2'],
  ['(let () (define-values (x y) (values 1 2)) (define-syntax k (syntax-rules () ((_) (+ x y)))) (k))', '3'],
  ['(/ 6 4)', '3/2'],
  ['(exact->inexact 1/3)', '0.3333333333333333'],
  ['(list (floor-quotient -7 2) (modulo -7 2) (remainder -7 2) (exact-integer-sqrt 17))', '(-4 1 -1 4\n1)'],
  ['(list (round 7/2) (round 2.5) (truncate -2.5) (exact (floor 2.7)))', '(4 2.0 -2.0 2)'],
  [
    '(list (expt 2 100) (expt 2 -2) (expt 4 1/2) (sqrt 16) (sqrt 1/4))',
    '(1267650600228229401496703205376 1/4 2.0 4 1/2)',
  ],
  [
    '(list (number->string 255 16) (string->number "#xff") (string->number "1e3") (string->number "abc"))',
    '("ff" 255 1000.0 #f)',
  ],
  ['(rationalize (exact .3) 1/10)', '1/3'],
  ['(string->symbol "hello world")', '|hello world|'],
  ['(list "a\\x41;\\n" #\\space #\\x41 #\\λ)', '("aA\\n" #\\space #\\A #\\λ)'],
  ['(string-map char-upcase "straße")', '"STRAßE"'],
  ['(let ((v (vector 1 2 3 4 5))) (vector-copy! v 1 v 0 3) v)', '#(1 1 2 3 5)'],
  ['(vector-map + #(1 2) #(10 20 30))', '#(11 22)'],
  ['(bytevector-append #u8(1 2) (bytevector 3))', '#u8(1 2 3)'],
  [
    '(let ((p (open-input-string "(a . b) 12"))) (list (read p) (read p) (eof-object? (read p))))',
    '((a . b) 12 #t)',
  ],
  ["(assoc 2.0 '((1 one) (2 two)) =)", '(2 two)'],
  ["(let ((x (list 1 2))) (set-cdr! (cdr x) x) (map + '(10 20 30) x))", '(11 22 31)'],
  ["(cond-expand ((and r7rs (not nothing)) 'yes) (else 'no))", 'yes'],
  ["(import (scheme base) (only (scheme write) display)) 'ok", 'ok'],
  ["(eval '(* 6 7) (environment '(scheme base)))", '42'],
  ['(define x 1) #;(this is (not there)) #| nor #| this |# |# x', '1'],
  ['(begin (display "a") (exit 3))', 'aexit 3'],
];

suite('lisp: evaluate', (test) => {
  for (const [program, shown] of CASES) {
    test(program.length > 90 ? `${program.slice(0, 87)}…` : program, async () => {
      assert.is(await run(program), shown);
    });
  }

  test('a million tail calls take no room, and every step takes fuel', async () => {
    assert.is(
      await run('(define (f n) (if (= n 0) (quote done) (f (- n 1)))) (f 1000000)', 10_000_000),
      'done',
    );
    assert.match(await run('(define (f) (f)) (f)'), /^stopped 1:18: out of fuel/);
  });

  test('recursion without end is the program’s own error, not ours', async () => {
    assert.match(await run('(define (f n) (+ 1 (f n))) (f 1)', 100_000_000), /nested too deep/);
  });

  test('what would fill the machine is refused', async () => {
    assert.match(await run('(make-vector 1000000000000 0)'), /out of range/);
    assert.match(await run('(expt 10 100000000)'), /too large/);
    assert.match(await run('(let loop ((s "x")) (loop (string-append s s)))'), /too long|out of fuel/);
    assert.match(await run('(let loop ((n 3)) (loop (* n n)))'), /too large/);
    assert.match(
      await run('(define-syntax m (syntax-rules () ((_ x ...) (m x ... x ...)))) (m 1)'),
      /too deep|too large|fits/,
    );
    assert.match(await run(`${'('.repeat(5000)}${')'.repeat(5000)}`), /error/);
  });

  test('a body that a macro makes larger and larger is refused soon', async () => {
    const many = '(quote here) '.repeat(200);
    const began = performance.now();
    for (const body of [`(m) ${many}`, `${many} (m)`, '(m) (m)'])
      assert.match(
        await run(
          `(define-syntax m (syntax-rules () ((m) (begin ${body})))) (define (f) (m)) (let () (m) (f))`,
        ),
        /too large|too deep/,
      );
    assert.ok(performance.now() - began < 20_000, 'it took seconds, not minutes');
  });

  test('errors say where and what', async () => {
    assert.is(await run('(define a 1)\n\n (car a)'), 'error 3:2: car: not a pair 1');
    assert.is(await run('(nowhere 1)'), 'error 1:1: nowhere is not defined');
    assert.is(await run('((lambda (x) x))'), 'error 1:1: lambda: 0 arguments given, wants 1');
    assert.is(await run("(raise 'oops)"), 'error 1:1: raised oops');
    assert.is(await run('(let ((x 1) (x 2)) x)'), 'error 1:1: two parameters are named x');
    assert.is(await run('(if)'), 'error 1:1: if: a malformed form (if)');
    assert.is(await run('(display "never" '), 'unread: unclosed');
  });

  test('a circular list is printed to a bound and compared to a bound', async () => {
    assert.match(await run("(define x (list 1)) (set-cdr! x x) (display x) 'end"), /…end$/);
    assert.match(
      await run('(define x (list 1)) (set-cdr! x x) (define y (list 1)) (set-cdr! y y) (equal? x y)'),
      /too large/,
    );
  });

  test('commands of bit are awaited, and their failures can be caught', async () => {
    const asked: string[] = [];
    const host = {
      write: () => undefined,
      bit: async (words: readonly string[]) => {
        asked.push(words.join(' '));
        return Name.of('main');
      },
    };
    const ended = await evaluate('(list (bit \'branch "show" 3) (bit \'(status --json)))', host, {
      fuel: 1000,
    });
    assert.is(ended.ended === 'value' && ended.shown, '(main main)');
    assert.equal(asked, ['branch show 3', 'status --json']);
    assert.is(await run("(guard (e (#t 'none)) (bit 'status))"), 'none');
  });
});
