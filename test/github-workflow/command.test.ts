import * as assert from 'uvu/assert';
import { CommandReader, parseWorkflowCommand } from '../../src/github-workflow/workflow-command.ts';
import fc from '../property.ts';
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
