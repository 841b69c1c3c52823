import { existsSync, lstatSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { listeners } from '../../plugins/entertainment/listeners.ts';
import { bundledPlugins } from '../../src/plugins/index.ts';
import { suite } from '../suite.ts';
import { type World, within } from '../world.ts';
import { packPlugin, ROOT } from './fixture.ts';

const LORE = '.bithub/ledger/lore.log';

const cards = (place: World): Record<string, unknown>[] =>
  place
    .read(LORE)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

suite('listeners', (test) => {
  test('what comes with bit is what its plugin brings, and imports nothing but the public interface', () => {
    const [plugin] = bundledPlugins({ root: ROOT, version: '0.0.0', development: true });
    assert.equal(
      plugin?.listeners.map(({ name, description }) => ({ name, description })),
      listeners.map(({ name, description }) => ({ name, description })),
    );
    const source = readFileSync(join(ROOT, 'plugins/entertainment/listeners.ts'), 'utf8');
    const imported = [...source.matchAll(/from '([^']+)'|import\('([^']+)'\)/g)].map(
      (found) => found[1] ?? found[2],
    );
    assert.equal(imported, ['@bithub/cli']);
  });

  test('are off until they are switched on, each alone', () =>
    within({}, async (place) => {
      const off = await place.bit('branch', 'new', 'a');
      assert.not.match(off.stderr, 'magic.lol');
      assert.not.ok(place.exists(LORE));
      const on = await place.bit('listener', 'enable', 'magic.lol');
      assert.is(on.stdout, 'magic.lol is on\n', on.stderr);
      const run = await place.bit('branch', 'new', 'b', '--json');
      assert.match(run.stderr, /^\[magic\.lol\] .+$/m);
      assert.ok((JSON.parse(run.stdout) as object) !== null, 'stdout is the result alone');
      assert.not.ok(place.exists(LORE), 'the others stay off');
      const query = await place.bit('branch', 'list');
      assert.not.match(query.stderr, 'magic.lol', 'a query is no occasion');
      const failed = await place.bit('branch', 'delete', 'none', '--yes');
      assert.is(failed.code, 4);
      assert.not.match(failed.stderr, 'magic.lol');
      const dry = await place.bit('branch', 'new', 'c', '--dry-run');
      assert.not.match(dry.stderr, 'magic.lol');
      const quiet = await place.bit('branch', 'new', 'c', '--quiet');
      assert.not.match(quiet.stderr, 'magic.lol');
      assert.is((await place.bit('listener', 'disable', 'magic.lol')).code, 0);
      assert.not.match((await place.bit('branch', 'new', 'd')).stderr, 'magic.lol');
    }));

  test("write lore cards in the seed's fields, and the work tree stays clean", () =>
    within({}, async (place) => {
      await place.bit('listener', 'enable', 'creative.enjoyments.exe');
      rmSync(join(place.dir, LORE), { force: true });
      const run = await place.bit('branch', 'new', 'a', '--json');
      const { operation } = JSON.parse(run.stdout) as { operation: { id: string } };
      const [card] = cards(place);
      assert.is(card?.['event'], 'lore');
      assert.is(card?.['job'], operation.id);
      assert.type(card?.['mood'], 'string');
      await place.bit('listener', 'disable', 'creative.enjoyments');
      await place.bit('listener', 'enable', 'fan.asia.create');
      const cue = cards(place).at(-1);
      assert.is(cue?.['type'], 'EVENT_EMIT');
      assert.is(cue?.['schema'], 'bithub.mesh.event.emit.v1');
      const payload = cue?.['payload'] as Record<string, unknown>;
      assert.is(payload['event'], 'fan.asia.create');
      assert.equal(Object.keys(payload['context'] as object).slice(0, 2), ['job_id', 'mood']);
      assert.is(place.git('status', '--porcelain'), '');
      assert.is((await place.bit('undo', '--yes')).code, 0, 'a card never stands in the way of an undo');
    }));

  test('never follow a link out of the repository', () =>
    within({}, async (place) => {
      await place.bit('listener', 'enable', 'creative.enjoyments');
      rmSync(join(place.dir, '.bithub'), { recursive: true });
      const outside = join(place.root, 'home');
      symlinkSync(outside, join(place.dir, '.bithub'));
      const run = await place.bit('branch', 'new', 'a');
      assert.is(run.code, 0, run.stderr);
      assert.match(run.stderr, 'leads out of the repository by a link');
      assert.not.ok(existsSync(join(outside, 'ledger/lore.log')));
      rmSync(join(place.dir, '.bithub'));
      place.write(join(place.dir, '.bithub/ledger/.keep'), '');
      symlinkSync(join(outside, 'target'), join(place.dir, LORE));
      const again = await place.bit('branch', 'new', 'b');
      assert.is(again.code, 0);
      assert.not.ok(existsSync(join(outside, 'target')));
      assert.ok(lstatSync(join(place.dir, LORE)).isSymbolicLink());
    }));

  test("an installed plugin's listener hears in a sandbox, and nothing it does changes the command", () =>
    within({}, async (place) => {
      const source = `
        import { writeFileSync } from 'node:fs';
        const on = 'outcome';
        export const listeners = [
          { name: 'loud', description: 'Says it.', on, events: ['BRANCH_NEW'], handle(event, out) { out.line('heard ' + event.event + ' \\u001b[2J ' + event.summary); } },
          { name: 'bad.throw', description: 'Throws.', on, handle() { throw new Error('I broke'); } },
          { name: 'bad.write', description: 'Writes.', on, handle() { writeFileSync(${JSON.stringify(join(place.root, 'x'))}, 'x'); } },
          { name: 'bad.card', description: 'Too much.', on, handle(event, out) { out.card({ text: 'x'.repeat(5000) }); } },
          { name: 'bad.exit', description: 'Leaves.', on, events: ['TAG_NEW'], handle() { process.exit(0); } },
          { name: 'bad.hang', description: 'Stays.', on, events: ['TAG_DELETE'], handle() { for (;;); } },
        ];`;
      const directory = packPlugin(
        join(place.root, 'ears'),
        { name: 'ears', bit: { listeners: 'l.js' } },
        { 'l.js': source },
      );
      const installed = await place.bit('plugins', 'install', directory, '--yes');
      assert.is(installed.code, 0, installed.stderr);
      assert.match(installed.stdout, 'listener loud is off');
      const settings = join(place.env['XDG_CONFIG_HOME'] ?? '', 'bit', 'settings.json');
      place.write(
        settings,
        JSON.stringify({ listeners: ['loud', 'bad.throw', 'bad.write', 'bad.card', 'bad.exit', 'bad.hang'] }),
      );
      const run = await place.bit('branch', 'new', 'a');
      assert.is(run.code, 0, run.stderr);
      assert.match(run.stderr, 'heard BRANCH_NEW \\x1b[2J make branch a');
      assert.match(run.stderr, 'I broke');
      assert.match(run.stderr, 'at most 4096 bytes');
      assert.not.ok(existsSync(join(place.root, 'x')));
      const left = await place.bit('tag', 'new', 't');
      assert.is(left.code, 0, left.stderr);
      assert.match(left.stderr, 'note: listener');
      const started = performance.now();
      const hung = await place.bit('tag', 'delete', 't', '--yes');
      assert.is(hung.code, 0, hung.stderr);
      assert.match(hung.stderr, 'did not end within 2 seconds and was stopped');
      assert.ok(performance.now() - started < 60_000);
      assert.is((await place.bit('plugins', 'uninstall', 'ears')).code, 0);
      assert.not.match(place.read(settings), 'loud', 'what is gone is off');
    }));

  test('that are not there are named with the nearest', () =>
    within({}, async (place) => {
      const run = await place.bit('listener', 'enable', 'magic.lool');
      assert.is(run.code, 4);
      assert.match(run.stderr, 'did you mean: magic.lol');
      const list = await place.bit('listener', 'list');
      assert.match(list.stdout, /off +magic\.lol +entertainment/);
    }));
});
