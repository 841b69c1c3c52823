import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as assert from 'uvu/assert';
import { builtBit } from '../e2e/built.ts';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';

const running = new Set<ChildProcess>();

/** `bit ledger tail --follow`, and a way to wait for what it writes. */
function follow(place: World, ...words: string[]) {
  const child = spawn(process.execPath, [builtBit(), 'ledger', 'tail', '--follow', ...words], {
    cwd: place.dir,
    env: { ...place.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  let wake = (): void => undefined;
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
      wake();
    });
  return {
    child,
    output: () => output,
    async shows(pattern: RegExp): Promise<void> {
      const late = Date.now() + 15_000;
      while (!pattern.test(output)) {
        assert.ok(Date.now() < late, `not shown: ${pattern} in ${output}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
          setTimeout(resolve, 500);
        });
      }
    },
    async end(): Promise<number | null> {
      const exited = once(child, 'exit');
      child.kill('SIGINT');
      return ((await exited) as [number | null])[0];
    },
  };
}

suite<{ world: World }>('bit ledger tail --follow', (test) => {
  test.before.each((context) => {
    context.world = world();
    context.world.start();
  });
  test.after.each((context) => {
    for (const child of running) child.kill('SIGKILL');
    running.clear();
    context.world.close();
  });

  test('shows what other processes append, once and in order, as one JSON object a line; Ctrl-C ends it well', async ({
    world,
  }) => {
    assert.is((await world.bit('tag', 'new', 'v1')).code, 0);
    const tail = follow(world, '-n', '1', '--json');
    await tail.shows(/TAG_NEW/);
    for (const name of ['v2', 'v3']) assert.is((await world.bit('tag', 'new', name)).code, 0);
    await tail.shows(/(?:.*"TAG_NEW".*\n){5}/);
    assert.is(await tail.end(), 0, tail.output());
    const lines = tail
      .output()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { seq: number; holds: boolean });
    assert.is(lines.length, 5);
    assert.ok(lines.every(({ holds }) => holds));
    assert.equal(
      lines.map(({ seq }) => seq),
      lines.map((_, at) => (lines[0]?.seq ?? 0) + at),
    );
  });

  test('a ledger that begins while it waits is shown, for people one entry a line', async ({ world }) => {
    const tail = follow(world);
    await new Promise((resolve) => setTimeout(resolve, 600));
    assert.is((await world.bit('tag', 'new', 'v1')).code, 0);
    await tail.shows(/holds {2}\S+ {2}\S+#\d+ {2}[0-9a-f]{12} {2}TAG_NEW outcome/);
    assert.is(await tail.end(), 0);
  });

  test('it ends when nobody reads any more', async ({ world }) => {
    assert.is((await world.bit('tag', 'new', 'v1')).code, 0);
    const tail = follow(world);
    await tail.shows(/TAG_NEW/);
    const exited = once(tail.child, 'exit');
    tail.child.stdout.destroy();
    assert.is((await world.bit('tag', 'new', 'v2')).code, 0);
    const late = setTimeout(() => tail.child.kill('SIGKILL'), 10_000);
    const [code] = (await exited) as [number | null];
    clearTimeout(late);
    assert.is(code, 0);
  });
});
