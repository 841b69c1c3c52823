/** A controller, three runners and a client on machines of a network of their own, that know each other by mDNS alone. */
import { execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { Actor, gitIn, type Home, makeHome } from '../../../scripts/campaign/mesh/actors.ts';
import { openLedgerReader } from '../../../src/ledger/index.ts';
import { suite } from '../../suite.ts';
import { type Lan, lanFault, makeLan } from './lan.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const BIT = join(ROOT, 'bin', 'run.js');
const CONTROLLER = 1;
const CLIENT = 5;
const RUNNERS = [2, 3, 4] as const;

const CI = `name: ci
jobs:
  check:
    steps:
      - run: for file in bin/*.js; do node --check "$file"; done; echo checked
  pack:
    steps:
      - id: pack
        run: |
          git archive --format=tar HEAD src/kernel > kernel.tar
          echo "digest=$(sha256sum kernel.tar | cut -d' ' -f1)" >> "$BIT_OUTPUT"
      - uses: upload-artifact
        with: { name: kernel, path: kernel.tar }
    outputs:
      digest: \${{ steps.pack.outputs.digest }}
  unpack:
    needs: [check, pack]
    strategy: { matrix: { part: [errors, files, json] } }
    steps:
      - uses: download-artifact
        with: { name: kernel, path: got }
      - run: |
          test "$(sha256sum got/kernel.tar | cut -d' ' -f1)" = "\${{ needs.pack.outputs.digest }}"
          tar -xf got/kernel.tar -C got
          cmp "got/src/kernel/\${{ matrix.part }}.ts" "src/kernel/\${{ matrix.part }}.ts"
          echo "same \${{ matrix.part }}"
`;
const LONG = `name: long
jobs:
  work:
    steps:
      - run: for i in 1 2 3 4 5 6 7 8; do echo "second $i"; sleep 1; done; echo finished
`;

interface Scene {
  readonly lan: Lan;
  readonly root: string;
  readonly controller: Actor;
  readonly runners: readonly Actor[];
  readonly client: Home;
}

interface Running {
  readonly output: () => string;
  readonly ended: Promise<number>;
}

function run(scene: Scene, ...words: readonly string[]): Running {
  const [program = '', ...around] = scene.lan.at(CLIENT);
  const child = spawn(program, [...around, process.execPath, BIT, ...words], {
    cwd: scene.client.clone,
    env: { ...scene.client.env, BIT_MESH: `wss://${scene.lan.address(CONTROLLER)}:7443` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  return {
    output: () => output,
    ended: new Promise((resolve) => child.on('exit', (code) => resolve(code ?? 1))),
  };
}

async function until<Value>(
  ask: () => Value | undefined,
  patience: number,
  what: () => string,
): Promise<Value> {
  for (const deadline = performance.now() + patience; ; await sleep(100)) {
    const found = ask();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(what());
  }
}

const logOf = (actor: Actor): string => (existsSync(actor.at.log) ? readFileSync(actor.at.log, 'utf8') : '');

/** The runner that says it has the run's job. */
function holder(scene: Scene, running: Running): Promise<Actor> {
  return until(
    () => {
      const at = [...running.output().matchAll(/it runs on aln:\/\/runner\/lan\/(\d)/g)].at(-1)?.[1];
      return running.output().includes('second 2') && at !== undefined
        ? scene.runners[Number(at) - 2]
        : undefined;
    },
    40_000,
    () => `the job did not begin:\n${running.output()}`,
  );
}

/** Results of jobs of that workflow in the controller's ledger. */
function results(scene: Scene): number {
  const ledger = openLedgerReader({ directory: join(scene.controller.at.clone, '.git', 'bit', 'ledger') });
  const ids = new Set<unknown>();
  for (const { event, payload } of ledger.entries({})) {
    const changes = Array.isArray(payload?.['changes']) ? payload['changes'] : [{ event, ...payload }];
    for (const change of changes as Record<string, unknown>[])
      if (change['event'] === 'JOB_RESULT') ids.add(change['id']);
  }
  return ids.size;
}

function prepare(): Scene {
  const lan = makeLan(5);
  const root = mkdtempSync(join(tmpdir(), 'bit-lan-'));
  const origin = join(root, 'origin');
  execFileSync('git', ['clone', '-q', '--depth', '1', `file://${ROOT}`, origin], { stdio: 'ignore' });
  const git = gitIn(origin);
  mkdirSync(join(origin, '.bithub', 'workflows'), { recursive: true });
  for (const [name, text] of Object.entries({ ci: CI, long: LONG }))
    writeFileSync(join(origin, '.bithub', 'workflows', `${name}.yml`), text);
  git('checkout', '-q', '-B', 'main');
  git('add', '.');
  git('-c', 'user.name=A', '-c', 'user.email=a@example.com', 'commit', '-qm', 'workflows');
  const homes = new Map(
    [CONTROLLER, ...RUNNERS, CLIENT].map((machine) => [
      machine,
      makeHome(root, `machine-${machine}`, origin),
    ]),
  );
  const home = (machine: number): Home => homes.get(machine) as Home;
  for (const machine of RUNNERS) {
    const { clone } = home(machine);
    mkdirSync(join(clone, '.bit'), { recursive: true });
    writeFileSync(
      join(clone, '.bit', 'runner.manifest.yml'),
      `runner:\n  id: "aln://runner/lan/${machine}"\n  capabilities: { build: [sh, git] }\n  repositories: ["file:///**"]\n  qos: { max_concurrent_jobs: 2 }\n`,
    );
    appendFileSync(join(clone, '.git', 'info', 'exclude'), '.bit\n');
  }
  const controller = new Actor(
    home(CONTROLLER),
    ['mesh', 'serve', '--listen', `${lan.address(CONTROLLER)}:7443`, '--announce', '--no-autoscale'],
    lan.at(CONTROLLER),
  );
  const runners = RUNNERS.map((machine) => new Actor(home(machine), ['runner', 'start'], lan.at(machine)));
  // the owner of the mesh asks: his key is in both homes
  const client = { ...home(CLIENT), env: { ...home(CLIENT).env, HOME: home(CONTROLLER).home } };
  return {
    lan,
    root,
    controller,
    runners,
    client: { ...client, env: ownedBy(client.env, home(CONTROLLER).env) },
  };
}

function ownedBy(env: Home['env'], owner: Home['env']): Home['env'] {
  const own = Object.entries(owner).filter(([name]) => name.startsWith('XDG_') || name === 'HOME');
  return { ...env, ...Object.fromEntries(own) };
}

const fault = lanFault();

suite<Scene>('a mesh on a network of its own', (test) => {
  if (fault !== undefined) {
    test(`is not tried here: ${fault}`, () => assert.is(process.env['CI'], undefined));
    return;
  }
  test.before(async (context) => {
    Object.assign(context, prepare());
    context.controller.start();
    await until(
      () => (/is served at/.test(logOf(context.controller)) ? true : undefined),
      60_000,
      () => logOf(context.controller),
    );
    for (const runner of context.runners) runner.start();
    for (const runner of context.runners)
      await until(
        () => (/joined aln:/.test(logOf(runner)) ? true : undefined),
        60_000,
        () => `a runner found no controller:\n${logOf(runner)}`,
      );
  });
  test.after(async ({ lan, root, controller, runners }) => {
    for (const actor of [...(runners ?? []), controller]) await actor?.kill();
    lan?.close();
    if (root !== undefined) rmSync(root, { recursive: true, force: true, maxRetries: 3 });
  });

  test('three runners found by mDNS do a workflow of this repository', async (context) => {
    const running = run(context, 'run', 'ci', '--on', 'mesh');
    assert.is(await running.ended, 0, running.output());
    for (const line of ['checked', 'same errors', 'same files', 'same json'])
      assert.match(running.output(), line);
    assert.match(running.output(), /artifact kernel: 1 files/);
  });

  test('a controller that is killed and comes back knows its jobs, and each ends once', async (context) => {
    const before = results(context);
    const running = run(context, 'run', 'long', '--on', 'mesh');
    await holder(context, running);
    await context.controller.kill();
    await sleep(1000);
    context.controller.start();
    assert.is(await running.ended, 0, running.output());
    assert.match(running.output(), 'finished');
    assert.is(results(context), before + 1);
  });

  test('the job of a runner that is killed ends on another', async (context) => {
    const before = results(context);
    const running = run(context, 'run', 'long', '--on', 'mesh');
    const first = await holder(context, running);
    await first.kill();
    assert.is(await running.ended, 0, running.output());
    assert.match(running.output(), 'its runner was lost: it begins again on another');
    assert.match(running.output(), 'finished');
    assert.is(results(context), before + 1);
    const others = context.runners.filter((runner) => runner !== first);
    assert.ok(
      others.some((runner) => /long\.yml.*attempt 2/.test(logOf(runner))),
      others.map(logOf).join('\n'),
    );
  });
});
