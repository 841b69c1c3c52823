/** The languages of src/lang: parsed, laid out and run. `BIT_FUZZ_SEEDS` names a folder of files to start from. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ALN, BATCH, brokenLaw, LISP } from './language-laws.ts';
import { mutateText, several } from './mutate.ts';
import { LONGEST, type Target } from './target.ts';

const SEEDS: Readonly<Record<string, readonly string[]>> = {
  aln: [
    '# a\nA: 1\n[VARS]\nB: "x ${A} \\u00e9"\n[RUN one]\nbit.status --json \'a b\' "${B}" # c\nIF FAILED AND ${A} >= 1\n  bit.log\nELSEIF NOT DEFINED C OR ${A} IN "1, 2"\n STOP "why"\nELSE\nB: 2\nEND\n',
  ],
  batch: [
    '@echo off\r\nsetlocal enabledelayedexpansion\r\nset /a n=(1+2)*3, m="n<<2"\r\nfor /f "tokens=1,2* delims=," %%a in ("x,y,z w") do (\r\n  echo %%~na !n! ^& "%%b"> nul 2>&1\r\n) \r\nif /i not "%~1"=="" (call :sub %n:~0,2% "b c") else goto end\r\n:loop\r\nset /a n-=1\r\nif !n! gtr 0 goto loop\r\necho a|find "a" && echo yes || echo no\r\nexit /b %errorlevel%\r\n:sub\r\nshift & echo %0 %*\r\ngoto :eof\r\nvar x = "(";\r\n:end\r\n',
  ],
  lisp: [
    ';; a\n(define-syntax swap! (syntax-rules () ((_ a b) (let ((t a)) (set! a b) (set! b t)))))\n(let loop ((i 0) (l \'()))\n  (if (< i 5) (loop (+ i 1) `(,i ,@l . #(1 2.5 #\\a)))\n    (begin (write l) (call/cc (lambda (k) (dynamic-wind list (lambda () (k #t)) list))))))\n#| b #| c |# |# (guard (e (#t (display "x\\x41;\\n"))) (raise \'a)) #;(no) |a b|\n',
    '(defun f (x &key (y #\'car)) #+sbcl (list #x1F 1/2 1.5d0 #\\Space :a) #-sbcl #c(1 2)\n  `(,x ,@y . ,(g #p"a" #2a((1 2) (3 4)) #*0101 pkg::sym sb-int::(a b))))\n(loop for i below 3 collect \'#1=(a . #1#))\n',
  ],
};

const WORDS: Readonly<Record<string, readonly string[]>> = {
  aln: ['IF ', 'END\n', 'ELSE\n', '\n[RUN x]\n', '\nbit.a ', ' AND ', ' == ', '${A}', 'STOP', 'K: ', ' # '],
  batch: [
    ...[
      '(',
      ')',
      '^',
      '%',
      '!',
      '"',
      '&',
      '&&',
      '||',
      '|',
      '>',
      '2>&1',
      '<',
      '\r\n',
      ':l',
      'goto l',
      'call :l',
    ],
    ...[
      'if ',
      ' else ',
      'for %%i in (',
      ') do ',
      '%%i',
      '%~1',
      'exit /b\n',
      'set a=',
      'rem ',
      '::',
      '==',
      ' ^\n',
    ],
  ],
  lisp: [
    ...[
      '(',
      ')',
      "'",
      '`',
      ',',
      ',@',
      ' . ',
      '#(',
      '#\\',
      '"',
      '|',
      '#|',
      '|#',
      ';',
      '#;',
      '\n',
      '[',
      ']',
      '#+a ',
    ],
    ...[
      '#-a ',
      '#1=',
      '#/',
      '#[',
      'a::',
      '(lambda (x) ',
      '(define ',
      '(let ((a 1)) ',
      '(call/cc ',
      '...',
      '(quote ',
    ],
  ],
};

const ENDINGS: Readonly<Record<string, RegExp>> = {
  aln: /\.aln$/i,
  batch: /\.(?:bat|cmd)$/i,
  lisp: /\.(?:lisp|lsp|cl|asd|scm|ss|sld|sps|sls)$/i,
};

/** Files of the folder that was named, at most two thousand of them. */
function ownSeeds(name: string): string[] {
  const folder = process.env['BIT_FUZZ_SEEDS'];
  if (folder === undefined) return [];
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const fitting = found.filter(
    (file) => ENDINGS[name]?.test(file) === true && statSync(join(folder, file)).isFile(),
  );
  const every = Math.ceil(fitting.length / 2000);
  return fitting
    .filter((_, at) => at % every === 0)
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .filter((text) => text.length <= LONGEST);
}

function target(name: string, examine: Target['examine']): Target {
  const words = WORDS[name] ?? [];
  return {
    name: name === 'aln' ? 'aln-script' : name,
    corpus: `test/lang/corpus/${name}`,
    ending: { aln: 'aln', batch: 'bat', lisp: 'scm' }[name] ?? 'txt',
    encoding: 'utf8',
    most: 4000,
    seeds: () => [...(SEEDS[name] ?? []), ...ownSeeds(name)],
    mutate: (pool, dice) =>
      several(pool[dice.below(pool.length)] ?? '', 6, dice, (text) => {
        if (dice.below(2) > 0) return mutateText(text, pool, dice);
        const at = dice.below(text.length + 1);
        const word = words[dice.below(words.length)] ?? '';
        return text.slice(0, at) + word.repeat(dice.below(12) === 0 ? 400 : 1) + text.slice(at);
      }),
    examine,
  };
}

export const languages: readonly Target[] = [
  target('aln', (text, tally) => brokenLaw(ALN, text, tally)),
  target('batch', (text, tally) => brokenLaw(BATCH, text, tally)),
  target('lisp', async (text, tally) => {
    // Names are held weakly, and let go of between turns of the loop only.
    await new Promise((resolve) => setImmediate(resolve));
    return (await brokenLaw(LISP.scheme, text, tally)) ?? (await brokenLaw(LISP['common-lisp'], text, tally));
  }),
];
