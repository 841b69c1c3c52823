import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { backoff } from '../../src/bots/host/backoff.ts';
import { openBotsDatabase } from '../../src/bots/host/database.ts';
import { readRunners } from '../../src/bots/host/history.ts';
import { BotLog, readLog } from '../../src/bots/host/logs.ts';
import { isAllowed, networkOf } from '../../src/bots/host/network.ts';
import { Queue, type Queued } from '../../src/bots/host/queue.ts';
import { listenForGithub } from '../../src/bots/host/sources/github.ts';
import { checkCall } from '../../src/bots/host/words.ts';
import { readEvents, readStandings } from '../../src/bots/index.ts';
import type { BotEvent } from '../../src/bots/model.ts';
import { isBitError } from '../../src/kernel/errors.ts';
import { rememberSecret } from '../../src/kernel/secrets.ts';
import { parseCause } from '../../src/operation/index.ts';
import { botCovers } from '../../src/token/index.ts';
import { suite } from '../suite.ts';

function folder(run: (directory: string) => void | Promise<void>): () => Promise<void> {
  return async () => {
    const directory = mkdtempSync(join(tmpdir(), 'bit-host-'));
    try {
      await run(directory);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  };
}

function event(id: string): BotEvent {
  return { id, event: 'ledger', kind: 'COMMIT', ts: '2026-01-01T00:00:00.000Z', facts: {} };
}

function arrival(bot: string, id: string) {
  return { bot, event: event(id), depth: 0 };
}

function nextOf(queue: Queue): Queued {
  const next = queue.next('a');
  if (next === undefined) throw new Error('nothing is queued');
  return next;
}

function denied(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (isBitError(error, 'denied')) return;
    throw error;
  }
  assert.unreachable('it was let through');
}

suite('the queue of the bots', (test) => {
  test(
    'takes an event once however often it is told, and moves the cursor with it',
    folder((directory) => {
      const queue = new Queue(openBotsDatabase(directory), () => 1);
      assert.is(queue.take([arrival('a', 'e1'), arrival('b', 'e1')], { ledger: 5 }), 2);
      assert.is(queue.take([arrival('a', 'e1'), arrival('a', 'e2')], { ledger: 6 }), 1);
      assert.is(queue.cursor('ledger'), 6);
      assert.is(queue.next('a')?.event.id, 'e1');
      queue.close();
    }),
  );

  test(
    'goes on where a host died, counts the crash, and keeps what the bot set only once it is done',
    folder((directory) => {
      const before = new Queue(openBotsDatabase(directory), () => 1);
      before.take([arrival('a', 'e1')], {});
      const first = before.begin(nextOf(before));
      before.callBegun(first, { n: 1, try: 1, attempt: 0, digest: 'd' }, ['tag', 'new', 'x']);
      before.callDone(first, 1, { status: 0, stdout: 'made', stderr: '' });
      before.callBegun(first, { n: 2, try: 1, attempt: 0, digest: 'e' }, ['push']);
      // never closed: the process is gone
      const after = new Queue(openBotsDatabase(directory), () => 2);
      const again = after.begin(nextOf(after));
      assert.is(again.crashes, 1);
      assert.is(again.attempts, 0);
      assert.is(after.call(again, 1)?.answer?.stdout, 'made');
      assert.is(after.call(again, 2)?.answer, undefined);
      after.failed(again, { why: 'no', due: 50 });
      assert.is(after.stateOf('a').size, 0);
      after.done(again, new Map([['n', 7]]));
      assert.is(after.stateOf('a').get('n'), 7);
      assert.is(after.next('a'), undefined);
      const [told] = readEvents(directory, { most: 5 });
      assert.is(told?.state, 'done');
      assert.equal(
        told?.calls.map(({ status }) => status),
        [0, null],
      );
      assert.is(readStandings(directory)[0]?.done, 1);
      after.close();
      before.close();
    }),
  );

  test(
    'has an event wait that nobody took elsewhere, counts no try of it, and knows who had it last',
    folder((directory) => {
      const queue = new Queue(openBotsDatabase(directory), () => 1);
      queue.take([arrival('a', 'e1')], {});
      const first = queue.begin(nextOf(queue));
      assert.is(queue.places.waits(first), 1);
      queue.postpone(first, { why: 'no mesh', due: 50 });
      const waiting = nextOf(queue);
      assert.equal([waiting.attempts, waiting.crashes, waiting.due], [0, 0, 50]);
      const [told] = readEvents(directory, { most: 5 });
      assert.equal([told?.state, told?.why, told?.runner], ['queued', 'no mesh', null]);
      const again = queue.begin(waiting);
      assert.is(again.crashes, 0);
      assert.is(queue.places.waits(again), 2);
      queue.places.placed(again, 'aln://runner/a');
      assert.equal(
        readRunners(directory, [
          { bot: 'a', event: 'e1' },
          { bot: 'a', event: 'e2' },
        ]),
        ['aln://runner/a', null],
      );
      // it was taken: the next wait is a first one
      assert.is(queue.places.waits(again), 1);
      assert.is(readEvents(directory, { most: 5 })[0]?.runner, 'aln://runner/a');
      queue.close();
    }),
  );

  test(
    'answers elsewhere as far as nothing would be run again',
    folder((directory) => {
      const queue = new Queue(openBotsDatabase(directory), () => 1);
      queue.take([arrival('a', 'e1')], {});
      const first = queue.begin(nextOf(queue));
      const call = (n: number, status: number | undefined): void => {
        queue.callBegun(first, { n, try: 1, attempt: 0, digest: `d${n}` }, ['x']);
        if (status !== undefined) queue.callDone(first, n, { status, stdout: '', stderr: '' });
      };
      const digests = (queued: Queued): readonly string[] =>
        queue.places.answered(queued).map(({ digest }) => digest);
      call(1, 0);
      call(2, 3);
      call(3, 0);
      call(4, undefined);
      call(5, 0);
      assert.equal(digests(first), ['d1', 'd2', 'd3']);
      queue.failed(first, { why: 'no', due: 2 });
      // what failed may do better in another try
      assert.equal(digests(queue.begin(nextOf(queue))), ['d1']);
      queue.close();
    }),
  );

  test(
    'is read as an earlier host left it, who knew of no runners',
    folder((directory) => {
      const database = openBotsDatabase(directory);
      const queue = new Queue(database, () => 1);
      queue.take([arrival('a', 'e1')], {});
      database.exec('DROP TABLE elsewhere');
      queue.close();
      assert.is(readEvents(directory, { most: 5 })[0]?.runner, null);
      assert.equal(readRunners(directory, [{ bot: 'a', event: 'e1' }]), [null]);
      const anew = new Queue(openBotsDatabase(directory), () => 2);
      anew.places.placed(nextOf(anew), 'aln://runner/a');
      anew.sweep();
      assert.is(readEvents(directory, { most: 5 })[0]?.runner, 'aln://runner/a');
      anew.close();
    }),
  );

  test(
    'gives an event up where nothing is due any more, and forgets the queue of a bot that is gone',
    folder((directory) => {
      const queue = new Queue(openBotsDatabase(directory), () => 1);
      queue.since('a', 10);
      queue.since('b', 10);
      assert.is(queue.since('a', 99), 10, 'an update does not move what it hears of');
      queue.take([arrival('a', 'e1'), arrival('b', 'e1')], {});
      queue.failed(queue.begin(nextOf(queue)), {
        why: 'enough',
        due: undefined,
      });
      assert.equal(queue.forgetOthers(['a']), ['b']);
      assert.is(queue.waiting(), 0);
      assert.equal(
        readEvents(directory, { states: ['dead'], most: 5 })
          .map(({ why }) => why)
          .sort(),
        ['enough', 'its bot is gone'],
      );
      queue.close();
    }),
  );

  test('waits longer after each failure, to a cap', () => {
    assert.equal([1, 2, 3, 4].map(backoff), [1000, 2000, 4000, 8000]);
    assert.is(backoff(1000), 15 * 60 * 1000);
  });
});

