import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { openBotsDatabase } from '../../src/bots/host/database.ts';
import { Queue } from '../../src/bots/host/queue.ts';
import type { HealResult } from '../../src/mending/index.ts';
import { suite } from '../suite.ts';
import { type World, within } from '../world.ts';
import { deployBot, eventsOf, ok } from './ground.ts';

async function heal(place: World): Promise<readonly string[]> {
  const { stdout, stderr } = await place.bit('bot', 'selfheal', 'bots', '--json');
  assert.match(stdout, /^\{/, stderr);
  return (JSON.parse(stdout) as HealResult).healed.map(({ what, state }) => `${state}: ${what}`);
}

const BROKEN = 'export async function handle() { throw new Error("broken"); }\n';
/** Does the one thing first that may not happen twice. */
const HALF = `export async function handle(event, context) {
  const { status } = await context.bit(['tag', 'new', 't-' + event.facts.commit.slice(0, 8)]);
  if (status !== 0) throw new Error('the tag');
  throw new Error('broken');
}
`;
const MENDED = HALF.replace("  throw new Error('broken');\n", '');

const bot = (js: string) => ({
  on: '[{ git: commit }]',
  can: '[repo:tag]',
  more: 'limits: { attempts: 1 }\n',
  js,
});

function commit(place: World): void {
  place.git('commit', '-q', '--allow-empty', '-m', 'event');
}

const states = (place: World, name: string): string =>
  eventsOf(place, name)
    .map(({ state }) => state)
    .join(' ');

suite('bit bot selfheal for bots', (test) => {
  test('has events tried anew once their bot was mended, without what had gone well, and undo takes that back', () =>
    within({}, async (place) => {
      await deployBot(place, 'tagger', bot(HALF));
      commit(place);
      await ok(place, 'bot', 'run', '--once');
      assert.is(states(place, 'tagger'), 'dead');
      const [told, ...more] = await heal(place);
      assert.match(told ?? '', /^left: tagger gave up git:\S+: broken/);
      assert.equal(more, []);

      await deployBot(place, 'tagger', bot(MENDED));
      assert.equal(await heal(place), ['healed: tagger failed at 1 event, and it was deployed anew since']);
      await ok(place, 'undo', '--yes');
      await ok(place, 'bot', 'run', '--once');
      assert.is(states(place, 'tagger'), 'dead', 'undone before any host saw it');

      assert.is((await heal(place)).length, 1);
      await ok(place, 'bot', 'run', '--once');
      assert.is(states(place, 'tagger'), 'done');
      assert.is(place.git('tag').split('\n').length, 1);
      assert.equal(await heal(place), [], 'nothing is wrong any more');
    }));

  test('has what policies denied tried anew once others are in force, by accepting or by taking that back; the same accepted again changes nothing', () =>
    within({}, async (place) => {
      const policy = (rule: string) => {
        place.write('.bithub/policies/p.rego', `package p\nimport rego.v1\n${rule}`);
        place.git('add', '.bithub');
        place.git('commit', '-q', '-m', 'policies');
      };
      const since = (events: string) =>
        `healed: tagger failed at ${events}, and other policies came in force since`;
      await ok(place, 'policy', 'accept');
      await deployBot(place, 'tagger', { ...bot(MENDED), more: 'limits: { attempts: 2 }\n' });
      policy('deny contains "no tags" if input.action == "repo.tag"\n');
      await ok(place, 'policy', 'accept');
      await ok(place, 'bot', 'run', '--once');
      // one is given up, one waits until its next try is due
      const [first] = eventsOf(place, 'tagger');
      assert.equal([first?.state, typeof first?.due], ['queued', 'string']);
      const queue = new Queue(openBotsDatabase(join(place.dir, '.git', 'bit')), Date.now);
      const next = queue.next('tagger');
      if (next === undefined) throw new Error('nothing waits');
      queue.failed(queue.begin(next), { why: 'the tag', due: undefined });
      queue.close();
      commit(place);
      await ok(place, 'bot', 'run', '--once');
      assert.is(states(place, 'tagger'), 'queued dead');
      assert.is(place.git('tag'), '');

      // nothing else is in force after this, so they would fail again
      await ok(place, 'policy', 'accept');
      const [told, ...more] = await heal(place);
      assert.match(told ?? '', /^left: tagger gave up/);
      assert.match(more.join(), /^(?:left: events wait for tagger.*)?$/);

      policy('');
      await ok(place, 'policy', 'accept');
      assert.equal((await heal(place))[0], since('2 events'));
      await ok(place, 'bot', 'run', '--once');
      assert.ok(
        eventsOf(place, 'tagger').every(({ state }) => state === 'done'),
        states(place, 'tagger'),
      );
      assert.is(place.git('tag').split('\n').length, 3, 'the commit of the lenient policies too');
      assert.equal(await heal(place), []);

      // a strict set whose acceptance is undone lets go as well
      const before = JSON.parse(await ok(place, 'motd', 'add', 'so far', '--json')) as {
        operation: { id: string };
      };
      policy('deny contains "no tags" if { input.action == "repo.tag"; input.args.name != "x" }\n');
      await ok(place, 'policy', 'accept');
      await ok(place, 'bot', 'run', '--once');
      assert.is(eventsOf(place, 'tagger')[0]?.state, 'queued');
      assert.match((await heal(place)).join(), /^(?:left: events wait for tagger.*)?$/);
      await ok(place, 'history', 'revert', before.operation.id, '--yes');
      assert.equal((await heal(place))[0], since('1 event'));
      await ok(place, 'bot', 'run', '--once');
      assert.is(eventsOf(place, 'tagger')[0]?.state, 'done');
      assert.is(place.git('tag').split('\n').length, 4);
    }));

  test('pauses a bot that gives up all it hears of, so that the next event is kept; undo has it go on', () =>
    within({}, async (place) => {
      await deployBot(place, 'hopeless', bot(BROKEN));
      for (let n = 0; n < 3; n++) commit(place);
      await ok(place, 'bot', 'run', '--once');
      const dry = await ok(place, 'bot', 'selfheal', 'bots', '--dry-run');
      assert.match(dry, 'hopeless gave up its last 3 events: broken: pause it');
      assert.equal(await heal(place), ['healed: hopeless gave up its last 3 events: broken']);
      commit(place);
      await ok(place, 'bot', 'run', '--once');
      assert.is(states(place, 'hopeless'), 'queued dead dead dead');
      await ok(place, 'undo', '--yes');
      await ok(place, 'bot', 'run', '--once');
      assert.is(states(place, 'hopeless'), 'dead dead dead dead');
    }));

  test('says that events wait and nobody hosts them, and which bot the last host died at', () =>
    within({}, async (place) => {
      await deployBot(place, 'waits', bot(BROKEN));
      await ok(place, 'bot', 'pause', 'waits');
      commit(place);
      await ok(place, 'bot', 'run', '--once');
      assert.equal(await heal(place), [], 'a paused bot waits on purpose');
      await ok(place, 'bot', 'resume', 'waits');
      assert.equal(await heal(place), ['left: events wait for waits, and no process hosts them']);
      // as a host leaves it that is killed at the event
      const queue = new Queue(openBotsDatabase(join(place.dir, '.git', 'bit')), Date.now);
      const next = queue.next('waits');
      if (next === undefined) throw new Error('nothing is queued');
      queue.begin(next);
      queue.close();
      assert.equal(await heal(place), [
        'left: events wait for waits, and no process hosts them; the last one died at an event of waits',
      ]);
    }));
});
