import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import type { World } from '../world.ts';
import { listening, WHOLE, withFlows } from './ground.ts';

const SECRET = 'hush-f00d-5ecret';

/** The whole one; what is remote stands on loopback, images are left to their own tests, and nothing waits. */
const QUICK = WHOLE.replace(/ {8}- action: bit-image\n(?: {10}.*\n)+/g, '')
  .replace('retries: 3', 'retries: 1')
  .replace('backoffSeconds: 10', 'backoffSeconds: 0');

const STANDS = {
  '.tests-aln': 'echo aln',
  '.tests-batchfile': 'exit 3',
  '.tests-lisp': 'mkdir -p audit; echo lisp > audit/lisp.log',
};

interface Audit {
  readonly workflows: readonly { name: string; run_id: string; conclusion: string }[];
  readonly images: readonly string[];
  readonly meta: {
    ts: string;
    sha: string;
    conclusion: string;
    tried: string[];
    steps: { name: string; conclusion: string }[];
  };
}

function auditIn(place: World): { readonly audit: Audit; readonly path: string; readonly text: string } {
  const [name = ''] = readdirSync(join(place.dir, 'orchestration_audit')).filter((one) =>
    one.endsWith('.json'),
  );
  const path = `orchestration_audit/${name}`;
  const text = place.read(path);
  return { audit: JSON.parse(text) as Audit, path, text };
}