suite('what a bot may say to the host', (test) => {
  test(
    'no word leads out of the work tree or into the git directory',
    folder((directory) => {
      const root = join(directory, 'repo');
      mkdirSync(join(root, '.git', 'bit'), { recursive: true });
      mkdirSync(join(root, 'src'));
      writeFileSync(join(directory, 'outside'), '');
      writeFileSync(join(root, 'src', 'a.ts'), '');
      symlinkSync(join(directory, 'outside'), join(root, 'link'));
      const reach = { root, closed: [join(root, '.git')], home: directory };
      const say = (...words: string[]) => checkCall(words, {}, reach);
      for (const words of [
        ['commit', '-F', join(directory, 'outside')],
        ['commit', '-F', '../outside'],
        ['commit', `-F${join(directory, 'outside')}`],
        ['archive', `--output=${join(directory, 'new')}`],
        ['archive', '--output', '~/new'],
        ['commit', 'link'],
        ['diff', '.git/bit'],
        ['diff', 'src/../.git/bit/bots.db'],
        ['clone', `file://${join(directory, 'outside')}`],
        ['-C', directory, 'status'],
        ['status', `-C${directory}`],
        ['status', '--directory', directory],
        ['git', '--git-dir=/x', 'log'],
        // a name may hold a line break, and what is too long for a path one that isn't
        ['archive', `--output=${join(directory, 'new')}\nline`],
        ['bot', 'package-deliver', `--to=${'x,'.repeat(4000)}${join(directory, 'outside')}`],
      ])
        denied(() => say(...words));
      for (const words of [
        ['commit', 'src/a.ts', '-m', '/cc @ada: fix ../this'],
        ['diff', 'main..topic'],
        ['tag', 'new', 'v1', '-m', 'a/b'],
        ['commit', '--', 'src'],
        ['commit', '-m', `one, two\n\nsee ../this: and that = more\n${'word '.repeat(2000)}`],
      ])
        assert.equal(say(...words).words, words);
      assert.throws(() => checkCall([], {}, reach), /1 to/);
      assert.throws(() => checkCall(['a\0b'], {}, reach), /word is text/);
      assert.throws(() => checkCall([1], {}, reach), /word is text/);
    }),
  );

  test('a wildcard reaches neither keys, tokens, bots and policies nor what starts programs', () => {
    for (const wanted of [
      ...['token:mint', 'key:new', 'bot:deploy', 'bot:shield', 'policy:accept', 'ext:install', 'secret:set'],
      ...['workflow:run', 'git:config', 'test:run', 'terminal:run', 'freeze:set', 'repo:clone', 'brand:new'],
      ...['query:bot:query', 'query:secret:list', 'query:git:log'],
    ]) {
      const [area = ''] = wanted.split(':');
      assert.not(botCovers(['*', `${area}:*`, 'query:*'], wanted), wanted);
      assert.ok(botCovers([wanted], wanted), wanted);
    }
    assert.ok(botCovers(['repo:*'], 'repo:commit'));
    assert.ok(botCovers(['query:*'], 'query:branch:list'));
    assert.ok(botCovers(['query:git:*'], 'query:git:log'));
    assert.not(botCovers(['repo:commit'], 'repo:push'));
  });

  test('hosts are those that were granted, with their ports', () => {
    const allowed = networkOf(['repo:push', 'network:api.github.com:443', 'network:*.example.org']);
    assert.ok(isAllowed(allowed, 'API.github.com', 443));
    assert.ok(isAllowed(allowed, 'a.example.org.', 80));
    assert.not(isAllowed(allowed, 'api.github.com', 80));
    assert.not(isAllowed(allowed, 'example.org.evil.net', 443));
    assert.not(isAllowed(allowed, 'notexample.org', 443));
  });

  test('a cause is read as it is written, and nothing else is one', () => {
    assert.equal(parseCause('tagger/ledger:01m/3#2.1'), {
      bot: 'tagger',
      event: 'ledger:01m/3',
      call: '2.1',
    });
    for (const text of [
      '',
      'x',
      'Tagger/e#1.1',
      'tagger/e',
      'tagger/e e#1.1',
      `tagger/${'e'.repeat(500)}#1.1`,
    ])
      assert.is(parseCause(text), undefined);
  });

  test(
    'its log holds no secret and no control character, and does not grow without end',
    folder((directory) => {
      rememberSecret('hunter2hunter2');
      const log = new BotLog(directory, 'a', () => new Date(0));
      log.write('bot', 'e1', 'the key is hunter2hunter2\u001b[2J');
      const [line] = readLog(directory, 'a', 10);
      assert.not.match(line?.text ?? '', /hunter2|\u001b/);
      for (let n = 0; n < 3000; n++) log.write('bot', null, `${n} ${'x'.repeat(1900)}`);
      const kept = readLog(directory, 'a', 100_000);
      assert.ok(kept.length < 1200, `${kept.length} lines`);
      assert.match(kept.at(-1)?.text ?? '', /^2999 /);
    }),
  );
});

