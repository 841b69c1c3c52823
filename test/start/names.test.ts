import * as assert from 'uvu/assert';
import { resolveWords, spellings, unknownCommand } from '../../src/cli/names.ts';
import { type CommandTable, commandRow, namesText } from '../../src/cli/table.ts';
import { BitError } from '../../src/kernel/errors.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';

const row = { args: true, passthrough: false };
const table: CommandTable = {
  names: namesText(
    Object.entries({
      'branch:list': { args: false, passthrough: false },
      'branch:new': row,
      'branch:delete': row,
      commit: row,
      check: row,
      git: { args: true, passthrough: true },
      help: row,
      status: row,
      'policy:accept': row,
      'policy:check': row,
      'workflow:chain': row,
      'bot:list': row,
      'bot:package-deliver': row,
      'bot:secure:trail': row,
    }),
    Object.entries({ branch: 'branch:list', policy: 'policy:check', bot: 'bot:list' }),
  ),
  load: () => Promise.reject(new Error('not loaded here')),
};
const id = (...words: string[]): string => {
  const found = resolveWords(table, words);
  return found.kind === 'run' ? [found.id, ...found.argv].join(' ') : found.kind;
};

suite('names of commands', (test) => {
  test('every spelling of a command is the same command', () => {
    for (const words of [
      ['workflow', 'chain'],
      ['workflow.chain'],
      ['workflow:chain'],
      ['bit.workflow.chain'],
      ['bit', 'workflow.chain'],
    ]) {
      assert.is(id(...words, 'a', 'b'), 'workflow:chain a b');
    }
  });

  test('bit.bithub is bit.bot', () => {
    assert.is(id('bit.bithub.list'), 'bot:list');
    assert.is(id('bit.bot.package-deliver', 'x'), 'bot:package-deliver x');
  });

  test('a bare topic is its list, and a misspelt command of it is no argument of the list', () => {
    assert.is(id('branch'), 'branch:list');
    assert.is(id('branch', '--all'), 'branch:list --all');
    assert.is(id('branch', 'delte'), 'unknown');
    assert.is(id('policy', 'chek'), 'unknown');
    assert.is(id('policy', 'response'), 'policy:check response');
    assert.is(id('policy', 'acc'), 'policy:check acc');
    assert.equal(resolveWords(table, ['-C', 'dir', 'branch', '--help']), {
      kind: 'run',
      id: 'branch:list',
      argv: ['-C', 'dir', '--help'],
      topic: 'branch',
    });
    const list = resolveWords(table, ['branch', 'list']);
    assert.not.ok('topic' in list);
  });

  test('a topic within a topic is no argument of the list', () => {
    assert.is(id('bot', 'deployed'), 'bot:list deployed');
    assert.is(id('bot', 'secure', 'trail'), 'bot:secure:trail');
    assert.is(id('bot', 'secure'), 'unknown');
    assert.is(id('bot', 'secure', 'x'), 'unknown');
  });

  test('global flags before the command move behind its name, with their values', () => {
    assert.is(id('-C', 'dir', '--json', 'branch', 'new', 'x'), 'branch:new -C dir --json x');
    assert.is(id('--jq=.a', '-Cdir', 'status'), 'status --jq=.a -Cdir');
    assert.is(id('branch', '--json', 'new', 'x'), 'branch:new --json x');
    assert.is(id('status', '--', '--json'), 'status -- --json');
  });

  test('a flag that is none of ours before the command is a usage error that names it', () => {
    for (const words of [['--frob', 'status'], ['-C'], ['--json=yes', 'status']]) {
      assert.throws(
        () => resolveWords(table, words),
        (error: BitError) => error.code === 'usage' && error.message.includes((words[0] ?? '').slice(0, 4)),
      );
    }
  });

  test('a verb of git without a command runs as git, with our flags parted from its own', () => {
    assert.is(id('stash', '-u'), 'git -- stash -u');
    assert.is(id('-C', 'dir', 'rebase', '--onto', 'x'), 'git -C dir -- rebase --onto x');
    assert.is(id('git', 'status', '--json'), 'git -- status --json');
  });

  test('version and help are asked for by flag and by word', () => {
    for (const words of [['--version'], ['-V'], ['version'], ['--json', '--version']])
      assert.is(id(...words), 'version');
    for (const words of [['--help'], ['-h'], ['help'], [], ['help', 'branch']])
      assert.is(id(...words), 'help');
    assert.is(id('help', 'context'), 'help context');
  });

  test('the blueprint’s own arguments become flags', () => {
    assert.is(
      id('bit.commit', 'stage=*', '--auto-validate', 'a message'),
      'commit --stage * --auto-validate --message a message',
    );
    assert.is(id('bit.commit', '--auto-validate', 'message'), 'commit --auto-validate --message message');
    assert.is(id('commit', '--auto-validate', 'path'), 'commit --auto-validate path');
    assert.is(id('commit', 'stage=*', '-m', 'x'), 'commit --stage * -m x');
    assert.is(id('check', 'security', 'auto-remediate'), 'check security --fix');
  });

  test('a mistake is told with the nearest commands', () => {
    const error = unknownCommand(table, ['branhc', 'new']);
    assert.is(error.code, 'not-found');
    assert.match(error.hint ?? '', /bit branch/);
    assert.match(unknownCommand(table, ['branch', 'delte']).hint ?? '', /bit branch delete/);
    // nothing is near: what the topic has
    assert.is(
      unknownCommand(table, ['branch', 'obliterate']).hint,
      'there are: bit branch list, bit branch new, bit branch delete',
    );
  });

  test('no words at all make it fail otherwise than by a BitError', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom(
        'branch',
        'bit',
        'git',
        '--json',
        '-C',
        '--',
        'bit.',
        '.',
        ':',
        '__proto__',
        'constructor',
        'toString',
      ),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), (words) => {
        try {
          const found = resolveWords(table, words);
          if (found.kind === 'run') assert.ok(commandRow(table, found.id) !== undefined);
          if (found.kind === 'unknown') unknownCommand(table, found.words);
        } catch (error) {
          assert.instance(error, BitError);
        }
        for (const first of words) assert.ok(spellings(first).length > 0 || first === 'bit');
      }),
    );
  });
});
