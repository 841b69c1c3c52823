import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { type World, within } from '../world.ts';

async function plan(place: World, ...words: string[]): Promise<{ code: number; text: string }> {
  const { code, stdout, stderr } = await place.bit('build', '--dry-run', ...words);
  return { code, text: stdout + stderr };
}

suite('what there is to build', (test) => {
  test('is found: Cargo, Go, packages; a Makefile beside them and images are named', () =>
    within(
      {
        'Cargo.toml': '',
        'go.mod': '',
        Makefile: 'all:\n',
        Dockerfile: '',
        'package.json': '{"scripts":{"build":"true"}}',
      },
      async (place) => {
        const { text } = await plan(place);
        for (const said of [
          'run cargo: cargo build',
          'run go: go build ./...',
          'run npm: true',
          'leave Makefile alone',
          'leave Dockerfile alone',
        ])
          assert.match(text, said);
      },
    ));

  test('is a Makefile where there is nothing else, and what it makes is found by looking', () =>
    within({ Makefile: 'out.txt: a.txt\n\tcp a.txt out.txt\n', '.gitignore': 'out.txt\n' }, async (place) => {
      const first = JSON.parse((await place.bit('build', '--json')).stdout) as {
        targets: { outputs: number }[];
      };
      assert.is(first.targets[0]?.outputs, 1);
      place.git('clean', '-fdxq', '-e', 'node_modules');
      place.write('Makefile', 'out.txt: a.txt\n\tcp a.txt out.txt\n');
      place.write('.gitignore', 'out.txt\n');
      const second = JSON.parse((await place.bit('build', '--json')).stdout) as {
        targets: { state: string }[];
      };
      assert.is(second.targets[0]?.state, 'restored');
      assert.is(place.read('out.txt'), 'one\n');
    }));

  test('of pnpm workspaces is found too', () =>
    within(
      {
        'pnpm-workspace.yaml': 'packages:\n  - "libs/*"\n  - "!libs/no"\n',
        'libs/x/package.json': '{"name":"x","scripts":{"build":"true"}}',
        'libs/no/package.json': '{"name":"no","scripts":{"build":"true"}}',
      },
      async (place) => {
        const { text } = await plan(place);
        assert.match(text, 'run x in libs/x');
        assert.not.match(text, 'libs/no');
      },
    ));

  test('that lies is told and left alone', () =>
    within(
      {
        'package.json': '{"workspaces":["p/*"]}',
        'p/a/package.json': '{"name":"same","scripts":{"build":"true"}}',
        'p/b/package.json': '{"name":"same","scripts":{"build":"true"}}',
        'p/c/package.json': '[1]',
        'p/d/package.json': '{',
        'p/e/package.json': '{"name":{"x":1},"scripts":{"build":["rm"]},"dependencies":"all"}',
        'p/f/package.json': `{"name":"f","x":"${'x'.repeat(2 << 20)}"}`,
        'p/g/package.json': '{"name":"__proto__","scripts":{"build":"true"},"main":"../../../../etc/passwd"}',
      },
      async (place) => {
        const { code, text } = await plan(place);
        assert.is(code, 0);
        for (const said of [
          'called same already',
          'p/c/package.json alone: is not a JSON object',
          'p/d/package.json alone: is not JSON',
          'larger than 1 MiB',
          'run p/b in p/b',
          'run __proto__ in p/g',
        ])
          assert.match(text, said);
        assert.is((await place.bit('build')).code, 0);
        assert.is((await place.bit('build')).code, 0);
      },
    ));

  test('that goes in a circle is refused, naming it', () =>
    within(
      {
        'package.json': '{"workspaces":["p/*"]}',
        'p/a/package.json': '{"name":"a","scripts":{"build":"true"},"dependencies":{"b":"*"}}',
        'p/b/package.json': '{"name":"b","scripts":{"build":"true"},"dependencies":{"a":"*"}}',
      },
      async (place) => {
        const { code, text } = await plan(place);
        assert.is(code, 2);
        assert.match(text, 'a → b → a');
      },
    ));

  test('and is misspelt is told with the nearest name', () =>
    within({ '.bithub.yml': 'build:\n  targets:\n    site: { command: "true" }\n' }, async (place) => {
      const { code, text } = await plan(place, '--target', 'sitr');
      assert.is(code, 4);
      assert.match(text, 'did you mean: site');
    }));

  for (const [what, section, said] of [
    ['an unknown key', 'targets: { a: { command: x, ouputs: [d/**] } }', 'outputs'],
    ['an output outside', 'targets: { a: { command: x, outputs: [../d/**] } }', 'inside the repository'],
    ['git as an output', 'targets: { a: { command: x, outputs: [.git/**] } }', 'inside the repository'],
    ['the whole tree as an output', 'targets: { a: { command: x, outputs: ["**"] } }', 'below a folder'],
    ['no command', 'targets: { a: { outputs: [d/**] } }', 'a command'],
    ['a folder outside', 'targets: { a: { command: x, directory: ../.. } }', 'folder of the repository'],
    [
      'an unknown dependency',
      'targets: { a: { command: x, depends: [b] } }',
      'a depends on b, which is no target',
    ],
    ['a bound that is none', 'cache: { most: lots }', 'an amount'],
  ] as const) {
    test(`declared with ${what} is refused`, () =>
      within({ '.bithub.yml': `build:\n  ${section}\n` }, async (place) => {
        const { code, text } = await plan(place);
        assert.ok(code === 2 || code === 4, `${code} ${text}`);
        assert.match(text, said);
      }));
  }

  test('is nothing in an empty tree', () =>
    within({}, async (place) => {
      assert.is((await plan(place)).code, 4);
    }));
});
