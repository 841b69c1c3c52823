import * as assert from 'uvu/assert';
import { BitError } from '../../src/kernel/errors.ts';
import { type Facts, judge, parseCondition } from '../../src/orchestration/condition.ts';
import { parseDirectiveEffect, switchedBy } from '../../src/orchestration/directive.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';

const FACTS: Facts = {
  event: 'push',
  branch: 'main',
  tag: null,
  ref: 'refs/heads/main',
  sha: 'a'.repeat(40),
  actor: 'Ada',
  label: ['repair-me', 'big'],
  labels: ['repair-me', 'big'],
  isFork: false,
  'files.changed': ['src/a.ts', 'game/assets/lamp.png'],
  flow: 'main-ci',
  profile: null,
};

const holds = (text: string, facts: Partial<Facts> = {}): boolean =>
  judge(parseCondition(text), { ...FACTS, ...facts }).holds;

function refused(text: string): BitError {
  try {
    parseCondition(text);
  } catch (error) {
    if (error instanceof BitError) return error;
    throw error;
  }
  throw new Error(`${text} was taken`);
}

suite('a condition', (test) => {
  test('has the truth its comparisons have', () => {
    const table: readonly [text: string, truth: boolean][] = [
      ["event == 'push'", true],
      ["event != 'push'", false],
      ["'push' == event", true],
      ["event == 'push' && isFork", false],
      ["event == 'pull_request' && isFork", false],
      ["event == 'push' || isFork", true],
      ['!isFork', true],
      ['!!isFork', false],
      ["!(event == 'push' && branch == 'main')", false],
      ["isFork || event == 'push' && branch == 'dev'", false],
      ["(isFork || event == 'push') && branch == 'main'", true],
      ["label == 'repair-me'", true],
      ["label == 'other'", false],
      ["label != 'other'", true],
      ["label != 'big'", false],
      ["files.changed matches '**/assets/**'", true],
      ["files.changed matches 'assets/**'", false],
      ["files.changed matches '**'", true],
      ["files.changed matches 'src/?.ts'", true],
      ["branch matches 'ma*'", true],
      ["ref contains 'heads'", true],
      ['tag', false],
      ['tag == null', true],
      ["tag matches '**'", false],
      ['label', true],
      ['true', true],
      ['false', false],
      ["'it''s' == 'it''s'", true],
      ['1 < 2', true],
      ['2 <= 2 && 3 > 2 && 3 >= 4', false],
      ['event == 1', false],
      ["profile == null || profile == 'gpu'", true],
    ];
    for (const [text, truth] of table) assert.is(holds(text), truth, text);
  });

  test('never holds of what is not known', () => {
    for (const operator of ['matches', 'contains', '==', '<', '>'])
      assert.not.ok(holds(`files.changed ${operator} 'a'`, { 'files.changed': null }), operator);
    assert.not.ok(holds("label == 'a'", { label: [] }));
  });

  test('says what decided, with what stood there', () => {
    const because = (text: string): string => judge(parseCondition(text), FACTS).because;
    assert.is(because("event == 'push' && branch == 'dev'"), "branch == 'dev' (branch is main)");
    assert.is(
      because("files.changed matches 'x/**'"),
      "files.changed matches 'x/**' (files.changed is src/a.ts, game/assets/lamp.png)",
    );
    assert.match(because('tag'), 'tag is not known');
  });

  test('is refused at a character, with the nearest name', () => {
    const at = (text: string): unknown => refused(text).details['offset'];
    assert.is(at("evnt == 'push'"), 0);
    assert.match(refused("evnt == 'push'").hint ?? '', 'event');
    assert.is(at("event == 'push"), 9);
    assert.is(at("event = 'push'"), 6);
    assert.is(at("event == 'push' branch"), 16);
    assert.is(at("(event == 'push'"), 16);
    assert.is(at("event == && 'x'"), 9);
    assert.is(at("'push'"), 6);
    assert.is(at(''), 0);
    assert.match(refused('event == constructor').message, 'there is no constructor');
  });

  test('is bounded', () => {
    assert.match(refused('('.repeat(500)).message, 'nested deeper');
    assert.match(refused('!'.repeat(500)).message, 'nested deeper');
    assert.match(refused('x'.repeat(3000)).message, 'longer than');
    assert.match(refused(Array(250).fill('isFork').join('||')).message, 'more than');
    assert.match(refused(`files.changed matches '${'*a'.repeat(200)}b'`).message, 'more than 16');
    const started = performance.now();
    const changed = Array(20).fill('a'.repeat(200)) as string[];
    holds(`files.changed matches '${'*a'.repeat(15)}b'`, { 'files.changed': changed });
    assert.ok(performance.now() - started < 5000);
  });

  test('is judged or refused whatever it is made of', () => {
    const piece = fc.constantFrom(
      'event',
      'isFork',
      "'a'",
      '==',
      '!=',
      '&&',
      '||',
      '!',
      '(',
      ')',
      'matches',
      '1',
      'null',
      ' ',
      '.',
      "'",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 60 }),
          fc.array(piece, { maxLength: 20 }).map((all) => all.join(' ')),
        ),
        (text) => {
          try {
            assert.type(holds(text), 'boolean');
          } catch (error) {
            assert.instance(error, BitError);
            const offset = Number((error as BitError).details['offset']);
            assert.ok(offset >= 0 && offset <= text.length);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('means the same written with all its parentheses', () => {
    const leaf = fc.constantFrom("event == 'push'", 'isFork', "branch == 'x'", 'true', 'false');
    type Tree = { text: string; full: string };
    const { tree } = fc.letrec<{ tree: Tree; node: Tree }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        leaf.map((text) => ({ text, full: `(${text})` })),
        tie('node'),
      ),
      node: fc
        .tuple(tie('tree'), fc.constantFrom('&&', '||'), tie('tree'))
        .map(([a, operator, b]) =>
          operator === '&&'
            ? { text: `(${a.text}) && (${b.text})`, full: `(${a.full} && ${b.full})` }
            : { text: `${a.text} || ${b.text}`, full: `(${a.full} || ${b.full})` },
        ),
    }));
    fc.assert(fc.property(tree, ({ text, full }) => holds(text) === holds(full)));
  });
});

