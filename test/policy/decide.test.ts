import * as assert from 'uvu/assert';
import { defaultPolicy, loadPolicySet } from '../../src/policy/index.ts';
import { suite } from '../suite.ts';
import { ACCESS, deny, input, MESH, offer } from './samples.ts';

suite('the mesh guard', (test) => {
  const set = loadPolicySet([MESH]);

  test('compiles without a problem', () => assert.equal(set.problems, []));

  test('allows an offer that fits and names the rule', () => {
    const decision = set.decide(offer());
    assert.is(decision.allowed, true);
    assert.equal(
      decision.explain().reasons.map(({ rule, verdict }) => [rule, verdict]),
      [['data.bithub.mesh.allow_job', 'allow']],
    );
  });

  test('says which literal stopped the clause that got furthest, and its values', () => {
    const decision = set.decide(offer({ priority: 9 }));
    assert.is(decision.allowed, false);
    const [reason] = decision.explain().reasons;
    assert.is(reason?.rule, 'data.bithub.mesh.allow_job');
    assert.equal(reason?.stoppedBy, {
      literal: 'input.msg.payload.priority <= input.config.max_priority',
      at: { path: MESH.path, line: 9, column: 3 },
      values: { 'input.msg.payload.priority': 9, 'input.config.max_priority': 5 },
      compared: { actual: 9, expected: 5 },
    });
  });

  test('refuses a forbidden repository and a missing capability at their own lines', () => {
    const line = (over: Parameters<typeof offer>[0]) =>
      set.decide(offer(over)).explain().reasons[0]?.stoppedBy?.at.line;
    assert.is(line({ repo: 'aln/forbidden' }), 8);
    assert.is(line({ capabilities: ['test'] }), 7);
  });

  test('denies a critical job to another persona with the message of the policy', () => {
    const decision = set.decide(offer({ compliance: 'critical', persona: 'creative' }));
    assert.is(decision.allowed, false);
    assert.equal(decision.explain().reasons, [
      {
        verdict: 'deny',
        rule: 'data.bithub.mesh.forbid_persona',
        at: { path: MESH.path, line: 12, column: 1 },
        message: 'critical jobs require strict persona',
      },
    ]);
  });

  test('has no say in what is no job offer', () => assert.is(set.decide(input()).allowed, true));
});

suite('the access policy', (test) => {
  const set = loadPolicySet([ACCESS]);

  test('gates every action, though its default comes last', () => {
    assert.is(set.decide(input()).allowed, true);
    const denied = set.decide(input({ tx: { valid_blockchain_sig: false } }));
    assert.is(denied.allowed, false);
    assert.is(denied.explain().reasons[0]?.stoppedBy?.literal, 'input.tx.valid_blockchain_sig');
    assert.equal(denied.explain().reasons[0]?.stoppedBy?.values, { 'input.tx.valid_blockchain_sig': false });
  });

  test('does not gate queries, which it never mentions', () => {
    assert.is(set.gatesReads, false);
    assert.is(set.decide(input({ action: 'read.log', tx: {} })).allowed, true);
  });
});

