/**
 * A bot that may ask everything, and tries to read what is not in its repository: by paths in every way a word can hold
 * one, by links, by another repository. Each is refused and in the trail; what it asks of its own repository is answered.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Trail, TrailStep } from '../../src/bots/index.ts';
import { sandboxFault } from '../../src/workflow/index.ts';
import { suite } from '../suite.ts';
import { BIT_PROGRAM, type World, within } from '../world.ts';
import { deployBot, logOf, ok } from './ground.ts';

const SECRET = 'what-nobody-told-the-bot';

const ASKS = `export async function handle(event, context) {
  for (const words of context.settings.asks) {
    const { status, stdout, stderr } = await context.bit(words);
    context.log(JSON.stringify({ words, status, said: (stdout + stderr).slice(0, 500) }));
  }
}
`;

interface Asked {
  readonly words: readonly string[];
  readonly status: number;
  readonly said: string;
}

async function asked(
  place: World,
  can: string,
  asks: readonly (readonly string[])[],
): Promise<readonly Asked[]> {
  const settings = JSON.stringify({ asks });
  await deployBot(place, 'reader', {
    on: '[{ ledger: TAG_NEW }]',
    can,
    js: ASKS,
    more: `limits: { attempts: 1 }\nsettings: ${settings}\n`,
  });
  await ok(place, 'tag', 'new', 'go');
  await ok(place, 'bot', 'run', '--once');
  const log = logOf(place, 'reader');
  const told = log.split('\n').flatMap((line) => {
    const text: unknown = line === '' ? undefined : (JSON.parse(line) as { text?: unknown }).text;
    return typeof text === 'string' && text.startsWith('{"words"') ? [JSON.parse(text) as Asked] : [];
  });
  assert.is(told.length, asks.length, log);
  return told;
}

async function trail(place: World): Promise<readonly TrailStep[]> {
  const { steps } = JSON.parse(await ok(place, 'bot', 'secure', 'trail', 'reader', '--json')) as Trail;
  return steps;
}

suite('what a query of a bot reads', (test) => {
  test('ends at its repository, however it is named, and each attempt is in the trail', () =>
    within({ 'src/a.lisp': '(define one 1)\n', 'in.json': '{"a":1}' }, async (place) => {
      const outside = join(place.root, 'outside');
      place.write(join(outside, 'a.lisp'), `(define ${SECRET} 1)\n`);
      place.write(join(outside, 'in.json'), JSON.stringify(SECRET));
      place.git('init', '-q', join(place.root, 'other'));
      place.gitIn(join(place.root, 'other'), 'commit', '-q', '--allow-empty', '-m', SECRET);
      symlinkSync(join(outside, 'a.lisp'), join(place.dir, 'link.lisp'));
      place.git('add', '-A');
      place.git('commit', '-q', '-m', 'files');
      const other = join(place.root, 'other');
      const [file, json] = [join(outside, 'a.lisp'), join(outside, 'in.json')];
      const hostile = [
        ['parse', 'lisp', file],
        ['parse', 'lisp', '../outside/a.lisp'],
        ['parse', 'lisp', 'link.lisp'],
        ['parse', 'lisp', '/etc/passwd'],
        ['policy', 'eval', 'input', '--input', json],
        ['policy', 'eval', 'input', `--input=${json}`],
        ['diff', '--', file],
        ['diff', 'HEAD', '--path', file],
        ['log', '-C', other],
        ['log', `-C${other}`],
        ['log', `-qC${other}`],
        ['log', `-n1`, `-qqC${other}`],
        ['log', `--directory=${other}`],
        ['check', 'language', outside],
        ['audit', 'workflow', file],
        ['ledger', 'verify', '--log', outside],
        ['git', 'diff', '--no-index', 'in.json', json],
        ['git', 'log', '--', file],
        ['git', `-C${other}`, 'log'],
        ['git', '--git-dir', join(other, '.git'), 'log'],
        ['git', 'log', '-1', `--output=${join(outside, 'new')}`],
        ['git', '-c', `include.path=${json}`, 'log'],
      ];
      const harmless = [
        ['parse', 'lisp', 'src/a.lisp'],
        ['policy', 'eval', 'input', '--input', 'in.json', '--json'],
        ['status'],
        ['log', '--json'],
        ['diff', 'HEAD~1', 'HEAD', '--', 'src'],
        ['git', 'log', '-1', '--format=%s', '--', 'src'],
      ];
      const told = await asked(place, "['query:*', 'query:git:*']", [...hostile, ...harmless]);
      for (const { words, status, said } of told.slice(0, hostile.length)) {
        assert.is(status, 3, `${words.join(' ')}: ${said}`);
        assert.not.match(said, SECRET, words.join(' '));
      }
      for (const { words, status, said } of told.slice(hostile.length))
        assert.is(status, 0, `${words.join(' ')}: ${said}`);
      const refused = (await trail(place)).filter(({ result }) => result === 'refused');
      assert.is(refused.length, hostile.length, JSON.stringify(refused.map(({ summary }) => summary)));
      assert.ok(refused.every(({ cause, why }) => cause?.startsWith('reader/') === true && why !== null));
    }));

  test('is refused by the command itself too, whoever let its words pass', () =>
    within({}, async (place) => {
      place.write('../outside.lisp', `(define ${SECRET} 1)\n`);
      place.git('init', '-q', join(place.root, 'other'));
      const minted = [
        'token',
        'mint',
        '--cap',
        'query:*',
        '--cap',
        'repo:commit',
        '--for',
        'bot:reader',
        '--yes',
      ];
      const { token } = JSON.parse(await ok(place, ...minted, '--json')) as { token: string };
      const bit = (...words: readonly string[]) =>
        spawnSync(process.execPath, [BIT_PROGRAM, ...words], {
          ...{ cwd: place.dir, env: { ...place.env, BITHUB_TOKEN: token }, encoding: 'utf8' },
        });
      for (const words of [
        ['parse', 'lisp', '../outside.lisp'],
        ['parse', 'lisp', join(place.root, 'outside.lisp')],
        ['commit', '-F', '../outside.lisp'],
        ['status', `-qC${join(place.root, 'other')}`],
        ['status', '-C', '../other'],
      ]) {
        const run = bit(...words);
        assert.is(run.status, 3, `${words.join(' ')}: ${run.stdout}${run.stderr}`);
        assert.not.match(run.stdout + run.stderr, SECRET);
      }
      const own = bit('status', '-C', '.');
      assert.is(own.status, 0, own.stderr);
    }));

  test('has nothing else of the user’s around it where the machine has name spaces', () =>
    within({ '.bithub/names.txt': 'x\n' }, async (place) => {
      if (sandboxFault() !== undefined) return;
      // git takes a path from the tree's own settings, which no word names
      place.write(join(place.root, 'home', 'words'), `${SECRET}\n`);
      place.git('config', 'alias.peek', `!cat '${join(place.root, 'home', 'words')}' /etc/shadow; true`);
      place.git('config', 'diff.peek.textconv', `cat '${join(place.root, 'home', 'words')}'; cat`);
      place.write('.gitattributes', '*.txt diff=peek\n');
      place.git('add', '-A');
      place.git('commit', '-q', '-m', 'one');
      const told = await asked(place, "['query:*', 'query:git:*']", [
        ['git', 'show', '--textconv', 'HEAD'],
        ['git', 'log', '-p', '--textconv', '-1'],
      ]);
      for (const { words, said } of told) assert.not.match(said, SECRET, `${words.join(' ')}: ${said}`);
      assert.match(readFileSync(join(place.root, 'home', 'words'), 'utf8'), SECRET);
    }));
});
