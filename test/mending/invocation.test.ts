import * as assert from 'uvu/assert';
import { FORMATTERS, LINTERS, rewriterFor } from '../../src/mending/formatters.ts';
import { scriptInvocations } from '../../src/mending/invocation.ts';
import { quoted, shellCommands } from '../../src/mending/shell-text.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';

const rewritten = (script: string): readonly (string | undefined)[] =>
  scriptInvocations(script, '.').map(({ program, arguments: words, again }) => {
    const known =
      rewriterFor(FORMATTERS, program, words) ?? rewriterFor(LINTERS, program, words) ?? undefined;
    return known === undefined ? undefined : again(known.words);
  });

suite('the commands of a failed step', (test) => {
  test('are found behind what runs them, with the folder they ran in', () => {
    const found = scriptInvocations(
      'set -e\ncd web && npx --no-install prettier --check "src/**/*.ts" # all\ncd ../api; test -z "$(gofmt -l .)"',
      '.',
    );
    assert.equal(
      found.map(({ program, folder, arguments: words }) => [program, folder, ...words]),
      [
        ['set', '.', '-e'],
        ['prettier', 'web', '--check', '"src/**/*.ts"'],
        ['test', 'api', '-z', '"$(gofmt -l .)"'],
        ['gofmt', 'api', '-l', '.'],
      ],
    );
  });

  test('become those that write what they only checked', () => {
    for (const [script, wanted] of [
      ['npx prettier -c .', 'npx prettier --write .'],
      ['prettier --check "src/*.ts" && node x.js', 'prettier --write "src/*.ts"'],
      [
        './node_modules/.bin/biome ci --error-on-warnings src',
        './node_modules/.bin/biome format --write --no-errors-on-unmatched src',
      ],
      ['cargo fmt --all -- --check', 'cargo fmt --all'],
      ['python -m black --check --diff src', 'python -m black src'],
      ['/usr/bin/python3 -m yapf --diff a.py', '/usr/bin/python3 -m yapf -i a.py'],
      ['sqlfluff lint a.sql', 'sqlfluff fix --force a.sql'],
      ['CI=1 eslint . --quiet', 'eslint --fix .'],
      [
        "git ls-files '*.sh' | xargs shellcheck -x",
        "git ls-files '*.sh' | xargs shellcheck --format=diff -x",
      ],
      ['if ! shfmt -i 2 -d .; then exit 1; fi', 'shfmt -w -i 2 .'],
    ] as const)
      assert.ok(rewritten(script).includes(wanted), `${script} → ${rewritten(script).join(' | ')}`);
  });

  test('that write already, or are something else, are left alone', () => {
    for (const script of [
      'prettier --write .',
      'gofmt -w .',
      'cargo build',
      'echo prettier --check .',
      'biome format --write',
    ])
      assert.equal(
        rewritten(script).filter((one) => one !== undefined),
        [],
        script,
      );
  });

  test('any text is read in time that grows with its length, and a quoted word is one word', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 400 }), (text) => {
        shellCommands(text);
        const [command] = shellCommands(`run ${quoted(text.replaceAll('\n', ''))}`);
        assert.is(command?.words[0], 'run');
        assert.ok((command?.words.length ?? 0) <= 2);
      }),
      { seed: 5 },
    );
    for (const part of ['$(', '"', "'", '`', '((', 'a|b&&', '"$(\''])
      assert.ok(timed(() => shellCommands(part.repeat(30_000))) < 2000, part);
  });
});

function timed(run: () => void): number {
  const started = performance.now();
  run();
  return performance.now() - started;
}
