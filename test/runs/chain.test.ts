import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';

/** Each writes its name to `log` as it begins and as it ends; one that waits for a file ends once it is there. */
function link(place: World, name: string, run: string): void {
  place.write(`.bithub/workflows/${name}.yml`, `jobs:\n  a:\n    steps:\n      - run: |\n          ${run}\n`);
}

/** Waits for a file of another link, and fails where that never comes. */
const until = (file: string): string =>
  `for i in $(seq 200); do [ -e ${file} ] && break; sleep 0.05; done; [ -e ${file} ]`;

suite<{ place: World }>('bit workflow chain', (test) => {
  test.before.each((context) => {
    context.place = world();
    context.place.start();
  });
  test.after.each((context) => context.place.close());

  test('stops after the one that failed, and --continue-on-failure runs the rest; it failed all the same', async ({
    place,
  }) => {
    link(place, 'bad', 'exit 3');
    link(place, 'next', 'echo next >> log');
    const stopped = await place.bit('workflow', 'chain', 'bad', 'next');
    assert.is(stopped.code, 1);
    assert.not(place.exists('log'));
    const went = await place.bit('workflow', 'chain', 'bad', 'next', '--continue-on-failure');
    assert.is(went.code, 1);
    assert.is(place.read('log'), 'next\n');
  });

  test('with --parallel all run at once', async ({ place }) => {
    link(place, 'one', `touch one; ${until('two')}`);
    link(place, 'two', `touch two; ${until('one')}`);
    const { code, stderr } = await place.bit('workflow', 'chain', 'one', 'two', '--parallel', '--jobs', '2');
    assert.is(code, 0, stderr);
  });

  test('a --barrier ends all before it begins what is after it', async ({ place }) => {
    link(place, 'one', `touch one; ${until('two')}; echo one >> log`);
    link(place, 'two', `touch two; ${until('one')}; echo two >> log`);
    link(place, 'last', 'echo last >> log');
    const words = ['workflow', 'chain', 'one', 'two', 'last', '--barrier', 'two', '--jobs', '3'];
    const { code, stderr } = await place.bit(...words, '--save', 'kept');
    assert.is(code, 0, stderr);
    const said = place.read('log').trim().split('\n');
    assert.equal([said.length, said[2]], [3, 'last']);
    assert.match(place.read('.bithub/workflows/kept.yml'), 'needs: [link-1, link-2]');
    const odd = await place.bit('workflow', 'chain', 'one', '--barrier', 'none');
    assert.is(odd.code, 2);
    assert.match(odd.stderr, '--barrier none');
  });

  test('that failed goes on with retry where it stopped, and repeats nothing', async ({ place }) => {
    link(place, 'one', 'echo one >> log');
    link(place, 'two', 'echo two >> log; [ -e ready ]');
    link(place, 'three', 'echo three >> log');
    assert.is((await place.bit('workflow', 'chain', 'one', 'two', 'three')).code, 1);
    place.write('ready', '');
    const again = await place.bit('retry', 'failed');
    assert.is(again.code, 0, again.stderr);
    assert.is(place.read('log'), 'one\ntwo\ntwo\nthree\n');
  });

  test('passes environment and inputs to all, and kept as a workflow it hands outputs on as well', async ({
    place,
  }) => {
    place.write(
      '.bithub/workflows/make.yml',
      'outputs: { version: "${{ jobs.a.outputs.v }}" }\njobs:\n  a:\n    outputs: { v: "${{ steps.s.outputs.v }}" }\n    steps:\n      - { id: s, run: echo "v=$BASE.2" >> $BIT_OUTPUT }\n',
    );
    place.write(
      '.bithub/workflows/use.yml',
      'inputs: { version: { required: true }, mood: { default: calm } }\njobs:\n  a:\n    steps:\n      - run: echo "${{ inputs.version }} ${{ inputs.mood }}" >> log\n',
    );
    const words = ['workflow', 'chain', 'make', 'use', '--env', 'BASE=1', '--input', 'mood=glad'];
    const { code, stderr } = await place.bit(...words, '--save', 'kept');
    assert.is(code, 0, stderr);
    const again = await place.bit('run', 'kept', '--env', 'BASE=3');
    assert.is(again.code, 0, again.stderr);
    assert.is((await place.bit('run', 'kept', '--env', 'BASE=4', '--input', 'mood=calm')).code, 0);
    assert.is(place.read('log'), '1.2 glad\n3.2 glad\n4.2 calm\n');
  });
});
