import * as assert from 'uvu/assert';
import { type CheckedSets, defaultPolicy, loadPolicySet, type PolicySource } from '../../src/policy/index.ts';
import { suite } from '../suite.ts';
import { ACCESS, deny, input, MESH, offer } from './samples.ts';

/** Every set was found without fault before. */
const CHECKED: CheckedSets = { has: () => true, add: () => undefined };

const BY_ACTION: PolicySource = {
  path: 'by-action.rego',
  text: `package bit.by_action

import rego.v1

deny contains msg if {
	input.action == "repo.push"
	input.args.force == true
	msg := "no force"
}

deny contains msg if {
	input.action == "repo.commit"
	not startswith(input.args.message, "fix: ")
	msg := sprintf("%v is no fix", [input.args.message])
}

deny contains msg if {
	"repo.merge" == input.action
	msg := "nothing is merged"
}

deny contains msg if {
	other with input as {"action": "repo.push"}
	input.target.branch == "under-with"
	msg := "asked of another action"
}

other if count(pushes) > 0

pushes contains input.action if {
	input.action == "repo.push"
}
`,
};

const INPUTS = [
  ...['repo.commit', 'repo.push', 'repo.merge', 'repo.tag', 'read.status', 'workflow.run'].flatMap(
    (action) => [
      input({ action }),
      input({ action, args: { force: true, message: 'a thing' } }),
      input({ action, target: { branch: 'under-with' } }),
      input({ action, freeze: [{ scope: 'repo', reason: 'x' }] }),
    ],
  ),
  offer(),
  offer({ priority: 9 }),
  offer({ compliance: 'critical', persona: 'creative' }),
];

suite('a set that was checked before', (test) => {
  const sets: readonly (readonly PolicySource[])[] = [
    [defaultPolicy()],
    [MESH],
    [ACCESS],
    [BY_ACTION],
    [defaultPolicy(), MESH, ACCESS, BY_ACTION],
    [deny('deny contains "no" if startswith(input.action, "read.")'), BY_ACTION],
  ];
  for (const [at, sources] of sets.entries()) {
    test(`decides as if it were checked now (${at + 1})`, () => {
      const now = loadPolicySet(sources);
      assert.equal(now.problems, []);
      const before = loadPolicySet(sources, { checked: CHECKED });
      for (const asked of INPUTS) {
        const [wanted, got] = [now, before].map((set) => {
          const { allowed, reasons, policy, liftedByApproval } = set.decide(asked).explain();
          return { allowed, reasons, policy, liftedByApproval };
        });
        assert.equal(got, wanted, `${asked.action} ${JSON.stringify(asked.args)}`);
      }
      assert.is(before.gatesReads, now.gatesReads);
      assert.is(before.digest, now.digest);
    });
  }

  test('is remembered once it was found without fault, and only then', () => {
    const kept: string[] = [];
    const checked: CheckedSets = { has: () => false, add: (digest) => kept.push(digest) };
    const sound = loadPolicySet([BY_ACTION], { checked });
    loadPolicySet([deny('deny contains msg if input.x')], { checked });
    loadPolicySet([deny('deny contains "x" if nowhere(input.x)')], { checked });
    loadPolicySet([BY_ACTION], {
      checked,
      problems: [{ severity: 'error', code: 'x', message: 'x', at: { path: 'x', line: 1, column: 1 } }],
    });
    loadPolicySet([BY_ACTION], { checked, data: { a: 1 } });
    assert.equal(kept, [sound.digest]);
  });

  test('and has a fault all the same denies what asks the rule it is in', () => {
    for (const fault of ['x > 1', 'nowhere(input.action)', 'input.action == msg2']) {
      const text = `deny contains msg if {\n\tinput.action == "repo.push"\n\t${fault}\n\tmsg := "no"\n}`;
      const set = loadPolicySet([deny(text)], { checked: CHECKED });
      const decision = set.decide(input({ action: 'repo.push' }));
      assert.is(decision.allowed, false, fault);
      assert.is(decision.explain().reasons[0]?.verdict, 'error', fault);
    }
  });
});
