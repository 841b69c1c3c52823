import { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import type { Io } from '../../src/cli/io.ts';
import { openProgress, runTasks } from '../../src/cli/progress.ts';
import { suite } from '../suite.ts';

interface Screen {
  readonly io: Io;
  /** What stderr got, escapes and all. */
  text(): string;
  stdout(): string;
}

function screen(terminal: boolean, env: Record<string, string> = {}): Screen {
  const sink = (into: string[]): Writable =>
    new Writable({
      write(chunk, _encoding, done) {
        into.push(String(chunk));
        done();
      },
    });
  const [out, err]: [string[], string[]] = [[], []];
  const io: Io = {
    ...{ argv: [], self: [], cwd: '/', env, stdin: Readable.from([]), stdout: sink(out), stderr: sink(err) },
    ...{
      stdinIsTerminal: terminal,
      stdoutIsTerminal: terminal,
      stderrIsTerminal: terminal,
      width: 80,
      height: 24,
    },
    now: () => new Date(),
    setExitCode: () => undefined,
    onInterrupt: () => () => undefined,
  };
  return { io, text: () => err.join(''), stdout: () => out.join('') };
}

const TITLES = ['fetch origin', 'take in main', 'push main'];

async function work({ io }: Screen, globals: object, fail = false): Promise<string> {
  return runTasks(io, globals, TITLES, async (step) => {
    await step('fetch origin', async ({ update }) => {
      for (let done = 0; done < 8; done++) {
        update('Receiving \u001b[31mobjects', done, 8);
        await sleep(100);
      }
    });
    await step('take in main', async () => {
      io.stderr.write('a notice\n');
      if (fail) throw new RangeError('mine');
    });
    return step('push main', async () => 'pushed');
  });
}

suite('progress of long work', (test) => {
  test('is a list with a bar on a terminal, on stderr alone; notices come out below it', async () => {
    const place = screen(true, { FORCE_COLOR: '1' });
    assert.is(await work(place, {}), 'pushed');
    const text = place.text();
    assert.match(text, /Receiving \\x1b\[31mobjects █+░+ \d+% \(\d\/8\)/);
    for (const title of TITLES) assert.match(text, new RegExp(`✔.{0,10} ${title}`));
    assert.match(text.slice(text.lastIndexOf('push main')), 'a notice');
    assert.ok(text.endsWith('\u001b[?25h'), 'the cursor is back');
    assert.is(place.stdout(), '');
    const { length } = text;
    place.io.stderr.write('later');
    assert.is(place.text().slice(length), 'later');
  });

  test('draws without colour where that was refused', async () => {
    const place = screen(true, { NO_COLOR: '1' });
    await work(place, {});
    assert.match(place.text(), '✔ push main');
    assert.not.match(place.text(), /\u001b\[[0-9;]*m/);
  });

  test('is plain lines elsewhere: one a stage, once it has lasted', async () => {
    for (const place of [screen(false), screen(true, { TERM: 'dumb' })]) {
      await work(place, {});
      const lines = place.text().trimEnd().split('\n');
      assert.match(lines[0] ?? '', /^fetch origin: Receiving \\x1b\[31mobjects \d\d% \(\d\/8\)$/);
      assert.equal(lines.slice(1), ['take in main', 'a notice', 'push main']);
    }
  });

  test('is nothing under --quiet and --json, and for work that is over at once', async () => {
    for (const globals of [{ quiet: true }, { json: true }, { jq: '.' }]) {
      const place = screen(true);
      await work(place, globals);
      assert.is(place.text(), 'a notice\n');
    }
    const quick = screen(true);
    await runTasks(quick.io, {}, ['a'], (step) => step('a', async () => undefined));
    openProgress(quick.io, {}, 'b').end();
    await sleep(600);
    assert.is(quick.text(), '');
  });

  test('a step that fails is marked, those after it are not, and the error arrives as it was', async () => {
    const place = screen(true, { NO_COLOR: '1' });
    const error = await work(place, {}, true).catch((thrown: unknown) => thrown);
    assert.instance(error, RangeError);
    assert.match(place.text(), '✖ take in main');
    assert.not.match(place.text(), '✔ push main');
    assert.ok(place.text().includes('a notice'));
  });

  test('work inside a step reports to that step and opens no view of its own', async () => {
    const place = screen(false);
    await runTasks(place.io, {}, ['outer'], (step) =>
      step('outer', async () => {
        await sleep(520);
        const inner = openProgress(place.io, {}, 'inner');
        inner.update('counting', 3, undefined);
        inner.end();
        await runTasks(place.io, {}, ['deeper'], (deeper) =>
          deeper('deeper', async ({ update }) => update('writing', 1, 2)),
        );
      }),
    );
    assert.equal(place.text().trimEnd().split('\n'), [
      'outer',
      'outer: counting 3',
      'outer: deeper',
      'outer: writing 50% (1/2)',
    ]);
  });
});
