import * as assert from 'uvu/assert';
import { compileContract, readContract } from '../../src/contract/index.ts';
import { loadPolicySet, type PolicyInput } from '../../src/policy/index.ts';
import { contract as templateContract } from '../../src/templates/bit-folder.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';

function told(text: string): string[] {
  return readContract(text).diagnostics.map(({ line, column, code }) => `${line}:${column} ${code}`);
}

function input(action: string, more: Partial<PolicyInput> = {}): PolicyInput {
  return {
    ...{
      action,
      command: action,
      args: {},
      actor: 'ed25519:00',
      user: { email: 'ada@example.org', has_contract_access: true },
    },
    ...{
      tx: { valid_blockchain_sig: true, irreversible: [] },
      repo: { branch: 'main' },
      target: {},
      token: null,
    },
    ...{ config: {}, freeze: [], now: '2026-01-01T00:00:00Z', ...more },
  };
}

function policyOf(text: string) {
  const { contract, diagnostics } = readContract(text);
  if (contract === undefined) throw new Error(JSON.stringify(diagnostics));
  const set = loadPolicySet([{ path: 'c.aln.rego', text: compileContract(contract, 'c.aln') }]);
  assert.equal(set.problems, []);
  return set;
}

function reasons(text: string, given: PolicyInput): string[] {
  return policyOf(text)
    .decide(given)
    .explain()
    .reasons.filter(({ verdict }) => verdict !== 'allow')
    .map(({ message }) => message);
}

suite('reading a contract', (test) => {
  test('the contract of every template reads, and asks four things', () => {
    const { contract, diagnostics } = readContract(templateContract());
    assert.equal(diagnostics, []);
    assert.is(contract?.name, 'bit.hub_core_v1');
    assert.is(contract?.clauses.length, 4);
    policyOf(templateContract());
  });

  test('says all that is wrong, each by line and column', () => {
    const text = `CONTRACT: a b
BLOCKCHAIN_SECURTY: true
PRIVACY: no_data_minin
lower: x
no colon
EMPTY:
[DENI]
ACTION: x
[DENY
ACTION: repo.push
[REQUIRE]
ACTION: Repo Push
PRIVACY: open
[APPROVAL]
ACTION: repo.push
NEEDS: 3
OF: a, b
OF: c
`;
    assert.equal(told(text), [
      '1:11 bad-value',
      '2:1 unknown-key',
      '3:10 bad-value',
      '4:1 syntax',
      '5:1 syntax',
      '6:7 bad-value',
      '7:1 unknown-section',
      '9:1 syntax',
      '11:1 missing',
      '12:9 bad-value',
      '13:1 unknown-key',
      '16:8 bad-value',
      '18:1 duplicate',
    ]);
    assert.is(readContract(text).contract, undefined);
    const [, misspelt] = readContract(text).diagnostics;
    assert.match(misspelt?.message ?? '', 'did you mean BLOCKCHAIN_SECURITY?');
  });

  test('begins with its name', () => {
    assert.equal(told(''), ['1:1 missing']);
    assert.equal(told('PRIVACY: open\nCONTRACT: a\n'), ['2:1 syntax']);
  });

  test('comments, blank lines, tabs, CRLF, a byte order mark and quoted values are read', () => {
    const text =
      '\uFEFF# terms\r\nCONTRACT:\ta # its name\r\n\r\nDESCRIPTION: "a # b \\u00e9"\r\nX_OURS: c#d\r\n  [DENY of it] # why\r\n ACTION : git.*\r\n';
    const { contract, diagnostics } = readContract(text);
    assert.equal(diagnostics, []);
    assert.equal(contract?.header, { CONTRACT: 'a', DESCRIPTION: 'a # b é', X_OURS: 'c#d' });
    assert.is(contract?.clauses.length, 1);
  });

  test('a text without bounds is refused, not read', () => {
    assert.equal(told(`CONTRACT: a\n${'#'.repeat(300_000)}`), ['1:1 too-large']);
    assert.equal(told(`CONTRACT: a\n${'\n'.repeat(6000)}`), ['5001:1 too-large']);
    const many = readContract(`CONTRACT: a\n${'?\n'.repeat(4000)}`);
    assert.ok(many.diagnostics.length <= 50);
  });

  test('any text is read without a throw, and what reads compiles to policies that load', () => {
    const word = fc.constantFrom(
      ...[
        'CONTRACT',
        'SCOPE',
        'PRIVACY',
        'ACTION',
        'OF',
        'NEEDS',
        '[',
        ']',
        '[DENY]',
        '[APPROVAL x]',
        ':',
        ' ',
        '\n',
        '"',
        '\\',
        '#',
        ',',
      ],
      ...['true', 'repo.push', 'git.*', 'user a"b', '{x}', '\u2028', '\ud800', '\u0000', '2'],
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.array(word, { maxLength: 60 }).map((words) => `CONTRACT: a\n${words.join('')}`),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const { contract, diagnostics } = readContract(text);
        assert.is(
          contract === undefined,
          diagnostics.some(({ severity }) => severity === 'error'),
        );
        const lines = text.split(/\r\n|\n|\r/);
        for (const { line, column } of diagnostics) {
          assert.ok(
            line >= 1 && line <= lines.length && column >= 1 && column <= (lines[line - 1] ?? '').length + 2,
          );
        }
        if (contract !== undefined) policyOf(text);
      }),
      { numRuns: 2000 },
    );
  });

  test('whatever a value holds, it is data and never rule', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }), (value) => {
        const quoted = JSON.stringify(value.toWellFormed());
        const text = `CONTRACT: a\nDESCRIPTION: ${quoted}\n[DENY]\nACTION: repo.push\nBRANCH: main\nMESSAGE: ${quoted}\n`;
        const set = policyOf(text);
        assert.ok(set.decide(input('repo.commit')).allowed);
        assert.not.ok(set.decide(input('repo.push', { target: { branch: 'main' } })).allowed);
      }),
      { numRuns: 200 },
    );
  });
});

