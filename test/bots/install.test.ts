import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { withKeepers } from '../schedule/keepers.ts';
import { suite } from '../suite.ts';

suite('bit bot run --install', (test) => {
  test('adds one line to the crontab, beside what is there, and only once', () =>
    withKeepers(async (place, table) => {
      const own = '# mine\n\n5 4 * * * backup "$HOME"\n';
      writeFileSync(table, own);
      const dry = await place.bit('bot', 'run', '--install', 'crontab', '--dry-run');
      assert.is(dry.code, 0, dry.stderr);
      assert.is(readFileSync(table, 'utf8'), own);
      for (let turn = 0; turn < 2; turn++) {
        const { code, stderr } = await place.bit('bot', 'run', '--install', 'crontab');
        assert.is(code, 0, stderr);
      }
      const bit = join(place.root, 'keeper-bin', 'bit');
      assert.is(
        readFileSync(table, 'utf8'),
        `${own}* * * * * cd "${place.dir}" && "${bit}" bot run --once --quiet\n`,
      );
    }));

  test('writes a unit for systemd with where webhooks are taken, says how it is started, and undo takes it away', () =>
    withKeepers(async (place) => {
      const words = ['--webhook-secret', 'GITHUB_WEBHOOK', '--port', '8018', '--json'];
      const { code, stdout, stderr } = await place.bit('bot', 'run', '--install', 'systemd', ...words);
      assert.is(code, 0, stderr);
      const { what, next } = JSON.parse(stdout) as { what: string; next: string };
      const unit = readFileSync(what, 'utf8');
      assert.match(unit, `WorkingDirectory=${place.dir}\n`);
      assert.match(unit, 'bit" bot run --webhook-secret GITHUB_WEBHOOK --host 127.0.0.1 --port 8018\n');
      assert.match(next, /^systemctl --user enable --now bit-bots-[0-9a-f]{12}\.service$/);
      const undone = await place.bit('undo', '--yes');
      assert.is(undone.code, 0, undone.stderr);
      assert.not.ok(existsSync(what));
    }));

  test('refuses webhooks where nobody would hear them, a secret that is no name, and an address that is two words', () =>
    withKeepers(async (place, table) => {
      const install = (...words: string[]) => place.bit('bot', 'run', '--install', ...words);
      const brief = await install('crontab', '--webhook-secret', 'HOOK', '--port', '8018');
      assert.is(brief.code, 2);
      assert.match(brief.stderr, 'nobody would hear a webhook');
      const anywhere = await install('systemd', '--webhook-secret', 'HOOK');
      assert.is(anywhere.code, 2);
      assert.match(anywhere.stderr, 'name its --port');
      for (const odd of [
        ['--webhook-secret', 'HO OK', '--port', '1'],
        ['--webhook-secret', 'HOOK', '--port', '1', '--host', '127.0.0.1\nExecStartPre=/bin/true'],
        ['--webhook-secret', 'HOOK', '--port', '1', '--host', '$(touch gone)'],
      ])
        assert.is((await install('systemd', ...odd)).code, 2, odd.join(' '));
      assert.not.ok(existsSync(table));
      assert.not.ok(existsSync(join(place.root, 'config', 'systemd')));
    }));
});
