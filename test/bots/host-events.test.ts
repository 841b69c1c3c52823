import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { type World, within } from '../world.ts';
import { deployBot, eventsOf, logOf, ok } from './ground.ts';

const LISTENS = { can: '[query:status]', js: 'export async function handle() {}\n' };

/** Paused: what it hears of stays in its queue. */
async function queueing(place: World, name: string, on: string): Promise<void> {
  await deployBot(place, name, { on, ...LISTENS });
  await ok(place, 'bot', 'pause', name);
}

/** What a bot was told of, oldest first: `main <commit>`. */
function heard(place: World, bot: string): readonly string[] {
  return eventsOf(place, bot)
    .map(({ event: { facts }, state }) => `${String(facts['branch'])} ${String(facts['commit'])} ${state}`)
    .reverse();
}

function commit(place: World, message: string): string {
  place.git('commit', '-q', '--allow-empty', '-m', message);
  return place.git('rev-parse', 'HEAD');
}

suite('what plain git did while no host ran', (test) => {
  test('is told of when one starts, each commit once for the branch it came to', () =>
    within({}, async (place) => {
      commit(place, 'before any bot');
      await queueing(place, 'watch', '[{ git: commit }]');
      const [one, two] = [commit(place, 'one'), commit(place, 'two')];
      await ok(place, 'bot', 'run', '--once');
      assert.equal(heard(place, 'watch'), [`main ${one} queued`, `main ${two} queued`]);

      // a branch made of what main has, one with a commit of its own, and main moved back and forth
      const three = commit(place, 'three');
      place.git('branch', 'copy');
      place.git('switch', '-q', '-c', 'topic');
      const four = commit(place, 'four');
      place.git('switch', '-q', 'main');
      place.git('reset', '-q', '--hard', one);
      await ok(place, 'bot', 'run', '--once');
      place.git('reset', '-q', '--hard', three);
      await ok(place, 'bot', 'run', '--once');
      assert.equal(
        [...heard(place, 'watch').slice(2)].sort(),
        [`copy ${three} queued`, `main ${three} queued`, `topic ${four} queued`].sort(),
      );
      await ok(place, 'bot', 'run', '--once');
      assert.is(heard(place, 'watch').length, 5);
    }));

  test('is one event where a new branch holds what an older one came to hold', () =>
    within({}, async (place) => {
      await deployBot(place, 'watch', { on: '[{ git: commit }]', ...LISTENS });
      const one = commit(place, 'one');
      for (const name of ['a', 'b', 'zz']) place.git('branch', name);
      await ok(place, 'bot', 'run', '--once');
      assert.equal(heard(place, 'watch'), [`main ${one} done`]);
    }));

  test('goes to those who listen to its branch and its paths, tags and refs too', () =>
    within({}, async (place) => {
      await queueing(place, 'docs', '[{ event: git, kinds: [commit], paths: [docs] }]');
      await queueing(place, 'tags', '[{ event: git, kinds: [tag] }]');
      await deployBot(place, 'side', {
        on: '[{ event: git, kinds: [ref], branches: [side/*] }]',
        ...LISTENS,
      });
      place.write('docs/page.md', 'hello\n');
      place.git('add', 'docs');
      const page = commit(place, 'a page');
      commit(place, 'nothing of docs');
      place.git('tag', 'v1');
      place.git('branch', 'side/one');
      await ok(place, 'bot', 'run', '--once');
      assert.equal(heard(place, 'docs'), [`main ${page} queued`]);
      assert.equal(
        eventsOf(place, 'tags').map(({ event }) => event.facts['tag']),
        ['v1'],
      );
      assert.equal(
        eventsOf(place, 'side').map(({ event }) => event.facts['ref']),
        ['refs/heads/side/one'],
      );
    }));
});

suite('what plain git did beside a bot', (test) => {
  test("is news to that bot though it came while its command ran, or before its own commit; the bot's own is not", () =>
    within({}, async (place) => {
      await deployBot(place, 'tagger', {
        on: '[{ git: commit }]',
        can: '[repo:tag, repo:commit, git:commit]',
        js: `export async function handle(event, context) {
  const { subject, commit } = event.facts;
  for (const words of [['tag', 'new', 't-' + commit.slice(0, 8)], ['git', 'commit', '-q', '--allow-empty', '-m', 'own of ' + subject]]) {
    const { status, stderr } = await context.bit(words);
    if (status !== 0) throw new Error(stderr);
  }
}
`,
      });
      const hook = join(place.dir, '.git', 'hooks', 'reference-transaction');
      const once = join(place.dir, '.git', 'beside');
      writeFileSync(
        hook,
        `#!/bin/sh
[ "$1" = prepared ] && grep -q refs/tags/ && [ ! -e "${once}" ] && { : > "${once}"; git commit -q --allow-empty -m beside; }
exit 0
`,
      );
      chmodSync(hook, 0o755);
      commit(place, 'first');
      await ok(place, 'bot', 'run', '--once');
      assert.equal(
        eventsOf(place, 'tagger')
          .map(({ event, state }) => `${String(event.facts['subject'])} ${state}`)
          .sort(),
        ['beside done', 'first done'],
        logOf(place, 'tagger'),
      );
      assert.is(place.git('rev-list', '--count', 'HEAD'), '5', 'two of the bot beside them');
    }));
});
