import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { ulid } from '../../src/kernel/ids.ts';
import type { JsonObject } from '../../src/kernel/json.ts';
import { perform } from '../../src/operation/index.ts';
import { type Bench, bench, gitEffect, REQUEST } from '../operation/fixture.ts';
import { suite } from '../suite.ts';

/** An intent without an outcome, its marker changed by `owner`. */
async function openIntent(b: Bench, owner: JsonObject, host = hostname()): Promise<string> {
  // the repository has a chain, and its refs were seen
  await perform(b.context.world, REQUEST, gitEffect([['tag', 'seen']]));
  const op = ulid(Date.now());
  const payload = {
    action: 'test.git',
    summary: 'a long push',
    process: { pid: 1, host },
    before: { refs: {} },
  };
  const draft = { event: 'TEST', phase: 'intent', op, parent: null, as: null, payload } as const;
  await b.context.world.ledger.append([draft]);
  const path = join(b.context.reader.stateDirectory, 'ledger', 'open', op);
  const marker = JSON.parse(readFileSync(path, 'utf8')) as JsonObject;
  writeFileSync(path, JSON.stringify({ ...marker, ...owner }));
  return op;
}

const open = (b: Bench): string[] => b.context.reader.ledger.openIntents().map(({ op }) => op);

suite('operations left open', (test) => {
  for (const [what, owner, host] of [
    ['another machine began', { host: 'elsewhere.example' }, 'elsewhere.example'],
    ['another container began', { space: 'pid:[1]' }, hostname()],
    ['another machine began and whose marker was lost', { pid: 0, started: '' }, 'elsewhere.example'],
  ] as const) {
    test(`that ${what} are settled only on a person's word`, async () => {
      const b = await bench();
      const op = await openIntent(b, owner, host);
      if (!what.includes('lost')) assert.not.match((await b.world.bit('status')).stderr, /did not finish/);
      const plan = await b.world.bit('repair', '--dry-run');
      assert.match(plan.stdout, /bit repair --elsewhere/);
      const left = await b.world.bit('repair');
      assert.is(left.code, 0, left.stderr);
      assert.match(left.stdout, new RegExp(`${op}.*a long push.*--elsewhere`));
      assert.equal(open(b), [op]);
      const settled = await b.world.bit('repair', '--elsewhere');
      assert.is(settled.code, 0, settled.stderr);
      assert.match(settled.stdout, /recorded as not done/);
      assert.equal(open(b), []);
      assert.ok(b.context.reader.ledger.verify().ok);
      b.close();
    });
  }

  test('whose process is gone are said at once and settled', async () => {
    const b = await bench();
    const op = await openIntent(b, { pid: 2 ** 22 + 1, started: '1' });
    assert.match((await b.world.bit('status')).stderr, /1 operation did not finish/);
    assert.match((await b.world.bit('repair')).stdout, new RegExp(`${op} did not finish`));
    assert.equal(open(b), []);
    b.close();
  });

  test('of this very machine that still run are left alone, even on a word', async () => {
    const b = await bench();
    const op = await openIntent(b, {});
    const run = await b.world.bit('repair', '--elsewhere');
    assert.match(run.stdout, /nothing is wrong/);
    assert.equal(open(b), [op]);
    b.close();
  });
});
