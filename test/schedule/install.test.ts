import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { withKeepers } from './keepers.ts';

suite('bit schedule run --install', (test) => {
  test('adds one line to the crontab, beside what is there, and only once', () =>
    withKeepers(async (place, table) => {
      const own = '# mine\n\n5 4 * * * backup "$HOME"\n';
      writeFileSync(table, own);
      const dry = await place.bit('schedule', 'run', '--install', 'crontab', '--dry-run');
      assert.is(dry.code, 0, dry.stderr);
      assert.is(readFileSync(table, 'utf8'), own);
      for (let turn = 0; turn < 2; turn++) {
        const { code, stderr } = await place.bit('schedule', 'run', '--install', 'crontab');
        assert.is(code, 0, stderr);
      }
      const bit = join(place.root, 'keeper-bin', 'bit');
      const line = `* * * * * cd "${place.dir}" && "${bit}" schedule run --once --quiet\n`;
      assert.is(readFileSync(table, 'utf8'), own + line);
    }));

  test('writes a unit for systemd, says how it is started, and undo takes it away', () =>
    withKeepers(async (place) => {
      const { code, stdout, stderr } = await place.bit('schedule', 'run', '--install', 'systemd', '--json');
      assert.is(code, 0, stderr);
      const { what, next } = JSON.parse(stdout) as { what: string; next: string };
      assert.match(readFileSync(what, 'utf8'), `WorkingDirectory=${place.dir}\n`);
      assert.match(readFileSync(what, 'utf8'), 'bit" schedule run\n');
      assert.match(next, /^systemctl --user enable --now bit-schedule-[0-9a-f]{12}\.service$/);
      const undone = await place.bit('undo', '--yes');
      assert.is(undone.code, 0, undone.stderr);
      assert.not.ok(existsSync(what));
    }));

  test('refuses a place whose name a shell would read, and a machine without a crontab', () =>
    withKeepers(async (place, table) => {
      const odd = join(place.root, 'a $(touch gone)');
      mkdirSync(odd);
      place.git('init', '-q', odd);
      const named = await place.bitIn(odd, 'schedule', 'run', '--install', 'crontab');
      assert.is.not(named.code, 0);
      assert.match(named.stderr, "can't stand in a crontab file");
      assert.not.ok(existsSync(table));
      chmodSync(join(place.root, 'keeper-bin', 'crontab'), 0o644);
      Object.assign(place.env, { PATH: join(place.root, 'keeper-bin') });
      const without = await place.bit('schedule', 'run', '--install', 'crontab');
      assert.is.not(without.code, 0);
    }));
});
