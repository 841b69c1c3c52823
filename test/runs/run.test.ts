import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { openLedgerReader } from '../../src/ledger/index.ts';
import { sandboxFault } from '../../src/workflow/index.ts';
import { suite } from '../suite.ts';
import { BIT_PROGRAM, type World, world } from '../world.ts';

function workflow(place: World, name: string, text: string): void {
  place.write(`.bithub/workflows/${name}.yml`, text);
}

function entries(place: World, event: string) {
  const ledger = openLedgerReader({ directory: join(place.dir, '.git', 'bit', 'ledger') });
  return [...ledger.entries({ event })];
}

suite<{ place: World }>('bit run', (test) => {
  test.before.each((context) => {
    context.place = world();
    context.place.start();
  });
  test.after.each((context) => context.place.close());

  test('runs a workflow as one recorded operation with the digest of its journal', async ({ place }) => {
    workflow(place, 'ci', 'jobs:\n  a:\n    steps:\n      - run: echo hello\n');
    const { code, stdout, stderr } = await place.bit('run', 'ci');
    assert.is(code, 0, stderr);
    assert.match(stdout, /ci: 1 of 1 jobs succeeded/);
    assert.match(stderr, /\[a\] .*\| hello/);
    const [outcome] = entries(place, 'WORKFLOW_RUN').filter(({ phase }) => phase === 'outcome');
    const result = outcome?.payload?.['result'] as { run: string; journal: string; result: string };
    assert.is(result.result, 'success');
    const { createHash } = await import('node:crypto');
    const journal = readFileSync(join(place.dir, '.git', 'bit', 'runs', result.run, 'journal'));
    assert.is(result.journal, createHash('sha256').update(journal).digest('hex'));
  });

  test('a workflow of GitHub’s sees the event it is run for, and its payload', async ({ place }) => {
    place.write(
      '.github/workflows/pr.yml',
      'on: pull_request\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo "${{ github.event_name }} ${{ github.event.number }}"\n',
    );
    place.write('event.json', JSON.stringify({ number: 7 }));
    const { code, stderr } = await place.bit(
      ...['run', 'pr', '--event', 'pull_request', '--payload', 'event.json'],
    );
    assert.is(code, 0, stderr);
    assert.match(stderr, /\| pull_request 7/);
    place.write('event.json', '{');
    const bad = await place.bit('run', 'pr', '--payload', 'event.json');
    assert.is(bad.code, 2);
    assert.match(bad.stderr, /event\.json/);
  });

  test('a failure is exit 1 with the last lines and the command that goes on, which repeats nothing', async ({
    place,
  }) => {
    workflow(
      place,
      'ci',
      'jobs:\n  a:\n    steps:\n      - run: echo once >> log\n      - run: echo why; test -e ready\n',
    );
    const first = await place.bit('run', 'ci');
    assert.is(first.code, 1);
    assert.match(first.stderr, /ci failed: job a.*exit status 1\n {2}why/);
    const [, command = ''] = /go on from there with: bit (.*)/.exec(first.stderr) ?? [];
    const [outcome] = entries(place, 'WORKFLOW_RUN').filter(({ phase }) => phase === 'outcome');
    assert.equal(
      [outcome?.payload?.['ok'], (outcome?.payload?.['result'] as { result?: string } | undefined)?.result],
      [false, 'failure'],
    );
    place.write('ready', '');
    const second = await place.bit(...command.split(' '));
    assert.is(second.code, 0, second.stderr);
    assert.is(place.read('log'), 'once\n');
    assert.is((await place.bit('retry', 'failed')).code, 4);
    assert.is((await place.bit('retry', 'last')).code, 2);
  });

  test('holds no lock: bit and git in its steps act, inside the run, and are taken back with it', async ({
    place,
  }) => {
    const bit = `${process.execPath} ${BIT_PROGRAM}`;
    workflow(place, 'ci', `jobs:\n  a:\n    steps:\n      - run: ${bit} tag new v9 && git tag plain\n`);
    const { code, stderr } = await place.bit('run', 'ci');
    assert.is(code, 0, stderr);
    const [run] = entries(place, 'WORKFLOW_RUN');
    assert.equal([...new Set(entries(place, 'TAG_NEW').map(({ parent }) => parent))], [run?.op]);
    assert.is(place.git('tag'), 'plain\nv9');
    const back = await place.bit('rollback', 'workflow');
    assert.is(back.code, 0, back.stderr);
    assert.is(place.git('tag'), 'plain');
  });

  test('under --json each event is a line and the result the last', async ({ place }) => {
    workflow(place, 'ci', 'jobs:\n  a:\n    steps:\n      - run: echo hello\n');
    const { stdout } = await place.bit('run', 'ci', '--json');
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const result = lines.pop();
    assert.equal(
      lines.map(({ event }) => event),
      [
        'run-started',
        'job-started',
        'step-started',
        'step-output',
        'step-finished',
        'job-finished',
        'run-finished',
      ],
    );
    assert.equal([result?.['result'], typeof result?.['journal']], ['success', 'string']);
    assert.ok(lines.every((line) => line['run'] === result?.['id'] && typeof line['at'] === 'string'));
  });

  test('policies judge it by its name, also when it is gone on with', async ({ place }) => {
    workflow(place, 'deploy', 'jobs:\n  a:\n    steps:\n      - run: touch ran; exit 1\n');
    assert.is((await place.bit('run', 'deploy')).code, 1);
    workflow(place, 'other', 'jobs:\n  a:\n    steps:\n      - run: touch ran\n');
    workflow(place, 'caller', 'jobs:\n  a:\n    uses: deploy\n');
    assert.is((await place.bit('freeze', 'workflow', 'deploy')).code, 0);
    for (const words of [
      ['run', 'deploy'],
      ['run', '.bithub/workflows/deploy.yml'],
      ['retry', 'failed'],
      ['workflow', 'chain', 'other', 'deploy'],
      ['run', 'caller'],
    ]) {
      const { code, stderr } = await place.bit(...words);
      assert.is(code, 3, `${words.join(' ')}: ${stderr}`);
    }
  });

  test('programs and scripts run as workflows; what is neither is told', async ({ place }) => {
    place.write('tool.sh', '#!/bin/sh\necho "said=$1" >> "$BIT_OUTPUT"\n');
    assert.is((await place.bit('run', './tool.sh', 'word')).code, 2);
    chmodSync(join(place.dir, 'tool.sh'), 0o755);
    const { code, stdout, stderr } = await place.bit('run', './tool.sh', 'word');
    assert.is(code, 0, stderr);
    assert.match(stdout, /said: word/);
    const missing = await place.bit('run', 'toool');
    assert.equal([missing.code, /no workflow or script toool/.test(missing.stderr)], [4, true]);
  });

  test('debug shows what each step is given, and goes on where nobody can be asked', async ({ place }) => {
    const text =
      'env: { A: one }\njobs:\n  a:\n    steps:\n      - run: echo B=two >> $BIT_ENV\n      - run: test $A-$B = one-two\n';
    workflow(place, 'ci', text);
    const { code, stderr } = await place.bit('workflow', 'context', 'debug', 'ci');
    assert.is(code, 0, stderr);
    assert.match(stderr, /a\/_2: test \$A-\$B = one-two\n {2}B=two\n/);
    const only = await place.bit('workflow', 'context', 'debug', 'ci', '--break', 'a/_2');
    assert.not(/a\/_1: echo/.test(only.stderr));
    assert.is((await place.bit('workflow', 'context', 'debug', 'ci', '--break', 'b/x')).code, 4);
  });

  test('--job takes it and what it needs, --env stands over the workflow’s own, --input is checked', async ({
    place,
  }) => {
    workflow(
      place,
      'ci',
      'inputs: { who: { default: you } }\nenv: { MOOD: calm }\njobs:\n  a: { steps: [{ run: "echo a $MOOD ${{ inputs.who }} >> log" }] }\n  b: { needs: a, steps: [{ run: echo b >> log }] }\n  c: { steps: [{ run: echo c >> log }] }\n',
    );
    const words = ['run', 'ci', '--job', 'b', '--env', 'MOOD=glad', '--input', 'who=ada'];
    const { code, stderr } = await place.bit(...words);
    assert.is(code, 0, stderr);
    assert.is(place.read('log'), 'a glad ada\nb\n');
    for (const asked of [[], ['--plan'], ['--dry-run']]) {
      const none = await place.bit('run', 'ci', '--job', 'bb', ...asked);
      assert.is(none.code, 4, asked.join());
      assert.match(none.stderr, /there is no job bb\nhint: did you mean: b/);
    }
    for (const wrong of [
      ['--input', 'whoo=ada'],
      ['--input', 'who'],
      ['--env', '=x'],
    ]) {
      const run = await place.bit('run', 'ci', ...wrong);
      assert.is(run.code, 2, `${wrong.join(' ')}: ${run.stderr}`);
    }
    assert.is(place.read('log'), 'a glad ada\nb\n');
  });

  test('comes to its end although who read it went away', async ({ place }) => {
    workflow(
      place,
      'ci',
      'jobs:\n  a:\n    steps:\n      - run: for i in $(seq 50); do echo $i; sleep 0.01; done\n      - run: touch ran\n',
    );
    const bit = [process.execPath, BIT_PROGRAM];
    const text = `"$@" 2>&1 | head -n 1`;
    const { status } = spawnSync('sh', ['-c', text, 'sh', ...bit, 'run', 'ci'], {
      cwd: place.dir,
      env: place.env,
    });
    assert.is(status, 0);
    assert.ok(place.exists('ran'));
    const [outcome] = entries(place, 'WORKFLOW_RUN').filter(({ phase }) => phase === 'outcome');
    assert.is(outcome?.payload?.['ok'], true);
  });

  test('--sandbox lets only the work tree be written, --network none implies it and cuts the network off', async ({
    place,
  }) => {
    const fault = sandboxFault();
    workflow(
      place,
      'ci',
      `jobs:\n  a:\n    steps:\n      - run: touch in; touch ${place.root}/out || true\n      - run: 'grep -c : /proc/net/dev > devices'\n`,
    );
    const run = await place.bit('run', 'ci', '--sandbox');
    if (fault !== undefined) return assert.is.not(run.code, 0, 'nothing runs unguarded');
    assert.is(run.code, 0, run.stderr);
    assert.equal([place.exists('in'), existsSync(join(place.root, 'out'))], [true, false]);
    assert.is((await place.bit('run', 'ci', '--network', 'none')).code, 0);
    assert.is(place.read('devices').trim(), '1');
    assert.not(existsSync(join(place.root, 'out')));
  });

  test('--plan shows the jobs and runs nothing, --on vm says what lacks', async ({ place }) => {
    workflow(
      place,
      'ci',
      'jobs:\n  a: { steps: [{ run: touch ran }] }\n  b: { needs: a, steps: [{ run: touch ran }] }\n',
    );
    const plan = await place.bit('run', 'ci', '--plan');
    assert.equal([plan.code, plan.stdout], [0, 'ci\n  a\n    b  after a\n']);
    const vm = await place.bit('run', 'ci', '--on', 'vm');
    assert.is(vm.code, 1);
    assert.match(vm.stderr, /no executor for virtual machines/);
    assert.not(existsSync(join(place.dir, 'ran')));
  });
});

