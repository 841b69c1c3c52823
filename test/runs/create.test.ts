import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import type { Reader, Writer } from '../../src/operation/index.ts';
import { askWorkflow } from '../../src/runs/index.ts';
import { suite } from '../suite.ts';
import { type World, within } from '../world.ts';

/** Somebody at a terminal who answers in this order. */
function answering(place: World, answers: readonly string[]): { reader: Reader; asked: string[] } {
  const asked: string[] = [];
  const next = async (question: string): Promise<string> => {
    asked.push(question);
    return answers[asked.length - 1] ?? '';
  };
  const ask = { possible: true, confirm: async () => true, choose: next, text: next };
  const reader = { ask, cwd: place.dir, repository: { root: place.dir }, env: place.env };
  return { reader: reader as unknown as Reader, asked };
}

const NOTHING = { name: undefined, template: undefined, run: undefined };

suite('bit workflow create', (test) => {
  test('asks at a terminal for name, template and commands', () =>
    within({}, async (place) => {
      const { reader, asked } = answering(place, ['nightly', 'empty', 'make test', 'echo "a: b"', '']);
      const effect = await askWorkflow(reader, NOTHING);
      assert.is(asked.length, 5);
      await effect.run(reader as unknown as Writer);
      const { jobs } = parse(place.read('.bithub/workflows/nightly.yml')) as {
        jobs: { main: { steps: { run: string }[] } };
      };
      assert.equal(
        jobs.main.steps.map(({ run }) => run),
        ['make test', 'echo "a: b"'],
      );
    }));

  test('asks for no commands where the template has its own, and for nothing that was said', () =>
    within({}, async (place) => {
      const node = answering(place, ['ci', 'node']);
      await askWorkflow(node.reader, NOTHING);
      assert.is(node.asked.length, 2);
      const named = answering(place, []);
      await askWorkflow(named.reader, { ...NOTHING, name: 'ci' });
      const run = answering(place, ['ci']);
      await askWorkflow(run.reader, { ...NOTHING, run: ['true'] });
      assert.equal([named.asked.length, run.asked.length], [0, 1]);
    }));

  test('refuses at once what is no name, and to guess where nobody can be asked', () =>
    within({}, async (place) => {
      const { reader, asked } = answering(place, ['../x']);
      const error = await askWorkflow(reader, NOTHING).catch((thrown: unknown) => thrown);
      assert.is((error as { code?: string }).code, 'usage');
      assert.is(asked.length, 1);
      const { code, stderr } = await place.bit('workflow', 'create');
      assert.is(code, 2);
      assert.match(stderr, 'bit workflow create NAME');
    }));

  test('a chain that succeeded says how it is typed; steps without an id go by their titles', () =>
    within(
      {
        '.bithub/workflows/test.yml':
          'jobs:\n  one:\n    steps: [{ run: echo tested }, { id: own, run: "true" }]\n',
        '.bithub/workflows/report.yml': 'jobs:\n  one:\n    steps: [{ name: Tell all, run: echo told }]\n',
      },
      async (place) => {
        const { code, stderr } = await place.bit('workflow', 'chain', 'test', 'report');
        assert.is(code, 0, stderr);
        assert.match(stderr, '] echo tested | tested');
        assert.match(stderr, '] Tell all ok after');
        assert.match(stderr, '] own: true');
        assert.not.match(stderr, '_1');
        const again = await place.bit('retry', 'last');
        assert.match(again.stderr, 'run it anew with: bit workflow chain test report');
      },
    ));
});
