import * as assert from 'uvu/assert';
import { Updates } from '../../src/bots/host/updates.ts';
import type { DeployedBot } from '../../src/bots/index.ts';
import { suite } from '../suite.ts';
import { type World, within } from '../world.ts';

const FILES = {
  '.bithub/bots/greeter.yml':
    'name: greeter\nhandler: script:main.bit\non: [{ledger: MOTD_ADD}]\ncapabilities: ["query:status"]\n',
  '.bithub/bots/greeter/main.bit': 'bit.status\n',
};

// biome-ignore lint/suspicious/noExplicitAny: what a command printed
type Printed = any;

async function json(place: World, ...words: string[]): Promise<Printed> {
  const { code, stdout, stderr } = await place.bit(...words, '--json');
  assert.is(code, 0, `bit ${words.join(' ')}: ${stdout}${stderr}`);
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
}

suite('asking bots', (test) => {
  test('tells how they stand, what they handled and what they said', () =>
    within(FILES, async (place) => {
      await json(place, 'bot', 'deploy', 'greeter', '--yes');
      const { state } = await json(place, 'bot', 'query');
      assert.equal([state[0].name, state[0].waiting, state[0].running], ['greeter', 0, false]);
      assert.equal((await json(place, 'bot', 'query', 'history')).history, []);
      await json(place, 'motd', 'add', 'hello');
      assert.is((await place.bit('bot', 'run', '--once')).code, 0);
      assert.is((await json(place, 'bot', 'query', 'state', 'greeter')).state[0].done, 1);
      const [handled] = (await json(place, 'bot', 'query', 'history', 'greeter')).history;
      assert.equal([handled.state, handled.event.event, handled.event.kind], ['done', 'ledger', 'MOTD_ADD']);
      assert.equal(handled.calls, [{ n: 1, words: ['status'], status: 0 }]);
      assert.ok((await json(place, 'bot', 'query', 'logs', 'greeter')).logs.length > 0);
      assert.is((await place.bit('bot', 'query', 'state', 'greet')).code, 4);
    }));

  test('a manifest that changed is taken at its time, once, and none that was missed', () => {
    const bot = { manifest: { name: 'a' }, updates: '0 4 * * *' } as unknown as DeployedBot;
    const updates = new Updates(new Date('2026-01-01T04:00:30Z'));
    const at = (time: string): readonly string[] => updates.due([bot], new Date(time));
    assert.equal(at('2026-01-01T05:00:00Z'), []);
    assert.equal(at('2026-01-02T04:00:01Z'), ['a']);
    assert.equal(at('2026-01-02T04:00:02Z'), []);
    assert.equal(at('2026-01-03T04:00:00Z'), ['a']);
    assert.equal(updates.due([{ ...bot, updates: null }], new Date('2026-02-01T00:00:00Z')), []);
  });
});