suite('what a contract comes to', (test) => {
  test('its flags', () => {
    const text = templateContract();
    const access = { user: { email: 'x', has_contract_access: false } };
    assert.equal(reasons(text, input('repo.commit')), []);
    assert.equal(
      reasons(text, input('repo.commit', { tx: { valid_blockchain_sig: false, irreversible: [] } })),
      [
        'contract bit.hub_core_v1 (c.aln:2): nothing happens on a ledger whose head is not signed and whole, nor outside it',
      ],
    );
    const leaving = { tx: { valid_blockchain_sig: true, irreversible: ['push main'] } };
    assert.is(reasons(text, input('repo.push', { ...leaving, ...access })).length, 1);
    assert.is(reasons(text, input('repo.push', leaving)).length, 0);
    assert.is(reasons(text, input('workflow.run', access)).length, 1);
    assert.is(reasons(text, input('telemetry.send')).length, 1);
    assert.is(reasons('CONTRACT: a\nWORKFLOW_ENGINE: disabled\n', input('workflow.run')).length, 1);
    assert.is(
      reasons('CONTRACT: a\nWORKFLOW_ENGINE: manual\n', input('workflow.run', { token: {} })).length,
      1,
    );
    assert.is(
      reasons('CONTRACT: a\nBLOCKCHAIN_SECURITY: false\n', input('repo.commit', { tx: {} })).length,
      0,
    );
  });

  test('denials by action, branch, user and force', () => {
    const text = `CONTRACT: a
[DENY rewriting what is released]
ACTION: repo.push, git.*
BRANCH: release/*
FORCE: true
USER: ada@*
`;
    const push = (branch: string, force: boolean, email = 'ada@example.org') =>
      reasons(text, input('repo.push', { target: { branches: [branch], force }, user: { email } }));
    assert.equal(push('release/1', true), ['contract a (c.aln:2): rewriting what is released']);
    assert.equal(push('release/1', false), []);
    assert.equal(push('main', true), []);
    assert.equal(push('release/1', true, 'bob@example.org'), []);
    assert.equal(reasons(text, input('repo.commit', { target: { branch: 'release/1', force: true } })), []);
  });

  test('requirements, each of them', () => {
    const text = 'CONTRACT: a\n[REQUIRE]\nACTION: *\nACCESS: true\nSIGNED: true\nTOKEN: true\n';
    assert.is(reasons(text, input('repo.push')).length, 1);
    assert.is(reasons(text, input('repo.push', { token: {} })).length, 0);
    assert.is(reasons(text, input('repo.push', { token: {}, user: {} })).length, 1);
    assert.is(reasons(text, input('repo.push', { token: {}, tx: {} })).length, 1);
  });

  test('approvals, which approving itself never needs', () => {
    const text = 'CONTRACT: a\n[APPROVAL]\nACTION: workflow.*\n';
    assert.is(reasons(text, input('workflow.run')).length, 1);
    assert.is(reasons(text, input('workflow.approve')).length, 0);
  });

  test('approvals, which lift', () => {
    const text = 'CONTRACT: a\n[APPROVAL]\nACTION: repo.tag\nNEEDS: 2\nOF: ada@x, bob@x, eve@x\n';
    const decision = policyOf(text).decide(input('repo.tag'));
    assert.not.ok(decision.allowed);
    assert.ok(decision.liftedByApproval);
    assert.is(
      decision.explain().reasons[0]?.message,
      'contract a (c.aln:2): repo.tag: only approved by 2 of 3',
    );
  });

  test('only for the bucket or user it binds', () => {
    const bucket = 'CONTRACT: a\nSCOPE: bucket media\n[DENY]\nACTION: *\n';
    assert.is(reasons(bucket, input('asset.put', { target: { bucket: 'media' } })).length, 1);
    assert.is(reasons(bucket, input('asset.put', { target: { bucket: 'code' } })).length, 0);
    const user = 'CONTRACT: a\nSCOPE: user ada@example.org\n[DENY]\nACTION: *\n';
    assert.is(reasons(user, input('repo.push')).length, 1);
    assert.is(reasons(user, input('repo.push', { user: { email: 'bob' } })).length, 0);
  });
});
