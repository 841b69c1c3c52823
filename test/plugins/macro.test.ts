import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type BitError, isBitError } from '../../src/kernel/errors.ts';
import { parseMacro, parseScript, variablesOf } from '../../src/script/index.ts';
import { suite } from '../suite.ts';
import { within } from '../world.ts';
import { entriesOf, packPlugin } from './fixture.ts';

const CUT = `# a comment before
#: summary: Mark a place by a branch and a tag.
#: args:
#:   name: { description: What it is called. }
#: flags:
#:   at: { description: Where., default: HEAD }
#:   kind: { options: [minor, major], default: minor }
#:   count: { type: number, default: 3 }
#:   force: { type: boolean, value: --force }
bit.branch new $name --from $at
bit.tag new "v-$name-$kind-$count" $force
`;

function fault(text: string): BitError {
  try {
    parseMacro('m.bit', text);
  } catch (error) {
    if (isBitError(error, 'usage')) return error;
    throw error;
  }
  return assert.unreachable(`accepted: ${text}`) as never;
}

suite('a macro', (test) => {
  test('says what it takes, and its words are filled with it', () => {
    const macro = parseMacro('m.bit', CUT);
    assert.is(macro.summary, 'Mark a place by a branch and a tag.');
    assert.equal(
      macro.args.map(({ name, required }) => [name, required]),
      [['name', true]],
    );
    const words = (given: object): unknown =>
      parseScript('m.bit', CUT, variablesOf(macro, { ...given })).map((line) => line.words);
    assert.equal(words({ name: 'a b', at: 'HEAD', kind: 'minor', count: 3, force: false }), [
      ['branch', 'new', 'a b', '--from', 'HEAD'],
      ['tag', 'new', 'v-a b-minor-3'],
    ]);
    assert.equal(words({ name: '$(x)', at: 'HEAD', kind: 'major', count: 7, force: true }), [
      ['branch', 'new', '$(x)', '--from', 'HEAD'],
      ['tag', 'new', 'v-$(x)-major-7', '--force'],
    ]);
  });

  test('that is malformed is refused by file and line', () => {
    const header = (...lines: string[]): string =>
      `#: summary: S.\n${lines.map((line) => `#: ${line}\n`).join('')}status\n`;
    const cases: readonly (readonly [string, RegExp])[] = [
      ['status\n', /m\.bit:1: is no macro/],
      ['status\n#: summary: x\n', /m\.bit:2: lines of #: stand before/],
      ['#: summary: [\nstatus\n', /m\.bit:/],
      ['#: description: x\nstatus\n', /summary is missing/],
      [header('argz: {}'), /did you mean args/],
      [header('args:', '  Name: {}'), /args\.Name is no name/],
      [header('flags:', '  json: {}'), /flags\.json is a flag every command has/],
      [header('args:', '  a: {type: boolean}'), /only a flag can be boolean/],
      [header('args:', '  a: {default: 3}'), /default that is no text/],
      [header('flags:', '  a: {type: number, default: 1.5}'), /no whole number/],
      [header('flags:', '  a: {options: [x], default: y}'), /none of x/],
      [header('args:', '  a: {}', 'flags:', '  a: {}'), /a is there twice/],
      [header('args:', '  a: {required: false}', '  b: {}'), /stands after one that need not/],
      [header('args: &x', '  a: {}', 'flags: *x'), /m\.bit/],
      ['#: summary: S.\n', /runs nothing/],
      ['#: summary: S.\nstatus $nothing\n', /m\.bit:2:8: \$nothing is not set/],
    ];
    for (const [text, wanted] of cases) {
      let message: string;
      try {
        message = fault(text).message;
      } catch (error) {
        message = `m.bit ${String(error)}`; // an alias in YAML
      }
      assert.match(message, wanted, text);
    }
  });
});

suite('an installed macro', (test) => {
  test('is a command: arguments, flags, dry run, one operation with operations inside, undone whole', () =>
    within({}, async (place) => {
      place.write('../cut.bit', CUT);
      const installed = await place.bit('ext', 'install', '../cut.bit', '--yes');
      assert.is(installed.code, 0, installed.stderr);
      assert.match(installed.stdout, 'bit cut');
      const dry = await place.bit('cut', 'here', '--dry-run');
      assert.match(dry.stdout + dry.stderr, 'branch new here --from HEAD');
      assert.is(place.git('tag'), '');
      const run = await place.bit('cut', 'here', '--kind', 'major', '--count', '5');
      assert.is(run.code, 0, run.stderr);
      assert.match(run.stdout, 'cut: ran 2 commands');
      assert.is(place.git('tag'), 'v-here-major-5');
      assert.equal(
        (await entriesOf(place, 'MACRO_RUN')).map(({ phase }) => phase),
        ['intent', 'outcome'],
      );
      assert.is((await entriesOf(place, 'TAG_NEW')).length, 2);
      assert.is((await place.bit('undo', '--yes')).code, 0);
      assert.is(place.git('tag') + place.git('branch', '--list', 'here'), '');
      const wrong = await place.bit('cut', 'x', '--kind', 'huge');
      assert.is(wrong.code, 2);
      assert.match(wrong.stderr, 'minor, major');
      assert.is((await place.bit('cut')).code, 2, 'an argument is missing');
      assert.is((await place.bit('cut', 'y', '--count', 'many')).code, 2);
    }));

  test('of a package lies beside its commands; help and completion know it', () =>
    within({}, async (place) => {
      const directory = packPlugin(
        join(place.root, 'macros'),
        { name: '@acme/macros', bit: { api: 2, macros: 'macros' } },
        { 'macros/mark/here.bit': CUT },
      );
      const asked = await place.bit('ext', 'install', directory, '--dry-run');
      assert.match(
        asked.stdout,
        'make the command mark here, which runs: branch new $name --from $at; tag new',
      );
      assert.is((await place.bit('ext', 'install', directory, '--yes')).code, 0);
      assert.is((await place.bit('mark', 'here', 'it')).code, 0);
      assert.match((await place.bit('completion', 'bash')).stdout, /mark here.*--kind/s);
      assert.is((await place.bit('ext', 'uninstall', '@acme/macros', '--yes')).code, 0);
    }));

  test('a policy on a command it runs stops it there', () =>
    within({}, async (place) => {
      place.write('../cut.bit', CUT);
      await place.bit('ext', 'install', '../cut.bit', '--yes');
      place.write(
        '.bithub/policies/p.rego',
        'package p\n\ndeny contains "no tags" if input.action == "repo.tag"\n',
      );
      await place.bit('policy', 'accept', '--yes');
      const run = await place.bit('cut', 'here');
      assert.is(run.code, 1, run.stdout);
      assert.equal(
        (await entriesOf(place, 'TAG_NEW')).map(({ phase }) => phase),
        ['denied'],
      );
      assert.is(place.git('tag'), '');
    }));

  test('one that is wrong, or has a name of bit’s, is not installed', () =>
    within({}, async (place) => {
      place.write('../bad.bit', CUT.replace('summary', 'sumary'));
      assert.match((await place.bit('ext', 'install', '../bad.bit', '--yes')).stderr, 'bad.bit:2');
      place.write('../commit.bit', CUT);
      const taken = await place.bit('ext', 'install', '../commit.bit', '--yes');
      assert.is(taken.code, 1);
      assert.match(taken.stderr, "bit commit, which is bit's own");
    }));
});

suite('what a plugin is granted', (test) => {
  test('one that asks for more is refused with the list, and nothing of it stays', () =>
    within({}, async (place) => {
      const directory = packPlugin(
        join(place.root, 'greedy'),
        {
          name: 'greedy',
          bit: {
            api: 2,
            commands: 'commands',
            capabilities: ['git.read', 'git.write', 'network:example.org'],
          },
        },
        { 'commands/g.js': 'throw new Error("never loaded")' },
      );
      const run = await place.bit('ext', 'install', directory, '--yes', '--grant', 'git.read', '--json');
      assert.is(run.code, 3);
      const { error } = JSON.parse(run.stdout) as { error: { message: string; details: { more: string[] } } };
      assert.match(error.message, 'greedy asks for more than it is granted: git.write, network:example.org');
      assert.equal(error.details.more, ['git.write', 'network:example.org']);
      const none = await place.bit('plugins', 'install', directory, '--yes', '--grant', 'none');
      assert.match(none.stderr, 'more than it is granted: git.read, git.write');
      assert.is(place.exists('../data/bit/plugins/table.json'), false);
      // installed before with less, the new one's further wishes stand out
      assert.match(
        (await place.bit('ext', 'install', directory, '--dry-run')).stdout,
        'speak HTTPS with example.org',
      );
    }));
});
