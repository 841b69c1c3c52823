import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Bench, FailedStep } from '../../src/mending/index.ts';
import { pluginFixers, readPlugins } from '../../src/plugins/index.ts';
import { suite } from '../suite.ts';
import { type World, within } from '../world.ts';
import { entriesOf, GREET, GREET_FILES, packGreeter, packPlugin, withExtensions } from './fixture.ts';

const STEPS = `
export const steps = [
  {
    name: 'greet',
    description: 'Greets.',
    inputs: { who: { description: 'Whom.', required: true }, mark: { default: '!' } },
    async run({ who, mark }, step) {
      step.log('hello ' + who + mark);
      step.output('greeting', 'hello ' + who + mark);
      console.log('printed beside');
    },
  },
  { name: 'look', description: 'Reads the tree.', async run(_, step) {
    const [path] = await step.tree.list(['*.txt']);
    step.output('text', Buffer.from(await step.tree.read(path)).toString().trim());
    try { await step.tree.read('../../home/.gitconfig'); } catch (error) { step.output('out', error.code); }
  } },
  { name: 'start', description: 'Starts a program.', async run(_, step) {
    const exit = await step.exec(['sh', '-c', 'echo "started with $WORD"; exit 3'], { env: { WORD: 'a word' } });
    step.output('exit', String(exit));
  } },
  { name: 'fail', description: 'Fails.', async run() { throw new Error('no such luck'); } },
  { name: 'act', description: 'Runs bit.', async run(_, step) {
    if (await step.bit(['branch', 'new', 'made-by-step']) !== 0) throw new Error('it failed');
  } },
];
`;

const workflow = (steps: string): string => `on: manual
jobs:
  one:
    steps:
${steps}
`;

async function install(place: World, capabilities: readonly string[], ...words: string[]): Promise<void> {
  const directory = packPlugin(
    join(place.root, 'stepper'),
    { name: '@acme/stepper', bit: { api: 2, steps: 'steps.js', capabilities } },
    { 'steps.js': STEPS },
  );
  const run = await place.bit('plugins', 'install', directory, '--yes', ...words);
  if (run.code !== 0) throw new Error(run.stderr);
}

const FIXER = `
export const fixers = [{
  name: 'missing-word', title: 'A word is missing in a.txt.',
  async detect(failure, bench) {
    const file = await bench.read('a.txt');
    const names = await bench.list(['*']);
    if (!failure.log.includes('no word')) return [];
    return [{
      fixer: 'somebody-else', cause: 'a.txt lacks the word', evidence: [{ file: 'a.txt', line: 1, text: names.join(' ') }],
      confidence: 0.9, changes: [{ path: 'a.txt', content: Buffer.from(file + 'word\\n') }],
      advice: String(bench.history('w.yml', 'one', 's').length),
    }];
  },
}];`;

const FAILURE: FailedStep = {
  run: 'r',
  job: 'one',
  step: 's',
  index: 0,
  workflow: { path: 'w.yml', kind: 'native', line: 4 },
  command: 'grep word a.txt',
  uses: null,
  shell: null,
  workingDirectory: '.',
  workspace: '/nowhere',
  exit: 1,
  signal: null,
  timedOut: false,
  milliseconds: 5,
  log: 'no word',
  commit: null,
};

suite('fixers of plugins', (test) => {
  test('read the failure and the tree through their bench, as granted, and find as those of bit do', () =>
    within({}, async (place) => {
      const bench: Bench = {
        read: async (path) => (path === 'a.txt' ? Buffer.from('one\n') : undefined),
        mode: async () => '100644',
        list: async () => ['a.txt'],
        moves: async () => [{ from: 'b.txt', to: 'a.txt' }],
        history: () => [{ ok: true, milliseconds: 4, commit: null }],
        tool: async () => ({ status: 0, output: '', changes: [] }),
      };
      for (const capabilities of [[], ['tree:read']]) {
        const directory = packPlugin(
          join(place.root, 'fixer'),
          { name: '@acme/fixer', bit: { api: 2, fixers: 'fixers.js', capabilities } },
          { 'fixers.js': FIXER },
        );
        for (const trust of [[], ['--trust']]) {
          const run = await place.bit('plugins', 'install', directory, '--yes', ...trust);
          assert.is(run.code, 0, run.stderr);
          await withExtensions(place, async (reader) => {
            const [fixer] = await pluginFixers(reader);
            assert.is(fixer?.name, 'acme-fixer-missing-word');
            const finding = fixer?.detect(FAILURE, bench);
            if (trust.length === 0 && capabilities.length === 0) {
              const error: unknown = await finding?.catch((thrown: unknown) => thrown);
              return assert.match(String(error), 'was not granted tree:read');
            }
            assert.equal(await finding, [
              {
                fixer: 'acme-fixer-missing-word',
                cause: 'a.txt lacks the word',
                evidence: [{ file: 'a.txt', line: 1, text: 'a.txt' }],
                confidence: 0.9,
                changes: [{ path: 'a.txt', content: Buffer.from('one\nword\n') }],
                advice: '1',
              },
            ]);
          });
          await place.bit('plugins', 'distrust', '@acme/fixer', '--yes');
        }
      }
    }));
});

