import * as assert from 'uvu/assert';
import { isBitError } from '../../src/kernel/errors.ts';
import { type Effect, movesOf, perform, readOperation } from '../../src/operation/index.ts';
import { suite } from '../suite.ts';
import { bench, effectOf, gitEffect, REQUEST } from './fixture.ts';

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('expected a failure');
}

suite('perform', (test) => {
  test('writes one intent before it runs and one outcome after, both signed and holding the images', async () => {
    const b = await bench();
    let openWhileRunning = 0;
    const effect = effectOf<{ at: string }>(async (writer) => {
      openWhileRunning = b.context.reader.ledger.openIntents().length;
      await writer.git.run(['branch', 'made']);
      return { at: 'made' };
    });
    const { done } = await perform(b.context.world, REQUEST, effect);
    assert.is(openWhileRunning, 1);
    const entries = [...b.context.reader.ledger.entries()];
    assert.equal(
      entries.map((entry) => entry.phase),
      ['intent', 'outcome'],
    );
    assert.is(done?.entry, entries[1]?.entry_sha256);
    const record = readOperation(b.context.reader.ledger, done?.operation ?? '');
    assert.is(record?.before?.refs['refs/heads/made'], null);
    assert.is(record?.after?.refs['refs/heads/made'], b.world.git('rev-parse', 'HEAD'));
    assert.ok(b.context.reader.ledger.verify().ok);
    b.close();
  });

  test('under dry run changes nothing at all, not even its own state', async () => {
    const b = await bench();
    const before = b.world.git('ls-files', '-s') + b.world.exists('.git/bit');
    const { done } = await perform(b.context.world, REQUEST, gitEffect([['branch', 'made']]), {
      dryRun: true,
    });
    assert.is(done, undefined);
    assert.is(b.world.git('ls-files', '-s') + b.world.exists('.git/bit'), before);
    assert.equal([...b.context.reader.ledger.entries()], []);
    b.close();
  });

  test('records a failing effect as failed, with what it left', async () => {
    const b = await bench();
    const effect = gitEffect([
      ['branch', 'made'],
      ['branch', 'made'],
    ]);
    const error = await failureOf(perform(b.context.world, REQUEST, effect));
    assert.ok(isBitError(error));
    const outcome = [...b.context.reader.ledger.entries({ phase: 'outcome' })][0];
    assert.is(outcome?.payload?.['ok'], false);
    assert.equal(
      movesOf(outcome?.payload?.['moved']).map((move) => move.ref),
      ['refs/heads/made'],
    );
    b.close();
  });

  test('puts everything back when it is interrupted half way', async () => {
    const b = await bench();
    const before = b.state();
    const effect = effectOf<{ at: string }>(async (writer) => {
      b.world.write('a.txt', 'two\n');
      await writer.git.run(['commit', '-am', 'half']);
      b.world.write('a.txt', 'three\n');
      b.abort.abort();
      throw new Error('the child was killed');
    });
    const error = await failureOf(perform(b.context.world, REQUEST, effect));
    assert.ok(isBitError(error, 'cancelled'));
    assert.is(b.state(), before);
    b.close();
  });

  test('notes refs that plain git moved since the last operation, once', async () => {
    const b = await bench();
    await perform(b.context.world, REQUEST, gitEffect([['branch', 'one']]));
    b.world.git('branch', 'plain');
    b.world.git('branch', '-D', 'one');
    await perform(b.context.world, REQUEST, gitEffect([['branch', 'two']]));
    await perform(b.context.world, REQUEST, gitEffect([['branch', 'three']]));
    const notes = [...b.context.reader.ledger.entries({ phase: 'note', event: 'REFS_MOVED' })];
    assert.is(notes.length, 1);
    assert.equal(
      movesOf(notes[0]?.payload?.['moved']).map((move) => move.ref),
      ['refs/heads/one', 'refs/heads/plain'],
    );
    b.close();
  });

  test('lets one action at a time change the repository', async () => {
    const b = await bench();
    const other = await b.another();
    let inside = 0;
    let most = 0;
    const slow = effectOf<{ n: number }>(async () => {
      inside++;
      most = Math.max(most, inside);
      await new Promise((resolve) => setTimeout(resolve, 60));
      inside--;
      return { n: 0 };
    });
    await Promise.all([b.context, other, b.context].map((context) => perform(context.world, REQUEST, slow)));
    assert.is(most, 1);
    assert.is([...b.context.reader.ledger.entries({ phase: 'outcome' })].length, 3);
    b.close();
  });

  test('gives an inner operation its parent and does not wait for its own lock', async () => {
    const b = await bench();
    const outer = effectOf<{ n: number }>(async (writer) => {
      await writer.perform(REQUEST, gitEffect([['branch', 'inner']]));
      return { n: 1 };
    });
    const { done } = await perform(b.context.world, REQUEST, outer);
    const inner = [...b.context.reader.ledger.entries({ parent: done?.operation ?? '' })];
    assert.equal(
      inner.map((entry) => entry.phase),
      ['intent', 'outcome'],
    );
    b.close();
  });

  test('lets only one of two rollbacks claim an operation', async () => {
    const b = await bench();
    const { done } = await perform(b.context.world, REQUEST, gitEffect([['branch', 'one']]));
    const claim = { ...gitEffect([]), undoes: [done?.operation ?? ''] };
    const request = { ...REQUEST, event: 'ROLLBACK_CHAIN' };
    await perform(b.context.world, request, claim);
    const error = await failureOf(perform(b.context.world, request, claim));
    assert.ok(isBitError(error, 'changed'));
    b.close();
  });

  test('keeps secrets of arguments, targets and errors out of the ledger', async () => {
    const b = await bench();
    const secret = `ghp_${'x'.repeat(36)}`;
    const effect: Effect<{ n: number }> = {
      ...effectOf<{ n: number }>(async () => ({ n: 0 })),
      summary: `push to https://me:${secret}@example.org/x`,
      target: { url: `https://me:${secret}@example.org/x` },
      async run() {
        throw new Error(`could not reach https://me:${secret}@example.org/x`);
      },
    };
    await failureOf(perform(b.context.world, { ...REQUEST, args: { token: secret, url: secret } }, effect));
    const text = JSON.stringify([...b.context.reader.ledger.entries()]);
    assert.not.ok(text.includes(secret));
    b.close();
  });
});
