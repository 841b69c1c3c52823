import { existsSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readJournal, sweepArtifacts } from '../../src/workflow/index.ts';
import { suite } from '../suite.ts';
import { type World, within } from '../world.ts';

const DAY = 86_400_000;

function upload(place: World, name: string, days: string): void {
  place.write(
    `.bithub/workflows/${name}.yml`,
    `jobs:\n  one:\n    steps:\n      - run: echo ${name} > ${name}.txt; echo both > both.txt\n      - uses: upload-artifact\n        with: { name: ${name}, path: '${name}.txt\n\n          both.txt'${days} }\n`,
  );
}

const stored = (place: World): number =>
  readdirSync(join(place.dir, '.git/bit/storage/binary/artifacts'), {
    recursive: true,
    encoding: 'utf8',
  }).filter((name) => /[0-9a-f]{64}$/.test(name)).length;

function older(place: World): void {
  const top = join(place.dir, '.git/bit/storage/binary/artifacts');
  for (const name of readdirSync(top, { recursive: true, encoding: 'utf8' }))
    if (/[0-9a-f]{64}$/.test(name)) utimesSync(join(top, name), 1, 1);
}

suite('artifacts', (test) => {
  test('go when their days are over, but not what another one keeps', () =>
    within({}, async (place) => {
      upload(place, 'short', ', retention-days: 2');
      upload(place, 'ever', '');
      for (const name of ['short', 'ever']) {
        const { code, stderr } = await place.bit('run', name);
        assert.is(code, 0, stderr);
      }
      assert.is(stored(place), 3);
      const state = join(place.dir, '.git/bit');
      older(place);
      assert.equal(sweepArtifacts(state, new Date(Date.now() + 1.5 * DAY)), { files: 0, bytes: 0 });
      rmSync(join(state, 'runs/swept'));
      assert.equal(sweepArtifacts(state, new Date(Date.now() + 2.5 * DAY)), { files: 1, bytes: 6 });
      assert.is(stored(place), 2);
    }));

  test('stay while a journal can’t be read, and while they are young', () =>
    within({}, async (place) => {
      upload(place, 'short', ', retention-days: 1');
      assert.is((await place.bit('run', 'short')).code, 0);
      const state = join(place.dir, '.git/bit');
      rmSync(join(state, 'runs/swept'), { force: true });
      const [id = ''] = readdirSync(join(state, 'runs')).filter((name) => name.length === 26);
      const journal = join(state, 'runs', id, 'journal');
      const expires = readJournal(journal).records.map(
        ({ artifact }) => (artifact as { expires?: string })?.expires,
      );
      assert.ok(
        expires.some((at) => at !== undefined && Math.abs(Date.parse(at) - Date.now() - DAY) < 60_000),
      );
      older(place);
      writeFileSync(journal, 'nothing that we wrote\nat all\n');
      sweepArtifacts(state, new Date(Date.now() + 5 * DAY));
      assert.is(stored(place), 2);
      assert.ok(existsSync(journal));
    }));

  test('a number of days that is none is refused', () =>
    within({}, async (place) => {
      upload(place, 'short', ', retention-days: soon');
      const { code, stderr } = await place.bit('run', 'short');
      assert.is(code, 1);
      assert.match(stderr, 'retention-days is a number of days');
    }));
});
