import * as assert from 'uvu/assert';
import { callDigest, MOST_CALLS_ELSEWHERE, Progress, Replay } from '../../src/bots/elsewhere/replay.ts';
import { MOST_LINES, MOST_RESULT, readResult, writeResult } from '../../src/bots/elsewhere/result.ts';
import { type FarTask, readTask, writeTask } from '../../src/bots/elsewhere/task.ts';
import type { BitAnswer } from '../../src/bots/index.ts';
import { sha256 } from '../../src/kernel/digest.ts';
import { isBitError } from '../../src/kernel/errors.ts';
import { parseJsonWithin } from '../../src/kernel/json-within.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';

const ENDED: BitAnswer = { status: 0, stdout: 'made\n', stderr: '' };

function answered(...words: string[]) {
  return { digest: callDigest(words, {}), answer: { ...ENDED, stdout: words.join(' ') } };
}

function refused(work: () => unknown, code: Parameters<typeof isBitError>[1], said: string | RegExp): void {
  try {
    work();
  } catch (error) {
    if (!isBitError(error, code)) throw error;
    assert.match(error.message, said);
    return;
  }
  assert.unreachable('it was taken');
}

/** What a handler is, where all it does is ask: the calls it comes to, each after the answers of those before. */
type Handler = (ask: (words: readonly string[]) => Promise<BitAnswer>) => Promise<unknown>;

/** As the host and runners do it together; every command that was run, and how many jobs that took. */
async function play(handler: Handler, known: readonly { digest: string; answer: BitAnswer }[] = []) {
  const progress = new Progress(known);
  const ran: string[] = [];
  for (let jobs = 1; ; jobs++) {
    let over = (): void => undefined;
    const ended = new Promise<'over'>((resolve) => {
      over = () => resolve('over');
    });
    const replay = new Replay({ journal: progress.journal, fixed: progress.fixed, over: () => over() });
    const end = await Promise.race([ended, handler((words) => replay.call(words, {})).then(() => 'done')]);
    if (replay.stray !== undefined) throw replay.stray;
    if (end === 'done') return { ran, jobs };
    const { wanted } = replay;
    if (wanted === undefined) throw new Error('it ended for nothing');
    progress.expect(wanted.n);
    ran.push((wanted.words as string[]).join(' '));
    progress.add(wanted.n, {
      digest: callDigest(wanted.words, wanted.options),
      answer: { ...ENDED, stdout: (wanted.words as string[]).join(' ') },
    });
  }
}

suite('the journal of a handler elsewhere', (test) => {
  test('has each call run once, in its order, whatever hangs on the answers', async () => {
    const { ran, jobs } = await play(async (ask) => {
      const { stdout } = await ask(['a']);
      await Promise.all([ask([`${stdout}-b`]), ask(['c'])]);
      await ask(['d']);
    });
    assert.equal(ran, ['a', 'a-b', 'c', 'd']);
    assert.is(jobs, 5);
  });

  test('runs nothing again that an earlier try had done, and what differs from it anew', async () => {
    const handler: Handler = async (ask) => {
      for (const word of ['a', 'b', 'c']) await ask([word]);
    };
    assert.equal((await play(handler, [answered('a'), answered('b')])).ran, ['c']);
    assert.equal(
      await play(
        handler,
        ['a', 'b', 'c'].map((word) => answered(word)),
      ),
      { ran: [], jobs: 1 },
    );
    // of another course from its second on
    assert.equal((await play(handler, [answered('a'), answered('x'), answered('c')])).ran, ['b', 'c']);
  });

  test('ends a handler that asks otherwise than it did before in the same try', async () => {
    let time = 0;
    try {
      await play(async (ask) => {
        time += 1;
        await ask(['tag', 'new', `v${time}`]);
        await ask(['b']);
      });
      assert.unreachable('it went on');
    } catch (error) {
      if (!isBitError(error, 'failed')) throw error;
      assert.match(error.message, 'call 1 is bit tag new v2, and was another before');
      assert.match(error.message, 'context.now()');
    }
  });

  test('never gives an answer beside the one that is wanted', async () => {
    let overs = 0;
    const replay = new Replay({
      journal: [answered('a')],
      fixed: 1,
      over: () => {
        overs += 1;
      },
    });
    assert.is((await replay.call(['a'], {})).stdout, 'a');
    const silent = [replay.call(['b'], { json: true }), replay.call(['a'], {}), replay.call('what', null)];
    const first = await Promise.race([...silent, new Promise((turn) => setImmediate(() => turn('nothing')))]);
    assert.is(first, 'nothing');
    assert.equal(replay.wanted, { n: 2, words: ['b'], options: { json: true } });
    assert.is(overs, 1);
  });

  test('knows a call by its words, its input and whether its JSON is read, as the host does', () => {
    const digest = callDigest(['a'], undefined);
    assert.is(callDigest(['a'], { more: 1, json: false }), digest);
    assert.is.not(callDigest(['a'], { json: true }), digest);
    assert.is.not(callDigest(['a'], { input: '' }), digest);
    assert.is.not(callDigest(['a', ''], {}), digest);
    assert.is(callDigest(undefined, 7), callDigest(null, {}));
  });

  test('takes no call but the next, and not more than there may be', () => {
    const progress = new Progress([answered('a'), answered('b')]);
    for (const n of [0, -1, 4, 1e9, Number.NaN]) {
      if (Number.isNaN(n)) continue;
      refused(() => progress.expect(n), 'integrity', 'where 3 would be next');
    }
    progress.expect(1);
    progress.expect(3);
    progress.add(2, answered('x'));
    assert.equal([progress.fixed, progress.journal.length], [2, 2]);
    // what was run in this try is not run again, whoever asks
    refused(() => progress.expect(1), 'integrity', 'asks for call 1');
    refused(() => progress.expect(2), 'integrity', 'asks for call 2');
    const many = new Progress(Array.from({ length: MOST_CALLS_ELSEWHERE }, () => answered('a')));
    refused(() => many.expect(MOST_CALLS_ELSEWHERE + 1), 'failed', 'at most 200 commands');
  });
});

