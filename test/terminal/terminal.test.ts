import { readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';

async function withTerminal(config: unknown, use: (place: World) => Promise<void>): Promise<void> {
  const place = world();
  try {
    place.start();
    if (config !== undefined)
      place.write('.bit-terminal.json', typeof config === 'string' ? config : JSON.stringify(config));
    await use(place);
  } finally {
    place.close();
  }
}

suite('bit terminal', (test) => {
  test('runs preflight and commands in their order with their environment, and keeps a log of each', () =>
    withTerminal(
      {
        version: '1',
        env: { FORCE_COLOR: '1', N: 3 },
        preflight: ["echo 'tools'", 'true'],
        commands: [
          { name: 'lint', run: 'echo "lint $FORCE_COLOR $N" >> order; echo linted' },
          { run: 'cat order; echo ghp_0123456789abcdefghij0123 >&2' },
        ],
      },
      async (place) => {
        const { code, stderr, stdout } = await place.bit('terminal');
        assert.is(code, 0, stderr);
        assert.match(stdout, 'command lint: done');
        assert.equal(readdirSync(join(place.dir, '.bit-terminal_logs')).sort(), [
          '.gitignore',
          'commands-1-lint.log',
          'commands-2-step-2.log',
          'preflight-1-pre-0.log',
          'preflight-2-pre-1.log',
        ]);
        assert.is(place.read('.bit-terminal_logs/commands-1-lint.log'), 'linted\n');
        assert.match(place.read('.bit-terminal_logs/commands-2-step-2.log'), 'lint 1 3');
        assert.not.match(place.read('.bit-terminal_logs/commands-2-step-2.log') + stderr, 'ghp_');
        assert.not.match(place.git('status', '--porcelain', '-uall'), 'logs');
      },
    ));

  test('ends at the first that fails, says which and where its log is, and takes those named only', () =>
    withTerminal(
      {
        commands: [
          { name: 'one', run: 'exit 3' },
          { name: 'two', run: 'touch reached' },
          { name: 'slow', run: 'sleep 30 & sleep 30', timeoutSeconds: 1 },
        ],
      },
      async (place) => {
        const failed = await place.bit('terminal');
        assert.is(failed.code, 1);
        assert.match(failed.stderr, 'command one ended with 3');
        assert.match(failed.stderr, 'commands-1-one.log');
        assert.not.ok(place.exists('reached'));
        assert.is((await place.bit('terminal', 'two')).code, 0);
        assert.ok(place.exists('reached'));
        const started = performance.now();
        assert.is((await place.bit('terminal', 'slow')).code, 1);
        assert.ok(performance.now() - started < 15_000);
        assert.match(place.read('.bit-terminal_logs/commands-3-slow.log'), 'longer than it may');
        const unknown = await place.bit('terminal', 'onee');
        assert.is(unknown.code, 4);
        assert.match(unknown.stderr, 'did you mean: one');
      },
    ));

  test('a log that can not be written is told of once its command has ended', () =>
    withTerminal({ commands: [{ name: 'a', run: 'touch reached' }] }, async (place) => {
      place.write('.bit-terminal_logs/commands-1-a.log/in-the-way', '');
      const { code, stderr } = await place.bit('terminal', 'a');
      assert.is(code, 1);
      assert.match(stderr, /cannot write .*commands-1-a\.log: /);
      assert.ok(place.exists('reached'));
    }));

  test('tells what is wrong by line and column, and lets no name lead a log elsewhere', async () => {
    await withTerminal(
      '{\n  "comands": [],\n  "commands": [{ "name": "../../x", "run": 1 }]\n}',
      async (place) => {
        const { code, stderr } = await place.bit('terminal');
        assert.is(code, 2);
        assert.match(stderr, ':2:3: there is no key comands (did you mean: commands)');
        assert.match(stderr, ':3:');
      },
    );
    await withTerminal({ commands: [{ name: 'a', run: 'echo x' }] }, async (place) => {
      assert.is((await place.bit('terminal', 'a')).code, 0);
      rmSync(join(place.dir, '.bit-terminal_logs'), { recursive: true });
      symlinkSync(place.root, join(place.dir, '.bit-terminal_logs'));
      assert.match((await place.bit('terminal', 'a')).stderr, 'is a link');
    });
  });

  test('changes nothing when only asked, and writes a first file where there is none', () =>
    withTerminal(undefined, async (place) => {
      const dry = await place.bit('terminal', '--dry-run');
      assert.match(dry.stdout, 'write .bit-terminal.json');
      assert.not.ok(place.exists('.bit-terminal.json'));
      assert.is((await place.bit('terminal')).code, 0);
      assert.ok(place.exists('.bit-terminal.json'));
    }));
});
