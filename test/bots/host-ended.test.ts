import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { openLedgerReader } from '../../src/ledger/index.ts';
import { suite } from '../suite.ts';
import { type World, within } from '../world.ts';
import { deployBot, eventsOf, logOf, ok, processesOf, startHost, until } from './ground.ts';

const TAGGER = `export async function handle(event, context) {
  if ((await context.tree.read('go')) === undefined) {
    context.log('waits');
    await new Promise(() => setTimeout(() => undefined, 1e9));
  }
  const { status, stderr } = await context.bit(['tag', 'new', 't-' + event.facts.commit.slice(0, 8)]);
  if (status !== 0) throw new Error(stderr);
}
`;

/** Looks at its signal, and returns as one that has done its work. */
const LEAVER = `export async function handle(event, context) {
  if ((await context.state.get('left')) !== undefined) throw new Error('what it set stayed');
  await context.state.set('left', true);
  if ((await context.tree.read('go')) === undefined) {
    context.log('waits');
    const beat = setInterval(() => undefined, 1000);
    await new Promise((resolve) => context.signal.addEventListener('abort', resolve, { once: true }));
    clearInterval(beat);
    context.log('puts things away');
    return;
  }
  await context.bit(['tag', 'new', 'handled']);
}
`;

async function tagger(place: World): Promise<void> {
  await deployBot(place, 'tagger', {
    on: '[{ git: commit }]',
    can: '[repo:tag, tree:read]',
    js: TAGGER,
  });
  place.git('commit', '-q', '--allow-empty', '-m', 'event');
}

/** The host was asked to end and did, as one that had nothing more to do: nothing runs on, the event waits untried. */
async function endsWell(place: World, signal: NodeJS.Signals, during: () => boolean): Promise<void> {
  const host = startHost(place);
  const told = (): string => `${host.said()}\n${logOf(place, 'tagger')}`;
  try {
    await until('the bot is at its event', during, told);
    host.child.kill(signal);
    assert.is(await host.ended(), 0, told());
  } finally {
    host.child.kill('SIGKILL');
  }
  await until('nothing of it runs', () => processesOf(place).length === 0, told);
  assert.match(told(), '0 events handled, 0 tries failed, 0 given up, 1 waiting');
  const [event] = eventsOf(place, 'tagger');
  assert.equal([event?.state, event?.attempts, event?.crashes], ['queued', 0, 0], told());
  const ledger = openLedgerReader({ directory: join(place.dir, '.git', 'bit', 'ledger') });
  assert.equal(ledger.openIntents(), [], 'no operation is left open');
  const [run] = [...ledger.entries({ phase: 'outcome', newestFirst: true })].filter(
    (entry) => entry.event === 'BOT_RUN',
  );
  assert.is(run?.payload?.['ok'], true);
}

suite('a host that is asked to end', (test) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    test(`by ${signal} stops its bots and keeps their events; the next one handles them`, () =>
      within({}, async (place) => {
        await tagger(place);
        await endsWell(place, signal, () => logOf(place, 'tagger').includes('waits'));
        place.write('go', '');
        assert.match(await ok(place, 'bot', 'run', '--once'), '1 event handled');
        assert.is(place.git('tag').split('\n').length, 1);
      }));

  test('is told to its handlers, which leave as they like; what they were at comes again', () =>
    within({}, async (place) => {
      await deployBot(place, 'tagger', { on: '[{ git: commit }]', can: '[repo:tag, tree:read]', js: LEAVER });
      place.git('commit', '-q', '--allow-empty', '-m', 'event');
      await endsWell(place, 'SIGTERM', () => logOf(place, 'tagger').includes('waits'));
      assert.match(logOf(place, 'tagger'), 'puts things away');
      place.write('go', '');
      assert.match(await ok(place, 'bot', 'run', '--once'), '1 event handled');
      assert.is(place.git('tag'), 'handled');
    }));

  test('while a command of its bot runs puts that back, and the next one runs it once', () =>
    within({ go: '' }, async (place) => {
      const hook = join(place.dir, '.git', 'hooks', 'reference-transaction');
      const begun = join(place.dir, '.git', 'begun');
      await tagger(place);
      writeFileSync(
        hook,
        `#!/bin/sh\n[ "$1" = prepared ] && grep -q refs/tags/ && { : > "${begun}"; sleep 600; }\nexit 0\n`,
      );
      chmodSync(hook, 0o755);
      await endsWell(place, 'SIGTERM', () => place.exists('.git/begun'));
      assert.is(place.git('tag'), '');
      writeFileSync(hook, '#!/bin/sh\n');
      assert.match(await ok(place, 'bot', 'run', '--once'), '1 event handled', logOf(place, 'tagger'));
      assert.is(place.git('tag').split('\n').length, 1);
      assert.match(await ok(place, 'repair', '--dry-run'), /nothing|0 /);
    }));
});

suite('a command of a bot that is killed', (test) => {
  test('once it had changed what it was to is answered as done, whatever its sandbox says of its end', () =>
    within({ go: '' }, async (place) => {
      await tagger(place);
      const hook = join(place.dir, '.git', 'hooks', 'reference-transaction');
      // git has moved the ref when it says "committed"; its parent is bit, which has told nobody yet
      writeFileSync(
        hook,
        `#!/bin/sh
[ "$1" = committed ] && grep -q refs/tags/ && kill -9 "$(sed 's/.*) . \\([0-9]*\\) .*/\\1/' "/proc/$PPID/stat")"
exit 0
`,
      );
      chmodSync(hook, 0o755);
      assert.match(
        await ok(place, 'bot', 'run', '--once'),
        '1 event handled, 0 tries failed',
        logOf(place, 'tagger'),
      );
      assert.is(place.git('tag').split('\n').length, 1);
      assert.equal(
        eventsOf(place, 'tagger').map(({ state, calls }) => [state, calls.map(({ status }) => status)]),
        [['done', [0]]],
      );
    }));
});
