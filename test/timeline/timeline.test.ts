import Database from 'better-sqlite3';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { type World, within } from '../world.ts';

interface Item {
  readonly kind: string;
  readonly ts: string;
  readonly event?: string;
  readonly phase?: string;
  readonly subject?: string;
  readonly summary?: string;
  readonly ledger?: string;
  readonly verified?: boolean | null;
  readonly ok?: boolean | null;
}

async function log(place: World, ...words: string[]): Promise<readonly Item[]> {
  const run = await place.bit('log', ...words, '--json');
  assert.ok(run.code === 0 || run.code === 7, run.stdout + run.stderr);
  return (JSON.parse(run.stdout) as { items: readonly Item[] }).items;
}

function damage(place: World, sql: string): void {
  const database = new Database(`${place.dir}/.git/bit/ledger/ledger.db`);
  database.exec(sql);
  database.close();
}

suite('log', (test) => {
  test('puts commits and operations on one time line, newest first', () =>
    within({}, async (place) => {
      await place.bit('branch', 'new', 'topic');
      place.write('b.txt', 'b\n');
      await place.bit('commit', '--stage', 'b.txt', '-m', 'second');
      const items = await log(place);
      assert.equal(
        items.filter((item) => item.kind === 'commit').map((item) => item.subject),
        ['second', 'first'],
      );
      assert.equal(
        items.filter((item) => item.kind === 'operation').map((item) => item.event),
        ['COMMIT', 'BRANCH_NEW'],
      );
      assert.equal(
        items.map((item) => item.ts),
        items
          .map((item) => item.ts)
          .toSorted()
          .toReversed(),
      );
    }));

  test('shows intent and outcome as one, denials and failures as such', () =>
    within({}, async (place) => {
      await place.bit('branch', 'new', 'topic');
      await place.bit('branch', 'delete', 'main', '--yes');
      const items = (await log(place)).filter((item) => item.kind === 'operation');
      assert.equal(
        items.map((item) => [item.event, item.phase, item.ok]),
        items.some((item) => item.phase === 'denied')
          ? [
              ['BRANCH_DELETE', 'denied', null],
              ['BRANCH_NEW', 'intent', true],
            ]
          : [['BRANCH_NEW', 'intent', true]],
      );
    }));

  test('audit tells commits made by bit, seen by bit, and unknown to it apart', () =>
    within({}, async (place) => {
      place.write('b.txt', 'b\n');
      await place.bit('commit', '--stage', 'b.txt', '-m', 'by bit');
      place.git('commit', '-q', '--allow-empty', '-m', 'between');
      place.git('commit', '-q', '--allow-empty', '-m', 'by git');
      await place.bit('branch', 'new', 'topic');
      const known = new Map(
        (await log(place, 'audit'))
          .filter((item) => item.kind === 'commit')
          .map((item) => [item.subject, item.ledger]),
      );
      assert.is(known.get('by bit'), 'recorded');
      assert.is(known.get('by git'), 'noticed');
      assert.is(known.get('between'), 'unknown');
      assert.is(known.get('first'), 'unknown');
    }));

  test('audit names an altered entry, believes nothing behind it, and exits 7', () =>
    within({}, async (place) => {
      for (const name of ['one', 'two', 'three']) await place.bit('branch', 'new', name);
      damage(place, `UPDATE entries SET payload = replace(payload, 'two', 'TWO') WHERE id = 3`);
      const run = await place.bit('log', 'audit');
      assert.is(run.code, 7);
      assert.match(run.stdout, 'FAULT');
      assert.match(run.stdout, 'field payload');
      const entries = (await log(place, 'audit')).filter((item) => item.kind === 'entry');
      assert.equal(
        entries.map((item) => item.verified),
        [null, null, null, false, true, true],
      );
    }));

  test('audit answers even where an entry can’t be read at all', () =>
    within({}, async (place) => {
      for (const name of ['one', 'two']) await place.bit('branch', 'new', name);
      damage(place, `UPDATE entries SET signature = x'00', payload = 'not json' WHERE id = 2`);
      const run = await place.bit('log', 'audit');
      assert.is(run.code, 7, run.stderr);
      assert.match(run.stdout, 'does not verify');
    }));

  test('-n, --event, --actor, --since and --until narrow it', () =>
    within({}, async (place) => {
      for (const name of ['one', 'two', 'three']) await place.bit('branch', 'new', name);
      await place.bit('branch', 'delete', 'one', '--yes');
      assert.is((await log(place, '-n', '2')).length, 2);
      assert.match((await place.bit('log', '-n', '2')).stdout, 'and more');
      assert.equal(
        [...new Set((await log(place, '--event', 'branch_new')).map((item) => item.event))],
        ['BRANCH_NEW'],
      );
      assert.is((await log(place, '--actor', 'ada@')).length, 5);
      assert.is((await log(place, '--actor', 'nobody@')).length, 0);
      assert.is((await log(place, '--until', '2 days ago')).length, 0);
      assert.is((await log(place, '--since', '1h')).length, 5);
      assert.is((await place.bit('log', '--since', 'whenever')).code, 2);
    }));

  test('--path keeps the commits that touched it and the operations about it', () =>
    within({}, async (place) => {
      place.write('b.txt', 'b\n');
      await place.bit('commit', '--stage', 'b.txt', '-m', 'second');
      place.write('c.txt', 'c\n');
      await place.bit('commit', '--stage', 'c.txt', '-m', 'third');
      const subjects = (await log(place, '--path', 'b.txt'))
        .filter((item) => item.kind === 'commit')
        .map((item) => item.subject);
      assert.equal(subjects, ['second']);
    }));

  test('bot and workflow show only those actions, global works outside a repository', () =>
    within({}, async (place) => {
      await place.bit('branch', 'new', 'one');
      assert.equal(await log(place, 'bot'), []);
      assert.equal(await log(place, 'workflow'), []);
      assert.is((await place.bitIn(place.root, 'log', 'global')).code, 0);
      assert.is((await place.bitIn(place.root, 'log')).code, 4);
    }));

  test('refuses two words of a kind and suggests near names', () =>
    within({}, async (place) => {
      assert.is((await place.bit('log', 'audit', 'full')).code, 2);
      const missing = await place.bit('log', 'mian');
      assert.is(missing.code, 4);
      assert.match(missing.stderr, 'did you mean: main');
      assert.is((await place.bit('log', '--', '--output=x')).code, 2);
    }));

  test('is empty before the first commit', () =>
    within({}, async (place) => {
      place.gitIn(place.root, 'init', '-q', 'empty');
      const run = await place.bitIn(`${place.root}/empty`, 'log');
      assert.is(run.code, 0);
      assert.match(run.stdout, 'Nothing yet');
    }));

  test('shows no control character of a subject or author', () =>
    within({}, async (place) => {
      place.git(
        '-c',
        'user.name=E\u001b[31mve',
        'commit',
        '-q',
        '--allow-empty',
        '-m',
        'sub\u001b]0;t\u0007ject\n\nbo\u009bdy',
      );
      for (const mode of ['compact', 'full', 'audit']) {
        assert.not.match((await place.bit('log', mode)).stdout, /[\u001b\u0007\u009b]/);
      }
    }));
});