suite('webhooks for bots', (test) => {
  test(
    'are queued before they are acknowledged, once, and only where the signature holds',
    folder(async (directory) => {
      const { createHmac } = await import('node:crypto');
      const queue = new Queue(openBotsDatabase(directory), () => 1);
      const reader = {
        stateDirectory: directory,
        now: () => new Date(0),
        env: { BIT_SECRET_HOOK: 'x' },
      };
      const listener = await listenForGithub(
        reader as never,
        queue,
        { host: '127.0.0.1', port: 0, secret: 'HOOK' },
        async ({ id, kind, facts }) => {
          queue.take([{ bot: 'a', event: { ...event(id), kind, facts }, depth: 0 }], {});
        },
        async () => 'the secret',
      );
      try {
        const post = async (key: string, delivery: string, body: string): Promise<number> => {
          const signature = createHmac('sha256', key).update(body).digest('hex');
          const answer = await fetch(listener.address, {
            method: 'POST',
            headers: {
              'content-type': 'application/json',
              'x-github-event': 'issues',
              'x-github-delivery': delivery,
              'x-hub-signature-256': `sha256=${signature}`,
            },
            body,
          });
          await answer.body?.cancel();
          return answer.status;
        };
        const body = JSON.stringify({ action: 'opened', issue: { number: 1 } });
        assert.is(await post('wrong', 'delivery-1', body), 401);
        assert.is(queue.waiting(), 0);
        assert.is(await post('the secret', 'delivery-1', body), 202);
        assert.is(await post('the secret', 'delivery-1', body), 409, 'by its id');
        assert.is(await post('the secret', 'delivery-2', body), 409, 'by its bytes');
        assert.is(queue.waiting(), 1);
        assert.is(queue.next('a')?.event.kind, 'issues.opened');
        assert.is(queue.next('a')?.event.id, 'github:delivery-1');
      } finally {
        await listener.close();
        queue.close();
      }
    }),
  );
});
