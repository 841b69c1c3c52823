import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { openBuiltins } from '../../src/plugins/index.ts';
import {
  type BuiltinSource,
  loadPolicySet,
  type PolicyInput,
  type PolicySet,
} from '../../src/policy/index.ts';
import { suite } from '../suite.ts';
import { type World, within } from '../world.ts';
import { packPlugin } from './fixture.ts';

const words = (more = ''): string => `
import { split } from './split.js';
export const builtins = [{
  name: 'count-words', description: 'Counts the words of a name.',
  args: [{ name: 'text', type: 'string' }], result: 'number',
  call: (text) => split(text).length${more},
}];`;

const SPLIT = `export const split = (text) => text.split('-').filter(Boolean);`;

const POLICY = `package acme.names

deny contains "a branch has at most two words" if {
	input.action == "repo.branch"
	plugin.acme_words.count_words(input.target.branch) > 2
}
`;

/** Outside of the repository: what it has in force may deny everything. */
async function install(place: World, version: string, module: string, ...more: string[]): Promise<void> {
  const archive = packPlugin(
    join(place.root, `words-${version}`),
    { name: '@acme/words', version, bit: { api: 3, builtins: 'builtins.js' } },
    { 'builtins.js': module, 'split.js': SPLIT },
  );
  const run = await place.bitIn(place.root, 'ext', 'install', archive, '--yes', ...more);
  if (run.code !== 0) throw new Error(run.stderr);
}

interface Problem {
  readonly code: string;
  readonly message: string;
  readonly at: { readonly path: string; readonly line: number; readonly column: number };
}

async function problems(place: World): Promise<readonly Problem[]> {
  const { stdout, stderr } = await place.bit('policy', 'check', '--json');
  assert.ok(stdout.startsWith('{'), stderr);
  return (JSON.parse(stdout) as { problems: readonly Problem[] }).problems.filter(
    ({ code }) => code !== 'layout',
  );
}

suite('policy builtins of plugins', (test) => {
  test('a policy asks one of a trusted plugin, and what it decided names whose it was', () =>
    within({}, async (place) => {
      place.write('.bithub/policies/names.rego', POLICY);
      const [missing] = await problems(place);
      assert.equal(missing?.at, { path: '.bithub/policies/names.rego', line: 5, column: 2 });
      assert.is(missing?.code, 'missing_builtin');
      assert.match(missing?.message ?? '', 'bit ext install <package> --trust');
      const closed = await place.bit('branch', 'new', 'one');
      assert.is(closed.code, 3);
      assert.match(closed.stderr, 'undefined function plugin.acme_words.count_words');
      assert.match(closed.stderr, '.bithub/policies/names.rego:5');

      await install(place, '1.0.0', words());
      assert.match((await problems(place))[0]?.message ?? '', 'bit ext trust @acme/words');
      assert.is((await place.bit('branch', 'new', 'one')).code, 3, 'a plugin that is not trusted has no say');

      await place.bitIn(place.root, 'ext', 'trust', '@acme/words', '--yes');
      assert.equal(await problems(place), []);
      const allowed = await place.bit('branch', 'new', 'one-two');
      assert.is(allowed.code, 0, allowed.stderr);
      const denied = await place.bit('branch', 'new', 'one-two-three');
      assert.is(denied.code, 3);
      assert.match(denied.stderr, 'a branch has at most two words');

      const explained = await place.bit('policy', 'check', '--explain', '--json');
      const { past, decision } = JSON.parse(explained.stdout);
      assert.equal(
        [past.samePolicy, past.sameInput, decision.allowed],
        [true, true, false],
        explained.stderr,
      );
      assert.equal(
        decision.builtins.map((one: { plugin: string; version: string }) => `${one.plugin} ${one.version}`),
        ['@acme/words 1.0.0'],
      );
      assert.match(decision.builtins[0].digest, /^sha512-/);

      // another version is another set: what it says of the same is not taken for what was said
      await install(place, '1.1.0', words(' - 1'), '--trust');
      const later = await place.bit('policy', 'check', '--explain', '--json');
      assert.match(later.stderr, '@acme/words 1.0.0 had a say in it, and is not what is installed');
      const again = JSON.parse(later.stdout);
      assert.equal([again.past.samePolicy, again.decision.allowed], [false, true]);
      assert.is.not(again.decision.policy, decision.policy);
      assert.is((await place.bit('branch', 'new', 'one-two-three')).code, 0);

      const listed = await place.bit('ext', 'list');
      assert.match(listed.stdout, 'builtins: count-words');
      await place.bitIn(place.root, 'ext', 'uninstall', '@acme/words', '--yes');
      assert.is((await place.bit('branch', 'new', 'two')).code, 3, 'what is gone denies');
    }));

  test('its types are checked where a policy is', () =>
    within({}, async (place) => {
      await install(place, '1.0.0', words(), '--trust');
      const told = async (call: string): Promise<string> => {
        place.write('.bithub/policies/names.rego', `package acme.names\n\ndeny contains "no" if ${call}\n`);
        return (await problems(place))
          .map(({ at, message }) => `${at.line}:${at.column} ${message}`)
          .join('\n');
      };
      assert.match(
        await told('plugin.acme_words.count_words("a", "b", 3) > 2'),
        /^3:\d+ .*takes 1, not 3 arguments/,
      );
      assert.match(
        await told('plugin.acme_words.count_words(5) > 2'),
        /^3:\d+ plugin.acme_words.count_words takes text; 5 is none/,
      );
      assert.match(
        await told('plugin.acme_words.count_wrds("a") > 2'),
        'did you mean plugin.acme_words.count_words?',
      );
      assert.match(await told('plugin.acme_words.count_words(input.args) > 2'), 'input.args is an object');
      assert.is(await told('plugin.acme_words.count_words("a-b-c") > 3'), '');
      const value = await place.bit(
        'policy',
        'eval',
        'plugin.acme_words.count_words("a-b-c")',
        '--tree',
        '--json',
      );
      assert.is(JSON.parse(value.stdout).value, 3, value.stderr);
    }));
});