const BOTS = `
export const bots = [{
  name: 'triage', description: 'Sorts issues.', on: [{ event: 'github', kinds: ['issues.opened'] }],
  capabilities: ['query:*', 'gh:issue'], async handle() {},
}];`;

suite('bots of plugins', (test) => {
  test('are told of at install with what they may ask for; what is none is refused by its name', () =>
    within({}, async (place) => {
      const write = (text: string): string =>
        packPlugin(
          join(place.root, 'botter'),
          { name: '@acme/bots', bit: { api: 2, bots: 'bots.js' } },
          { 'bots.js': text },
        );
      const run = await place.bit('plugins', 'install', write(BOTS), '--yes', '--json');
      assert.is(run.code, 0, run.stderr);
      assert.equal((JSON.parse(run.stdout) as { provides: unknown }).provides, { bots: ['triage'] });
      const [row] = readPlugins(join(place.root, 'data', 'bit'));
      assert.equal(row?.provides.bots, {
        module: 'bots.js',
        items: [
          {
            name: 'triage',
            description: 'Sorts issues.',
            facts: {
              on: [{ event: 'github', kinds: ['issues.opened'] }],
              capabilities: ['query:*', 'gh:issue'],
            },
          },
        ],
      });
      const bad = await place.bit(
        'plugins',
        'install',
        write(BOTS.replace('async handle() {},', '')),
        '--yes',
      );
      assert.is(bad.code, 2);
      assert.match(bad.stderr, 'triage is no bot: handle must be a function');
    }));
});

suite('versions of the seam', (test) => {
  test('plugins as they were under 1 and 2 load and run; one for 4 is refused; 1 knows no points', () =>
    within({}, async (place) => {
      const version = (api: unknown, more: object = {}): string =>
        packPlugin(
          join(place.root, 'versioned'),
          { ...GREET, bit: { ...GREET.bit, api, ...more } },
          { ...GREET_FILES, 'steps.js': STEPS },
        );
      assert.is((await place.bit('plugins', 'install', version(1), '--yes')).code, 0);
      assert.is((await place.bit('greet', 'hello')).stdout, 'hello world\nrefs/heads/main\n');
      const two = await place.bit('ext', 'install', version(2, { steps: 'steps.js' }), '--yes', '--json');
      assert.equal(JSON.parse(two.stdout).provides.steps, ['greet', 'look', 'start', 'fail', 'act']);
      const four = await place.bit('plugins', 'install', version(4), '--yes');
      assert.is.not(four.code, 0);
      assert.match(four.stderr, 'is written for version 4 of the seam, this bit knows 1 to 3');
      assert.match(four.stderr, 'a newer bit may know it');
      const early = await place.bit('plugins', 'install', version(1, { steps: 'steps.js' }), '--yes');
      assert.match(early.stderr, 'bit.steps came with version 2 of the seam, and bit.api says 1');
      const late = await place.bit('ext', 'install', version(2, { storage: 'storage.js' }), '--yes');
      assert.match(late.stderr, 'bit.storage came with version 3 of the seam, and bit.api says 2');
      assert.is((await place.bit('greet', 'hello')).code, 0, 'what was there stays');
    }));

  test('a table that an older bit wrote is read', () =>
    within({}, async (place) => {
      await place.bit('plugins', 'install', packGreeter(place), '--yes');
      const path = join(place.root, 'data', 'bit', 'plugins', 'table.json');
      const table = JSON.parse(readFileSync(path, 'utf8')) as { plugins: Record<string, unknown>[] };
      for (const row of table.plugins) delete row['provides'];
      writeFileSync(path, JSON.stringify(table));
      assert.is((await place.bit('greet', 'hello')).code, 0);
      assert.is((await place.bit('plugins', 'list')).code, 0);
    }));
});