const BOT: FarTask['bot'] = {
  manifest: {
    name: 'far',
    handler: { kind: 'script', path: 'main.js', language: 'javascript' },
    limits: { memory_mb: 64, seconds: 5, processes: 4, output_mb: 1, attempts: 1 },
    settings: {},
  },
  files: [{ path: 'main.js', sha256: sha256('export {}').toString('hex'), text: 'export {}' }],
  granted: [],
};
const WORK: FarTask = {
  bot: BOT,
  event: { id: 'e1', event: 'ledger', kind: 'COMMIT', ts: '2026-01-01T00:00:00.000Z', facts: {} },
  context: null,
  state: {},
  now: '2026-01-01T00:00:00.000Z',
  journal: [answered('a')],
  fixed: 1,
  told: 0,
  refused: 0,
};

suite('what travels of an event', (test) => {
  test('comes as it was sent, and a file that is another is refused', () => {
    const text = writeTask(WORK);
    assert.equal(readTask(text), { v: 1, ...WORK });
    const other = JSON.parse(text) as { bot: { files: { text: string }[] } };
    const [file] = other.bot.files;
    if (file !== undefined) file.text = 'export const handle = 1';
    refused(() => readTask(JSON.stringify(other)), 'integrity', 'main.js');
    refused(() => readTask(JSON.stringify({ ...WORK, v: 1, module: '../up.js' })), 'usage', 'up.js');
  });

  test('holds no secret, wherever that would be', () => {
    const secret = `ghp_${'a1B2'.repeat(9)}`;
    const with_ = (part: Partial<FarTask>): FarTask => ({ ...WORK, ...part });
    const cases: readonly (readonly [string, FarTask])[] = [
      ['its state', with_({ state: { last: secret } })],
      ['its settings', with_({ bot: { ...BOT, manifest: { ...BOT.manifest, settings: { key: secret } } } })],
    ];
    for (const [what, task] of cases) refused(() => writeTask(task), 'denied', what);
    const text = writeTask(
      with_({
        event: { ...WORK.event, facts: { message: `it is ${secret}` } },
        context: { note: secret },
        journal: [{ digest: 'd', answer: { ...ENDED, stdout: secret, json: { it: secret } } }],
      }),
    );
    assert.not.match(text, secret);
    assert.match(text, 'it is ***');
  });
});

const RESULT = { v: 1, end: { kind: 'done', set: {} }, lines: [], refused: [], tree: false };

function read(value: unknown) {
  return readResult(Buffer.from(JSON.stringify(value)));
}

