import * as assert from 'uvu/assert';
import { formatBatch, kindName, lintBatch, parseBatch } from '../../src/lang/batch/index.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';
import { ARGUMENTS, asFile, BESIDE, PORTABLE, plain } from './batch-portable.ts';
import { runProgram as run } from './batch-run.ts';

/** The tree as a line. */
function shape(text: string): string {
  const { tree } = parseBatch(text);
  const parts: string[] = [];
  const open: number[] = [];
  for (let node = 0; node < tree.length; node++) {
    while ((open.at(-1) ?? Number.POSITIVE_INFINITY) <= node) {
      open.pop();
      parts.push(')');
    }
    const leaf = tree.after(node) === node + 1;
    parts.push(
      `${kindName(tree.kind(node))}${leaf ? `:${text.slice(tree.start(node), tree.end(node))}` : '('}`,
    );
    if (!leaf) open.push(tree.after(node));
  }
  return [...parts, ...open.map(() => ')')].join(' ');
}

function faults(text: string, severity: 'error' | 'warning' = 'error'): string[] {
  const { tree, diagnostics } = parseBatch(text);
  lintBatch(text, tree, diagnostics);
  return diagnostics.list
    .filter((one) => one.severity === severity)
    .map(({ code, start }) => `${code}@${start}`);
}

/** Programs, what they print and how they end: cmd's documented behaviour. */
const CASES: readonly (readonly [program: string, printed: string])[] = [
  ['@echo off\nset A=1\nset /a "B=A*2+(3<<2), C=0x10-010"\necho %A% %B% %C% %D% %%x', '1 14 8  %x\nexit 0'],
  ['set /a x=7/2, y=-7%%2, z=~0, w=!5\necho %x% %y% %z% %w%', '3 -1 -1 0\nexit 0'],
  ['set /a x=2147483647+1\necho %x%', '-2147483648\nexit 0'],
  ['set /a x=1/0\necho %errorlevel%', 'set /a: division by zero\n1073750993\nexit 1073750993'],
  ['if "a"=="a" (echo yes) else echo no', 'yes\nexit 0'],
  ['if /i "A" EQU "a" echo same\nif not A==a echo other', 'same\nother\nexit 0'],
  ['if 10 gtr 9 echo numbers\nif "10" lss "9" echo strings', 'numbers\nstrings\nexit 0'],
  ['if defined NOPE (echo a) else (\n  echo b\n  echo c\n)', 'b\nc\nexit 0'],
  ['for %%i in (a "b c" d) do echo [%%i] [%%~i]', '[a] [a]\n["b c"] [b c]\n[d] [d]\nexit 0'],
  ['for /l %%i in (10,-4,0) do echo %%i', '10\n6\n2\nexit 0'],
  ['for /f "tokens=1,3* delims=," %%a in ("p,q,r,s,t") do echo %%a-%%b-%%c', 'p-r-s,t\nexit 0'],
  ['for /f "skip=1 eol=#" %%l in (in.txt) do echo %%l', 'two\nfour\nexit 0'],
  [
    'for /f "delims=" %%l in (\'type in.txt ^| find "o"\') do echo [%%l]',
    '[one]\n[two words]\n[four]\nexit 0',
  ],
  ['for %%f in (*.txt) do echo %%~nf%%~xf', 'in.txt\nexit 0'],
  [
    'setlocal enabledelayedexpansion\nset n=0\n:loop\nset /a n+=1\nif !n! lss 3 (echo !n!& goto loop)\necho done',
    '1\n2\ndone\nexit 0',
  ],
  ['set x=before\nif 1==1 (\n  set x=after\n  echo %x%\n)\necho %x%', 'before\nafter\nexit 0'],
  [
    'call :sub "a b" c\necho back %errorlevel%\nexit /b 3\n:sub\necho %0 %~1 %2 %*\nexit /b 7',
    ':sub a b c "a b" c\nback 7\nexit 3',
  ],
  [
    'call :f 3\necho %r%\ngoto :eof\n:f\nsetlocal\nset n=%1\nif %n% leq 1 endlocal & set r=1& exit /b\nset /a m=n-1\ncall :f %m%\nendlocal & set /a r=%r%*%n%\nexit /b',
    '6\nexit 0',
  ],
  [
    'set s=Hello World\necho %s:World=There%\necho %s:~0,5%\necho %s:~-3%\necho %s:*lo =%',
    'Hello There\nHello\nrld\nWorld\nexit 0',
  ],
  ['echo a ^& b ^| c "^&" ^^', 'a & b | c "^&" ^\nexit 0'],
  ['echo one ^\n two', 'one  two\nexit 0'],
  ['false && echo a || echo b & echo c', "'false' is no command or program here.\nb \nc\nexit 9009"],
  [
    'bit status "a b" | bit fail\nif errorlevel 3 echo three',
    'bit got fail bit got status+"a b"\nthree\nexit 3',
  ],
  [
    'echo x> o.txt\necho y>>o.txt\ntype o.txt\nif exist o.txt echo there\ndel o.txt\nif not exist o.txt echo gone',
    'x\ny\nthere\ngone\nexit 0',
  ],
  ['echo hidden>nul 2>&1\ntype nothing 2>nul\necho %errorlevel%', '1\nexit 1'],
  ['echo.\necho(\necho:x\necho', '\n\nx\nECHO is on.\nexit 0'],
  ['shift\necho %1', 'second\nexit 0'],
  ['echo %~nx1 %~p1', 'one.txt dir/\nexit 0'],
  ['(echo a & echo b) > o.txt\ntype o.txt', 'a \nb\nexit 0'],
  ['rem nothing ^\nhere\n:: nor here\necho end', 'end\nexit 0'],
  ['exit 5\necho never', 'exit 5'],
  ['reg query x', 'stopped 1: reg is only to be had on Windows'],
  ['echo a\ngoto nowhere', 'a\nstopped 2: there is no label nowhere'],
  [
    'call :Nowhere a b\necho went on with %errorlevel%\ncall :nowhere 2>nul || echo failed\ncall :sub\necho %errorlevel%\nexit /b 0\n:sub\nset l=none\ncall :%l%\nexit /b',
    'The system cannot find the batch label specified - Nowhere\nwent on with 1\nfailed\nThe system cannot find the batch label specified - none\n1\nexit 0',
  ],
  [':a\ngoto a', 'stopped 2: out of fuel'],
  [':a\ncall :a', 'stopped 2: calls are nested too deep'],
  ['if', 'unread bad-condition missing-command'],
];