suite('step kinds of plugins', (test) => {
  test('a native workflow uses one: inputs, outputs and log, in a sandbox and trusted', () =>
    within({}, async (place) => {
      place.write(
        '.bithub/workflows/w.yml',
        workflow(`      - id: greet
        uses: plugin:@acme/stepper#greet
        with: { who: Ada }
      - run: echo "then \${{ steps.greet.outputs.greeting }}"`),
      );
      for (const trust of [[], ['--trust']]) {
        await install(place, [], ...trust);
        const run = await place.bit('run', 'w');
        assert.is(run.code, 0, run.stderr);
        assert.match(run.stdout + run.stderr, 'then hello Ada!');
        if (trust.length === 0) assert.match(run.stdout + run.stderr, 'printed beside');
      }
    }));

  test('what a step may do is what its plugin was granted', () =>
    within({}, async (place) => {
      place.write(
        '.bithub/workflows/w.yml',
        workflow(`      - id: look
        uses: plugin:@acme/stepper#look
      - id: start
        uses: plugin:@acme/stepper#start
      - run: echo "\${{ steps.look.outputs.text }}, \${{ steps.look.outputs.out }}, \${{ steps.start.outputs.exit }}"`),
      );
      await install(place, []);
      const without = await place.bit('run', 'w');
      assert.is(without.code, 1);
      assert.match(without.stderr, 'the plugin @acme/stepper was not granted tree:read');
      await install(place, ['tree:read']);
      assert.match((await place.bit('run', 'w')).stderr, 'was not granted exec');
      await install(place, ['tree:read', 'exec']);
      const granted = await place.bit('run', 'w');
      assert.is(granted.code, 0, granted.stderr);
      assert.match(granted.stdout + granted.stderr, 'started with a word');
      assert.match(granted.stdout + granted.stderr, 'one, denied, 3');
    }));

  test('bit is for a trusted one alone, and what it does is an operation of the run', () =>
    within({}, async (place) => {
      place.write('.bithub/workflows/w.yml', workflow('      - uses: plugin:@acme/stepper#act'));
      await install(place, ['tree:read', 'exec']);
      const refused = await place.bit('run', 'w');
      assert.is(refused.code, 1);
      assert.match(refused.stderr, 'bit commands are not for the plugin @acme/stepper');
      assert.is(place.git('branch', '--list', 'made-by-step'), '');
      await place.bit('plugins', 'trust', '@acme/stepper', '--yes');
      const run = await place.bit('run', 'w');
      assert.is(run.code, 0, run.stderr);
      assert.is(place.git('branch', '--list', 'made-by-step').trim(), 'made-by-step');
      assert.equal(
        (await entriesOf(place, 'BRANCH_NEW')).map(({ phase }) => phase),
        ['intent', 'outcome'],
      );
    }));

  test('what is wrong with its use is told by its line before anything runs', () =>
    within({}, async (place) => {
      const told = async (step: string): Promise<string> => {
        place.write('.bithub/workflows/w.yml', workflow(`      - run: touch ran\n      - ${step}`));
        const run = await place.bit('run', 'w');
        assert.is.not(run.code, 0, step);
        assert.is(place.exists('ran'), false, step);
        return run.stderr;
      };
      assert.match(await told('uses: plugin:@acme/stepper#greet'), 'bit ext install @acme/stepper');
      await install(place, []);
      assert.match(await told('uses: plugin:@acme/stepper#gret'), 'did you mean: plugin:@acme/stepper#greet');
      assert.match(await told('uses: plugin:@acme/stepper#greet'), /w\.yml:6.*needs the input who/s);
      assert.match(
        await told('{uses: plugin:@acme/stepper#greet, with: {who: a, markk: b}}'),
        /w\.yml:6.*no input markk/s,
      );
      assert.match(await told('uses: plugin:nothing'), 'plugin:<package>#<step>');
    }));

  test('one that throws fails its step with its message', () =>
    within({}, async (place) => {
      place.write('.bithub/workflows/w.yml', workflow('      - uses: plugin:@acme/stepper#fail'));
      await install(place, []);
      const run = await place.bit('run', 'w');
      assert.is(run.code, 1);
      assert.match(run.stderr, 'no such luck');
    }));
});
