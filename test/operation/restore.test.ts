import * as assert from 'uvu/assert';
import { redo, rollbackChain } from '../../src/history/index.ts';
import { isBitError } from '../../src/kernel/errors.ts';
import { perform } from '../../src/operation/index.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';
import { world } from '../world.ts';
import { type Bench, bench, gitEffect, REQUEST } from './fixture.ts';

const ROLLBACK = { action: 'rollback.chain', event: 'ROLLBACK_CHAIN', command: 'rollback.chain', args: {} };

async function undo(b: Bench, most: number | 'all'): Promise<void> {
  await perform(
    b.context.world,
    ROLLBACK,
    await rollbackChain(b.context.reader, { most, skipRemote: false }),
  );
}

/** What a person does to a repository between and within operations; each leaves git's checks to git. */
type Step = (b: Bench, n: number) => string[][];
const STEPS: Readonly<Record<string, Step>> = {
  commit: (b, n) => {
    b.world.write(`f${n % 3}.txt`, `content ${n}\n`);
    return [
      ['add', '-A'],
      ['commit', '-m', `c${n}`],
    ];
  },
  commitTracked: (b, n) => {
    b.world.write('a.txt', `changed ${n}\n`);
    return [['commit', '-am', `c${n}`]];
  },
  branch: (_b, n) => [['branch', `b${n}`]],
  switchNew: (_b, n) => [['switch', '-c', `s${n}`]],
  detach: () => [['checkout', '--detach']],
  back: () => [['switch', '-f', 'main']],
  tag: (_b, n) => [['tag', '-a', `t${n}`, '-m', 'x']],
  amend: (_b, n) => [['commit', '--amend', '--allow-empty', '-m', `amended ${n}`]],
  stage: (b, n) => {
    b.world.write('staged.txt', `staged ${n}\n`);
    return [['add', 'staged.txt']];
  },
  dirty: (b, n) => {
    b.world.write('a.txt', `dirty ${n}\n`);
    return [];
  },
  resetHard: () => [['reset', '--hard', 'HEAD']],
  clean: (b, n) => {
    b.world.write(`junk${n}.txt`, 'junk');
    return [['clean', '-fd']];
  },
  merge: (_b, n) => [
    ['switch', '-c', `m${n}`],
    ['commit', '--allow-empty', '-m', `side ${n}`],
    ['switch', '-'],
    ['merge', '--no-ff', '-m', 'merged', `m${n}`],
  ],
};

