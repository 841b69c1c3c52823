/** What a run starts ends with it; what it writes holds no secret; what it floods with is bounded. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { sandboxCommand } from '../../src/workflow/local/sandbox.ts';
import { suite } from '../suite.ts';
import { type Bench, bench, flow, job, native, sh } from './engine.ts';

/** Processes that were started with this variable in their environment, or sleep for so many seconds. */
function left(seconds: number): number {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'latin1') === `sleep\0${seconds}\0`;
    } catch {
      return false;
    }
  }).length;
}

async function soonNone(seconds: number): Promise<number> {
  for (let turn = 0; turn < 60 && left(seconds) > 0; turn++) await sleep(50);
  return left(seconds);
}

/** Into the background, a session of its own, with no parent left, and deaf to what asks politely. */
function breeder(seconds: number): string {
  return `sleep ${seconds} & setsid sleep ${seconds} & (setsid sh -c 'trap "" INT TERM; sleep ${seconds}' &) ; trap '' INT TERM; sleep ${seconds} & wait; sleep ${seconds}`;
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

let seconds = 4000 + (process.pid % 1000) * 10;

suite<{ place: Bench }>('processes of a run', (test) => {
  test.before.each((context) => {
    context.place = bench();
    seconds++;
  });
  test.after.each((context) => context.place.close());

  test('end with the step that timed out, wherever they went', async ({ place }) => {
    const end = await place.run(flow([job('a', [], [sh('s', breeder(seconds), { timeoutMs: () => 400 })])]));
    assert.is(end.result, 'failure');
    assert.is(await soonNone(seconds), 0);
  });

  test('end with the run that is cancelled', async ({ place }) => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 500);
    const end = await place.run(
      flow([job('a', [], [sh('s', breeder(seconds))]), job('b', ['a'], [sh('s', 'true')])]),
      {
        signal: stop.signal,
      },
    );
    assert.equal([end.result, end.jobs.map(({ result }) => result)], ['cancelled', ['cancelled', 'skipped']]);
    assert.is(await soonNone(seconds), 0);
  });

  test('end with their job, also those a step left in the background, which the next step still finds', async ({
    place,
  }) => {
    const end = await place.run(
      flow([
        job(
          'a',
          [],
          [
            sh('leave', `setsid sleep ${seconds} & sleep 0.1`),
            native('still', async () => assert.is(left(seconds), 1)),
          ],
        ),
      ]),
    );
    assert.is(end.result, 'success', JSON.stringify(end.failed));
    assert.is(await soonNone(seconds), 0);
  });

  test('a step that kills its process group kills itself alone', async ({ place }) => {
    const end = await place.run(
      flow([
        job('a', [], [sh('zero', 'kill 0; sleep 1', { continueOnError: () => true }), sh('next', 'true')]),
      ]),
    );
    assert.is(end.result, 'success', JSON.stringify(end.failed));
  });

  test('are told to end before they are killed', async ({ place }) => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 300);
    const said = join(place.root, 'said');
    const script = `trap 'echo INT >> ${said}' INT; trap 'echo TERM >> ${said}; exit 0' TERM; while :; do sleep 0.05 || true; done`;
    await place.run(flow([job('a', [], [sh('s', script)])]), { signal: stop.signal });
    assert.is(readFileSync(said, 'utf8'), 'INT\nTERM\n');
  });

  test('a step that forks without end is held', async ({ place }) => {
    const bomb = sh('s', 'bomb() { bomb | bomb & }; bomb; sleep 30', { timeoutMs: () => 1500 });
    const started = performance.now();
    const end = await place.run(flow([job('a', [], [bomb], { limits: { processes: 100 } })]));
    assert.is(end.result, 'failure');
    assert.ok(performance.now() - started < 20_000);
  });

  test('a step that prints without end fills neither disk nor memory', async ({ place }) => {
    const flood = sh(
      's',
      'echo first; head -c 150000000 /dev/zero | tr "\\0" x | fold -w 100; echo; echo last',
      {},
    );
    const end = await place.run(flow([job('a', [], [flood])]), {
      watch: () => undefined,
      settings: { logBytes: 1_000_000 },
    });
    assert.is(end.result, 'success');
    const log = join(place.state, 'runs', end.id, 'logs', 'a', 's.log');
    assert.ok(statSync(log).size < 1_300_000);
    const text = readFileSync(log, 'utf8');
    assert.ok(text.startsWith('first\n') && text.endsWith('last\n'));
    assert.match(text, /\[bit: \d+ bytes left out here/);
  });

  test('no byte that is written holds a secret, in whatever form it was printed', async ({ place }) => {
    const secret = 'S3cr3t-värde/with+signs';
    const declared = 'declared-at-run-time-77';
    const script = [
      'echo "plain $TOKEN"',
      'printf %s "$TOKEN" | base64',
      'printf "x%s" "$TOKEN" | base64',
      `printf '{"a":"%s"}\\n' "$TOKEN"`,
      'printf %s "$TOKEN" | tr -d "\\n"; sleep 0.05; echo',
      `for part in S3cr3t- värde/ with+ signs; do printf %s "$part"; sleep 0.02; done; echo`,
      'head -c 70000 /dev/zero | tr "\\0" y; printf %s "$TOKEN"; head -c 70000 /dev/zero | tr "\\0" y; echo',
      `echo "::add-mask::${declared}"; echo "then ${declared}" >&2`,
      'echo "out=$TOKEN" >> $OUTPUT; echo "E=$TOKEN" >> $ENV; echo "# $TOKEN" >> $SUMMARY',
      'exit 3',
    ].join('\n');
    const step = { ...sh('s', script), title: `uses ${secret}` };
    const { prepare } = step;
    const end = await place.run(
      flow(
        [
          job(
            'a',
            [],
            [
              {
                ...step,
                prepare: (state) =>
                  ({ ...(prepare(state) as object), env: { TOKEN: state.secret('TOKEN') ?? '' } }) as never,
                retry: { times: 1, backoffMs: 1 },
              },
            ],
          ),
        ],
        { secrets: ['TOKEN'] },
      ),
      { secrets: async () => (name) => (name === 'TOKEN' ? secret : undefined) },
    );
    assert.is(end.result, 'failure');
    const texts = [
      ...filesIn(place.root).map((path) => readFileSync(path, 'utf8')),
      JSON.stringify(place.events),
      JSON.stringify(end.failed),
    ];
    const forms = [secret, declared, Buffer.from(secret).toString('base64').slice(4, -4), 'äS3c'.slice(1)];
    for (const form of forms.slice(0, 3))
      for (const text of texts) assert.not(text.includes(form), `${form} in ${text.slice(0, 200)}`);
    assert.ok(texts.some((text) => text.includes('plain ***')));
  });

  test('a secret that a step put into outputs and environment is there after a resume', async ({ place }) => {
    const first = sh(
      'first',
      'echo ::add-mask::hunter-two-two; echo o=hunter-two-two >> $OUTPUT; echo E=hunter-two-two >> $ENV',
    );
    const second = sh('second', 'test "$E" = hunter-two-two; test -e ready; echo now $E');
    const workflow = flow([
      job('a', [], [first, second], {
        outputs: (state) => ({ o: state.steps.get('first')?.outputs['o'] ?? '' }),
      }),
    ]);
    const failed = await place.run(workflow);
    writeFileSync(join(place.root, 'ready'), '');
    const end = await place.again(failed.id, workflow);
    assert.equal([end.result, end.jobs[0]?.outputs['o']], ['success', 'hunter-two-two']);
    for (const path of filesIn(place.state))
      assert.not(readFileSync(path, 'utf8').includes('hunter-two-two'), path);
  });

  test('an artifact holds its files by digest and lets none out', async ({ place }) => {
    const { root } = place;
    writeFileSync(join(root, 'one'), 'one');
    mkdirSync(join(root, 'out'));
    const put = native('put', async ({ artifacts }) => {
      await artifacts.put('fine', [{ path: 'in/one', from: join(root, 'one') }]);
      for (const name of ['..', '.', '', 'a/b', '../up', 'nul\0', 'a\\b', 'c:d', 'x'.repeat(201)]) {
        await rejects(() => artifacts.put(name, [{ path: 'one', from: join(root, 'one') }]), `name ${name}`);
      }
      for (const path of ['../one', '/one', 'a/../../one', 'a//b', './a', 'a\\b', 'C:/x', 'a\nb', '']) {
        await rejects(() => artifacts.put('bad', [{ path, from: join(root, 'one') }]), `path ${path}`);
      }
      await rejects(() => artifacts.put('fine', []), 'the same name again');
      symlinkSync(join(root, 'one'), join(root, 'link'));
      await rejects(() => artifacts.put('linked', [{ path: 'one', from: join(root, 'link') }]), 'a link');
    });
    const get = native('get', async ({ artifacts }) => {
      await artifacts.get('fine', join(root, 'got'));
      assert.is(readFileSync(join(root, 'got', 'in', 'one'), 'utf8'), 'one');
      mkdirSync(join(root, 'trap'));
      symlinkSync(join(root, 'out'), join(root, 'trap', 'in'));
      await rejects(() => artifacts.get('fine', join(root, 'trap')), 'a link in the way');
      assert.equal(readdirSync(join(root, 'out')), []);
    });
    const end = await place.run(flow([job('a', [], [put, get])]));
    assert.is(end.result, 'success', JSON.stringify(end.failed));
  });

  test('in a sandbox only the work tree can be written, and no network is there', async ({ place }) => {
    try {
      sandboxCommand({ workspace: '/', writable: [], hidden: [] } as never, { network: 'none' });
    } catch {
      return console.log('figure: no sandbox on this machine');
    }
    const outside = `/var/tmp/bit-sandbox-${process.pid}`;
    const script = `touch inside; touch ${outside} 2>/dev/null && exit 4; echo out=1 >> $OUTPUT; test "$(ls /sys/class/net 2>/dev/null | grep -cv lo)" -ge 0; ! (exec 3<>/dev/tcp/127.0.0.1/22) 2>/dev/null`;
    const end = await place.run(
      flow([
        job('a', [], [sh('s', script)], {
          sandbox: { network: 'none' },
          outputs: (state) => state.steps.get('s')?.outputs ?? {},
        }),
      ]),
    );
    assert.equal([end.result, end.jobs[0]?.outputs], ['success', { out: '1' }], JSON.stringify(end.failed));
    assert.ok(existsSync(join(place.root, 'inside')) && !existsSync(outside));
  });
});

async function rejects(work: () => Promise<unknown>, what: string): Promise<void> {
  const refused = await work().then(
    () => false,
    () => true,
  );
  assert.ok(refused, `${what} was taken`);
}
