/** Pull requests and issues, against a server whose every call is one of GitHub's own description. */
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { AutofixResult } from '../../src/mending/index.ts';
import { sandboxFault } from '../../src/workflow/index.ts';
import { github } from '../github/server.ts';
import { suite } from '../suite.ts';
import type { World } from '../world.ts';
import { broken, steps } from './broken.ts';

const REPO = { full_name: 'octo/hello' };
const WORKFLOW =
  'on: pull_request\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n      - run: ./build.sh\n';

/** A clone whose origin has a pull request, the failed check of which its own workflow shows. */
async function pulled(): Promise<{ readonly place: World; readonly sha: string }> {
  const place = await broken({ files: { '.github/workflows/pr.yml': WORKFLOW }, runs: 0 });
  place.git('switch', '-q', '-c', 'topic');
  place.write('build.sh', '#!/bin/sh\necho `@octocat` built\n');
  place.git('add', '.');
  place.git('commit', '-q', '-m', 'a build');
  const sha = place.git('rev-parse', 'HEAD');
  const origin = join(place.root, 'origin.git');
  place.gitIn(place.root, 'clone', '-q', '--bare', place.dir, origin);
  place.gitIn(origin, 'update-ref', 'refs/pull/4/head', sha);
  place.git('remote', 'add', 'origin', origin);
  place.git('switch', '-q', 'main');
  place.git('branch', '-q', '-D', 'topic');
  (place.env as Record<string, string>)['GH_TOKEN'] = 'ghp_credential';
  return { place, sha };
}

suite('bit bot autofix pr and issue', (test) => {
  if (sandboxFault() !== undefined) return;

  test('a pull request’s failed check is reproduced and mended in a copy; --apply pushes and comments', async () => {
    const { place, sha } = await pulled();
    const server = await github({
      'GET /repos/octo/hello/pulls/4': {
        number: 4,
        head: { ref: 'topic', sha, repo: REPO },
        base: { ref: 'main', repo: REPO },
      },
      [`GET /repos/octo/hello/commits/${sha}/check-runs`]: {
        total_count: 2,
        check_runs: [
          { name: 'build', conclusion: 'failure' },
          { name: 'lint', conclusion: 'success' },
        ],
      },
      'POST /repos/octo/hello/issues/4/comments': { html_url: 'https://github.com/octo/hello/pull/4#c1' },
    });
    const ask = (...words: string[]) =>
      place.bit('bot', 'autofix', 'pr', '4', '--repo', 'octo/hello', '--api', server.url, '--json', ...words);
    const origin = join(place.root, 'origin.git');
    try {
      const shown = await ask();
      assert.is(shown.code, 0, shown.stderr + shown.stdout);
      const out = JSON.parse(shown.stdout) as AutofixResult;
      assert.match(out.patch, /build\.sh\nold mode 100644\nnew mode 100755/);
      assert.equal([out.applied, out.pushed, server.comments.length], [null, null, 0]);
      assert.is(place.gitIn(origin, 'rev-parse', 'topic'), sha, 'nothing was pushed');

      const applied = await ask('--apply');
      assert.is(applied.code, 0, applied.stderr + applied.stdout);
      const done = JSON.parse(applied.stdout) as AutofixResult;
      assert.is(place.gitIn(origin, 'rev-parse', 'topic'), done.applied?.commit);
      assert.is(place.gitIn(origin, 'rev-parse', 'topic^'), sha);
      assert.is(done.pushed?.comment, 'https://github.com/octo/hello/pull/4#c1');
      assert.match(
        server.comments[0] ?? '',
        /^A known cause fits[\s\S]*```\nbuild\/_1 of \.github\/workflows\/pr\.yml: build\.sh is called/,
      );
      assert.is(place.git('rev-parse', '--abbrev-ref', 'HEAD'), 'main');
      assert.equal(server.strange, [], 'every call is one of GitHub’s description');
    } finally {
      await server.close();
      place.close();
    }
  });

  test('an issue that names a run or a workflow is tried; what it shows is never run, and of any other it says so', async () => {
    const place = await broken({
      files: { '.bithub/workflows/ci.yml': steps('./build.sh --release'), 'build.sh': '#!/bin/sh\n' },
      runs: 0,
    });
    (place.env as Record<string, string>)['GH_TOKEN'] = 'ghp_credential';
    place.git('remote', 'add', 'origin', 'https://github.com/octo/hello.git');
    const issue = (number: number, body: string) => ({ number, title: 'it fails', body, comments: 0 });
    const server = await github({
      'GET /repos/octo/hello/issues/7': issue(
        7,
        'I see:\n\n    $ ./build.sh --release\n    Permission denied\n',
      ),
      'GET /repos/octo/hello/issues/8': issue(8, 'I did\n```\n$ touch ../owned; ./nothing\n```\n'),
    });
    try {
      const ask = (id: string) => place.bit('bot', 'autofix', 'issue', id, '--api', server.url, '--json');
      const known = await ask('7');
      assert.is(known.code, 0, known.stderr + known.stdout);
      assert.match((JSON.parse(known.stdout) as AutofixResult).patch, /new mode 100755/);
      const other = await ask('8');
      assert.is(other.code, 1);
      assert.match(
        (JSON.parse(other.stdout) as AutofixResult).notes.join(),
        /names no run and no workflow of this clone/,
      );
      assert.not.ok(place.exists(join(place.root, 'owned')));
      assert.is((await ask('9')).code, 4);
      assert.equal(server.strange, []);
    } finally {
      await server.close();
      place.close();
    }
  });
});
