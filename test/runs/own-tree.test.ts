import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { type World, within } from '../world.ts';

const CHECKOUT = '      - uses: actions/checkout@v4\n';

function github(jobs: string): Record<string, string> {
  return { '.github/workflows/w.yml': `on: push\njobs:\n${jobs}` };
}

const job = (id: string, steps: string, more = ''): string =>
  `  ${id}:\n    runs-on: ubuntu-latest\n${more}    steps:\n${steps}`;
const matrix = '    strategy: { matrix: { part: [x, y, z] } }\n';
const run = (text: string): string => `      - run: ${JSON.stringify(text)}\n`;

async function ran(place: World, ...words: string[]): Promise<string> {
  place.git('add', '.');
  place.git('commit', '-qm', 'w', '--allow-empty');
  const { code, stderr } = await place.bit('run', 'w', ...words);
  assert.is(code, 0, stderr);
  return stderr;
}

const trees = (place: World): string[] => {
  const top = join(place.root, 'cache');
  if (!existsSync(top)) return [];
  return readdirSync(top, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /trees\/\w+\/[^/]+$/.test(name),
  );
};

suite('jobs of GitHub’s workflows', (test) => {
  test('that check out and may run at once work in copies of their own, with what is not committed', () =>
    within(
      github(
        job(
          'm',
          `${CHECKOUT}${run('test "$(cat a.txt)" = dirty && test "$(cat new.txt)" = new && test ! -e ignored.txt')}${run('echo ${{ matrix.part }} > out && sleep 0.2 && test "$(cat out)" = ${{ matrix.part }} && pwd && git status --short && git rev-parse HEAD')}`,
          matrix,
        ),
      ),
      async (place) => {
        place.write('.gitignore', 'ignored.txt\n');
        place.git('add', '.');
        place.git('commit', '-qm', 'w');
        place.write('a.txt', 'dirty\n');
        place.write('new.txt', 'new\n');
        place.write('ignored.txt', 'x');
        const { code, stderr } = await place.bit('run', 'w');
        assert.is(code, 0, stderr);
        assert.match(stderr, ' M a.txt');
        assert.match(stderr, '?? new.txt');
        assert.match(stderr, place.git('rev-parse', 'HEAD'));
        assert.not.ok(place.exists('out'));
        assert.is(place.read('a.txt'), 'dirty\n');
        assert.equal(trees(place), []);
        assert.is(place.git('worktree', 'list').split('\n').length, 1);
      },
    ));

  test('have the files of submodules in their copies, and git finds nothing changed', () =>
    within(
      github(
        job(
          'm',
          `${CHECKOUT}${run('test "$(cat part/a.txt)" = mended && test "$(cat part/deep/b.txt)" = b && test ! -e part/.git && git status --short')}`,
          matrix,
        ),
      ),
      async (place) => {
        const part = join(place.root, 'part');
        place.git('init', '-q', part);
        for (const [name, text] of Object.entries({ 'a.txt': 'a\n', 'deep/b.txt': 'b\n' }))
          place.write(join('../part', name), text);
        place.git('-C', part, 'add', '.');
        place.git('-C', part, 'commit', '-qm', 'part');
        place.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', part, 'part');
        place.git('add', '.');
        place.git('commit', '-qm', 'w');
        place.write('part/a.txt', 'mended\n');
        const { code, stderr } = await place.bit('run', 'w');
        assert.is(code, 0, stderr);
        assert.not.match(stderr, ' M part');
      },
    ));

  test('that run alone, don’t check out, or are told to, work in the work tree', () =>
    within(
      github(
        job('a', `${CHECKOUT}${run('echo a > made-a')}`) +
          job('b', `${CHECKOUT}${run('echo b > made-b')}`, '    needs: a\n') +
          job('c', run('echo ${{ matrix.part }} > made-c'), `    needs: b\n${matrix}`),
      ),
      async (place) => {
        await ran(place);
        for (const name of ['made-a', 'made-b', 'made-c']) assert.ok(place.exists(name), name);
        place.write(
          '.github/workflows/w.yml',
          `on: push\njobs:\n${job('m', `${CHECKOUT}${run('touch here-${{ matrix.part }}')}`, matrix)}`,
        );
        await ran(place, '--workspace', 'shared');
        assert.ok(place.exists('here-x') && place.exists('here-z'));
        place.write('.github/workflows/w.yml', `on: push\njobs:\n${job('m', run('touch apart'))}`);
        await ran(place, '--workspace', 'own');
        assert.not.ok(place.exists('apart'));
      },
    ));

  test('beside another one have copies too; another ref is taken there, and never in the work tree', () =>
    within(
      github(
        job(
          'old',
          `      - uses: actions/checkout@v4\n        with: { ref: before }\n${run('test "$(cat a.txt)" = one')}`,
        ) + job('now', `${CHECKOUT}${run('test "$(cat a.txt)" = two')}`),
      ),
      async (place) => {
        place.git('branch', 'before');
        place.write('a.txt', 'two\n');
        await ran(place);
        assert.is(place.read('a.txt'), 'two\n');
        assert.is((await place.bit('run', 'w', '--workspace', 'shared')).code, 1);
        assert.is(place.git('branch', '--show-current'), 'main');
      },
    ));

  test('that failed go on in their copy; what had succeeded in it is kept', () =>
    within(
      github(
        job(
          'm',
          `${CHECKOUT}${run('echo once >> log && echo once >> "$COUNT"')}${run('test "$(cat log)" = once && test -e "$GO"')}`,
          matrix,
        ),
      ),
      async (place) => {
        const [count, go] = [join(place.root, 'count'), join(place.root, 'go')];
        Object.assign(place.env, { COUNT: count, GO: go });
        place.git('add', '.');
        place.git('commit', '-qm', 'w');
        const failed = await place.bit('run', 'w', '--jobs', '1');
        assert.is(failed.code, 1);
        place.write(go, '');
        const done = await place.bit('retry', 'failed');
        assert.is(done.code, 0, done.stderr);
        assert.is(place.read(count), 'once\nonce\nonce\n');
        assert.equal(trees(place), []);
      },
    ));

  test('that failed see what was mended since, and keep what their steps made', () =>
    within(
      {
        ...github(
          job(
            'm',
            `${CHECKOUT}${run('echo made > made')}${run('test -e made && grep -q good a.txt && ! test -e gone.txt')}`,
            matrix,
          ),
        ),
        'gone.txt': 'here',
      },
      async (place) => {
        place.git('add', '.');
        place.git('commit', '-qm', 'w');
        assert.is((await place.bit('run', 'w', '--jobs', '1')).code, 1);
        place.write('a.txt', 'good\n');
        place.git('rm', '-q', 'gone.txt');
        const done = await place.bit('retry', 'failed');
        assert.is(done.code, 0, done.stderr);
        assert.equal(trees(place), []);
      },
    ));
});

suite('jobs of native workflows', (test) => {
  test('share the work tree, unless they say workspace: own', () =>
    within(
      {
        '.bithub/workflows/w.yml':
          'jobs:\n  a:\n    workspace: own\n    steps: [{ run: touch own }]\n  b:\n    steps: [{ run: touch shared }]\n',
      },
      async (place) => {
        await ran(place);
        assert.ok(place.exists('shared'));
        assert.not.ok(place.exists('own'));
        place.write('.bithub/workflows/w.yml', 'jobs:\n  a:\n    workspace: mine\n    steps: [{ run: x }]\n');
        assert.match((await place.bit('run', 'w')).stderr, 'workspace must be own or shared, not mine');
      },
    ));

  test('have none of their own before the first commit', () =>
    within({}, async (place) => {
      place.git('checkout', '-q', '--orphan', 'empty');
      place.write(
        '.bithub/workflows/w.yml',
        'jobs:\n  a:\n    workspace: own\n    steps: [{ run: touch own }]\n',
      );
      const { code, stderr } = await place.bit('run', 'w');
      assert.is(code, 1);
      assert.match(stderr, 'only once there is a commit');
    }));
});
