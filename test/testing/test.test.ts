import * as assert from 'uvu/assert';
import type { TestResult } from '../../src/testing/index.ts';
import { suite } from '../suite.ts';
import { type World, within } from '../world.ts';

async function tests(
  place: World,
  ...words: string[]
): Promise<TestResult & { code: number; stderr: string }> {
  const at = words.indexOf('--');
  const own = at < 0 ? words : words.slice(0, at);
  const { stdout, stderr, code } = await place.bit(
    'test',
    ...own,
    '--json',
    ...(at < 0 ? [] : words.slice(at)),
  );
  return { ...(JSON.parse(stdout) as TestResult), code, stderr };
}

const NODE_TEST = `const { test } = require('node:test');
test('good', () => {});
test('bad', () => { throw new Error('no') });
`;

suite('bit test', (test) => {
  test('finds the script, shows its output, counts, lists what failed and ends with 1', () =>
    within(
      {
        'package.json': '{"scripts":{"test":"node --test --test-reporter=tap a.test.js"}}',
        'a.test.js': NODE_TEST,
      },
      async (place) => {
        const result = await tests(place);
        assert.equal([result.passed, result.failed, result.failures], [1, 1, ['bad']]);
        assert.is(result.code, 1);
        assert.match(result.stderr, 'not ok 2 - bad');
        const { stdout } = await place.bit('test');
        assert.match(stdout, '1 passed, 1 failed, 0 skipped');
        assert.match(stdout, /failed:\n {2}bad/);
        const listed = await place.bit('log', 'audit', '-n', '3');
        assert.match(listed.stdout, 'TEST');
      },
    ));

  test('goes on with the other suites after a red one, and with --bail does not', () =>
    within({ '.bithub.yml': 'test:\n  unit: exit 1\n  integration: touch later\n' }, async (place) => {
      assert.is((await tests(place, '--bail')).suites.length, 1);
      assert.not.ok(place.exists('later'));
      const all = await tests(place);
      assert.equal([all.code, all.suites.length, place.exists('later')], [1, 2, true]);
    }));

  test('passes on the exit status of what it can not count', () =>
    within({ '.bithub.yml': 'test:\n  unit: echo hello; exit 42\n' }, async (place) => {
      const result = await tests(place, 'unit');
      assert.equal([result.code, result.ok, result.suites[0]?.counts], [42, false, undefined]);
    }));

  test('believes no runner that ends well although tests failed', () =>
    within({ '.bithub.yml': "test:\n  unit: printf '1..1\\nnot ok 1 - a\\n'\n" }, async (place) => {
      const result = await tests(place, 'unit');
      assert.equal([result.code, result.failed], [1, 1]);
    }));

  test('reads the report a suite writes, and not the one of an older run', () =>
    within(
      {
        '.bithub.yml':
          'test:\n  unit: { command: "true", report: r.xml }\n  fuzz: { command: cp new.xml s.xml, report: s.xml }\n',
        'r.xml': '<testsuite><testcase name="old"/></testsuite>',
        'new.xml': '<testsuite><testcase name="a"/><testcase name="b"><error/></testcase></testsuite>',
      },
      async (place) => {
        assert.is((await tests(place, 'unit')).suites[0]?.counts, undefined);
        const fresh = await tests(place, 'fuzz');
        assert.equal([fresh.passed, fresh.failed, fresh.code], [1, 1, 1]);
      },
    ));

  test('runs the command it is given, word by word', () =>
    within({}, async (place) => {
      const result = await tests(
        place,
        'custom',
        '--',
        'printf',
        '%s\\n',
        '1..1',
        'ok 1 - $(touch evil)',
        "it's",
      );
      assert.equal([result.code, result.passed], [0, 1]);
      assert.not.ok(place.exists('evil'));
    }));

  test('runs the packages of a workspace, and with --changed those that changed', () =>
    within(
      {
        'package.json': '{"workspaces":["p/*"]}',
        'p/a/package.json': '{"name":"a","scripts":{"test":"echo in a"}}',
        'p/b/package.json': '{"name":"b","scripts":{"test":"echo in b"}}',
        'p/c/package.json': '{"name":"c","scripts":{"test":"echo \\"Error: no test specified\\" && exit 1"}}',
      },
      async (place) => {
        place.git('add', '.');
        place.git('commit', '-qm', 'packages');
        assert.equal(
          (await tests(place)).suites.map(({ name }) => name),
          ['a test', 'b test'],
        );
        place.write('p/b/x', '');
        const result = await tests(place, '--changed');
        assert.equal([result.suites.map(({ name }) => name), result.unchanged], [['b test'], ['a test']]);
      },
    ));

  test('ends what takes too long, with all it started', () =>
    within({ '.bithub.yml': 'test:\n  unit: sleep 60 & sleep 61\n' }, async (place) => {
      const began = performance.now();
      const result = await tests(place, 'unit', '--timeout', '1');
      assert.ok(performance.now() - began < 15_000);
      assert.equal([result.code, result.suites[0]?.ended], [124, 'timeout']);
    }));

  test('stands a runner that prints without end', () =>
    within(
      { '.bithub.yml': 'test:\n  unit: "yes ok | head -c 3000000; printf \'\\\\n1..1\\\\nok 1\\\\n\'"\n' },
      async (place) => {
        const before = process.memoryUsage().rss;
        const result = await tests(place, 'unit');
        assert.is(result.code, 1); // far more points than the plan has
        assert.ok(process.memoryUsage().rss - before < 300 << 20);
      },
    ));

  test('shows no secret', () => {
    const token = ['ghp', 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'].join('_');
    return within({ '.bithub.yml': `test:\n  unit: "echo token ${token}"\n` }, async (place) => {
      const { stdout, stderr } = await place.bit('test', 'unit', '--json');
      assert.not.match(stdout + stderr, token);
    });
  });

  test('says where there is none, and of a misspelt suite the nearest name', () =>
    within({}, async (place) => {
      assert.is((await place.bit('test')).code, 4);
      place.write('.bithub.yml', 'test:\n  unti: x\n');
      const { code, stderr } = await place.bit('test');
      assert.is(code, 2);
      assert.match(stderr, 'did you mean: unit');
    }));
});
