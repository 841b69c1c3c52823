/**
 * Bots that try more than they were granted, in every language: what they try is refused, recorded and in the trail, and
 * what they were granted still works. Each tries a push, another bot's state, its own manifest and what leads out.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Trail, TrailStep } from '../../src/bots/index.ts';
import { confinementFault } from '../../src/workflow/index.ts';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';

const JAVASCRIPT = `
import fs from 'node:fs';
import net from 'node:net';
import { spawnSync } from 'node:child_process';

async function attempt(context, name, work) {
  try {
    await work();
    context.log('DID ' + name);
  } catch (error) {
    context.log('kept from ' + name + ': ' + error.message);
  }
}

export async function handle(event, context) {
  const [outside, state, manifest] = context.settings.paths;
  await attempt(context, 'writing', () => fs.writeFileSync(outside, 'x'));
  await attempt(context, 'reading state', () => fs.readFileSync(state));
  await attempt(context, 'manifest', () => fs.writeFileSync(manifest, 'x'));
  await attempt(context, 'starting', () => {
    const { error } = spawnSync('true');
    if (error) throw error;
  });
  await attempt(context, 'connecting', () => new Promise((resolve, reject) => {
    const socket = net.connect(context.settings.port, '127.0.0.1', resolve);
    socket.on('error', reject);
  }));
  await attempt(context, 'tree outside', () => context.tree.read('../secret'));
  await attempt(context, 'tree of git', () => context.tree.read('.git/config'));
  const codes = [];
  for (const words of [
    ['push'],
    ['commit', '-F', outside + '-there', '--', 'a.txt'],
    ['bot', 'pause', 'other'],
    ['token', 'mint', '--cap', '*', '--for', 'me'],
    ['git', 'config', 'core.hooksPath', '/tmp'],
    ['tag', 'new', 'js'],
  ]) codes.push((await context.bit(words)).status);
  context.log('codes ' + codes.join(' '));
}
`;

/** What each small language tries, and the tag that shows it may do what it was granted. */
const SCRIPTS: Readonly<Record<string, string>> = {
  'try.scm': `(bit 'push) (bit 'bot 'pause "other") (bit 'commit "-F" "/etc/passwd") (bit 'tag 'new "lisp")`,
  'try.aln': '[RUN]\nbit.push\nIF FAILED\nbit.tag new aln\nEND\n',
  'try.bat': 'bit push\r\nbit bot pause other\r\nbit tag new batch\r\n',
  'try.bit': 'bit.tag new dotted\nbit.push\n',
  'try.sh': `bit push
echo x > "$OUT"
cat "$BIT_TREE/.git/config" >/dev/null 2>&1 && bit-log DID read git
cat "$BIT_TREE/a.txt" >/dev/null 2>&1 && bit-log DID read the tree
(exec 3<>/dev/tcp/127.0.0.1/9) 2>/dev/null && bit-log DID connect
bit-state set seen 1
bit tag new shell
`,
};

function manifest(name: string, script: string, more = ''): string {
  return `name: ${name}\nhandler: script:${script}\non: [ledger: COMMIT]\ncapabilities: [repo:tag, 'query:*', tree:read]\n${more.includes('limits:') ? '' : 'limits: { attempts: 1 }\n'}${more}`;
}

async function deploy(place: World, name: string, script: string, text: string, more = ''): Promise<void> {
  place.write(`.bithub/bots/${name}.yml`, manifest(name, script, more));
  place.write(`.bithub/bots/${name}/${script}`, text);
  const { code, stderr } = await place.bit('bot', 'deploy', name, '--yes');
  assert.is(code, 0, stderr);
}

async function host(place: World): Promise<void> {
  place.write('a.txt', `${Math.random()}\n`);
  const made = await place.bit('commit', '-am', 'something');
  assert.is(made.code, 0, made.stderr);
  const { code, stderr } = await place.bit('bot', 'run', '--once');
  assert.is(code, 0, stderr);
}

async function trail(place: World, bot: string): Promise<readonly TrailStep[]> {
  const { stdout } = await place.bit('bot', 'secure', 'trail', bot, '--json');
  return (JSON.parse(stdout) as Trail).steps;
}

function logOf(place: World, bot: string): string {
  return readFileSync(join(place.dir, '.git', 'bit', 'bots', 'logs', `${bot}.log`), 'utf8');
}

async function there(run: (place: World) => Promise<void>): Promise<void> {
  const place = world();
  try {
    place.start();
    place.git('init', '-q', '--bare', join(place.root, 'remote.git'));
    place.git('remote', 'add', 'origin', join(place.root, 'remote.git'));
    await run(place);
  } finally {
    place.close();
  }
}