suite('the effect of a directive', (test) => {
  test('switches workflows, actions and flows by a pattern, and bots by name', () => {
    assert.equal(parseDirectiveEffect("orchestration.disable(workflow='.tests-*')"), {
      kind: 'switch',
      on: false,
      of: 'workflow',
      pattern: '.tests-*',
    });
    assert.equal(parseDirectiveEffect('bots.repair.enable=true'), { kind: 'bot', bot: 'repair', on: true });
  });

  test('never takes a gate away, and nothing else is run', () => {
    for (const text of [
      "orchestration.disable(gate='policy')",
      "orchestration.run(workflow='x')",
      'process.exit(1)',
      'bots.repair.enable=maybe',
      "orchestration.disable(workflow='a', flow='b')",
      "orchestration.disable(workflow='a'); x",
    ])
      assert.throws(
        () => parseDirectiveEffect(text),
        (error: unknown) => error instanceof BitError,
        text,
      );
  });

  test('is decided by the last that speaks of a name', () => {
    const all = [
      "orchestration.disable(workflow='.tests-*')",
      "orchestration.enable(workflow='.tests-aln')",
    ].map((text) => ({ effect: parseDirectiveEffect(text) }));
    const on = (name: string): unknown => {
      const effect = switchedBy(all, 'workflow', name)?.effect;
      return effect?.kind === 'switch' ? effect.on : undefined;
    };
    assert.equal([on('.tests-aln'), on('.tests-lisp'), on('lint')], [true, false, undefined]);
  });
});