/** What it does, and what is told of it. */
const BAD: Readonly<Record<string, readonly [body: string, message: string]>> = {
  loops: ['for (;;);', 'loops of the plugin bad did not answer within'],
  throws: ['throw new Error("no\\u001b[2J luck")', 'no\\x1b[2J luck'],
  promises: ['return Promise.resolve(true)', 'it answers with a promise'],
  nothing: ['return undefined', 'it answers with nothing that JSON has'],
  otherwise: ['return "yes"', 'the answer must be boolean but is string'],
  floods: ['return "x".repeat(2000000)', 'it answers with more than'],
  exhausts: [
    'const all = []; for (;;) all.push(new Array(100000).fill(all.length))',
    'did not answer within',
  ],
  clock: ['return Date.now() > 0', 'it has no clock'],
  date: ['return new Date().getTime() > 0', 'it has no clock'],
  chance: ['return Math.random() >= 0', 'it has no chance'],
  process: ['return process.exit(0)', 'it has no process'],
  network: ['return fetch("https://example.org")', 'it has no network'],
};

const INPUT: PolicyInput = {
  ...{
    action: 'repo.commit',
    command: 'commit',
    args: {},
    actor: '',
    user: {},
    tx: {},
    repo: {},
    target: {},
  },
  ...{ token: null, config: {}, freeze: [], now: '2026-01-01T00:00:00Z' },
};

suite('a builtin that is hostile', (test) => {
  test('denies, says where, and is no way out of a policy; the next one is asked all the same', () =>
    within({}, async (place) => {
      const items = Object.entries(BAD).map(
        ([name, [body]]) =>
          `{ name: '${name}', description: 'Bad.', args: [{ name: 'x', type: 'any' }], result: 'boolean', call(x) { ${body} } }`,
      );
      const archive = packPlugin(
        join(place.root, 'bad'),
        { name: 'bad', bit: { api: 3, builtins: 'builtins.js' } },
        {
          'builtins.js': `export const builtins = [${items.join(',\n')},
            { name: 'good', description: 'Good.', args: [{ name: 'x', type: 'any' }], result: 'boolean', call: (x) => x === 1 }];`,
        },
      );
      const installed = await place.bit('ext', 'install', archive, '--yes', '--trust');
      assert.is(installed.code, 0, installed.stderr);
      const opened = (call: number): BuiltinSource =>
        openBuiltins({
          userDirectory: join(place.root, 'data', 'bit'),
          configDirectory: join(place.root, 'config', 'bit'),
          limits: { call, start: 120_000 },
        });
      // only what never comes back is given up on soon
      const [soon, patient] = [opened(400), opened(120_000)];
      let builtins = patient;
      const set = (condition: string): PolicySet =>
        loadPolicySet([{ path: 'p.rego', text: `package p\n\ndeny contains "good" if ${condition}\n` }], {
          builtins,
        });
      const good = (x: number): boolean => set(`plugin.bad.good(${x})`).decide(INPUT).allowed;
      assert.equal([good(1), good(2)], [false, true]);
      for (const [name, [, message]] of Object.entries(BAD)) {
        builtins = message.includes('did not answer') ? soon : patient;
        // loaded before: what it has is the time of a call
        assert.is(good(Object.keys(BAD).indexOf(name) + 10), true);
        for (const condition of [`plugin.bad.${name}(1)`, `not plugin.bad.${name}(1)`]) {
          const decision = set(condition).decide(INPUT).explain();
          const [reason] = decision.reasons;
          assert.equal(
            [decision.allowed, reason?.verdict, reason?.at.path, reason?.at.line],
            [false, 'error', 'p.rego', 3],
            name,
          );
          assert.match(reason?.message ?? '', message, `${name}: ${reason?.message}`);
        }
      }
    }));
});
