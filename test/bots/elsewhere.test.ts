/** Events handled on a mesh of real programs: a controller, a runner and a host of bots on loopback. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { HandledEvent, Trail } from '../../src/bots/index.ts';
import { confinementFault } from '../../src/workflow/index.ts';
import { Place } from '../mesh/runner/place.ts';
import { packPlugin } from '../plugins/fixture.ts';
import { requireService, suite } from '../suite.ts';
import { deployBot, eventsOf, logOf, ok } from './ground.ts';

const RUNNER = 'aln://runner/test/alpha';
const MANIFEST = `runner:
  id: ${RUNNER}
  persona: hybrid
  capabilities: { build: [git, node] }
  profile: small
  qos: { max_concurrent_jobs: 3 }
`;
const SPECIFICATION =
  'apiVersion: bithub/v1\nkind: OrchestrationSpec\nclusters: { profiles: { small: {} } }\n';
/** Each line a language in which a bot makes a tag of its name, and what of it that is. */
const LANGUAGES: readonly (readonly [string, string])[] = [
  ['main.scm', '(bit \'tag \'new "lisp")\n'],
  ['main.aln', '[RUN]\nbit.tag.new aln\n'],
  ['main.cmd', '@echo off\nbit tag new batch\n'],
  ['main.bit', 'bit.tag.new bit\n'],
  [
    'main.sh',
    '#!/bin/sh\nset -e\ngrep one "$BIT_TREE/a.txt"\nbit tag new shell\nbit-state set made \'"shell"\'\n',
  ],
];

/** Writes an outcome in place of the program around it, asks in it for what it was not granted, and kills that program. */
const FORGER = `#!/bin/bash
said='{"v":1,"end":{"kind":"wants","n":1,"words":["branch","new","forged"],"options":{}},"lines":[],"refused":[],"tree":false}'
digest=$(printf '%s' "$said" | sha256sum | cut -c1-64)
size=\${#said}
file='{"path":"report.json","digest":"'$digest'","size":'$size',"executable":false}'
printf '%s\\n%s' '{"v":1,"result":"success","outputs":{},"milliseconds":1,"records":[],"notes":[],"summary":"","artifacts":[{"name":"report","digest":"'$digest'","size":'$size',"files":['$file']}],"contents":[{"digest":"'$digest'","size":'$size'}]}' "$said" >"$BIT_TREE/bit-outcome"
`;
/** Leaves as an outcome more than any may be. */
const FLOODER = '#!/bin/bash\nhead -c 40000000 /dev/zero >"$BIT_TREE/bit-outcome"\n';
const KILLS = `for process in /proc/[0-9]*; do
  if tr '\\0' ' ' <$process/cmdline | grep -q '^[^ ]*node [^ ]*mesh-job'; then kill -9 \${process#/proc/}; fi
done
sleep 60
`;
const PLUGIN = `import { word } from './word.js';
export const bots = [{
  name: 'tagger', description: 'Makes a tag.', on: [{ event: 'ledger' }], capabilities: ['repo:tag'],
  async handle(event, context) { await context.bit(['tag', 'new', word]); },
}];`;

