import { rmSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { within } from '../world.ts';

const NO_BAD = `package acme
import rego.v1
deny contains msg if {
  input.action == "repo.branch"
  input.args.name == "bad"
  msg := "no bad branches"
}
`;
const ACCEPTED = '.git/bit/policy/accepted.json';

suite('policy accept', (test) => {
  test('policies count from when they are accepted, not from when they are written', () =>
    within({}, async (place) => {
      await place.bit('policy', 'accept');
      place.write('.bithub/policies/p.rego', NO_BAD);
      assert.is((await place.bit('branch', 'new', 'bad')).code, 0);
      place.git('branch', '-q', '-D', 'bad');
      assert.is((await place.bit('policy', 'accept')).code, 0);
      const denied = await place.bit('branch', 'new', 'bad');
      assert.is(denied.code, 3);
      assert.match(denied.stderr, 'no bad branches [data.acme.deny .bithub/policies/p.rego:3]');
      place.write('.bithub/policies/p.rego', 'package acme\n');
      assert.is((await place.bit('branch', 'new', 'bad')).code, 3);
    }));

  test('the dry run names the files and accepts nothing', () =>
    within({}, async (place) => {
      await place.bit('policy', 'accept');
      const before = place.read(ACCEPTED);
      place.write('.bithub/policies/p.rego', NO_BAD);
      const dry = await place.bit('policy', 'accept', '--dry-run');
      assert.match(dry.stdout, 'accept .bithub/policies/p.rego');
      assert.is(place.read(ACCEPTED), before);
    }));

  test('refuses a set with faults, naming file, line and column', () =>
    within({}, async (place) => {
      place.write('.bithub/policies/broken.rego', 'package acme\ndeny contains {\n');
      await place.bit('policy', 'accept', '--dry-run');
      const run = await place.bit('policy', 'accept');
      assert.is(run.code, 1);
      assert.match(run.stderr, '.bithub/policies/broken.rego:3:1: ');
    }));

  test('refuses a set that nobody could ever replace, unless told so', () =>
    within({}, async (place) => {
      await place.bit('policy', 'accept');
      place.write(
        '.bithub/policies/p.rego',
        'package acme\nimport rego.v1\ndeny contains "never" if input.action == "policy.accept"\n',
      );
      const refused = await place.bit('policy', 'accept');
      assert.is(refused.code, 1);
      assert.match(refused.stderr, 'never [data.acme.deny');
      assert.is((await place.bit('policy', 'accept', '--lockout')).code, 0);
      place.write('.bithub/policies/p.rego', 'package acme\n');
      assert.is((await place.bit('policy', 'accept')).code, 3);
    }));

  test('is judged by the set in force, recorded, and taken back by undo byte for byte', () =>
    within({}, async (place) => {
      await place.bit('policy', 'accept');
      const before = place.read(ACCEPTED);
      place.write('.bithub/policies/p.rego', NO_BAD);
      await place.bit('policy', 'accept');
      assert.is.not(place.read(ACCEPTED), before);
      const { stdout } = await place.bit(
        'ledger',
        'list',
        '--event',
        'POLICY_ACCEPT',
        '--phase',
        'outcome',
        '--json',
      );
      assert.is((JSON.parse(stdout) as { entries: unknown[] }).entries.length, 2);
      const undone = await place.bit('undo', '--yes');
      assert.is(undone.code, 0, undone.stderr);
      assert.is(place.read(ACCEPTED), before);
    }));

  test('a damaged accepted set denies everything until it is recovered', () =>
    within({}, async (place) => {
      place.write('.bithub/policies/p.rego', NO_BAD);
      await place.bit('policy', 'accept');
      for (const text of ['{}', 'no json', place.read(ACCEPTED).replace('no bad', 'all bad')]) {
        place.write(ACCEPTED, text);
        const denied = await place.bit('branch', 'new', 'good');
        assert.is(denied.code, 7);
        assert.match(denied.stderr, 'bit policy accept --recover');
        assert.is((await place.bit('policy', 'accept')).code, 7);
        // the ledger knows this very set, so nobody needs to be asked
        const recovered = await place.bit('policy', 'accept', '--recover');
        assert.is(recovered.code, 0, recovered.stderr);
        assert.is((await place.bit('branch', 'new', 'bad')).code, 3);
      }
      assert.is((await place.bit('ledger', 'verify')).code, 0);
      assert.is((await place.bit('policy', 'accept', '--recover')).code, 2);
    }));

  test('recovery asks before it takes a set the ledger does not know', () =>
    within({}, async (place) => {
      place.write('.bithub/policies/p.rego', NO_BAD);
      await place.bit('policy', 'accept');
      place.write(ACCEPTED, '{}');
      rmSync(`${place.dir}/.git/bit/policy/accepted`, { recursive: true });
      place.write('.bithub/policies/p.rego', 'package weaker\n');
      const asked = await place.bit('policy', 'accept', '--recover');
      assert.is(asked.code, 2);
      assert.match(asked.stderr, '--yes');
      assert.is(place.read(ACCEPTED), '{}');
      assert.is((await place.bit('policy', 'accept', '--recover', '--yes')).code, 0);
    }));
});

suite('policy check', (test) => {
  test('reports every faulty file by file:line:col and exits 1', () =>
    within({}, async (place) => {
      place.write('.bithub/policies/a.rego', 'package a\nimport rego.v1\ndeny contains x if { y }\n');
      place.write('.bithub/policies/b.rego', 'package b\n\nfoo := [\n');
      const run = await place.bit('policy', 'check', '--json');
      assert.is(run.code, 1);
      const { problems } = JSON.parse(run.stdout) as { problems: { at: { path: string; line: number } }[] };
      assert.ok(problems.some((problem) => problem.at.path === '.bithub/policies/b.rego'));
      assert.match((await place.bit('policy', 'check')).stdout, /\.bithub\/policies\/b\.rego:\d+:\d+: error/);
    }));

  test('runs the tests beside the policies and says what stopped a failing one', () =>
    within({}, async (place) => {
      place.write('.bithub/policies/p.rego', NO_BAD);
      const about = (n: number): string =>
        `package acme_test\nimport rego.v1\ntest_bad if count(data.acme.deny) == ${n} with input as {"action": "repo.branch", "args": {"name": "bad"}}\n`;
      place.write('.bithub/policies/p_test.rego', about(1));
      const good = await place.bit('policy', 'check');
      assert.is(good.code, 0, good.stdout);
      assert.match(good.stdout, '1 of 1 tests passed');
      place.write('.bithub/policies/p_test.rego', about(2));
      const bad = await place.bit('policy', 'check');
      assert.is(bad.code, 1);
      assert.match(bad.stdout, 'failed: data.acme_test.test_bad');
      assert.match(bad.stdout, 'stopped at');
    }));

  test('response finds denials nobody can read', () =>
    within({}, async (place) => {
      place.write(
        '.bithub/policies/p.rego',
        [
          'package acme',
          'import rego.v1',
          'deny contains {"msg": "fine", "approval": true} if input.action == "a.b"',
          'deny contains msg if { input.action == "a.c"; msg := sprintf("%v", [1]) }',
          'deny contains 7 if input.action == "a.d"',
          'deny contains {"message": "x"} if input.action == "a.e"',
          'deny contains {"msg": "x", "aproval": true} if input.action == "a.f"',
          'deny contains msg if { input.action == "a.g"; msg := ["list"] }',
          '',
        ].join('\n'),
      );
      const run = await place.bit('policy', 'check', 'response', '--json');
      assert.is(run.code, 1);
      const { problems } = JSON.parse(run.stdout) as { problems: { code: string; at: { line: number } }[] };
      assert.equal([...new Set(problems.map((problem) => problem.at.line))], [5, 6, 7, 8]);
    }));

  test('workflow looks only at packages about workflows', () =>
    within({}, async (place) => {
      place.write('.bithub/policies/p.rego', NO_BAD);
      place.write(
        '.bithub/policies/w.rego',
        'package bit_hub.workflow\nimport rego.v1\ndefault allow := true\n',
      );
      const { stdout } = await place.bit('policy', 'check', 'workflow', '--json');
      assert.equal((JSON.parse(stdout) as { files: string[] }).files, ['.bithub/policies/w.rego']);
    }));

  test('--accepted checks what is in force, and says where nothing was accepted', () =>
    within({}, async (place) => {
      assert.is((await place.bit('policy', 'check', '--accepted')).code, 4);
      place.write('.bithub/policies/p.rego', NO_BAD);
      await place.bit('policy', 'accept');
      place.write('.bithub/policies/p.rego', 'broken');
      assert.is((await place.bit('policy', 'check', '--accepted')).code, 0);
      assert.is((await place.bit('policy', 'check')).code, 1);
    }));

  test('refuses a policy that is a link out of the repository', () =>
    within({}, async (place) => {
      const { symlinkSync, mkdirSync } = await import('node:fs');
      mkdirSync(`${place.dir}/.bithub/policies`, { recursive: true });
      symlinkSync('/etc/passwd', `${place.dir}/.bithub/policies/p.rego`);
      const run = await place.bit('policy', 'check');
      assert.is(run.code, 7);
      assert.not.match(run.stdout + run.stderr, 'root:');
    }));
});

suite('policy check --explain', (test) => {
  test('explains the last denial: rule, place, message and trace', () =>
    within({}, async (place) => {
      place.write('.bithub/policies/p.rego', NO_BAD);
      await place.bit('policy', 'accept');
      await place.bit('branch', 'new', 'bad');
      const { code, stdout } = await place.bit('policy', 'check', '--explain');
      assert.is(code, 0);
      assert.match(stdout, 'denied then');
      assert.match(stdout, 'data.acme.deny at .bithub/policies/p.rego:3:1');
      assert.match(stdout, 'input.args.name == "bad"');
    }));

  test('explains an action as it would go here and now, with the literal that stopped an allow', () =>
    within({}, async (place) => {
      place.write(
        '.bithub/policies/p.rego',
        'package bit_hub.access\nimport rego.v1\ndefault allow := false\nallow if { input.args.size < 10 }\n',
      );
      const { stdout } = await place.bit(
        'policy',
        'check',
        '--explain',
        '--tree',
        '--action',
        'data.transfer',
        '--arg',
        'size=12',
        '--json',
      );
      const { decision } = JSON.parse(stdout) as {
        decision: {
          allowed: boolean;
          reasons: {
            stoppedBy?: { literal: string; values: Record<string, unknown>; at: { line: number } };
          }[];
        };
      };
      assert.is(decision.allowed, false);
      const stopped = decision.reasons[0]?.stoppedBy;
      assert.is(stopped?.literal, 'input.args.size < 10');
      assert.is(stopped?.at.line, 4);
      assert.ok(Object.values(stopped?.values ?? {}).includes(12));
    }));

  test('takes a whole input from a file and refuses what is none', () =>
    within({}, async (place) => {
      place.write('in.json', '{"action": "repo.push", "args": {"force": true}}');
      const run = await place.bit('policy', 'check', '--explain', '--input', 'in.json');
      assert.match(run.stdout, 'repo.push is denied by the built-in policies');
      place.write('in.json', '[]');
      assert.is((await place.bit('policy', 'check', '--explain', '--input', 'in.json')).code, 2);
      place.write('in.json', '{');
      assert.is((await place.bit('policy', 'check', '--explain', '--input', 'in.json')).code, 2);
      assert.is((await place.bit('policy', 'check', '--explain', '--input', 'gone.json')).code, 4);
      assert.is((await place.bit('policy', 'check', '--explain')).code, 4);
    }));
});

suite('policy show and eval', (test) => {
  test('show prints the built-in policy so that it is accepted as one’s own', () =>
    within({}, async (place) => {
      const { stdout } = await place.bit('policy', 'show', 'default');
      place.write('.bithub/policies/own.rego', stdout);
      assert.is((await place.bit('policy', 'accept')).code, 0);
      assert.is((await place.bit('policy', 'show', 'accepted')).stdout, stdout);
    }));

  test('eval answers values, says undefined, and places faults', () =>
    within({}, async (place) => {
      place.write('in.json', '{"n": 4}');
      assert.is((await place.bit('policy', 'eval', 'input.n * 2', '--input', 'in.json')).stdout.trim(), '8');
      assert.match((await place.bit('policy', 'eval', 'data.nowhere.x')).stdout, 'undefined');
      const fault = await place.bit('policy', 'eval', 'input.n +');
      assert.is(fault.code, 1);
      assert.match(fault.stderr, /:1:\d+: /);
    }));

  test('say why a query is undefined, and fail for it where told to be strict', () =>
    within({}, async (place) => {
      place.write('.bithub/policies/p.rego', NO_BAD);
      const undefinedOf = async (query: string): Promise<string> =>
        (await place.bit('policy', 'eval', query)).stdout;
      assert.is(
        await undefinedOf('data.acme.dny'),
        'undefined\n  query:1:1: data.acme.dny is nowhere defined; did you mean deny?\n',
      );
      assert.is(await undefinedOf('1 / 0'), 'undefined\n  query:1:1: div: divide by zero\n');
      assert.is(await undefinedOf('input.nothing'), 'undefined\n');
      const strict = await place.bit('policy', 'eval', '--strict', '1 / 0');
      assert.is(strict.code, 1);
      assert.match(strict.stderr, 'query:1:1: div: divide by zero');
      assert.is((await place.bit('policy', 'eval', '--strict', 'data.acme.deny')).code, 0);
      const explained = await place.bit('policy', 'check', '--explain', '--action', 'repo.brnch');
      assert.match(explained.stderr, 'no command asks as the action repo.brnch; did you mean repo.branch?');
      const argument = ['--action', 'repo.branch', '--arg', 'nme=x'];
      const named = await place.bit('policy', 'check', '--explain', ...argument);
      assert.match(named.stderr, 'has an argument or flag nme; did you mean name?');
    }));

  test('work outside a repository, on the user’s own policies', () =>
    within({}, async (place) => {
      assert.is((await place.bitIn(place.root, 'policy', 'show')).code, 0);
      assert.is((await place.bitIn(place.root, 'policy', 'check')).code, 0);
      place.write(`${place.root}/config/bit/policies/mine.rego`, NO_BAD);
      assert.match((await place.bitIn(place.root, 'policy', 'show')).stdout, 'no bad branches');
    }));

  test('of one’s own that accepting would refuse deny everything outside a repository, and say where', () =>
    within({}, async (place) => {
      const mine = `${place.root}/config/bit/policies/mine.rego`;
      const enable = () => place.bitIn(place.root, 'listener', 'enable', 'magic.lol');
      const faults = [
        ['input.action == "repo.branch"\n\tinput.target.brnches[_].oid == "1"', 'brnches'],
        ['input.action == "repo.push"\n\tinput.args.forse == true', 'input.args.force'],
        ['input.repo.brnch == "x"', 'input.repo.branch'],
      ] as const;
      for (const [body, said] of faults) {
        place.write(mine, `package acme\nimport rego.v1\ndeny contains "x" if {\n\t${body}\n}\n`);
        // twice: what has a fault is never remembered as without
        for (const run of [await enable(), await enable()]) {
          assert.is(run.code, 3, run.stderr);
          assert.match(run.stderr, 'mine.rego:');
          assert.match(run.stderr, said);
        }
      }
      place.write(mine, NO_BAD);
      assert.is((await enable()).code, 0);
    }));
});
