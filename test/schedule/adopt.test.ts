import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';

const HEAD = 'apiVersion: bithub/v1\nkind: OrchestrationSpec\n';
const FILE = '.git/bit/schedules/schedules.json';
const steps = 'jobs:\n  one:\n    steps:\n      - run: echo tick >> ticks.txt\n';

function declare(place: World, sections: string): void {
  place.write('.bithub.yml', HEAD + sections);
}

async function within(work: (place: World) => Promise<void>): Promise<void> {
  const place = world();
  try {
    place.start();
    place.write('tick.sh', '#!/bin/sh\necho tick >> ticks.txt\n');
    chmodSync(join(place.dir, 'tick.sh'), 0o755);
    place.write('.bithub/workflows/native.yml', `on: { schedule: [{ cron: '0 4 * * *' }] }\n${steps}`);
    place.write(
      '.github/workflows/stale.yml',
      `on:\n  schedule:\n    - cron: '0 5 * * *'\n    - cron: '0 6 * * *'\n${steps.replace('one:', 'one:\n    runs-on: ubuntu-latest')}`,
    );
    declare(
      place,
      `schedules:\n  ticks: { workflow: tick.sh, cron: '* * * * *', timezone: Europe/Berlin, missed: once }
orchestration:\n  flows:\n    - name: nightly\n      on: { schedule: '0 3 * * *' }\n      sequence: [{ workflows: { series: [native] } }]\n`,
    );
    await work(place);
  } finally {
    place.close();
  }
}

const kept = (place: World): { name: string; workflow: string; cron: string; timezone: string }[] =>
  place.exists(FILE) ? (JSON.parse(place.read(FILE)) as { schedules: [] }).schedules : [];

suite('bit schedule adopt', (test) => {
  test('nothing that files declare runs before, and show tells of it', () =>
    within(async (place) => {
      const ran = await place.bit('schedule', 'run', '--once');
      assert.is(ran.code, 0, ran.stderr);
      assert.not.ok(place.exists('ticks.txt'));
      const { stdout } = await place.bit('schedule', 'show');
      assert.match(
        stdout,
        /declared by files.*bit schedule adopt[\s\S]*ticks {2}tick\.sh[\s\S]*nightly[\s\S]*native[\s\S]*stale-2/,
      );
    }));

  test('takes .bithub.yml, its flows and native workflows over, GitHub’s where they are asked for', () =>
    within(async (place) => {
      const { code, stderr } = await place.bit('schedule', 'adopt');
      assert.is(code, 0, stderr);
      assert.equal(
        kept(place).map(({ name, workflow, cron, timezone }) => [name, workflow, cron, timezone]),
        [
          ['native', '.bithub/workflows/native.yml', '0 4 * * *', 'UTC'],
          ['nightly', '.bithub.yml#nightly', '0 3 * * *', 'UTC'],
          ['ticks', 'tick.sh', '* * * * *', 'Europe/Berlin'],
        ],
      );
      await place.bit('schedule', 'adopt', 'stale');
      assert.ok(kept(place).some(({ name }) => name === 'stale'));
      await place.bit('schedule', 'adopt', '--github');
      assert.ok(kept(place).some(({ name, cron }) => name === 'stale-2' && cron === '0 6 * * *'));
      assert.not.match((await place.bit('schedule', 'show')).stdout, 'declared');
      assert.match((await place.bit('schedule', 'adopt')).stdout, 'nothing changed');
    }));

  test('schedule run then starts what is due, a flow too', () =>
    within(async (place) => {
      await place.bit('schedule', 'adopt', 'ticks', 'nightly');
      const day = new Date(Date.now() - 2 * 86_400_000).toISOString();
      const path = join(place.dir, FILE);
      const text = readFileSync(path, 'utf8').replaceAll(/"added": "[^"]*"/g, `"added": "${day}"`);
      writeFileSync(path, text.replaceAll('"skip"', '"once"'));
      const { code, stdout, stderr } = await place.bit('schedule', 'run', '--once', '--json');
      assert.is(code, 0, stderr);
      assert.match(stdout, /"started":\s?2,\s*"failed":\s?0/);
      assert.is(place.read('ticks.txt'), 'tick\ntick\n');
    }));

  test('what changed is followed when it is said again, and what is declared no more goes', () =>
    within(async (place) => {
      await place.bit('schedule', 'adopt');
      declare(place, "schedules:\n  ticks: { workflow: tick.sh, cron: '5 * * * *' }\n");
      assert.equal(kept(place).find(({ name }) => name === 'ticks')?.cron, '* * * * *');
      assert.match((await place.bit('schedule')).stdout, /declared by files[\s\S]*5 \* \* \* \*/);
      const { stdout } = await place.bit('schedule', 'adopt');
      assert.match(stdout, 'nightly no longer runs');
      assert.equal(
        kept(place).map(({ name, cron }) => [name, cron]),
        [
          ['native', '0 4 * * *'],
          ['ticks', '5 * * * *'],
        ],
      );
      assert.is((await place.bit('undo', '--yes')).code, 0);
      assert.is(kept(place).length, 3);
    }));

  test('what can’t be is refused: an unknown name, a workflow that isn’t there, a name set by hand, a zone', () =>
    within(async (place) => {
      const unknown = await place.bit('schedule', 'adopt', 'tics');
      assert.equal([unknown.code, /did you mean: ticks/.test(unknown.stderr)], [4, true]);
      await place.bit('schedule', 'add', 'tick.sh', '@daily', '--name', 'ticks');
      assert.match(
        (await place.bit('schedule', 'adopt')).stderr,
        'has the name of a schedule that was set by hand',
      );
      await place.bit('schedule', 'remove', 'ticks');
      declare(place, 'schedules:\n  x: { workflow: no-such, cron: "@daily" }\n');
      assert.is((await place.bit('schedule', 'adopt')).code, 4);
      declare(place, 'schedules:\n  x: { workflow: tick.sh, cron: "@daily", timezone: Mars/Base }\n');
      assert.is((await place.bit('schedule', 'adopt')).code, 2);
      declare(place, 'schedules:\n  x: { workflw: tick.sh, cron: "@daily" }\n');
      const { code, stderr } = await place.bit('schedule', 'adopt');
      assert.is(code, 2);
      assert.match(stderr, /\.bithub\.yml:4:8: schedules\.x has no key workflw \(did you mean: workflow\)/);
      assert.is(kept(place).length, 0);
    }));
});
