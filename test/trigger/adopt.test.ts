import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import type { World } from '../world.ts';
import { did, fire, plain, within } from './place.ts';

function declare(place: World, triggers: string): void {
  place.write('.bithub.yml', `apiVersion: bithub/v1\nkind: OrchestrationSpec\ntriggers:\n${triggers}`);
}

const COMMIT = `  noted: { on: commit, workflow: note.sh, branches: main, inputs: { TEXT: '\${{ event.subject }}' } }\n`;
const names = async (place: World): Promise<string[]> =>
  ((await did(place, 'trigger', 'list'))['triggers'] as { name: string }[]).map(({ name }) => name).sort();

suite('bit trigger adopt', (test) => {
  test('what .bithub.yml declares starts nothing before, and list tells of it', () =>
    within(async (place) => {
      declare(place, COMMIT);
      plain(place, 'commit', '--allow-empty', '-m', 'first');
      assert.equal(await fire(place), []);
      assert.match(
        (await place.bit('trigger', 'list')).stdout,
        /not set here until bit trigger adopt: noted/,
      );
    }));

  test('sets it, with its hooks; git’s next commit starts the workflow', () =>
    within(async (place) => {
      declare(place, COMMIT);
      assert.match(
        (await place.bit('trigger', 'adopt', '--dry-run')).stdout,
        /set git hooks in .*: post-commit/,
      );
      assert.equal(await names(place), []);
      await did(place, 'trigger', 'adopt');
      plain(place, 'commit', '--allow-empty', '-m', 'second');
      assert.equal(
        (await fire(place)).map(({ trigger, result }) => [trigger, result]),
        [['noted', 'success']],
      );
      assert.is(place.read('../noted'), 'second\n');
      assert.match((await place.bit('trigger', 'adopt')).stdout, 'nothing changed');
    }));

  test('follows what changed when it is said again, leaves those set by hand, and undo goes back', () =>
    within(async (place) => {
      await did(place, 'trigger', 'on', 'tag', 'note.sh', '--name', 'mine');
      declare(place, `${COMMIT}  other: { on: [merge, push], workflow: note.sh }\n`);
      await did(place, 'trigger', 'adopt');
      assert.equal(await names(place), ['mine', 'noted', 'other']);
      declare(place, "  other: { on: file, workflow: note.sh, paths: ['docs/**'] }\n");
      const { adopted, dropped } = await did(place, 'trigger', 'adopt');
      assert.equal(
        (adopted as { on: string[] }[]).map(({ on }) => on),
        [['file']],
      );
      assert.equal(dropped, ['noted']);
      assert.equal(await names(place), ['mine', 'other']);
      await did(place, 'undo', '--yes');
      assert.equal(await names(place), ['mine', 'noted', 'other']);
    }));

  test('what can’t be is refused and changes nothing', () =>
    within(async (place) => {
      const refused: [string, number, string][] = [
        ['  a: { on: comit, workflow: note.sh }\n', 2, 'did you mean: commit'],
        ['  a: { on: commit, workfow: note.sh }\n', 2, 'did you mean: workflow'],
        ['  a: { on: webhook, workflow: note.sh }\n', 2, 'believed by its signature'],
        ['  a: { on: commit, workflow: none }\n', 4, 'there is no workflow or script none'],
        ["  a: { on: commit, workflow: note.sh, if: 'event.x ==' }\n", 2, ''],
        ['  A B: { on: commit, workflow: note.sh }\n', 2, 'is no name'],
      ];
      for (const [text, code, words] of refused) {
        declare(place, text);
        const got = await place.bit('trigger', 'adopt');
        assert.is(got.code, code, text + got.stderr);
        assert.match(got.stderr, words);
      }
      await did(place, 'trigger', 'on', 'tag', 'note.sh', '--name', 'noted');
      declare(place, COMMIT);
      assert.match((await place.bit('trigger', 'adopt')).stderr, 'was set by hand');
      assert.equal((await place.bit('trigger', 'adopt', 'note')).code, 4);
      assert.equal(await names(place), ['noted']);
    }));
});
