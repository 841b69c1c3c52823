import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { BIT_PROGRAM, within } from '../world.ts';
import { GREET, GREET_FILES, HELLO, writeGreeter, writePlugin } from './fixture.ts';

const MACRO = '#: summary: Say where it stands.\n#: args:\n#:   word: {}\nbranch new $word\n';

suite('bit ext load', (test) => {
  test('a folder is used from where it lies: what changes counts at the next use, until it is unloaded', () =>
    within({}, async (place) => {
      const directory = writeGreeter(place);
      const loaded = await place.bit('ext', 'load', directory, '--keep', '--yes');
      assert.is(loaded.code, 0, loaded.stderr);
      assert.is((await place.bit('greet', 'hello')).stdout, 'hello world\nrefs/heads/main\n');
      place.write(join(directory, 'commands/greet/hello.js'), HELLO.replace("'hello '", "'good day '"));
      place.write(
        join(directory, 'commands/greet/again.js'),
        HELLO.replace('Say hello.', 'Say it again.').replace("'hello '", "'again '"),
      );
      assert.is((await place.bit('greet', 'hello')).stdout, 'good day world\nrefs/heads/main\n');
      assert.is((await place.bit('greet', 'again')).stdout, 'again world\nrefs/heads/main\n');
      assert.match((await place.bit('completion', 'bash')).stdout, 'greet again');
      assert.match((await place.bit('ext', 'list')).stdout, 'sandboxed, loaded');
      assert.is((await place.bit('ext', 'unload', 'bit-plugin-greet')).code, 0);
      assert.is.not((await place.bit('greet', 'hello')).code, 0);
      assert.is((await place.bit('undo', '--yes')).code, 0);
      assert.is((await place.bit('greet', 'hello')).code, 0, 'undo loads it again');
    }));

  test('one that is broken, or comes to ask for more, stays as it was and says so', () =>
    within({}, async (place) => {
      const directory = writeGreeter(place);
      await place.bit('ext', 'load', directory, '--keep', '--yes');
      place.write(join(directory, 'commands/greet/broken.js'), 'export default class {');
      const broken = await place.bit('greet', 'hello');
      assert.is(broken.code, 0, broken.stderr);
      assert.match(broken.stderr, 'stays as it was: commands/greet/broken.js does not load');
      writePlugin(
        directory,
        { ...GREET, bit: { ...GREET.bit, api: 2, capabilities: [...GREET.bit.capabilities, 'exec', 'ask'] } },
        { 'commands/greet/broken.js': HELLO },
      );
      const more = await place.bit('greet', 'hello');
      assert.match(more.stderr, 'it asks for more than it was granted: ask, exec; load it again');
      assert.is((await place.bit('ext', 'load', directory, '--keep', '--yes')).code, 0);
      assert.is((await place.bit('greet', 'broken')).stderr, '');
    }));

  test('it stands in for the installed one of its name, without that one’s trust', () =>
    within({}, async (place) => {
      const installed = await place.bit('ext', 'install', writeGreeter(place), '--trust', '--yes');
      assert.is(installed.code, 0, installed.stderr);
      const directory = writePlugin(join(place.root, 'mine'), { ...GREET, version: '9.0.0' }, GREET_FILES);
      await place.bit('ext', 'load', directory, '--keep', '--yes');
      const { pid } = JSON.parse((await place.bit('greet', 'hello', '--json')).stdout) as { pid: number };
      assert.is.not(pid, process.pid, 'in a process of its own');
      await place.bit('ext', 'unload', 'bit-plugin-greet');
      const after = JSON.parse((await place.bit('greet', 'hello', '--json')).stdout) as { pid: number };
      assert.is(after.pid, process.pid);
    }));

  test('a macro file is loaded alone', () =>
    within({}, async (place) => {
      place.write('topic.bit', MACRO);
      assert.is((await place.bit('ext', 'load', 'topic.bit', '--keep')).code, 0);
      assert.is((await place.bit('topic', 'one')).code, 0);
      place.write('topic.bit', MACRO.replace('$word', 'x-$word'));
      assert.is((await place.bit('topic', 'two')).code, 0);
      assert.equal(place.git('branch', '--format=%(refname:short)').split('\n'), ['main', 'one', 'x-two']);
      assert.is((await place.bit('ext', 'unload', './topic.bit')).code, 0);
    }));

  test('without --keep it watches, tells of reloads, and Ctrl-C takes it away', () =>
    within({}, async (place) => {
      place.write('topic.bit', MACRO);
      const child = spawn(process.execPath, [BIT_PROGRAM, 'ext', 'load', 'topic.bit'], {
        cwd: place.dir,
        env: place.env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => (said += chunk));
      child.stderr.on('data', (chunk: Buffer) => (said += chunk));
      const until = async (wanted: string): Promise<void> => {
        for (let tries = 0; tries < 300 && !said.includes(wanted); tries++) await sleep(100);
        assert.match(said, wanted);
      };
      const left = new Promise<number | null>((resolve) => child.once('exit', resolve));
      try {
        await until('is loaded: bit topic');
        assert.is((await place.bit('topic', 'one')).code, 0);
        place.write('topic.bit', MACRO.replace('#: args', '#: description: More of it.\n#: args'));
        await until('is loaded anew: bit topic');
        child.kill('SIGINT');
        assert.is(await left, 0, said);
        assert.match(said, 'Unloaded macro-topic');
        const live = readFileSync(join(place.root, 'data/bit/plugins/live.json'), 'utf8');
        assert.equal((JSON.parse(live) as { plugins: unknown[] }).plugins, []);
      } finally {
        child.kill('SIGKILL');
      }
    }));
});
