import * as assert from 'uvu/assert';
import { Gate } from '../../../src/mesh/runner/gate.ts';
import { loadPolicySet, offerConfig } from '../../../src/policy/index.ts';
import { suite } from '../../suite.ts';

const OFFER = {
  type: 'JOB_OFFER',
  schema: 'bithub.mesh.job.offer.v1',
  msg_id: 'M-1',
  sender: 'aln://mesh/controller',
  ts: '2026-11-22T00:00:00Z',
  payload: {
    job_id: 'J-1',
    repo: 'git+https://example.com/a/b.git#main',
    task: { kind: 'command', argv: ['true'] },
    required: { capabilities: ['build'] },
    priority: 5,
    timeout_s: 60,
  },
} as const;

/** Two values under one name: no answer. */
const BROKEN = `package broken
deny contains msg if { limit; msg := "over the limit" }
limit := 1 if input.msg.type == "JOB_OFFER"
limit := 2 if input.msg.payload.priority == 5
`;
const REFUSES = `package guard
deny contains "no jobs on sundays" if input.msg.type == "JOB_OFFER"
`;

function gateOf(strict: boolean, ...texts: readonly string[]): { gate: Gate; notices: string[] } {
  const set = loadPolicySet(texts.map((text, n) => ({ path: `p${n}.rego`, text })));
  const notices: string[] = [];
  const gate = new Gate({
    set,
    decide: (asked) =>
      set.decide({
        ...{ action: 'mesh.job', command: 'runner.start', args: {}, actor: '', user: {}, tx: {}, repo: {} },
        ...{ token: null, config: offerConfig({}), freeze: [], now: '2026-11-22T00:00:00Z', ...asked },
      }),
    config: {},
    strict,
    runner: { id: 'aln://runner/a', persona: 'hybrid', publicKey: `ed25519:${'0'.repeat(64)}` },
    now: () => new Date(0),
    notice: (line) => notices.push(line),
  });
  return { gate, notices };
}

suite("a runner's gate", (test) => {
  test('a policy that can’t be asked denies; with enforce_strict: false it is told and has no say', () => {
    const strict = gateOf(true, BROKEN);
    assert.match(strict.gate.refusal(OFFER as never) ?? '', /p0\.rego:/);
    assert.equal(strict.notices, []);
    const loose = gateOf(false, BROKEN);
    assert.is(loose.gate.refusal(OFFER as never), undefined);
    assert.is(loose.notices.length, 1);
    assert.match(loose.notices[0] ?? '', 'policy could not be asked');
  });

  test('without enforce_strict what can be asked and says no still denies', () => {
    const { gate, notices } = gateOf(false, BROKEN, REFUSES);
    const refusal = gate.refusal(OFFER as never) ?? '';
    assert.match(refusal, 'no jobs on sundays');
    assert.not.match(refusal, 'p0.rego');
    assert.equal(notices, []);
    assert.match(gateOf(true, BROKEN, REFUSES).gate.refusal(OFFER as never) ?? '', 'p0.rego');
  });
});