suite('batch', (test) => {
  for (const [program, printed] of CASES) {
    test(program.replaceAll('\n', ' ⏎ ').slice(0, 100), async () => {
      const files = { 'in.txt': 'one\ntwo words\n# three\nfour\n' };
      const wanted = printed.replace('two\nfour', 'two\nfour');
      assert.is(await run(program.replaceAll('\n', '\r\n'), ['dir/one.txt', 'second'], files), wanted);
    });
  }

  test(`${PORTABLE.length} programs print and end as Wine’s cmd has them`, async () => {
    for (const [program, printed] of PORTABLE)
      assert.is(plain(await run(asFile(program), ARGUMENTS, { ...BESIDE, 'x.bat': '' })), printed, program);
  });

  test('what wine’s cmd does otherwise is as cmd’s documents have it', async () => {
    const said = async (program: string): Promise<string> => plain(await run(asFile(program), ['a']));
    assert.is(
      await said('setlocal enabledelayedexpansion\nset s=abc\nset i=1\necho !s:~%i%,1!'),
      'b\nexit 0',
    );
    assert.is(
      await said('setlocal enabledelayedexpansion\nset "s=a,b"\nfor %%i in (!s!) do echo %%i'),
      'a\nb\nexit 0',
    );
    assert.is(await said('echo(\necho,y'), '\ny\nexit 0');
  });

  test('the tree of a line', () => {
    assert.is(
      shape('@if exist a (b>c) else d&&e|f "x&y"'),
      'chain( if( condition:exist a group( chain( command( word:b redirection:>c ) ) ) else( chain( command( word:d ) operator:&& command( word:e ) operator:| command( word:f word:"x&y" ) ) ) ) )',
    );
  });

  test('what is wrong is told with its place, and the next line is read', () => {
    assert.equal(faults('if exist a (\necho'), ['unclosed@11']);
    assert.equal(faults(')\necho ok'), ['unmatched-close@0']);
    assert.equal(faults('a &&\nb'), ['missing-command@2']);
    assert.equal(faults('a | | b'), ['unexpected@4']);
    assert.equal(faults('echo x >'), ['bad-redirection@7']);
    assert.equal(faults('for %%i in (a) echo'), ['bad-for@0']);
    assert.equal(faults('for %%i (a) do echo'), ['bad-for@0']);
    assert.equal(faults('if a echo'), ['bad-condition@3', 'missing-command@0'].slice(0, 1));
    assert.equal(faults('goto nowhere'), ['no-label@5']);
    assert.equal(faults('call :nowhere'), []);
  });

  test('what cmd expands first is no quote and no operator', () => {
    assert.equal(faults('set x=%y:"=% & echo %z:&=%'), []);
    assert.equal(faults('echo 100% & echo b'), []);
  });

  test('traps are warned of', () => {
    assert.equal(faults('set a =1', 'warning'), ['space-before-equals@0']);
    assert.equal(faults('call :nowhere x & call :eof & call :%l%', 'warning'), ['no-label@5']);
    assert.equal(faults('call :there\n:There', 'warning'), []);
    assert.equal(faults('if %x%==1 echo', 'warning'), ['unquoted@3']);
    assert.equal(faults('if 1==1 (\nset x=1\necho %x%\n)', 'warning'), ['expanded-early@18']);
    assert.equal(faults('exit /b\necho', 'warning'), ['unreachable@8']);
    assert.equal(faults('powershell -c x', 'warning'), ['windows-only@0']);
    assert.equal(faults(':a\n:a', 'warning'), ['duplicate-label@3']);
  });

  const pieces = fc.array(
    fc.constantFrom(
      'if ',
      'else ',
      'for ',
      '%%i in ',
      'do ',
      '(',
      ')',
      '&',
      '&&',
      '||',
      '|',
      '>',
      '2>&1',
      '<',
      '^',
      '"',
      '%',
      '%a%',
      '!',
      'echo ',
      'set a=',
      ':l',
      'rem ',
      '==',
      ' ',
      '\n',
      '\r\n',
      'x',
      '1',
    ),
    { maxLength: 50 },
  );

  test('no text is too much for it: every node lies in the text, in order', () => {
    fc.assert(
      fc.property(pieces, (parts) => {
        const text = parts.join('');
        const { tree } = parseBatch(text);
        let last = 0;
        for (let node = 0; node < tree.length; node++) {
          if (tree.start(node) < last || tree.end(node) < tree.start(node) || tree.end(node) > text.length)
            return false;
          last = tree.start(node);
        }
        return true;
      }),
      { numRuns: 4000 },
    );
  });

  test('no program is too much for it: each ends in one of the three ways', async () => {
    await fc.assert(
      fc.asyncProperty(pieces, async (parts) => {
        assert.match(await run(parts.join('')), /(?:exit -?\d+|stopped \d+: [\s\S]*|unread [\s\S]*)$/);
      }),
      { numRuns: 800 },
    );
  });

  test('the layout changes nothing but what begins a line, and the second time nothing', () => {
    const given =
      '@echo off\r\n   if a==b (\r\necho x \r\n  if c==d (\r\n   echo y\r\n)\r\n) else (\r\necho z\r\n)\r\n\r\n\r\n  :end\r\n';
    const once = formatBatch(given);
    assert.is(
      once,
      '@echo off\r\nif a==b (\r\n  echo x \r\n  if c==d (\r\n    echo y\r\n  )\r\n) else (\r\n  echo z\r\n)\r\n\r\n:end\r\n',
    );
    assert.is(formatBatch(once), once);
    // a byte order mark within is not one at the beginning
    assert.is(formatBatch('\n\ufeff%\n'), '\n\ufeff%\n');
    fc.assert(
      fc.property(pieces, (parts) => {
        const text = parts.join('');
        const laid = formatBatch(text);
        const plain = (one: string): string =>
          one
            .replace(/^[ \t]+/gm, '')
            .replace(/[\r\n]+/g, '\n')
            .trim();
        if (!/\^\s*$/m.test(text) && parseBatch(text).diagnostics.errors === 0)
          assert.is(plain(laid), plain(text));
        assert.is(formatBatch(laid), laid);
      }),
      { numRuns: 1500 },
    );
  });
});
