import { statSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { digestOf } from '../repository/digest.ts';
import { suite } from '../suite.ts';
import { type World, within } from '../world.ts';

interface Finding {
  readonly about: string;
  readonly state: string;
  readonly command: string | null;
}

async function context(place: World, dir = place.dir): Promise<(about: string) => readonly Finding[]> {
  const run = await place.bitIn(dir, 'help', 'context', '--json');
  assert.is(run.code, 0, run.stderr);
  const { findings } = JSON.parse(run.stdout) as { findings: readonly Finding[] };
  return (about) => findings.filter((finding) => finding.about === about);
}

const FAILURE = 'cache/bit/last-failure.json';

suite('help context', (test) => {
  test('names what is missing outside a repository', () =>
    within({}, async (place) => {
      const found = await context(place, place.root);
      assert.equal(
        found('repository').map((finding) => finding.command),
        ['bit init', 'bit clone <repo>'],
      );
    }));

  test('tells what can be done with the work tree, remote and policies as they are', () =>
    within({}, async (place) => {
      place.write('a.txt', 'two\n');
      const found = await context(place);
      assert.match(found('work tree')[0]?.command ?? '', 'bit commit --stage .');
      assert.is(found('remote')[0]?.state, 'missing');
      assert.is(found('policies')[0]?.command, 'bit policy show default');
      assert.is(found('key')[0]?.command, 'bit key new');
    }));

  test('says before the first commit, and of an unknown user', () =>
    within({}, async (place) => {
      place.gitIn(place.root, 'init', '-q', 'empty');
      place.write('home/.gitconfig', '');
      const { writeFileSync } = await import('node:fs');
      writeFileSync(`${place.root}/home/.gitconfig`, '');
      const found = await context(place, `${place.root}/empty`);
      assert.is(found('history')[0]?.state, 'missing');
      assert.equal(found('user').length, 2);
    }));

  test('points at a conflict and at damaged policies', () =>
    within({}, async (place) => {
      await place.bit('policy', 'accept');
      place.write('.git/bit/policy/accepted.json', '{}');
      assert.is((await context(place))('policies')[0]?.command, 'bit policy accept --recover');
    }));

  test('works in a bare repository and changes no byte', () =>
    within({}, async (place) => {
      place.gitIn(place.root, 'clone', '-q', '--bare', place.dir, 'bare.git');
      const before = digestOf(place.root);
      await context(place, `${place.root}/bare.git`);
      assert.is(digestOf(place.root), before);
    }));
});

suite('help auto', (test) => {
  test('says where nothing failed yet', () =>
    within({}, async (place) => {
      assert.is((await place.bit('help', 'auto')).code, 4);
    }));

  test('tells the last failure and what to try, and is none itself', () =>
    within({}, async (place) => {
      await place.bit('branch', 'delete', 'main', '--yes');
      await place.bit('diff', 'mian');
      const { stdout } = await place.bit('help', 'auto');
      assert.match(stdout, 'bit diff mian');
      assert.match(stdout, 'did you mean: main');
      assert.is((await place.bit('help', 'auto')).stdout, stdout);
    }));

  test('a denial leads to its explanation', () =>
    within({}, async (place) => {
      place.write(
        '.bithub/policies/p.rego',
        'package p\nimport rego.v1\ndeny contains "no" if input.action == "repo.branch"\n',
      );
      await place.bit('policy', 'accept');
      await place.bit('branch', 'new', 'x');
      assert.match((await place.bit('help', 'auto')).stdout, 'bit policy check --explain');
    }));

  test('keeps no secret, and nothing in the repository', () =>
    within({}, async (place) => {
      const before = digestOf(place.dir);
      await place.bit('diff', '--token=hunter2hunter2', 'ghp_0123456789abcdef0123');
      await place.bit('diff', '--password', 'hunter2hunter2');
      assert.is(digestOf(place.dir), before);
      const kept = place.read(`${place.root}/${FAILURE}`);
      assert.not.match(kept, 'hunter2');
      assert.not.match(kept, 'ghp_');
      assert.is(statSync(`${place.root}/${FAILURE}`).mode & 0o777, 0o600);
    }));

  test('passes over a damaged record', () =>
    within({}, async (place) => {
      for (const text of [
        '',
        '{',
        '[]',
        '{"v":1}',
        '{"v":1,"ts":"","argv":[],"cwd":"","message":"","code":"__proto__"}',
      ]) {
        place.write(`${place.root}/${FAILURE}`, text);
        assert.is((await place.bit('help', 'auto')).code, 4);
      }
    }));

  test('a cache that can’t be written changes nothing about the failure', () =>
    within({}, async (place) => {
      place.write(`${place.root}/cache`, 'a file');
      assert.is((await place.bit('diff', 'mian')).code, 4);
    }));
});
