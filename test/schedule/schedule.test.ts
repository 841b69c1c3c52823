import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';

async function withWorkflow(work: (place: World) => Promise<void>): Promise<void> {
  const place = world();
  try {
    place.start();
    place.write('tick.sh', '#!/bin/sh\necho tick >> ticks.txt\n');
    chmodSync(join(place.dir, 'tick.sh'), 0o755);
    place.git('add', '-A');
    place.git('commit', '-qm', 'tick');
    await work(place);
  } finally {
    place.close();
  }
}

const FILE = '.git/bit/schedules/schedules.json';

/** As if it had been added a day ago. */
function longAgo(place: World): void {
  const path = join(place.dir, FILE);
  const text = readFileSync(path, 'utf8');
  const day = new Date(Date.now() - 86_400_000).toISOString();
  writeFileSync(path, text.replace(/"added": "[^"]*"/, `"added": "${day}"`));
}

suite('bit schedule', (test) => {
  test('add, show and remove, each recorded; undo brings it back', () =>
    withWorkflow(async (place) => {
      const added = await place.bit(
        'schedule',
        'add',
        'tick.sh',
        '30 2 * * 1-5',
        '--timezone',
        'Europe/Vienna',
      );
      assert.is(added.code, 0, added.stderr);
      assert.match(added.stdout, /tick: tick\.sh at 30 2 \* \* 1-5 \(Europe\/Vienna\)/);
      const again = await place.bit('schedule', 'add', 'tick.sh', '@daily');
      assert.is(again.code, 2);
      assert.match(again.stderr, /there is a schedule tick already/);
      const shown = JSON.parse((await place.bit('schedule', '--json')).stdout) as {
        schedules: { next: string[] }[];
      };
      assert.is(shown.schedules[0]?.next.length, 3);
      const five = JSON.parse(
        (await place.bit('schedule', 'show', '--next', '5', '--json')).stdout,
      ) as typeof shown;
      assert.is(five.schedules[0]?.next.length, 5);
      const removed = await place.bit('schedule', 'remove', 'tick.sh');
      assert.is(removed.code, 0, removed.stderr);
      assert.match((await place.bit('schedule')).stdout, /nothing runs by the clock/);
      const undone = await place.bit('undo', '--yes');
      assert.is(undone.code, 0, undone.stderr);
      assert.match((await place.bit('schedule')).stdout, /^tick /);
      const log = await place.bit('history', 'query', '--json');
      assert.match(log.stdout, /SCHEDULE_ADD[\s\S]*SCHEDULE_REMOVE|SCHEDULE_REMOVE[\s\S]*SCHEDULE_ADD/);
    }));

  test('--once runs what was missed once, and nothing twice', () =>
    withWorkflow(async (place) => {
      await place.bit('schedule', 'add', 'tick.sh', '* * * * *', '--missed', 'once');
      longAgo(place);
      const ran = await place.bit('schedule', 'run', '--once', '--json');
      assert.is(ran.code, 0, ran.stderr);
      const { started, failed } = JSON.parse(ran.stdout.slice(ran.stdout.indexOf('{'))) as {
        started: number;
        failed: number;
      };
      assert.equal([started, failed], [1, 0], ran.stderr);
      assert.is(place.read('ticks.txt'), 'tick\n');
      const log = await place.bit('history', 'query', '--json');
      assert.match(log.stdout, /WORKFLOW_RUN/);
    }));

  test('--once lets missed times go by where that is what was said', () =>
    withWorkflow(async (place) => {
      await place.bit('schedule', 'add', 'tick.sh', '0 0 1 1 *');
      longAgo(place);
      const path = join(place.dir, FILE);
      writeFileSync(path, readFileSync(path, 'utf8').replace('0 0 1 1 *', '0 * * * *'));
      if (new Date().getMinutes() < 2) return;
      const ran = await place.bit('schedule', 'run', '--once');
      assert.match(ran.stdout, /0 workflows started, 0 failed, 2\d times let go by/);
      assert.not.ok(place.exists('ticks.txt'));
    }));

  test('a workflow that is not there, a damaged file and a denying policy are each told', () =>
    withWorkflow(async (place) => {
      const missing = await place.bit('schedule', 'add', 'tock.sh', '@daily');
      assert.is(missing.code, 4);
      await place.bit('schedule', 'add', 'tick.sh', '@daily');
      writeFileSync(join(place.dir, FILE), '{"v":1,"schedules":[{}]}');
      const damaged = await place.bit('schedule', 'show');
      assert.is(damaged.code, 7);
      assert.match(damaged.stderr, /is not what was written/);
    }));
});
