import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import * as assert from 'uvu/assert';
import type { Io } from '../../src/cli/io.ts';
import { openRunView } from '../../src/cli/run-view.ts';
import { planFlow } from '../../src/orchestration/index.ts';
import { parseSpecification } from '../../src/specification/index.ts';
import type { RunEvent } from '../../src/workflow/index.ts';
import { suite } from '../suite.ts';
import { PUSH, withFlows } from './ground.ts';

const HEAD = 'apiVersion: bithub/v1\nkind: OrchestrationSpec\n';

suite('keys of .bithub.yml that runs obey', (test) => {
  test('a flow’s env and languages reach its workflows and policy.sh, under what those say themselves', async () => {
    const place = withFlows(
      `${HEAD}support: { ux: { localization: { defaultLocale: de-AT, fallbackLocale: en } } }
orchestration:
  flows:
    - name: a
      env: { COLOUR: red, OWN: flow }
      sequence: [{ gate: policy }, { workflows: { series: [show] } }]\n`,
      {},
    );
    try {
      place.write(
        '.bithub/workflows/show.yml',
        'jobs:\n  one:\n    env: { OWN: job }\n    steps:\n      - run: echo "$COLOUR $OWN $LANGUAGE $BITHUB_FLOW" > seen\n',
      );
      place.write('.bithub/policy.sh', '#!/bin/sh\necho "$COLOUR" > gate\n');
      place.git('add', '.');
      place.git('update-index', '--chmod=+x', '.bithub/policy.sh');
      place.git('commit', '-qm', 'show');
      place.git('checkout', '-q', '--', '.');
      place.git('reset', '-q', '--hard');
      const { code, stderr } = await place.bit('flow', 'run', 'a');
      assert.is(code, 0, stderr);
      assert.is(place.read('seen'), 'red job de_AT:en a\n');
      assert.is(place.read('gate'), 'red\n');
    } finally {
      place.close();
    }
  });

  const PROFILES = `clusters:
  profiles:
    small: { concurrencyGroup: 'small-\${{ profile }}', storage: { artifactRetentionDays: 3 } }
    huge: { resources: { memoryGB: 90000 }, fallback: small }
    giant: { resources: { cpus: 9000 } }
`;
  const flow = (step: string): string =>
    `${HEAD}${PROFILES}orchestration:\n  flows:\n    - name: a\n      sequence: [${step}]\n`;

  test('a step’s own profile is rerouted, names its group, and stands in its condition', () => {
    const { specification } = parseSpecification(
      flow(`{ barrier: x, profile: huge, condition: "profile == 'small'" }, { barrier: y }`),
    );
    const [first, second] = planFlow('/', specification, PUSH, { flow: 'a', profile: undefined }).steps;
    assert.equal([first?.profile, first?.runs, first?.own?.concurrencyGroup], ['small', true, 'small-small']);
    assert.match(first?.own?.because ?? '', 'rerouted to small');
    assert.equal([second?.profile, second?.own], [null, null]);
  });

  test('a step whose profile this machine can’t give is refused before anything runs', async () => {
    const place = withFlows(flow('{ workflows: { series: [w] }, profile: giant }'), { w: 'touch ran' });
    try {
      const { code, stderr } = await place.bit('flow', 'run', 'a');
      assert.is.not(code, 0);
      assert.match(stderr, 'profile giant needs 9000 processors');
      assert.not.ok(place.exists('ran'));
    } finally {
      place.close();
    }
  });

  test('artifacts of a step are kept as long as its profile says', async () => {
    const place = withFlows(
      flow("{ action: package-assets, profile: small, with: { paths: ['*.png'], name: art } }"),
      {},
    );
    try {
      place.write('a.png', 'x');
      const { code, stderr, stdout } = await place.bit('flow', 'run', 'a', '--json');
      assert.is(code, 0, stderr);
      const { id } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as { id: string };
      const journal = place.read(`.git/bit/runs/${id}/journal`);
      const [, until = ''] = /"name":"art".*?"expires":"([^"]*)"/.exec(journal) ?? [];
      const days = (Date.parse(until) - Date.now()) / 86_400_000;
      assert.ok(days > 2.9 && days <= 3, journal.slice(0, 4000));
    } finally {
      place.close();
    }
  });

  test('what identity.scopes does not carry is refused where it stands, before anything runs', async () => {
    const steps =
      "{ action: bit-image, with: { pushOn: { always: true } } }, { workflows: { series: [w] } }, { action: package-assets, with: { paths: ['x'] } }";
    const place = withFlows(
      `${HEAD}identity: { scopes: [orchestrate:*] }\norchestration:\n  flows:\n    - name: a\n      sequence: [${steps}]\n`,
      { w: 'true' },
    );
    try {
      const { code, stderr } = await place.bit('flow', 'check');
      assert.is(code, 2);
      for (const capability of ['registry:push', 'workflows:trigger', 'artifacts:write'])
        assert.match(stderr, `identity.scopes does not carry ${capability}`);
      assert.match(stderr, '.bithub.yml:7:');
      assert.is((await place.bit('flow', 'run', 'a')).code, 2);
      const all = 'scopes: [registry:push, workflows:trigger, artifacts:readwrite]';
      place.write('.bithub.yml', place.read('.bithub.yml').replace('scopes: [orchestrate:*]', all));
      assert.is((await place.bit('flow', 'check')).code, 0);
    } finally {
      place.close();
    }
  });

  test('words that policy.profanity denies are redacted in logs and events as they come', async () => {
    const place = withFlows(`${HEAD}policy:\n  profanity: { denylist: [blorp], logRedaction: partial }\n`, {
      w: 'echo what a Blorp; echo blorpless',
    });
    try {
      const { code, stderr, stdout } = await place.bit('run', 'w', '--json');
      assert.is(code, 0, stderr);
      assert.match(stdout, 'what a B****');
      assert.match(stdout, 'blorpless');
      const { id } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as { id: string };
      const logs = join(place.dir, `.git/bit/runs/${id}/logs`);
      const text = readdirSync(logs, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
      assert.is(text.join(''), 'what a B****\nblorpless\n');
    } finally {
      place.close();
    }
  });
});

