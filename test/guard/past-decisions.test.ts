import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { type World, within } from '../world.ts';

const NO_BAD = `package acme
import rego.v1
deny contains msg if {
  input.action == "repo.branch"
  input.args.name == "bad"
  input.user.email != "nobody@example.org"
  msg := "no bad branches"
}
`;

interface Past {
  readonly set: string;
  readonly past: {
    readonly samePolicy: boolean;
    readonly sameInput: boolean;
    readonly allowed: boolean;
    readonly decision: string | null;
    readonly messages: readonly string[];
  };
  readonly decision: { readonly allowed: boolean; readonly reasons: readonly { readonly rule: string }[] };
}

async function explained(place: World, ...words: string[]): Promise<Past> {
  const { stdout, stderr } = await place.bit('policy', 'explain', ...words, '--json');
  assert.ok(stdout !== '', stderr);
  return JSON.parse(stdout) as Past;
}

suite('past decisions', (test) => {
  test('a denial is gone over again by the policies of then, though others are in force by now', () =>
    within({}, async (place) => {
      place.write('.bithub/policies/p.rego', NO_BAD);
      await place.bit('policy', 'accept');
      assert.is((await place.bit('branch', 'new', 'bad')).code, 3);
      place.write('.bithub/policies/p.rego', 'package acme\n');
      await place.bit('policy', 'accept');
      place.git('config', 'user.email', 'nobody@example.org');
      const { set, past, decision } = await explained(place);
      assert.is(set, 'past');
      assert.equal([past.samePolicy, past.sameInput, past.allowed], [true, true, false]);
      assert.equal(past.messages, ['no bad branches']);
      assert.match(past.decision ?? '', /^[0-9a-z]{26}$/);
      assert.is(decision.allowed, false);
      assert.is(decision.reasons[0]?.rule, 'data.acme.deny');
      assert.is((await explained(place, '--tree')).decision.allowed, true);
    }));

  test('an action that was allowed is gone over with exactly the input of then', () =>
    within({}, async (place) => {
      place.write('.bithub/policies/p.rego', NO_BAD);
      await place.bit('policy', 'accept');
      await place.bit('branch', 'new', 'good', '--switch');
      const { stdout } = await place.bit('ledger', 'list', '--phase', 'intent', '--json');
      const [last] = (JSON.parse(stdout) as { entries: { entry_sha256: string }[] }).entries;
      place.git('switch', '-q', '-c', 'elsewhere');
      const { past, decision } = await explained(place, last?.entry_sha256 ?? '');
      assert.equal([past.samePolicy, past.sameInput, decision.allowed], [true, true, true]);
    }));

  test('an entry nobody has is said to be missing', () =>
    within({}, async (place) => {
      assert.is((await place.bit('policy', 'explain', 'ffff')).code, 4);
    }));
});

suite('decision log', (test) => {
  const file = (place: World) => join(place.dir, '.git/bit/decisions.log');

  test('is off, and once switched on tells every decision, dry runs too, with secrets masked', () =>
    within({}, async (place) => {
      place.write('.bithub/policies/p.rego', NO_BAD);
      await place.bit('policy', 'accept');
      await place.bit('branch', 'new', 'one');
      assert.not.ok(existsSync(file(place)));
      place.write('.bithub.yml', 'policy:\n  decision_log: true\n');
      await place.bit('policy', 'accept');
      await place.bit('branch', 'new', 'bad', '--dry-run');
      await place.bit('branch', 'new', `ghp_${'a'.repeat(36)}`);
      const lines = place
        .read('.git/bit/decisions.log')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { allowed: boolean; action: string; reasons: { at: string }[] });
      assert.equal(
        lines.map(({ allowed, action }) => [allowed, action]),
        [
          [false, 'repo.branch'],
          [true, 'repo.branch'],
        ],
      );
      assert.is(lines[0]?.reasons[0]?.at, '.bithub/policies/p.rego:3');
      assert.not.ok(place.read('.git/bit/decisions.log').includes('ghp_aaaa'));
    }));
});

suite('policy test and fmt', (test) => {
  test('a failing test is told with actual and expected values, and coverage with its reasons', () =>
    within({}, async (place) => {
      place.write('.bithub/policies/p.rego', NO_BAD);
      place.write(
        '.bithub/policies/p_test.rego',
        'package acme\nimport rego.v1\ntest_bad if {\n\tn := count(deny) with input as {"action": "repo.branch", "args": {"name": "x"}}\n\tn == 1\n}\n',
      );
      const run = await place.bit('policy', 'test', '--coverage');
      assert.is(run.code, 1);
      assert.match(run.stdout, 'p_test.rego:3:1: failed: data.acme.test_bad');
      assert.match(run.stdout, /actual +0\n +expected 1/);
      assert.match(
        run.stdout,
        'p.rego:6: not covered: data.acme.deny stops at .bithub/policies/p.rego:5:3: input.args.name == "bad"',
      );
      assert.match(run.stdout, 'input.args.name = "x"');
      assert.is((await place.bit('policy', 'test', '--only', 'nothing')).code, 4);
    }));

  test('check --strict fails on what check only warns of', () =>
    within({}, async (place) => {
      place.write(
        '.bithub/policies/p.rego',
        'package acme\n\ndeny contains "x" if {\n\ty := input.args.name\n\tinput.args.name == "never"\n}\n',
      );
      const loose = await place.bit('policy', 'check');
      assert.is(loose.code, 0);
      assert.match(
        loose.stdout,
        'p.rego:4:2: warning: variable y is never used; _ says so [unused_variable]',
      );
      assert.is((await place.bit('policy', 'check', '--strict')).code, 1);
    }));

  test('fmt lays the files out, as an action that undo takes back', () =>
    within({}, async (place) => {
      place.write('.bithub/policies/p.rego', NO_BAD);
      await place.bit('policy', 'accept');
      assert.is((await place.bit('policy', 'check', '--layout')).code, 1);
      const dry = await place.bit('policy', 'fmt', '--dry-run');
      assert.match(dry.stdout, 'write .bithub/policies/p.rego');
      assert.is(place.read('.bithub/policies/p.rego'), NO_BAD);
      assert.is((await place.bit('policy', 'fmt')).code, 0);
      assert.match(place.read('.bithub/policies/p.rego'), '\tinput.action == "repo.branch"\n');
      assert.is((await place.bit('policy', 'check', '--layout')).code, 0);
      const undone = await place.bit('undo', '--yes');
      assert.is(undone.code, 0, undone.stderr);
      assert.is(place.read('.bithub/policies/p.rego'), NO_BAD);
    }));
});
