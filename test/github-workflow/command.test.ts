import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { parseCommandFile, parsePathFile, refusedVariable } from '../../src/github-workflow/command-file.ts';
import { CommandReader, parseWorkflowCommand } from '../../src/github-workflow/workflow-command.ts';
import { suite } from '../suite.ts';

suite('workflow commands', (test) => {
  test('a name, properties and a message', () => {
    assert.equal(parseWorkflowCommand('::error file=app.js,line=1,col=5::Missing semicolon'), {
      name: 'error',
      properties: { file: 'app.js', line: '1', col: '5' },
      message: 'Missing semicolon',
    });
    assert.equal(parseWorkflowCommand('  ::warning::a::b')?.message, 'a::b');
    assert.equal(parseWorkflowCommand('::notice title=A%2C B%3A C::100%25%0Amore')?.properties, {
      title: 'A, B: C',
    });
    assert.equal(parseWorkflowCommand('::notice title=x::100%25%0Amore')?.message, '100%\nmore');
    assert.is(parseWorkflowCommand('::debug::%2525')?.message, '%25');
  });

  test('other lines are text', () => {
    const reader = new CommandReader();
    for (const line of ['', 'x ::error::y', '::', '::error', ':error::x', '::unknown::x', '## [group]'])
      assert.equal(reader.read(line), { kind: 'text', text: line });
  });

  test('each has its effect', () => {
    const reader = new CommandReader();
    assert.equal(reader.read('::add-mask::s3cret'), { kind: 'mask', value: 's3cret' });
    assert.equal(reader.read('::set-output name=a::1'), { kind: 'output', name: 'a', value: '1' });
    assert.equal(reader.read('::save-state name=pid::7'), { kind: 'state', name: 'pid', value: '7' });
    assert.equal(reader.read('::group::Title'), { kind: 'group', title: 'Title' });
    assert.equal(reader.read('::endgroup::'), { kind: 'endgroup' });
    assert.equal(reader.read('::Debug::d'), { kind: 'debug', message: 'd' });
    assert.is(reader.read('::error file=a::m').kind, 'annotation');
    assert.is(reader.read('::add-matcher::x.json').kind, 'nothing');
    assert.is(reader.read('::set-env name=PATH::x').kind, 'refused');
    assert.is(reader.read('::add-path::/tmp').kind, 'refused');
    assert.is(reader.read('::set-output::x').kind, 'refused');
    assert.is(reader.read('::add-mask::').kind, 'nothing');
  });

  test('between stop-commands and its token nothing is a command', () => {
    const reader = new CommandReader();
    assert.is(reader.read('::stop-commands::T0ken').kind, 'nothing');
    assert.is(reader.read('::add-mask::x').kind, 'text');
    assert.is(reader.read('::other::').kind, 'text');
    assert.is(reader.read('::T0ken::').kind, 'nothing');
    assert.is(reader.read('::add-mask::x').kind, 'mask');
    assert.is(reader.read('::stop-commands::').kind, 'refused');
    assert.is(reader.read('::stop-commands::add-mask').kind, 'refused');
  });

  test('any line is read', () => {
    const reader = new CommandReader();
    fc.assert(fc.property(fc.string(), (line) => reader.read(`::${line}`) !== undefined));
    assert.is(({} as Record<string, unknown>)['polluted'], undefined);
  });
});

suite('command files', (test) => {
  test('lines and blocks', () => {
    const text = 'A=1\nB=x=y\n\nJSON<<EOF\n{\n  "a": 1\n}\nEOF\nC=\nD<<X Y\nX Y\nE=a<<b\nF<<G=\n1\nG=\n';
    assert.equal(parseCommandFile(text, '$GITHUB_OUTPUT'), [
      ['A', '1'],
      ['B', 'x=y'],
      ['JSON', '{\n  "a": 1\n}'],
      ['C', ''],
      ['D', ''],
      ['E', 'a<<b'],
      ['F', '1'],
    ]);
    assert.equal(parseCommandFile('\uFEFFA=1\r\nB<<E\r\nx\r\ny\r\nE\r\n', 'f'), [
      ['A', '1'],
      ['B', 'x\ny'],
    ]);
    assert.equal(parsePathFile('/a\n\n/b c\r\n'), ['/a', '/b c']);
  });

  test('an error names the line and shows no value', () => {
    for (const [text, line] of [
      ['A=1\nsecret text', 2],
      ['A<<EOF\nsecret', 1],
      ['A<<\nx', 1],
      ['=secret', 1],
      ['<<E\nsecret\nE', 1],
    ] as const) {
      assert.throws(
        () => parseCommandFile(text, '$GITHUB_ENV'),
        (error: Error) => error.message.includes(`line ${line}`) && !error.message.includes('secret'),
      );
    }
  });

  test("what is the runner's own can't be set", () => {
    assert.ok(refusedVariable('GITHUB_TOKEN'));
    assert.ok(refusedVariable('runner_temp'));
    assert.ok(refusedVariable('Node_Options'));
    assert.is(refusedVariable('CI'), undefined);
  });

  test('a block gives back any value its delimiter is not a line of', () => {
    fc.assert(
      fc.property(
        fc.string().map((text) => text.replace(/\r/g, '')),
        (value) => {
          fc.pre(!value.split('\n').includes('EOF'));
          assert.equal(parseCommandFile(`N<<EOF\n${value}\nEOF\n`, 'f'), [['N', value]]);
        },
      ),
    );
  });
});
