import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { type Twins, withTwins } from './twins.ts';

// Put together here, so that no scanner takes this file for a leak.
const TOKEN = `ghp_${'0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R'}`;

/** A project whose formatter wants every line to end without blanks, and refuses files that hold `<<`. */
function withFormatter(place: Twins): void {
  mkdirSync(join(place.dir, 'node_modules/.bin'), { recursive: true });
  const program = join(place.dir, 'node_modules/.bin/biome');
  writeFileSync(
    program,
    `#!/bin/sh\ntext=$(cat; echo .)\ncase "$text" in *'<<'*) echo "unexpected <<" >&2; exit 1;; esac\nprintf %s "\${text%.}" | sed 's/ *$//'\n`,
  );
  chmodSync(program, 0o755);
  place.write('biome.json', '{}\n');
  place.write('.gitignore', 'node_modules\n');
  place.git('add', '.');
  place.git('commit', '-q', '-m', 'format');
}

const commit = ['commit', '--auto-validate', '-m', 'checked'];

suite('commit --auto-validate', (test) => {
  test('commits what passes and says which checks there were', () =>
    withTwins(async (place) => {
      withFormatter(place);
      place.write('good.js', 'tidy();\n');
      place.split();
      const { stdout } = await place.rehearsed(...commit, '--stage', '*.js', '--json');
      const { checks } = JSON.parse(stdout) as {
        checks: { check: string; outcome: string; files: number }[];
      };
      assert.equal(
        checks.map(({ check, outcome, files }) => [check, outcome, files]),
        [
          ['policy', 'passed', 0],
          ['secrets', 'passed', 1],
          ['format', 'passed', 1],
        ],
      );
      place.theirs('add', '*.js');
      place.theirs('commit', '-q', '-m', 'checked');
      place.alike();
    }));

  test('names file, line and rule of a secret, never the secret, and leaves the index as it was', () =>
    withTwins(async (place) => {
      place.write('dir/n\nl.env', `a=1\nb=2\nTOKEN=${TOKEN}\n`);
      const { stderr } = await place.refused(1, ...commit, '--stage', 'dir');
      assert.match(stderr, 'the secrets check failed, nothing was committed');
      assert.match(stderr, 'dir/n\\nl.env:3:7: ');
      assert.match(stderr, 'bit:allow-secret');
      assert.not.match(stderr, TOKEN);
      const json = await place.bit(...commit, '--stage', 'dir', '--json');
      assert.not.match(json.stdout + json.stderr, TOKEN);
      const { error } = JSON.parse(json.stdout || json.stderr) as {
        error: { details: Record<string, unknown> };
      };
      assert.is(error.details['check'], 'secrets');
      const ledger = await place.ok('history', 'query', '--json');
      assert.not.match(ledger.stdout, TOKEN);
    }));

  test('sees a secret wherever it would get into the commit', () =>
    withTwins(async (place) => {
      const leak = `key = "${TOKEN}"\n`;
      place.write('.gitattributes', '*.dat binary -diff\n');
      place.write('plain.txt', leak);
      place.git('add', 'plain.txt');
      place.write('plain.txt', 'clean on disk\n');
      await place.refused(1, ...commit);
      // just the path: as it lies on disk, and clean there
      await place.ok(...commit, 'plain.txt');
      place.write('plain.txt', leak);
      await place.refused(1, ...commit, 'plain.txt');
      place.git('checkout', '-q', 'plain.txt');
      place.write('new.txt', leak);
      place.git('add', 'new.txt');
      await place.refused(1, ...commit, 'new.txt');
      place.git('rm', '-q', '--cached', 'new.txt');
      place.write('x.dat', `\0\0${leak}`);
      await place.refused(1, ...commit, '--stage', 'x.dat');
      place.git('add', 'x.dat');
      place.git('commit', '-q', '-m', 'it got in');
      await place.refused(1, 'commit', '--amend', '--auto-validate', '-m', 'again');
      place.write('big.txt', `${'x\n'.repeat(600_000)}`);
      place.write('below/new.txt', leak);
      const below = await place.bitIn(
        join(place.dir, 'below'),
        ...commit,
        '--stage',
        ':/big.txt',
        'below',
        '--stage',
        ':/below',
      );
      assert.is(below.code, 2);
      assert.is(
        (await place.bitIn(join(place.dir, 'below'), ...commit, '--stage', ':/big.txt', '--stage', '.')).code,
        1,
      );
    }));

  test('sees it in a first commit of paths', () =>
    withTwins(async (place) => {
      place.git('checkout', '-q', '--orphan', 'fresh');
      place.git('rm', '-rfq', '.');
      place.write('b.txt', `key = "${TOKEN}"\n`);
      place.git('add', '.');
      await place.refused(1, ...commit, 'b.txt');
      await place.refused(1, ...commit);
    }));

  test('lets a marked line through, and what was there before', () =>
    withTwins(async (place) => {
      place.write('old.txt', `key = "${TOKEN}"\nend\n`);
      place.git('add', '.');
      place.git('commit', '-q', '-m', 'long ago');
      place.write('old.txt', `key = "${TOKEN}"\nthe end\n`);
      place.write('doc.md', `key = "${TOKEN}" <!-- bit:allow-secret -->\n`);
      await place.ok(...commit, '--stage', '*');
    }));

  test('names the line the formatter would change, as it is staged and not as it lies there', () =>
    withTwins(async (place) => {
      withFormatter(place);
      place.write('bad.js', 'one();\ntwo();  \n');
      place.git('add', 'bad.js');
      place.write('bad.js', 'one();\ntwo();\n');
      const { stderr } = await place.refused(1, ...commit);
      assert.match(stderr, 'the format check failed');
      assert.match(stderr, 'bad.js:2:1: is not formatted as biome would [biome]');
      await place.ok(...commit, '--stage', 'bad.js');
      place.write('worse.js', 'a << b\n');
      assert.match((await place.refused(1, ...commit, '--stage', 'worse.js')).stderr, 'unexpected <<');
      place.write('other.txt', 'no formatter \n');
      await place.ok(...commit, '--stage', 'other.txt');
    }));

  test('is the policy’s to forbid, before anything is staged', () =>
    withTwins(async (place) => {
      place.write(
        '.bithub/policies/checked.rego',
        'package bithub\nimport rego.v1\ndeny contains "commits are checked here: --auto-validate" if {\n  input.action == "repo.commit"\n  not input.target.auto_validate\n}\n',
      );
      await place.ok('policy', 'accept', '--yes');
      place.write('b.txt', 'b\n');
      const { stderr } = await place.refused(3, 'commit', '--stage', 'b.txt', '-m', 'unchecked');
      assert.match(stderr, 'commits are checked here');
      assert.match(stderr, 'checked.rego:3');
      await place.refused(3, 'commit', '--stage', 'b.txt', '-m', 'unchecked', '--dry-run');
      await place.ok('bit.commit', 'stage=b.txt', '--auto-validate', 'the blueprint’s own spelling');
      assert.is(place.git('log', '-1', '--format=%s'), 'the blueprint’s own spelling');
    }));
});