suite('what a runner says', (test) => {
  test('is taken where it is what one writes', () => {
    for (const end of [
      { kind: 'wants', n: 3, words: ['tag', 'new', 'x'], options: { input: 'y' } },
      { kind: 'done', set: { times: 3, list: [1, { a: null }] } },
      { kind: 'failed', why: 'it was tired' },
    ] as const) {
      const result = {
        ...{ end, lines: ['one', 'two'], tree: true },
        refused: [{ method: 'tree.read', args: ['../x'], message: 'no' }],
      };
      assert.equal(readResult(Buffer.from(writeResult(result))), result);
    }
  });

  test('is refused by what is wrong with it', () => {
    const cases: readonly (readonly [string, unknown])[] = [
      ['no good v', { ...RESULT, v: 2 }],
      ['no good v', []],
      ['a member token', { ...RESULT, token: 'x' }],
      ['no good end', { ...RESULT, end: null }],
      ['no good end', { ...RESULT, end: { kind: 'again' } }],
      ['no good n', { ...RESULT, end: { kind: 'wants', n: 1.5, words: [], options: {} } }],
      ['no good n', { ...RESULT, end: { kind: 'wants', n: 0, words: [], options: {} } }],
      ['no good n', { ...RESULT, end: { kind: 'wants', n: '1', words: [], options: {} } }],
      ['no good n', { ...RESULT, end: { kind: 'wants', n: 1e6, words: [], options: {} } }],
      ['no good call', { ...RESULT, end: { kind: 'wants', n: 1, options: {} } }],
      ['no good call', { ...RESULT, end: { kind: 'wants', n: 1, words: [], options: [] } }],
      ['no good set', { ...RESULT, end: { kind: 'done', set: [1] } }],
      ['no good why', { ...RESULT, end: { kind: 'failed', why: 'x'.repeat(100_000) } }],
      ['no good lines', { ...RESULT, lines: 'one' }],
      ['no good lines', { ...RESULT, lines: [1] }],
      ['no good lines', { ...RESULT, lines: ['x'.repeat(5000)] }],
      ['no good lines', { ...RESULT, lines: Array.from({ length: MOST_LINES + 1 }, () => '') }],
      ['no good refused', { ...RESULT, refused: [{ method: 'm', args: [1], message: '' }] }],
      ['no good refused', { ...RESULT, refused: [null] }],
      ['no good tree', { ...RESULT, tree: 'yes' }],
    ];
    for (const [why, value] of cases) refused(() => read(value), 'integrity', why);
    refused(() => readResult(Buffer.from('{"v":1')), 'integrity', 'no JSON');
    refused(() => readResult(Buffer.from([0xff, 0xfe])), 'integrity', 'no text');
    refused(() => readResult(Buffer.alloc(MOST_RESULT + 1, ' ')), 'integrity', 'larger than');
    const deep = `{"v":1,"end":{"kind":"done","set":{"a":${'['.repeat(1e6)}${']'.repeat(1e6)}}}}`;
    refused(() => readResult(Buffer.from(deep)), 'integrity', 'levels deep');
  });

  test('is one of these two, whatever it is', () => {
    const member = fc.constantFrom(
      'v',
      'end',
      'lines',
      'refused',
      'tree',
      'kind',
      'n',
      'words',
      'set',
      'why',
    );
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom<unknown>(null, true, 1, -1, 0.5, 1e308, '', 'done', 'wants', 'failed', '__proto__'),
        fc.array(tie('any'), { maxLength: 4 }),
        fc.dictionary(member, tie('any'), { maxKeys: 6 }),
      ),
    })).any;
    fc.assert(
      fc.property(value, fc.boolean(), (given, framed) => {
        const text = JSON.stringify(framed ? { ...RESULT, end: given } : given);
        try {
          readResult(Buffer.from(text));
        } catch (error) {
          if (!isBitError(error, 'integrity')) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });
});

suite('JSON of a stranger', (test) => {
  test('is read as ever within its depth, brackets in strings being none', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = JSON.stringify(value);
        assert.equal(parseJsonWithin(text, 10), JSON.parse(text));
      }),
    );
    assert.is(
      parseJsonWithin(`"${'['.repeat(50)}\\"${'{'.repeat(50)}"`, 1),
      `${'['.repeat(50)}"${'{'.repeat(50)}`,
    );
    assert.equal(parseJsonWithin('[[],[[1]]]', 3), [[], [[1]]]);
    refused(() => parseJsonWithin('[[],[[1]]]', 2), 'integrity', '2 levels');
  });
});
