/** The first quarter of an hour with a mesh, as docs/mesh-operations.md tells it: one repository, TLS, the template's policies. */
import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { Actor, freePort, gitIn, type Home, makeHome } from '../../../scripts/campaign/mesh/actors.ts';
import { suite } from '../../suite.ts';
import { builtBit } from '../built.ts';

const CI = `name: ci
on: { push: }
jobs:
  hello:
    runs-on: ubuntu-latest
    steps:
      - run: cat greeting
`;

interface Scene {
  readonly root: string;
  readonly at: Home;
  readonly controller: Actor;
  readonly runner: Actor;
}

function bit({ at }: Pick<Scene, 'at'>, ...words: readonly string[]): SpawnSyncReturns<string> {
  const { clone: cwd, env } = at;
  return spawnSync(process.execPath, [builtBit(), ...words], { cwd, env, encoding: 'utf8', timeout: 90_000 });
}

function ok(scene: Pick<Scene, 'at'>, ...words: readonly string[]): string {
  const { status, stdout, stderr } = bit(scene, ...words);
  assert.is(status, 0, `bit ${words.join(' ')}:\n${stdout}${stderr}`);
  return stdout + stderr;
}

async function says(actor: Actor, what: RegExp): Promise<void> {
  const told = (): string => (existsSync(actor.at.log) ? readFileSync(actor.at.log, 'utf8') : '');
  for (const deadline = performance.now() + 60_000; !what.test(told()); await sleep(100))
    if (performance.now() > deadline) throw new Error(`it never said ${what}:\n${told()}`);
}

async function prepare(): Promise<Scene> {
  const root = mkdtempSync(join(tmpdir(), 'bit-new-user-'));
  const origin = join(root, 'origin');
  mkdirSync(origin);
  const git = gitIn(origin);
  git('init', '-q', '-b', 'main');
  writeFileSync(join(origin, 'greeting'), 'hello from the work tree\n');
  git('add', '.');
  git('-c', 'user.name=A', '-c', 'user.email=a@example.com', 'commit', '-qm', 'a greeting');
  const home = makeHome(root, 'user', origin);
  // as one that was made here: nothing to fetch from but itself
  gitIn(home.clone)('remote', 'remove', 'origin');
  const port = await freePort();
  const at = { ...home, env: { ...home.env, BIT_MESH: `wss://127.0.0.1:${port}` } };
  const serve = ['mesh', 'serve', '--listen', `127.0.0.1:${port}`];
  return { root, at, controller: new Actor(at, serve), runner: new Actor(at, ['runner', 'start']) };
}

suite<Scene>('a mesh from nothing', (test) => {
  test.before(async (context) => {
    Object.assign(context, await prepare());
  });
  test.after(async ({ root, runner, controller }) => {
    await runner?.kill('SIGTERM');
    await controller?.kill('SIGTERM');
    if (root !== undefined) rmSync(root, { recursive: true, force: true, maxRetries: 3 });
  });

  test('the template, its policies accepted, a controller and a runner', async (context) => {
    ok(context, 'init', 'runner');
    ok(context, 'policy', 'accept');
    const { clone } = context.at;
    writeFileSync(join(clone, '.bithub', 'workflows', 'ci.yml'), CI);
    writeFileSync(join(clone, '.bithub', 'workflows', 'approved_jobs'), 'validate\nci\n');
    execFileSync('git', ['add', '-A'], { cwd: clone });
    execFileSync('git', ['commit', '-qm', 'a runner'], { cwd: clone, env: context.at.env });
    context.controller.start();
    await says(context.controller, /is served at wss:/);
    ok(context, 'runner', 'init');
    context.runner.start();
    await says(context.runner, /joined aln:/);
    assert.match(ok(context, 'mesh', 'status'), /1 idle/);
  });

  test('jobs that say what they are, or nothing of it, are done', (context) => {
    assert.match(
      ok(context, 'job', 'submit', '--follow', '--', 'cat', 'greeting'),
      'hello from the work tree',
    );
    const tested = ok(context, 'job', 'submit', '--require', 'test', '--follow', '--', 'cat', 'greeting');
    assert.match(tested, 'hello from the work tree');
  });

  test('a workflow and a chain that approved_jobs names are run', (context) => {
    assert.match(ok(context, 'run', 'ci', '--on', 'mesh'), '1 of 1 jobs succeeded');
    assert.match(
      ok(context, 'workflow', 'chain', 'validate', 'ci', '--on', 'mesh'),
      'hello from the work tree',
    );
  });

  test('an offer above max_priority, and one that is nothing the policy takes, wait and say why', (context) => {
    ok(context, 'job', 'submit', '--key', 'high', '--priority', '11', '--', 'true');
    ok(context, 'job', 'submit', '--key', 'ml', '--require', 'ml', '--', 'true');
    const listed = ok(context, 'job', 'list');
    assert.is(
      listed.split('\n').filter((line) => /waiting.*allow_job is not true/.test(line)).length,
      2,
      listed,
    );
    assert.match(listed, 'max_priority');
  });

  test('the ledger of it all verifies', (context) => {
    ok(context, 'ledger', 'verify');
  });
});