suite('undo', (test) => {
  test('of any sequence of git operations leads back to the same refs, index and bytes, and redo forward again', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...Object.keys(STEPS)), { minLength: 1, maxLength: 6 }),
        async (names) => {
          const b = await bench();
          try {
            let n = 0;
            const start = b.state();
            const states: string[] = [start];
            for (const name of names) {
              n++;
              // what the person wrote is part of the operation: it is made inside it
              const effect = gitEffect([]);
              const step = STEPS[name];
              if (step === undefined) throw new Error(name);
              const inner = {
                ...effect,
                run: async (writer: Parameters<typeof effect.run>[0]) => {
                  for (const args of step(b, n)) {
                    const result = await writer.git.run(args, { accept: [0, 1, 128] });
                    if (result.exitCode !== 0) break;
                  }
                  return { ran: 1 };
                },
              };
              await perform(b.context.world, REQUEST, inner);
              if (b.state() !== states.at(-1)) states.push(b.state());
            }
            const end = states.at(-1) ?? '';
            if (end === start && states.length === 1) return;
            await undo(b, 'all');
            assert.is(b.state(), start);
            await perform(
              b.context.world,
              ROLLBACK,
              await redo(b.context.reader, { most: 1, skipRemote: false }),
            );
            assert.is(b.state(), end);
            assert.is(b.world.git('fsck', '--no-dangling', '--no-progress'), '');
          } finally {
            b.close();
          }
        },
      ),
      { numRuns: 12 },
    );
  });

  test('names what moved since and changes nothing', async () => {
    const b = await bench();
    await perform(b.context.world, REQUEST, gitEffect([['branch', 'one']]));
    b.world.git('commit', '--allow-empty', '-m', 'plain');
    b.world.git('branch', '-f', 'one', 'HEAD');
    const before = b.state();
    let error: unknown;
    try {
      await undo(b, 1);
    } catch (thrown) {
      error = thrown;
    }
    assert.ok(isBitError(error, 'changed'));
    assert.match((error as Error).message, /refs\/heads\/one/);
    assert.is(b.state(), before);
    b.close();
  });

  test('keeps edits to files it does not need, and refuses where it would overwrite one', async () => {
    const b = await bench();
    b.world.write('other.txt', 'other\n');
    b.world.git('add', '.');
    b.world.git('commit', '-qm', 'base');
    const touches = { refs: 'all', rewrites: true, head: true, index: true, worktree: 'tracked' } as const;
    b.world.git('switch', '-qc', 'side');
    b.world.write('a.txt', 'side\n');
    b.world.git('commit', '-qam', 'side');
    b.world.git('switch', '-q', 'main');
    await perform(b.context.world, REQUEST, gitEffect([['merge', '--no-ff', '-m', 'm', 'side']], touches));
    b.world.write('other.txt', 'edited since\n');
    b.world.write('a.txt', 'edited since\n');
    let error: unknown;
    try {
      await undo(b, 1);
    } catch (thrown) {
      error = thrown;
    }
    assert.ok(isBitError(error, 'changed'), String(error));
    assert.match((error as Error).message, /a\.txt/);
    assert.not.match((error as Error).message, /other\.txt/);
    b.world.write('a.txt', 'side\n');
    await undo(b, 1);
    assert.is(b.world.read('other.txt'), 'edited since\n');
    assert.is(b.world.read('a.txt'), 'one\n');
    b.close();
  });

  test('puts settings files back and takes new ones away', async () => {
    const b = await bench();
    const path = `${b.world.dir}/.git/config`;
    const before = b.world.read(path);
    const made = `${b.world.dir}/.git/made`;
    await perform(b.context.world, REQUEST, {
      ...gitEffect([['config', 'x.y', 'z']], { refs: [], files: [path, made] }),
      async run(writer) {
        await writer.git.run(['config', 'x.y', 'z']);
        b.world.write(made, 'made');
        return { ran: 1 };
      },
    });
    assert.ok(b.world.exists(made));
    await undo(b, 1);
    assert.is(b.world.read(path), before);
    assert.not.ok(b.world.exists(made));
    b.close();
  });

  test('says what left this clone before it starts', async () => {
    const b = await bench();
    const effect = { ...gitEffect([['branch', 'one']]), irreversible: ['pushed refs/heads/one to origin'] };
    await perform(b.context.world, REQUEST, effect);
    let error: unknown;
    try {
      await undo(b, 1);
    } catch (thrown) {
      error = thrown;
    }
    assert.match((error as Error).message, /pushed refs\/heads\/one to origin/);
    await perform(
      b.context.world,
      ROLLBACK,
      await rollbackChain(b.context.reader, { most: 1, skipRemote: true }),
    );
    assert.is(b.world.git('branch', '--list', 'one'), '');
    b.close();
  });

  test('takes back commits of one path in a row, and again, though the file itself stays as it is', async () => {
    const place = world();
    try {
      place.start();
      const start = place.git('rev-parse', 'HEAD');
      for (const n of [1, 2, 3]) {
        place.write('a.txt', `state ${n}\n`);
        assert.is((await place.bit('commit', 'a.txt', '-m', `state ${n}`)).code, 0);
      }
      const end = place.git('rev-parse', 'HEAD');
      place.write('b.txt', 'staged since\n');
      place.git('add', 'b.txt');
      assert.is((await place.bit('undo', '3')).code, 0);
      assert.is(place.git('rev-parse', 'HEAD'), start);
      assert.is(place.git('status', '--short'), ' M a.txt\nA  b.txt'.trimEnd());
      assert.is(place.read('a.txt'), 'state 3\n');
      assert.is((await place.bit('redo')).code, 0);
      assert.is(place.git('rev-parse', 'HEAD'), end);
      assert.is(place.git('status', '--short'), 'A  b.txt');
    } finally {
      place.close();
    }
  });
});