suite('decisions', (test) => {
  test('a denial wins over an allow', () => {
    const set = loadPolicySet([ACCESS, deny('deny contains "no" if input.action == "repo.commit"')]);
    assert.is(set.decide(input()).allowed, false);
  });

  test('a workflow policy gates workflow actions and no others', () => {
    const set = loadPolicySet([
      { path: 'w.rego', text: 'package bit_hub.workflow\ndefault allow = false\n' },
    ]);
    assert.is(set.decide(input({ action: 'workflow.run' })).allowed, false);
    assert.is(set.decide(input()).allowed, true);
  });

  test('an approval lifts a denial only where every denial says so', () => {
    const liftable = deny(
      'deny contains {"msg": "needs approval", "approval": true} if input.action == "repo.push"',
    );
    const hard = deny('deny contains "never" if input.args.force', 'q.rego');
    const set = loadPolicySet([liftable, hard]);
    const push = set.decide(input({ action: 'repo.push' }));
    assert.is(push.liftedByApproval, true);
    assert.is(push.explain().reasons[0]?.message, 'needs approval');
    assert.is(set.decide(input({ action: 'repo.push', args: { force: true } })).liftedByApproval, false);
  });

  test('queries ask only the entry points that speak of them, also through a helper', () => {
    const set = loadPolicySet([
      deny(
        'deny contains "no logs" if {\n\treads\n\tinput.user.name == "eve"\n}\nreads if startswith(input.action, "read.")',
      ),
      ACCESS,
    ]);
    assert.is(set.gatesReads, true);
    assert.is(set.decide(input({ action: 'read.log', tx: {} })).allowed, true);
    assert.is(set.decide(input({ action: 'read.log', user: { name: 'eve' } })).allowed, false);
    assert.is(loadPolicySet([deny('deny contains "x" if input.action == "repo.readme"')]).gatesReads, false);
  });

  test('digests change with policy and input, and order of files does not matter', () => {
    const one = loadPolicySet([MESH, ACCESS]);
    const two = loadPolicySet([ACCESS, MESH]);
    assert.is(one.digest, two.digest);
    assert.is.not(one.digest, loadPolicySet([MESH]).digest);
    assert.match(one.decide(input()).explain().input, /^sha256:[0-9a-f]{64}$/);
    assert.is.not(
      one.decide(input()).explain().input,
      one.decide(input({ action: 'repo.push' })).explain().input,
    );
    assert.match(one.decide(input({ args: { file: '\ud800' } })).explain().input, /^sha256:/);
  });

  test('a decision serialises whole', () => {
    const text = JSON.stringify(loadPolicySet([MESH]).decide(offer({ priority: 9 })));
    assert.ok(text.includes('stoppedBy') && text.includes('"input":"sha256:'));
  });

  test('values in explanations are cut', () => {
    const set = loadPolicySet([
      {
        path: 'a.rego',
        text: 'package bit_hub.access\nimport rego.v1\nallow if input.args.message == "x"\n',
      },
    ]);
    const [reason] = set.decide(input({ args: { message: 'y'.repeat(5000) } })).explain().reasons;
    assert.is(String(reason?.stoppedBy?.values['input.args.message']).length, 200);
  });

  test('the whole trace is told on request', () => {
    const { decision, trace } = loadPolicySet([MESH]).explain(offer({ priority: 9 }));
    assert.is(decision.allowed, false);
    const stopped = trace.find(({ text }) => text.startsWith('input.msg.payload.priority'));
    assert.is(stopped?.outcome, 'false');
    assert.ok((stopped?.depth ?? 0) > 0);
  });
});

suite('the built-in policy', (test) => {
  const set = loadPolicySet([defaultPolicy()]);
  const denied = (over: Parameters<typeof input>[0]) =>
    set
      .decide(input(over))
      .explain()
      .reasons.map(({ message }) => message);
  const freeze = (scope: string, name: string) => [{ scope, name, until: '2026-12-01', reason: 'release' }];

  test('lets ordinary work through', () => {
    assert.equal(set.problems, []);
    assert.is(set.decide(input()).allowed, true);
    assert.is(set.decide(input({ action: 'repo.push', args: { force: false } })).allowed, true);
    assert.is(set.gatesReads, false);
  });

  test('denies plain force pushes, and deleting the default branch', () => {
    assert.is(denied({ action: 'repo.push', args: { force: true } }).length, 1);
    const branch = { action: 'repo.branch', command: 'branch.delete' };
    assert.equal(denied({ ...branch, target: { branch: 'main' } }), ['main is the default branch']);
    assert.equal(denied({ ...branch, target: { branch: 'topic' } }), []);
  });

  test('denies what a freeze covers, and nothing else', () => {
    assert.equal(denied({ freeze: freeze('repo', '') }), ['frozen until 2026-12-01: release']);
    assert.is(denied({ freeze: freeze('branch', 'topic') }).length, 1);
    assert.equal(denied({ freeze: freeze('branch', 'main') }), []);
    assert.equal(denied({ freeze: freeze('repo', ''), action: 'freeze.set' }), []);
  });

  test('asks for an approval to rewrite a protected default branch', () => {
    const rewrite = { action: 'repo.revert', args: { mode: 'force' }, target: { branch: 'main' } };
    const decision = set.decide(input({ ...rewrite, config: { protected: true } }));
    assert.is(decision.liftedByApproval, true);
    assert.is(set.decide(input(rewrite)).allowed, true);
  });
});