function everyByte(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(?:age|secret)$/.test(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
}

suite('bit flow run', (test) => {
  test('runs the whole .bithub.yml against stand-ins: audit, ledger, hook, check, and no secret anywhere', async () => {
    const server = await listening((request, nth) => ({
      status: request.path.startsWith('/hook') && nth === 1 ? 503 : 201,
    }));
    const place = withFlows(QUICK, STANDS, {
      GITHUB_TOKEN: SECRET,
      GITHUB_API_URL: server.url,
      GITHUB_REPOSITORY: 'ada/lantern',
    });
    try {
      place.write('game/assets/lamp.png', 'lamp\n');
      place.write('.bithub/policy.sh', '#!/bin/sh\necho "gate of $BITHUB_FLOW"\n');
      place.git('add', '.');
      place.git('update-index', '--chmod=+x', '.bithub/policy.sh');
      place.git('commit', '-q', '-m', 'assets');
      place.git('checkout', '-q', '--', '.');
      place.git('reset', '-q', '--hard');
      assert.is(
        (await place.bitWith({ input: `${server.url}/hook/${SECRET}\n` }, 'secret', 'set', 'NOTIFY_WEBHOOK'))
          .code,
        0,
      );
      const run = await place.bit('flow', 'run', '--event', 'push', '--branch', 'main');
      assert.is(run.code, 0, run.stderr);
      const { audit, path, text } = auditIn(place);
      assert.equal(Object.keys(audit), ['workflows', 'images', 'meta']);
      assert.equal(
        audit.workflows.map(({ name, conclusion }) => [name, conclusion]),
        [
          ['.tests-aln', 'success'],
          ['.tests-batchfile', 'failure'],
          ['.tests-lisp', 'success'],
        ],
      );
      assert.equal(audit.images, []);
      assert.match(audit.meta.ts, /^\d{8}_\d{6}$/);
      assert.is(audit.meta.sha, place.git('rev-parse', 'HEAD'));
      assert.is(audit.meta.conclusion, 'success');
      assert.match(place.read(path.replace('.json', '.log')), 'step 3: workflows parallel → failure');
      const digest = createHash('sha256').update(text).digest('hex');
      const log = await place.bit('history', 'query', '--json');
      assert.match(log.stdout + (await place.bit('log', 'audit', '--json')).stdout, digest);
      const [check, ...hooks] = server.received;
      assert.is(check?.path, '/repos/ada/lantern/check-runs');
      assert.is(check?.headers.authorization, `Bearer ${SECRET}`);
      assert.is((JSON.parse(check?.body ?? '{}') as { conclusion: string }).conclusion, 'success');
      // refused once, told again; the failed workflow makes it a warning
      assert.equal(
        hooks.map((hook) => [hook.path, (JSON.parse(hook.body) as { level: string }).level]),
        [
          [`/hook/${SECRET}`, 'warn'],
          [`/hook/${SECRET}`, 'warn'],
        ],
      );
      const written =
        everyByte(join(place.dir, '.git', 'bit', 'runs')) +
        everyByte(join(place.dir, 'orchestration_audit')) +
        run.stderr +
        run.stdout;
      assert.not.match(written, SECRET);
      assert.match(written, 'gate of main-ci');
    } finally {
      place.close();
      await server.close();
    }
  });

  test('stops at what fails, writes the audit all the same and says what was tried', async () => {
    const place = withFlows(
      `apiVersion: bithub/v1
kind: OrchestrationSpec
orchestration:
  defaults: { retries: 2, backoffSeconds: 0 }
  flows:
    - name: strict
      sequence:
        - workflows: { series: [good, bad, never] }
        - barrier: not-reached
`,
      { good: 'echo good', bad: 'echo try >> tries; exit 1', never: 'touch reached' },
    );
    try {
      const run = await place.bit('flow', 'run', 'strict');
      assert.is(run.code, 1);
      assert.match(run.stderr, 'strict failed');
      assert.is(place.read('tries'), 'try\ntry\ntry\n');
      assert.not.ok(place.exists('reached'));
      const { audit } = auditIn(place);
      assert.is(audit.meta.conclusion, 'failure');
      assert.equal(
        audit.workflows.map(({ conclusion }) => conclusion),
        ['success', 'failure', 'skipped'],
      );
      assert.match(audit.meta.tried[0] ?? '', 'up to 3 times');
    } finally {
      place.close();
    }
  });

  test('fails at a workflow that is not there, at a gate that is closed and at a script that lost its bit', async () => {
    const flow = (name: string, steps: string): string =>
      `    - name: ${name}\n      sequence: [ ${steps} ]\n`;
    const place = withFlows(
      `apiVersion: bithub/v1\nkind: OrchestrationSpec\norchestration:\n  flows:\n${flow('missing', '{ workflows: { series: [lnt] } }')}${flow('gated', '{ gate: policy }, { workflows: { series: [lint] } }')}${flow('approved', '{ gate: approval }')}`,
      { lint: 'touch reached' },
    );
    try {
      const missing = await place.bit('flow', 'run', 'missing');
      assert.is(missing.code, 1);
      assert.match(missing.stderr, 'there is no workflow lnt: tried .bithub/workflows/lnt.yml');
      assert.match(missing.stderr, 'did you mean: lint');
      place.write('.bithub/policy.sh', '#!/bin/sh\n');
      assert.match((await place.bit('flow', 'run', 'gated')).stderr, 'not executable');
      assert.match((await place.bit('flow', 'run', 'approved')).stderr, 'approval');
      assert.not.ok(place.exists('reached'));
    } finally {
      place.close();
    }
  });

  test('changes nothing when only asked, and does not start on what it does not ask for', async () => {
    const place = withFlows(QUICK, STANDS);
    try {
      const before = place.git('status', '--porcelain=v1', '-uall');
      const dry = await place.bit('flow', 'run', 'main-ci', '--event', 'push', '--dry-run');
      assert.is(dry.code, 0, dry.stderr);
      assert.match(dry.stdout, '1. gate policy: runs');
      const other = await place.bit('flow', 'run', 'main-ci', '--event', 'push', '--branch', 'dev');
      assert.is(other.code, 0);
      assert.match(other.stdout, 'does not start');
      assert.is(place.git('status', '--porcelain=v1', '-uall'), before);
      assert.not.ok(place.exists('orchestration_audit'));
    } finally {
      place.close();
    }
  });

  test('waits at an approval gate until others granted it, and goes on from there', async () => {
    const place = withFlows(
      `apiVersion: bithub/v1\nkind: OrchestrationSpec\norchestration:\n  flows:\n    - name: release\n      sequence: [ { workflows: { series: [before] } }, { gate: approval }, { workflows: { series: [after] } } ]\n`,
      { before: 'echo before >> trace', after: 'echo after >> trace' },
    );
    try {
      place.write('.bit/contract.aln', 'CONTRACT: terms\n[APPROVAL]\nACTION: flow.approve\nOWN: true\n');
      assert.is((await place.bit('contract', 'enforce', '.bit/contract.aln')).code, 0);
      const held = await place.bit('flow', 'run', 'release');
      assert.is(held.code, 75);
      assert.match(held.stderr, 'an approval would lift this');
      assert.match(held.stderr, 'it waits for approval');
      const id = /bit resume (\w+)/.exec(held.stderr)?.[1] ?? '';
      const early = await place.bit('resume', id);
      assert.is(early.code, 75, 'nobody granted it yet');
      const { state } = JSON.parse(place.read(`.git/bit/runs/${id}/summary.json`)) as { state: string };
      assert.is(state, 'waiting');
      const asked = await place.bit('approval', 'request', '--json');
      const { request } = JSON.parse(asked.stdout) as { request: string };
      assert.is((await place.bit('approval', 'grant', request)).code, 0);
      const passed = await place.bit('resume', id);
      assert.is(passed.code, 0, passed.stderr);
      assert.is(place.read('trace'), 'before\nafter\n');
      assert.is(auditIn(place).audit.meta.conclusion, 'success');
    } finally {
      place.close();
    }
  });

  test('on a mesh sends its workflows there; its gates, barriers and audit stay here', async () => {
    const place = withFlows(
      `apiVersion: bithub/v1\nkind: OrchestrationSpec\norchestration:\n  flows:\n    - name: here\n      sequence: [ { gate: policy }, { barrier: all } ]\n    - name: there\n      sequence: [ { gate: policy }, { workflows: { series: [only] } } ]\n`,
      { only: 'touch done' },
    );
    try {
      // there is no mesh
      const here = await place.bit('flow', 'run', 'here', '--on', 'mesh');
      assert.is(here.code, 0, here.stderr);
      assert.is(auditIn(place).audit.meta.conclusion, 'success');
      const there = await place.bit('flow', 'run', 'there', '--on', 'mesh');
      assert.is(there.code, 1);
      assert.match(there.stdout + there.stderr, /mesh/);
      assert.not.ok(place.exists('done'));
    } finally {
      place.close();
    }
  });

  test('is found by bit run too, by its name', async () => {
    const place = withFlows(
      'apiVersion: bithub/v1\nkind: OrchestrationSpec\norchestration:\n  flows:\n    - name: small\n      sequence: [ { workflows: { series: [only] } } ]\n',
      { only: 'touch done' },
    );
    try {
      assert.match((await place.bit('flow', 'list')).stdout, 'small');
      const run = await place.bit('run', 'small');
      assert.is(run.code, 0, run.stderr);
      assert.ok(place.exists('done'));
      assert.is(auditIn(place).audit.meta.conclusion, 'success');
    } finally {
      place.close();
    }
  });
});