suite<{ place: World }>('workflows as files', (test) => {
  test.before.each((context) => {
    context.place = world();
    context.place.start();
  });
  test.after.each((context) => context.place.close());

  test('a change keeps comments and order, and can be undone', async ({ place }) => {
    const text =
      '# why it is here\nname: ci\non: push # always\n\njobs:\n  a: # the only one\n    steps:\n      - run: echo one # first\n      - run: echo two\n';
    workflow(place, 'ci', text);
    const set = await place.bit(
      'workflow',
      'modify',
      'ci',
      '--set',
      'jobs.a.steps.1.run=echo three',
      '--set',
      'jobs.a.timeout-minutes=5',
    );
    assert.is(set.code, 0, set.stderr);
    assert.is(
      place.read('.bithub/workflows/ci.yml'),
      `${text.replace('echo two', 'echo three')}    timeout-minutes: 5\n`,
    );
    assert.is((await place.bit('undo')).code, 0);
    assert.is(place.read('.bithub/workflows/ci.yml'), text);
    const bad = await place.bit('workflow', 'modify', 'ci', '--set', 'jobs.a.stesp=1');
    assert.equal([bad.code, place.read('.bithub/workflows/ci.yml')], [2, text]);
  });

  test('one is made, listed, linked, run in a chain and deleted; undo brings it back', async ({ place }) => {
    for (const name of ['one', 'two'])
      assert.is((await place.bit('workflow', 'create', name, '--run', `echo ${name} >> log`)).code, 0);
    assert.is((await place.bit('workflow', 'create', 'one')).code, 1);
    assert.is((await place.bit('workflow', 'link', 'two', 'one')).code, 0);
    assert.is((await place.bit('workflow', 'link', 'two', 'push')).code, 0);
    assert.match((await place.bit('workflow')).stdout, /two +native +manual workflow push/);
    assert.is((await place.bit('workflow', 'link', 'two', 'psuh')).code, 4);
    const chain = await place.bit('workflow', 'chain', 'one', 'two', '--save', 'both');
    assert.is(chain.code, 0, chain.stderr);
    assert.is(place.read('log'), 'one\ntwo\n');
    assert.is((await place.bit('run', 'both')).code, 0);
    assert.is(place.read('log'), 'one\ntwo\none\ntwo\n');
    assert.is((await place.bit('workflow', 'delete', 'two', '--yes')).code, 0);
    assert.not(place.exists('.bithub/workflows/two.yml'));
    assert.is((await place.bit('undo')).code, 0);
    assert.ok(place.exists('.bithub/workflows/two.yml'));
  });

  test('a chain hands outputs on to inputs of the same name', async ({ place }) => {
    workflow(
      place,
      'make',
      'outputs: { version: "${{ jobs.a.outputs.v }}", other: x }\njobs:\n  a:\n    outputs: { v: "${{ steps.s.outputs.v }}" }\n    steps:\n      - { id: s, run: echo v=1.2 >> $BIT_OUTPUT }\n',
    );
    workflow(
      place,
      'use',
      'inputs: { version: { required: true } }\njobs:\n  a:\n    steps:\n      - run: test "${{ inputs.version }}" = 1.2\n',
    );
    const { code, stderr } = await place.bit('workflow', 'chain', 'make', 'use');
    assert.is(code, 0, stderr);
  });
});