suite('a hostile bot', (test) => {
  test('in JavaScript is kept from everything but what it was granted, and shield takes what it never used', () =>
    there(async (place) => {
      const outside = join(place.root, 'outside');
      place.write(`${outside}-there`, 'a secret');
      const deployed = join(place.dir, '.git', 'bit', 'bots', 'deployed', 'hostile.json');
      const paths = [outside, join(place.dir, '.git', 'bit', 'bots', 'bots.db'), deployed];
      await deploy(
        place,
        'hostile',
        'try.js',
        JAVASCRIPT,
        `settings: { port: 9, paths: ${JSON.stringify(paths)} }\n`,
      );
      const before = readFileSync(deployed, 'utf8');
      await host(place);
      const log = logOf(place, 'hostile');
      assert.not.match(log, /"DID /, log);
      for (const name of [
        'writing',
        'reading state',
        'manifest',
        'starting',
        'connecting',
        'tree outside',
        'tree of git',
      ])
        assert.match(log, `kept from ${name}`);
      // a bot that is not there is not found before a gate is asked, and recorded all the same
      assert.match(log, 'codes 3 3 4 3 3 0', log);
      assert.not.ok(existsSync(outside));
      assert.is(readFileSync(deployed, 'utf8'), before);
      assert.is(place.git('tag'), 'js');
      assert.is(place.gitIn(join(place.root, 'remote.git'), 'for-each-ref'), '');
      const steps = await trail(place, 'hostile');
      const refused = steps.filter(({ result }) => result === 'refused').map(({ action }) => action);
      for (const action of ['repo.push', 'bot.call', 'bot.pause', 'token.mint', 'bot.tree.read'])
        assert.ok(refused.includes(action), `${action} in ${refused.join(' ')}`);
      assert.ok(steps.every(({ cause }) => cause?.startsWith('hostile/ledger:') === true));
      assert.ok(steps.some(({ result, action }) => result === 'done' && action === 'repo.tag'));

      const shielded = await place.bit('bot', 'secure', 'shield', 'hostile', '--yes', '--json');
      assert.is(shielded.code, 0, shielded.stderr);
      const { removed, after } = JSON.parse(shielded.stdout) as { removed: string[]; after: string[] };
      assert.equal(removed, ['query:*']);
      assert.equal(after, ['repo:tag', 'tree:read']);
      assert.is((await place.bit('undo', '--yes')).code, 0);
      assert.is(readFileSync(deployed, 'utf8'), before, 'undo gives back what was taken');
    }));

  for (const [script, text] of Object.entries(SCRIPTS))
    test(`in ${script} pushes nothing, is in the trail, and does what it was granted`, () =>
      there(async (place) => {
        if (script === 'try.sh' && confinementFault() !== undefined) return;
        const out = join(place.root, 'outside');
        await deploy(place, 'hostile', script, text.replaceAll('$OUT', out));
        await host(place);
        const log = logOf(place, 'hostile');
        assert.is(place.git('tag').split('\n').length, 1, log);
        assert.is.not(place.git('tag'), '', log);
        assert.not.ok(existsSync(out));
        assert.is(place.gitIn(join(place.root, 'remote.git'), 'for-each-ref'), '');
        const steps = await trail(place, 'hostile');
        assert.ok(
          steps.some(({ action, result }) => action === 'repo.push' && result === 'refused'),
          log,
        );
        if (script === 'try.sh') {
          assert.not.match(log, /DID (?:read git|connect)/, log);
          assert.match(log, 'DID read the tree', log);
        }
      }));

  test('that takes all memory, all time or all output is stopped, and the next event is handled', () =>
    there(async (place) => {
      const greedy = `export async function handle(event, context) {
  const n = ((await context.state.get('n')) ?? 0);
  const how = context.settings.how;
  if (how === 'memory') { const all = []; for (;;) all.push(Buffer.alloc(16 << 20, 1)); }
  if (how === 'time') for (;;);
  if (how === 'output') for (;;) {
    context.log('x'.repeat(100000));
    await new Promise((then) => setTimeout(then, 50));
  }
}`;
      const limits = { memory: 'memory_mb: 64', time: 'seconds: 5', output: 'output_mb: 1' };
      for (const [how, limit] of Object.entries(limits)) {
        const text = `settings: { how: ${how} }\nlimits: { attempts: 1, ${limit} }\n`;
        await deploy(place, how, 'main.js', greedy, text);
      }
      await host(place);
      assert.match(logOf(place, 'time'), 'it took longer than 5 seconds');
      const memory = logOf(place, 'memory');
      assert.ok(
        /failed: (?:Array buffer allocation failed|Failed to allocate memory|the bot memory was stopped)/.test(
          memory,
        ),
        memory,
      );
      const output = logOf(place, 'output');
      assert.match(output, 'logs more than 1 MB', output.slice(-400));
      for (const how of ['memory', 'time', 'output'])
        assert.match(logOf(place, how), 'given up after 1 tries');
    }));
});
