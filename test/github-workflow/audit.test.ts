import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { auditText } from '../../src/github-workflow/audit/audit.ts';
import { diffOf } from '../../src/github-workflow/audit/diff.ts';
import { suite } from '../suite.ts';

const HEAD =
  'on: push\npermissions:\n  contents: read\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n';

/** `rule severity line:column` of each finding. */
function found(text: string): string[] {
  return auditText('w.yml', text).map(
    ({ rule, severity, at }) => `${rule} ${severity} ${at.line}:${at.column}`,
  );
}

/** The file after `git apply` of its fixes. */
function fixed(text: string): string {
  const patch = diffOf(
    'w.yml',
    text,
    auditText('w.yml', text, (uses) => (uses === 'octo/x@v1' ? 'a'.repeat(40) : undefined)).flatMap(
      ({ fix }) => (fix ? [fix.edits] : []),
    ),
  );
  const folder = mkdtempSync(join(tmpdir(), 'bit-audit-'));
  try {
    writeFileSync(join(folder, 'w.yml'), text);
    writeFileSync(join(folder, 'patch'), patch);
    execFileSync('git', ['apply', 'patch'], { cwd: folder, stdio: 'pipe' });
    return readFileSync(join(folder, 'w.yml'), 'utf8');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A workflow and what must be found in it; nothing else of that rule. */
const CASES: readonly (readonly [name: string, text: string, findings: readonly string[]])[] = [
  ['a clean one', `${HEAD}      - run: make\n`, []],
  [
    "a stranger's title in a script",
    `${HEAD}      - run: echo \${{ github.event.issue.title }}\n`,
    ['template-injection high 8:19'],
  ],
  [
    'in a block, at its own line',
    `${HEAD}      - run: |\n          make\n          echo "\${{ github.head_ref }}"\n`,
    ['template-injection high 10:17'],
  ],
  ['an input', `${HEAD}      - run: echo \${{ inputs.x }}\n`, ['template-injection low 8:19']],
  [
    'compared only',
    `${HEAD}      - run: echo \${{ github.head_ref == 'x' }} \${{ contains(github.event.issue.title, 'y') }}\n`,
    [],
  ],
  [
    'what nobody chooses',
    `${HEAD}      - run: echo \${{ github.sha }} \${{ github.run_id }} \${{ matrix.os }}\n`,
    [],
  ],
  [
    'through env',
    `${HEAD}      - env:\n          T: \${{ github.event.issue.title }}\n        run: echo "$T"\n`,
    [],
  ],
  [
    'a whole payload',
    `${HEAD}      - run: echo '\${{ toJSON(github.event) }}'\n`,
    ['template-injection high 8:20'],
  ],
  [
    'github-script',
    `${HEAD}      - uses: actions/github-script@${'b'.repeat(40)}\n        with:\n          script: x(\`\${{ github.event.comment.body }}\`)\n`,
    ['template-injection high 10:22'],
  ],
  ['a tag', `${HEAD}      - uses: octo/x@v1\n`, ['unpinned-uses medium 8:15']],
  ['a commit', `${HEAD}      - uses: octo/x@${'b'.repeat(40)}\n`, []],
  ['an image', `${HEAD}      - uses: docker://alpine:3\n`, ['unpinned-uses medium 8:15']],
  ['a local action', `${HEAD}      - uses: ./.github/actions/x\n`, []],
  [
    'no permissions',
    `on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: x\n`,
    ['excessive-permissions medium 2:1'],
  ],
  [
    'write-all',
    `on: push\npermissions: write-all\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: x\n`,
    ['excessive-permissions high 2:14'],
  ],
  [
    'a checkout that keeps its token',
    `${HEAD}      - uses: actions/checkout@${'b'.repeat(40)}\n`,
    ['artipacked low 8:15'],
  ],
  [
    'a checkout that keeps none',
    `${HEAD}      - uses: actions/checkout@${'b'.repeat(40)}\n        with:\n          persist-credentials: false\n`,
    [],
  ],
  [
    'a secret in a script',
    `${HEAD}      - run: curl -H \${{ secrets.T }}\n      - run: echo \${{ secrets.T }}\n`,
    ['secrets-exposed medium 8:22', 'secrets-exposed high 9:19'],
  ],
  [
    'every secret',
    `${HEAD}      - run: x\n        env:\n          S: \${{ toJSON(secrets) }}\n`,
    ['secrets-exposed high 10:14'],
  ],
  [
    'a step that never runs',
    `${HEAD}      - if: false\n        run: x\n      - if: \${{ 1 == 2 }}\n        run: x\n`,
    ['dead-steps low 8:13', 'dead-steps low 10:13'],
  ],
  [
    'a condition with text around it',
    `${HEAD}      - if: \${{ github.ref == 'x' }} && true\n        run: x\n`,
    ['dead-steps high 8:13'],
  ],
  [
    'after a step that always fails',
    `${HEAD}      - run: exit 1\n      - run: x\n      - if: always()\n        run: x\n`,
    ['dead-steps low 9:9'],
  ],
  ['an old command', `${HEAD}      - run: echo "::set-output name=a::b"\n`, ['insecure-commands low 8:14']],
  [
    'unsecure commands',
    `${HEAD}      - run: x\n        env:\n          ACTIONS_ALLOW_UNSECURE_COMMANDS: true\n`,
    ['insecure-commands high 10:44'],
  ],
  [
    'contains of a text',
    `${HEAD}      - if: contains('refs/heads/a refs/heads/b', github.ref)\n        run: x\n`,
    ['unsound-contains medium 8:13'],
  ],
];

suite('bit audit workflow', (test) => {
  for (const [name, text, findings] of CASES) test(name, () => assert.equal(found(text), findings));

  test('dangerous triggers and what makes them so', () => {
    const text =
      'on: pull_request_target\npermissions: {}\njobs:\n  a:\n    runs-on: x\n    if: github.actor == \'dependabot[bot]\'\n    steps:\n      - uses: actions/checkout@v4\n        with:\n          ref: ${{ github.event.pull_request.head.sha }}\n          persist-credentials: false\n      - run: echo "a=b" >> $GITHUB_ENV\n      - uses: actions/cache@v4\n        with: {path: x, key: y}\n';
    assert.equal(found(text), [
      'dangerous-triggers high 1:5',
      'bot-conditions high 6:9',
      'unpinned-uses low 8:15',
      'untrusted-checkout high 10:16',
      'github-env medium 12:14',
      'unpinned-uses low 13:15',
      'cache-poisoning high 13:15',
    ]);
  });

  test('a file that is no workflow is a finding with its place', () => {
    assert.equal(found('on: push\njobs:\n  a:\n    runs-on: x\n    stepz: []\n'), ['unreadable high 5:5']);
  });

  test('fixes apply, leave a workflow, and nothing of theirs is found again', () => {
    const text = `on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n      - uses: octo/x@v1\n      - run: echo "\${{ github.event.issue.title }} \${{ github.event.issue.title }}"\n      - name: block\n        run: |\n          echo "\${{ github.head_ref }}"\n          make\n        env:\n          A: b\n      - run: echo "::set-output name=x::y"`;
    const after = fixed(text);
    assert.is(
      after,
      `on: push\npermissions:\n  contents: read\n\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n        with:\n          persist-credentials: false\n      - uses: octo/x@${'a'.repeat(40)} # v1\n      - env:\n          ISSUE_TITLE: \${{ github.event.issue.title }}\n        run: echo "\${ISSUE_TITLE} \${ISSUE_TITLE}"\n      - name: block\n        run: |\n          echo "\${HEAD_REF}"\n          make\n        env:\n          HEAD_REF: \${{ github.head_ref }}\n          A: b\n      - run: echo "x=y" >> "$GITHUB_OUTPUT"`,
    );
    assert.equal(found(after), ['unpinned-uses low 9:15']);
  });

  test('within single quotes no fix is offered', () => {
    const [finding] = auditText('w.yml', `${HEAD}      - run: echo '\${{ github.head_ref }}'\n`);
    assert.is(finding?.rule, 'template-injection');
    assert.is(finding?.fix, undefined);
  });
});
