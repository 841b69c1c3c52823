import * as assert from 'uvu/assert';
import { formatAln, parseAln, runAln } from '../../src/lang/aln/index.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';

function faults(text: string): string[] {
  return parseAln(text).diagnostics.list.map(({ code, start }) => `${code}@${start}`);
}

async function run(
  text: string,
  given: {
    readonly fail?: RegExp;
    readonly section?: string;
    readonly variables?: Record<string, string>;
  } = {},
): Promise<string> {
  const asked: string[] = [];
  const ended = await runAln(
    {
      text,
      variables: given.variables ?? {},
      ...(given.section === undefined ? {} : { section: given.section }),
    },
    {
      bit: async (words) => {
        asked.push(words.join('+'));
        return given.fail?.test(words.join(' ')) === true ? 1 : 0;
      },
    },
  );
  const end =
    ended.ended === 'unread'
      ? 'unread'
      : ended.ended === 'done'
        ? `done ${ended.commands}`
        : `${ended.line}: ${ended.message}`;
  return [...asked, end].join('\n');
}

const SCRIPT = `# nightly
SCRIPT: nightly
[VARS]
BRANCH: main
WHO: "team ${'${BRANCH}'}"
[RUN check]
bit.status
bit.branch.list --all 'a b' ${'${WHO}'} # why
IF ${'${BRANCH}'} == main AND NOT DEFINED SKIP
  bit.pull ${'${BRANCH}'} origin
ELSEIF ${'${BRANCH}'} MATCHES release-*
  bit.log
ELSE
  STOP "no branch for it"
END
[RUN after]
bit.motd
`;

suite('aln', (test) => {
  test('a script runs its sections in order, words are words whatever they hold', async () => {
    assert.is(await run(SCRIPT), 'status\nbranch+list+--all+a b+team main\npull+main+origin\nmotd\ndone 4');
    assert.is(await run(SCRIPT, { section: 'after' }), 'motd\ndone 1');
    assert.is(
      await run(SCRIPT, { variables: { BRANCH: 'release-1 x; y' } }),
      'status\nbranch+list+--all+a b+team main\nlog\nmotd\ndone 4'.replace('team main', 'team main'),
    );
    assert.is(
      await run(SCRIPT, { variables: { BRANCH: 'z' } }),
      'status\nbranch+list+--all+a b+team main\n14: no branch for it',
    );
  });

  test('a command that fails ends it, unless the next line asks', async () => {
    assert.is(await run('[RUN]\nbit.pull\nbit.log', { fail: /pull/ }), 'pull\n2: bit.pull failed with 1');
    assert.is(
      await run('[RUN]\nbit.pull\nIF FAILED\nbit.retry\nEND\nbit.log', { fail: /pull/ }),
      'pull\nretry\nlog\ndone 3',
    );
    assert.is(await run('[RUN]\nbit.pull\nIF SUCCEEDED OR 1 > 2\nbit.retry\nEND'), 'pull\nretry\ndone 2');
  });

  test('conditions', async () => {
    const holds = async (condition: string): Promise<boolean> =>
      (await run(`[VARS]\nA: 10\nB: abc\n[RUN]\nIF ${condition}\nbit.yes\nEND`)).startsWith('yes');
    for (const condition of [
      '${A} > 9',
      '${B} < abd',
      '${B} CONTAINS b',
      'abc IN "x, abc"',
      '${B} MATCHES a*c',
      'NOT NOT ${A} == 10',
      '1 == 2 OR 1 == 1 AND 2 == 2',
      'DEFINED A',
    ])
      assert.is(await holds(condition), true, condition);
    for (const condition of [
      '${A} > 90',
      '${B} != abc',
      '${B} MATCHES a*d',
      'DEFINED C',
      '1 == 1 AND NOT 2 == 2',
      '${C} == x',
    ])
      assert.is(await holds(condition), false, condition);
  });

  test('what is wrong is told with its place, and the next line is read', () => {
    assert.equal(faults('nothing\nKEY: v'), ['unknown-line@0']);
    assert.equal(faults('KEY v'), ['no-colon@0']);
    assert.equal(faults('Key: v'), ['bad-key@0']);
    assert.equal(faults('KEY:'), ['no-value@4']);
    assert.equal(faults('KEY: "\\q"'), ['bad-string@5']);
    assert.equal(faults('KEY: "a'), ['unclosed-string@5']);
    assert.equal(faults('[run]'), ['section-name@1']);
    assert.equal(faults('[RUN'), ['unclosed-section@0']);
    assert.equal(faults('IF a == b\nbit.x'), ['unclosed-if@0']);
    assert.equal(faults('END'), ['lone-end@0']);
    assert.equal(faults('ELSE'), ['lone-else@0']);
    assert.equal(faults('IF a\nEND'), ['bad-condition@3']);
    assert.equal(faults('bit.'), ['bad-command@0']);
    assert.equal(faults('A: \u0007'), ['control-character@3']);
    assert.equal(faults(`${'IF a == b\n'.repeat(70)}${'END\n'.repeat(70)}`), ['too-deep@640']);
  });

  const lines = fc.array(
    fc.constantFrom(
      '[RUN a]',
      '[VARS]',
      'KEY: v',
      'KEY :  "q # r"  # c',
      '  bit.status a',
      'IF a == b',
      'ELSE',
      'ELSEIF FAILED',
      'END',
      '# c',
      '',
      '',
      'STOP x',
      'junk',
      'A:',
      '"',
      '\u0000',
    ),
    { maxLength: 20 },
  );

  test('the layout changes no line, and the second time nothing', () => {
    const once = formatAln('A  :   1\n[RUN x]\nIF a == b\nbit.x\nELSE\n# no\nbit.y\nEND\n\n\n\nB: 2');
    assert.is(once, 'A: 1\n\n[RUN x]\nIF a == b\n  bit.x\nELSE\n  # no\n  bit.y\nEND\n\nB: 2\n');
    fc.assert(
      fc.property(lines, fc.constantFrom('\n', '\r\n', '\r'), (all, lineBreak) => {
        const text = all.join(lineBreak);
        const laid = formatAln(text);
        assert.is(formatAln(laid), laid);
        if (parseAln(text).diagnostics.errors > 0) assert.is(laid, text);
        else assert.is(words(laid), words(text));
      }),
      { numRuns: 2000 },
    );
  });
});

function words(text: string): string {
  return text
    .split(/[\r\n]+/)
    .map((line) => line.trim().replace(/^([A-Z]+)\s*:\s*/, '$1: '))
    .filter((line) => line !== '')
    .join('\n');
}