suite('ledger', (test) => {
  test('verify tells how much holds, and names chain, entry and field of what doesn’t', () =>
    within({}, async (place) => {
      await place.bit('branch', 'new', 'one');
      const sound = await place.bit('ledger', 'verify');
      assert.is(sound.code, 0);
      assert.match(sound.stdout, '2 entries verified');
      damage(place, `UPDATE entries SET payload = replace(payload, 'one', 'ONE') WHERE id = 1`);
      const broken = await place.bit('ledger', 'verify', '--json');
      assert.is(broken.code, 7);
      const { ok, faults } = JSON.parse(broken.stdout) as {
        ok: boolean;
        faults: { seq: number; field: string }[];
      };
      assert.is(ok, false);
      assert.equal([faults[0]?.seq, faults[0]?.field], [0, 'payload']);
    }));

  test('verify refuses entries of a key that is neither one’s own nor accepted, and believes it once accepted', () =>
    within({}, async (place) => {
      await place.bit('branch', 'new', 'one');
      const { stdout } = await place.bit('key', 'show', '--json');
      const { publicKey } = (JSON.parse(stdout) as { keys: { publicKey: string }[] }).keys[0] ?? {
        publicKey: '',
      };
      place.git('config', 'alias.x', 'y');
      const moved = `${place.root}/data/bit/keys`;
      const { renameSync } = await import('node:fs');
      renameSync(moved, `${moved}.away`);
      const stranger = await place.bit('ledger', 'verify');
      assert.is(stranger.code, 7);
      assert.match(stranger.stdout, 'not trust');
      renameSync(`${moved}.away`, moved);
      await place.bit('key', 'trust', publicKey, '--as', 'ada@example.org');
      await place.bit('policy', 'accept');
      renameSync(moved, `${moved}.away`);
      assert.is((await place.bit('ledger', 'verify')).code, 0);
    }));

  test('list filters and show prints one entry by its first digits', () =>
    within({}, async (place) => {
      await place.bit('branch', 'new', 'one');
      const { stdout } = await place.bit('ledger', 'list', '--phase', 'intent', '--json');
      const { entries } = JSON.parse(stdout) as { entries: { entry_sha256: string; event: string }[] };
      assert.equal(
        entries.map((entry) => entry.event),
        ['BRANCH_NEW'],
      );
      const shown = await place.bit('ledger', 'show', entries[0]?.entry_sha256.slice(0, 8) ?? '', '--json');
      assert.is((JSON.parse(shown.stdout) as { holds: boolean }).holds, true);
      assert.is((await place.bit('ledger', 'show', 'zz')).code, 2);
      assert.is((await place.bit('ledger', 'show', '0000000000000000')).code, 4);
    }));
});
