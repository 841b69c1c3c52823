import * as assert from 'uvu/assert';
import { matchesPattern, selects } from '../../src/github-workflow/pattern.ts';
import fc from '../property.ts';
import { processorTime, suite } from '../suite.ts';

/** A pattern, what it takes and what it doesn't. */
const PATTERNS: readonly (readonly [pattern: string, takes: readonly string[], leaves: readonly string[]])[] =
  [
    ['feature/*', ['feature/my-branch', 'feature/your-branch'], ['feature/a/b', 'feature', 'xfeature/a']],
    [
      'feature/**',
      ['feature/beta-a/my-branch', 'feature/your-branch', 'feature/mona/the/octocat'],
      ['feature'],
    ],
    ['main', ['main'], ['Main', 'main2', 'a/main']],
    ['releases/mona-the-octocat', ['releases/mona-the-octocat'], ['releases/mona']],
    ['*', ['main', 'releases'], ['feature/x']],
    ['**', ['all/the/branches', 'every/tag', 'x'], []],
    ['*feature', ['mona-feature', 'feature', 'ver-10-feature'], ['feature-x', 'a/feature']],
    ['v2*', ['v2', 'v2.0', 'v2.9'], ['v1', 'v2/x']],
    ['v[12].[0-9]+.[0-9]+', ['v1.10.1', 'v2.0.0'], ['v3.0.0', 'v1.0', 'v1.a.0']],
    ['*.jsx?', ['page.js', 'page.jsx'], ['page.jsxx', 'a/page.js']],
    ['**.js', ['index.js', 'js/index.js', 'src/js/app.js'], ['index.jsx']],
    ['*.js', ['app.js', 'index.js'], ['src/app.js']],
    ['docs/*', ['docs/README.md', 'docs/file.txt'], ['docs/a/b.md']],
    ['docs/**', ['docs/README.md', 'docs/mona/octocat.txt'], ['xdocs/a']],
    [
      'docs/**/*.md',
      ['docs/README.md', 'docs/mona/hello-world.md', 'docs/a/markdown/file.md'],
      ['docs/a.txt'],
    ],
    ['**/docs/**', ['docs/hello.md', 'dir/docs/my-file.txt', 'space/docs/plan/space.doc'], ['mydocs/a']],
    ['**/README.md', ['README.md', 'js/README.md'], ['README.md/x', 'xREADME.md']],
    ['**/*src/**', ['a/src/app.js', 'my-src/code/js/app.js'], ['a/source/x']],
    ['**/*-post.md', ['my-post.md', 'path/their-post.md'], ['post.md']],
    [
      '**/migrate-*.sql',
      ['migrate-10909.sql', 'db/migrate-v1.0.sql', 'db/sept/migrate-v1.sql'],
      ['migrate.sql'],
    ],
    ['[CB]at', ['Cat', 'Bat'], ['Rat', 'cat']],
    ['[1-2]00', ['100', '200'], ['300']],
    ['a+b', ['ab', 'aaab'], ['b', 'a+b']],
    ['a\\+b', ['a+b'], ['aab']],
    ['\\*', ['*'], ['x', '']],
    ['[', ['['], ['x']],
    ['', [''], ['x']],
    ['a?', ['', 'a'], ['aa']],
  ];

suite('filter patterns', (test) => {
  for (const [pattern, takes, leaves] of PATTERNS)
    test(`${pattern} takes ${takes.join(' ')} and leaves ${leaves.join(' ')}`, () => {
      for (const text of takes) assert.ok(matchesPattern(pattern, text), `${pattern} should take ${text}`);
      for (const text of leaves) assert.not(matchesPattern(pattern, text), `${pattern} should leave ${text}`);
    });

  test('the last of a list that matches decides', () => {
    const patterns = ['releases/**', '!releases/**-alpha', 'releases/v9-alpha'];
    assert.ok(selects(patterns, 'releases/v1'));
    assert.not(selects(patterns, 'releases/v1-alpha'));
    assert.ok(selects(patterns, 'releases/v9-alpha'));
    assert.not(selects(['!*.md', 'README.md'], 'docs.md'));
    assert.ok(selects(['!*.md', 'README.md'], 'README.md'));
    assert.not(selects(['!main'], 'topic'));
  });

  test('hostile patterns end soon', () => {
    const started = processorTime();
    assert.not(matchesPattern('**a'.repeat(60), 'a'.repeat(59).padEnd(2000, 'b')));
    assert.not(matchesPattern('a+'.repeat(60), `${'a'.repeat(2000)}b`));
    assert.ok(processorTime() - started < 2000);
  });

  test('literal text takes itself, and any pattern is answered', () => {
    fc.assert(fc.property(fc.stringMatching(/^[a-z0-9/._-]{0,20}$/), (text) => matchesPattern(text, text)));
    fc.assert(
      fc.property(
        fc.string(),
        fc.string(),
        (pattern, text) => typeof matchesPattern(pattern, text) === 'boolean',
      ),
    );
  });
});