suite('events on a runner', (test) => {
  if (!requireService('bubblewrap that may work', confinementFault() === undefined)) return;
  const place = new Place();
  const { world: here } = place;
  test.after(() => place.close());
  const file = join(here.dir, '.git/bit/mesh/controller.json');
  const address = (): string => (JSON.parse(readFileSync(file, 'utf8')) as { address: string }).address;
  let controller: ReturnType<Place['start']>;

  test.before(async () => {
    here.start();
    here.write('.bit/runner.manifest.yml', MANIFEST);
    here.write(
      '.bit/mesh/config.yml',
      'mesh: { discovery: { mdns: false }, rate_limits: { per_peer_rps: 200, burst: 400 } }\n',
    );
    here.write('.bithub.yml', SPECIFICATION);
    here.git('add', '-A');
    here.git('commit', '-qm', 'a mesh');
    assert.is((await here.bit('runner', 'init', '--no-input')).code, 0);
    here.write('.bithub/workflows/approved_jobs', 'bit bot\n');
    here.git('add', '-A');
    here.git('commit', '-qm', 'what runners take');
    controller = place.start('mesh', 'serve', '--listen', '127.0.0.1:0');
    await place.until(() => existsSync(file), controller.said);
  });

  const startRunner = async () => {
    const runner = place.start('runner', 'start');
    await place.until(() => place.status()?.state === 'joined', runner.said);
    return runner;
  };
  const commit = async (message: string): Promise<void> => {
    here.write('a.txt', `one\n${message}\n`);
    await ok(here, 'commit', '-am', message);
  };
  const host = async (): Promise<string> => {
    const { code, said } = await place.run('bot', 'run', '--once');
    assert.is(code, 0, said);
    return said;
  };
  const tags = (): readonly string[] => here.git('tag', '--list').split('\n').filter(Boolean).sort();

  test('wait where no such runner is, and none of their tries is counted', async () => {
    await deployBot(here, 'far', {
      on: '[{ ledger: COMMIT }]',
      can: '[repo:tag, tree:read, query:status]',
      js: `export async function handle(event, context) {
        const text = await context.tree.read('a.txt');
        context.log('it reads ' + text.trim().split('\\n').pop());
        console.log('and says so');
        const first = await context.bit(['tag', 'new', 'first']);
        context.log('first ended with ' + first.status);
        const { json } = await context.bit(['status'], { json: true });
        const times = ((await context.state.get('times')) ?? 0) + 1;
        await context.state.set('times', times);
        await context.bit(['tag', 'new', 'on-' + json.branch + '-' + times]);
        const refused = await context.bit(['branch', 'new', 'never']);
        context.log('refused with ' + refused.status);
        await context.bit(['-C', '/', 'status']);
      }\n`,
    });
    await ok(here, 'bot', 'reroute', 'far', '--to-runner', RUNNER);
    await commit('what it is to hear of');
    Object.assign(here.env, { BIT_MESH: 'ws://127.0.0.1:1' });
    assert.match(await host(), 'no mesh controller was found');
    assert.equal(
      eventsOf(here, 'far').map(({ state, attempts }) => [state, attempts]),
      [['queued', 0]],
    );
    Reflect.deleteProperty(here.env, 'BIT_MESH');
    let said = '';
    // not before it is due again
    do said = await host();
    while (!said.includes(`has no runner ${RUNNER}`));
    const [event] = eventsOf(here, 'far');
    assert.equal([event?.state, event?.attempts, event?.runner], ['queued', 0, null], said);
    assert.match(event?.why ?? '', 'has no runner');
    assert.match(await ok(here, 'bot', 'query', 'history', 'far'), 'has no runner');
    assert.match(await ok(here, 'bot', 'query', 'logs', 'far'), 'has no runner');
    assert.match(await ok(here, 'bot', 'query', 'state', 'far'), `→ runner ${RUNNER}`);
  });

  test('are handled there to the end, and each command here, once, as the bot', async () => {
    await startRunner();
    let said = '';
    do said = await host();
    while (eventsOf(here, 'far')[0]?.runner === null);
    const [event] = eventsOf(here, 'far');
    assert.equal([event?.state, event?.runner, event?.why], ['done', RUNNER, event?.why ?? null], said);
    const took = Date.parse(event?.ended ?? '') - Date.parse(event?.started ?? '');
    process.stdout.write(`\nfigure: an event of 5 commands on a runner: ${took} ms in 6 jobs\n`);
    assert.equal(tags(), ['first', 'on-main-1']);
    assert.equal(
      event?.calls.map(({ words, status }) => [words.slice(0, 2).join(' '), status]),
      [
        ['tag new', 0],
        ['status', 0],
        ['tag new', 0],
        ['branch new', 3],
      ],
    );
    const log = logOf(here, 'far');
    for (const line of [
      'it reads what it is to hear of',
      'and says so',
      'first ended with 0',
      'refused with 3',
    ])
      assert.is(log.split(line).length - 1, 1, `${line}\n${log}`);
    const { steps } = JSON.parse(await ok(here, 'bot', 'secure', 'trail', 'far', '--json')) as Trail;
    assert.ok(steps.length >= 4, JSON.stringify(steps));
    assert.ok(steps.every(({ runner, bot }) => runner === RUNNER && bot === 'far'));
    assert.ok(steps.some(({ action, result }) => action === 'bot.call' && result === 'refused'));
    assert.match(await ok(here, 'bot', 'query', 'history', 'far'), `on ${RUNNER}`);
  });

  /** Has an event handled by a bot that takes its time between two tags, and `disturb` come into that. */
  const disturbed = async (
    name: string,
    disturb: (host: ReturnType<Place['start']>) => Promise<ReturnType<Place['start']>>,
  ): Promise<HandledEvent | undefined> => {
    await ok(here, 'bot', 'pause', 'all');
    await deployBot(here, name, {
      on: '[{ ledger: COMMIT }]',
      can: '[repo:tag]',
      js: `export async function handle(event, context) {
        await context.bit(['tag', 'new', '${name}-before']);
        await new Promise((later) => setTimeout(later, 3000));
        await context.bit(['tag', 'new', '${name}-after']);
      }\n`,
    });
    await ok(here, 'bot', 'reroute', name, '--to-profile', 'small');
    await commit(name);
    const first = place.start('bot', 'run', '--once');
    await place.until(
      () =>
        tags().includes(`${name}-before`) &&
        place.status()?.jobs.some(({ state }) => state === 'Running') === true,
      first.said,
    );
    const last = await disturb(first);
    assert.is(await last.ended, 0, last.said());
    const { steps } = JSON.parse(await ok(here, 'bot', 'secure', 'trail', name, '--json')) as Trail;
    assert.equal(
      steps.map(({ action, result, summary }) => `${action} ${result} ${summary.split(' as ')[1]}`).sort(),
      [`repo.tag done ${name}-after`, `repo.tag done ${name}-before`],
      last.said(),
    );
    return eventsOf(here, name)[0];
  };

  test('survive a runner that is killed in the middle, and are done once', async () => {
    const event = await disturbed('slow', async (host) => {
      place.kill('runner', 'start');
      await startRunner();
      return host;
    });
    assert.equal([event?.state, event?.attempts, event?.crashes, event?.runner], ['done', 0, 0, RUNNER]);
  });

  test('survive their host, killed in the middle, and are done once', async () => {
    const event = await disturbed('homeless', async (host) => {
      host.child.kill('SIGKILL');
      await host.ended;
      return place.start('bot', 'run', '--once');
    });
    assert.equal([event?.state, event?.attempts, event?.crashes, event?.runner], ['done', 0, 1, RUNNER]);
  });

  test('go back to the queue where their host is told to end, their job ended, and no try counted', async () => {
    const event = await disturbed('patient', async (host) => {
      host.child.kill('SIGTERM');
      assert.is(await host.ended, 0, host.said());
      assert.equal(
        eventsOf(here, 'patient').map(({ state, attempts }) => [state, attempts]),
        [['queued', 0]],
      );
      await place.until(() => place.status()?.jobs.length === 0, host.said);
      return place.start('bot', 'run', '--once');
    });
    assert.equal([event?.state, event?.attempts, event?.crashes, event?.runner], ['done', 0, 0, RUNNER]);
  });

  test('survive a controller that is killed in the middle and comes back, and are done once', async () => {
    const event = await disturbed('lost', async (host) => {
      controller.child.kill('SIGKILL');
      await controller.ended;
      const { port } = new URL(address());
      controller = place.start('mesh', 'serve', '--listen', `127.0.0.1:${port}`);
      return host;
    });
    assert.equal([event?.state, event?.attempts, event?.crashes, event?.runner], ['done', 0, 0, RUNNER]);
  });

  test('gain nothing by a handler that takes its room over and speaks for the runner', async () => {
    await ok(here, 'bot', 'pause', 'all');
    for (const [name, text] of [
      ['forger', FORGER],
      ['flooder', FLOODER],
    ] as const) {
      here.write(
        `.bithub/bots/${name}.yml`,
        `name: ${name}\nhandler: script:main.sh\non: [{ ledger: COMMIT }]\ncapabilities: [repo:tag, tree:read]\nlimits: { attempts: 1, output_mb: 64 }\n`,
      );
      here.write(`.bithub/bots/${name}/main.sh`, text + KILLS);
      await ok(here, 'bot', 'deploy', name, '--yes');
      await ok(here, 'bot', 'reroute', name, '--to-runner', RUNNER);
    }
    await commit('for the forger');
    const said = await host();
    const [event] = eventsOf(here, 'forger');
    assert.is(event?.state, 'dead', said);
    // once it is asked for; what it says a second time is no next call
    assert.match(event?.why ?? '', 'asks for call 1, where 2 would be next', said);
    assert.equal(
      event?.calls.map(({ words, status }) => [words.join(' '), status]),
      [['branch new forged', 3]],
    );
    const { steps } = JSON.parse(await ok(here, 'bot', 'secure', 'trail', 'forger', '--json')) as Trail;
    assert.equal(
      steps.map(({ action, result }) => [action, result]),
      [['repo.branch', 'refused']],
    );
    assert.is(here.git('branch', '--list', 'forged'), '');
    const [flood] = eventsOf(here, 'flooder');
    assert.equal([flood?.state, flood?.calls], ['dead', []], said);
    assert.match(flood?.why ?? '', 'has 40000000 bytes: more than', said);
  });

  test('are no events themselves, though their runner has a ledger of this clone', async () => {
    await ok(here, 'bot', 'pause', 'all');
    await deployBot(here, 'nosy', {
      on: '[ledger, { mesh: JOB_RESULT }]',
      can: '[query:status]',
      js: 'export async function handle() {}\n',
    });
    await ok(here, 'bot', 'reroute', 'nosy', '--to-runner', RUNNER);
    await ok(here, 'motd', 'add', 'hello');
    for (let turn = 0; turn < 3; turn++) await host();
    const kinds = eventsOf(here, 'nosy').map(({ event, state }) => `${event.kind} ${state}`);
    assert.equal(kinds.sort(), ['BOT_DEPLOY done', 'BOT_REROUTE done', 'MOTD_ADD done']);
  });

  test('are handled in every language, by bots of plugins and by those that come with bit', async () => {
    await ok(here, 'bot', 'pause', 'all');
    const archive = packPlugin(
      join(here.root, 'tagger'),
      { name: '@acme/tagger', bit: { api: 2, bots: 'bots.js' } },
      { 'bots.js': PLUGIN, 'word.js': "export const word = 'plugged';\n" },
    );
    await ok(here, 'plugins', 'install', archive, '--yes');
    here.write(
      '.bithub/bots/plugged.yml',
      'name: plugged\nhandler: plugin:@acme/tagger#tagger\non: [{ ledger: COMMIT }]\ncapabilities: [repo:tag]\n',
    );
    await ok(here, 'bot', 'deploy', 'plugged', '--yes');
    await ok(here, 'bot', 'create', 'from-template', '--template', 'mod', '--yes');
    await ok(here, 'bot', 'deploy', 'mod', '--yes');
    for (const [at, [file, text]] of LANGUAGES.entries()) {
      const name = `lang-${at}`;
      here.write(
        `.bithub/bots/${name}.yml`,
        `name: ${name}\nhandler: script:${file}\non: [{ ledger: COMMIT }]\ncapabilities: [repo:tag, tree:read]\n`,
      );
      here.write(`.bithub/bots/${name}/${file}`, text);
      await ok(here, 'bot', 'deploy', name, '--yes');
    }
    await ok(here, 'bot', 'reroute', 'repo', '--to-runner', RUNNER);
    await commit('the third');
    const said = await host();
    for (const [at, [file]] of LANGUAGES.entries()) {
      const [event] = eventsOf(here, `lang-${at}`);
      assert.equal(
        [file, event?.state, event?.runner],
        [file, 'done', RUNNER],
        `${said}\n${logOf(here, `lang-${at}`)}`,
      );
    }
    for (const name of ['plugged', 'mod']) {
      const [event] = eventsOf(here, name);
      assert.equal([event?.state, event?.runner], ['done', RUNNER], `${said}\n${logOf(here, name)}`);
    }
    for (const tag of ['lisp', 'aln', 'batch', 'bit', 'shell', 'plugged'])
      assert.ok(tags().includes(tag), tag);
  });
});