function shown(logs: string, { terminal = false, env = {} } = {}): string {
  const root = mkdtempSync(join(tmpdir(), 'bit-ux-'));
  const said: string[] = [];
  const stderr = new Writable({
    write(chunk, _encoding, done) {
      said.push(String(chunk));
      done();
    },
  });
  const io: Io = {
    ...{ argv: [], self: [], cwd: root, env, stdin: Readable.from([]), stdout: stderr, stderr },
    ...{ stdinIsTerminal: false, stdoutIsTerminal: false, stderrIsTerminal: terminal, width: 80, height: 24 },
    ...{ now: () => new Date(), setExitCode: () => undefined, onInterrupt: () => () => undefined },
  };
  try {
    mkdirSync(root, { recursive: true });
    writeFileSync(join(root, '.bithub.yml'), `${HEAD}support: { ux: { logs: ${logs} } }\n`);
    const { watch } = openRunView(io, {}, root);
    const common = { run: '1', job: 'j', title: 'J' };
    watch({ ...common, event: 'job-started', at: '2026-01-01T00:00:00.000Z', kept: 0 } as RunEvent);
    watch({
      ...{ ...common, event: 'job-finished', at: '2026-01-01T00:00:01.500Z' },
      ...{ result: 'failure', milliseconds: 1, outputs: {} },
    } as RunEvent);
    return said.join('');
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

suite('support.ux.logs', (test) => {
  test('says how times stand before lines', () => {
    assert.match(shown('{}'), /^2026-01-01T00:00:00\.000Z \[j\] started/);
    assert.match(shown('{ timestamps: iso8601 }'), /^2026-01-01T/);
    assert.match(shown('{ timestamps: relative }'), /^\+0\.000s \[j\] started: J\n\+1\.500s \[j\] FAILED/);
    assert.match(shown('{ timestamps: none }'), /^\[j\] started: J\n\[j\] FAILED/);
  });

  test('treeView: false shows lines on a terminal too, highContrast in bright and inverse', () => {
    const plain = shown('{ treeView: false, timestamps: none }', { terminal: true });
    assert.is(plain, '[j] started: J\n\u001b[31m[j] FAILED after 1 ms\u001b[0m\n');
    const bright = shown('{ treeView: false, timestamps: none, highContrast: true }', { terminal: true });
    assert.is(bright, '\u001b[97m[j] started: J\u001b[0m\n\u001b[1;7m[j] FAILED after 1 ms\u001b[0m\n');
    const none = shown('{ treeView: false, timestamps: none, highContrast: true }', {
      ...{ terminal: true, env: { NO_COLOR: '1' } },
    });
    assert.is(none, '[j] started: J\n[j] FAILED after 1 ms\n');
  });

  test('stops nothing where it is wrong', () => assert.match(shown('{ timestamps: maybe }'), /^2026-01-01T/));
});
