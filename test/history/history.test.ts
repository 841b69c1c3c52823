import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type Twins, withTwins } from '../repository/twins.ts';
import { suite } from '../suite.ts';

async function answer<Out>(place: Twins, ...words: string[]): Promise<Out> {
  return JSON.parse((await place.ok(...words, '--json')).stdout) as Out;
}

interface Listing {
  readonly entries: readonly { readonly op: string; readonly event: string; readonly phase: string }[];
}

/** Three commits through `bit`; their operations, oldest first. */
async function threeCommits(place: Twins): Promise<string[]> {
  for (const n of ['two', 'three', 'four']) {
    place.write('a.txt', `${n}\n`);
    await place.ok('commit', 'a.txt', '-m', n);
  }
  const { entries } = await answer<Listing>(
    place,
    'history',
    'query',
    '--event',
    'COMMIT',
    '--phase',
    'intent',
  );
  return entries.map(({ op }) => op).reverse();
}

suite('history', (test) => {
  test('is queried by filters and by expressions, newest first', () =>
    withTwins(async (place) => {
      const ops = await threeCommits(place);
      const all = await answer<Listing>(place, 'history', 'query');
      assert.is(all.entries.length, 6);
      assert.is(all.entries[0]?.op, ops[2]);
      const two = await answer<Listing>(
        place,
        'history',
        'query',
        '.payload.summary | test("main")?',
        '-n',
        '2',
      );
      assert.is(two.entries.length, 2);
      const none = await place.ok('history', 'query', '--until', '2001-01-01T00:00:00Z');
      assert.match(none.stdout, 'no entry matches');
      assert.match((await place.ok('history')).stdout, /COMMIT\s+outcome\s+done/);
      assert.match((await place.refused(2, 'history', 'query', '.event ==')).stderr, 'jq');
      await place.refused(2, 'history', 'query', '--phase', 'later');
      await place.refused(2, 'history', 'query', '--since', 'not a time');
      await place.refused(2, 'history', 'query', 'halt');
    }));

  test('takes notes, which why and the history tell', () =>
    withTwins(async (place) => {
      const [, second = ''] = await threeCommits(place);
      await place.ok('history', 'annotate', second.slice(0, 20), 'released as 1.4.2 \u001b[31m');
      const why = await place.ok('why', 'HEAD~1');
      assert.match(why.stdout, 'released as 1.4.2 \\x1b[31m');
      assert.match((await place.ok('history')).stdout, 'released as 1.4.2');
      const { entries } = await answer<Listing>(place, 'history', 'query', '--event', 'COMMIT');
      assert.is(entries.length, 6);
      await place.ok('ledger', 'verify');
      await place.refused(2, 'history', 'annotate', second, '  ');
      await place.refused(2, 'history', 'annotate', second, 'x'.repeat(4001));
      await place.refused(4, 'history', 'annotate', 'zzzzzzzz', 'x');
      await place.refused(4, 'history', 'annotate', '--', '-x\u001b[31m', 'x');
    }));

  test('goes back to an operation, all or nothing, and forward again', () =>
    withTwins(async (place) => {
      const [first = ''] = await threeCommits(place);
      place.write('loose.txt', 'loose\n');
      await place.ok('history', 'revert', first, '--yes');
      assert.is(place.git('log', '-1', '--format=%s'), 'two');
      await place.ok('redo', '--yes');
      assert.is(place.git('log', '-1', '--format=%s'), 'four');
      place.git('commit', '-q', '--allow-empty', '-m', 'by plain git');
      assert.match((await place.refused(1, 'history', 'revert', first, '--yes')).stderr, 'refs/heads/main');
      await place.refused(4, 'history', 'revert', 'nothing');
    }));
});

suite('why', (test) => {
  test('tells where a commit, a line, an operation and an entry come from', () =>
    withTwins(async (place) => {
      const ops = await threeCommits(place);
      const [, , last = ''] = ops;
      for (const asked of ['main', 'HEAD', 'a.txt:1', place.git('rev-parse', 'HEAD'), last]) {
        const why = await answer<{ operation: { op: string; entry: string } }>(place, 'why', asked);
        assert.is(why.operation.op, last, asked);
        const again = await answer<typeof why>(place, 'why', why.operation.entry.slice(0, 12));
        assert.is(again.operation.op, last);
      }
      mkdirSync(join(place.dir, 'deep'));
      const below = await place.bitIn(join(place.dir, 'deep'), 'why', '../a.txt:1');
      assert.is(below.code, 0, below.stderr);
      assert.match(below.stdout, last);
    }));

  test('says when there was no operation, and names the run it came from', () =>
    withTwins(async (place) => {
      assert.match((await place.ok('why', 'main')).stdout, 'made without bit');
      place.write('x.bit', 'bit.commit --stage . -m scripted\n');
      await place.ok('run', 'x.bit');
      assert.match((await place.ok('why', 'main')).stdout, /inside\s+\w+ run x.bit/);
      assert.match((await place.refused(4, 'why', 'a.txt:99')).stderr, 'no line 99');
      await place.refused(4, 'why', 'nowhere.txt:1');
      const { stderr } = await place.bit('why', 'x\u001b[31m');
      assert.not.match(stderr, '\u001b');
      await place.refused(2, 'why', '--', '--all');
    }));
});
