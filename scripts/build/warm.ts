/**
 * Runs the commands people start most, in two repositories of its own: one after `bit init`, with policies of its own,
 * and one where the built-in policy judges. Its last line says what came of it.
 *
 *     node scripts/build/warm.ts modules <file> <query|action>   which modules of the whole bundle they reach
 *     node scripts/build/warm.ts cache <directory>               keeps what V8 compiled of each chunk; the size
 *     node scripts/build/warm.ts profile <directory> <name> <home>  the same for one profile, started by `cache`
 *     node scripts/build/warm.ts before <directory> <name> <home>   what has to be done before that
 *     node scripts/build/warm.ts plugin <directory> '' <home>       the same for the process of a plugin
 *     node scripts/build/warm.ts mesh-job <directory> '' <home>     the same for a job in a runner's room
 *     node scripts/build/warm.ts ready <file|directory> '' <home>   makes the repositories of the others `bit`'s
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { openChannel } from '../../src/plugins/channel.ts';
import { COMMANDS, MESH_JOB, PLUGIN_CHILD, PROFILES } from './profiles.ts';

interface Hot {
  readonly start: (cold: () => Promise<void>) => Promise<void>;
  readonly pluginChild: () => Promise<void>;
  readonly meshJob: () => Promise<void>;
}

const require = createRequire(import.meta.url);
const bundle = require('../../bin/bundle.js') as {
  load(
    directory: string,
    index: { chunks: Record<string, string> },
    options: { fresh: boolean },
  ): { exports: Hot; write(profile?: string): number };
  runCode(source: string, filename: string): Hot;
};

const [mode = '', place = '', group = '', given] = process.argv.slice(2);
const home = given ?? mkdtempSync(join(tmpdir(), 'bit-warm-'));
if (given === undefined) process.on('exit', () => rmSync(home, { recursive: true, force: true }));
for (const name of Object.keys(process.env)) if (/^(GIT_|BIT_|XDG_)/.test(name)) delete process.env[name];
const settings = {
  HOME: home,
  USERPROFILE: home,
  LOCALAPPDATA: home,
  APPDATA: home,
  GIT_CONFIG_NOSYSTEM: '1',
  NO_COLOR: '1',
};
const identity = {
  GIT_AUTHOR_NAME: 'Warm',
  GIT_AUTHOR_EMAIL: 'warm@localhost',
  GIT_COMMITTER_NAME: 'Warm',
  GIT_COMMITTER_EMAIL: 'warm@localhost',
};
Object.assign(process.env, settings, identity);

const repository = join(home, 'repository');
const unwritten = join(home, 'without-policies');
for (const place of given === undefined ? [repository, unwritten] : []) {
  execFileSync('git', ['init', '-q', '-b', 'main', place]);
  execFileSync('git', ['commit', '-q', '--allow-empty', '-m', 'first'], { cwd: place });
}
process.chdir(repository);

const program = process.argv.slice(0, 2);

/** Runs one of these modes in a process of its own, in the same repository; its last line. */
function apart(mode: string, group: string): string {
  const args = [...process.argv.slice(1, 2), mode, place, group, home];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${mode} ${group}: ${stderr}`);
  return stdout.trim().split('\n').at(-1) ?? '';
}

// from here on a policy is accepted, as in most repositories
if (given === undefined) apart('ready', '');

interface How {
  readonly staged?: boolean;
  readonly change?: boolean;
}

async function run(hot: Hot, commands: readonly (readonly string[])[], how: How = {}): Promise<void> {
  for (const place of [unwritten, repository]) {
    process.chdir(place);
    await runHere(hot, commands, how);
  }
}

async function runHere(
  hot: Hot,
  commands: readonly (readonly string[])[],
  { staged = false, change = true }: How = {},
): Promise<void> {
  for (const [at, words] of commands.entries()) {
    if (change) writeFileSync('file.txt', `${process.pid} ${at}\n`);
    if (staged) execFileSync('git', ['add', 'file.txt']);
    process.argv = [...program, ...words];
    delete (globalThis as Record<symbol, unknown>)[Symbol.for('bithub.cli.host/1')];
    await hot.start(async () => undefined);
  }
}

/** What was compiled is kept as it is at a start of its own, in a world where everything was made before. */
function profileCaches(): number {
  return Object.entries(PROFILES).reduce((size, [name, { before }]) => {
    if (before !== undefined) apart('before', name);
    return size + Number(apart('profile', name));
  }, 0);
}

const PLUGIN = `
const { api } = globalThis[Symbol.for('bithub.cli.seam/1')];
export default class Here extends api.Query {
  static summary = 'Tell the branch.';
  async execute(reader) { return { ref: (await reader.git.head()).ref }; }
  render(out, page) { page.line(out.ref); }
}
`;

/** The process of a plugin that is not trusted, with this one at the other end of its channel. */
async function pluginCaches(): Promise<number> {
  const file = join(home, 'here.mjs');
  writeFileSync(file, PLUGIN);
  const args = [...process.argv.slice(1, 2), 'plugin', place, '', home];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit', 'pipe'] });
  const said: Buffer[] = [];
  child.stdout?.on('data', (bytes: Buffer) => said.push(bytes));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const git = { adapter: 'program', paths: {}, zeroOid: '0'.repeat(40) };
  const common = { plugin: 'warm', directory: home, cwd: repository, version: '0', git };
  const task = { ...common, kind: 'command', id: 'warm:here', file, argv: [], colour: false, width: 80 };
  await new Promise<void>((resolve, reject) => {
    const channel = openChannel({
      stream: child.stdio[3] as Duplex,
      limits: { message: 1 << 20, messages: 1000, waiting: 10 },
      onBroken: reject,
      async answer(method) {
        if (method === 'git.head') return { ref: 'refs/heads/main' };
        setImmediate(() => channel.call('task', task).then(() => resolve(), reject));
        return undefined;
      },
    });
    child.once('error', reject);
    child.once('close', () => reject(new Error('the process of a plugin ended before its command did')));
  });
  child.stdio[3]?.destroy();
  if ((await ended) !== 0) throw new Error('the process of a plugin failed');
  return Number(Buffer.concat(said).toString('utf8').trim().split('\n').at(-1));
}

const WORKFLOW = `name: warm
on: [push]
jobs:
  only:
    runs-on: local
    steps: [{ run: 'true' }]
`;

function load(): ReturnType<(typeof bundle)['load']> {
  const index = JSON.parse(readFileSync(join(place, 'hot.json'), 'utf8')) as {
    chunks: Record<string, string>;
  };
  return bundle.load(place, index, { fresh: true });
}

function whole(): Hot {
  return bundle.runCode(readFileSync(place, 'latin1'), place);
}

let last = '';
if (mode === 'ready') {
  const hot = statSync(place).isFile() ? whole() : load().exports;
  await runHere(hot, [['init', '--yes']]);
  process.chdir(unwritten);
  await runHere(hot, [['branch', 'new', 'first']]);
} else if (mode === 'cache') {
  const hot = load();
  for (const commands of Object.values(COMMANDS)) await run(hot.exports, commands);
  last = String(hot.write() + profileCaches() + (await pluginCaches()) + Number(apart('mesh-job', '')));
} else if (mode === 'plugin') {
  const hot = load();
  // it leaves as soon as its parent does
  process.on('exit', () => process.stdout.write(`\n${hot.write(PLUGIN_CHILD)}\n`));
  await hot.exports.pluginChild();
} else if (mode === 'mesh-job') {
  const hot = load();
  const room = join(home, 'room');
  mkdirSync(join(repository, '.bithub/workflows'), { recursive: true });
  writeFileSync(join(repository, '.bithub/workflows/warm.yml'), WORKFLOW);
  mkdirSync(room);
  writeFileSync(join(room, 'task.json'), JSON.stringify({ workflow: 'warm', artifacts: [] }));
  process.argv = [...process.argv.slice(0, 2), room];
  await hot.exports.meshJob();
  if (process.exitCode !== 0) throw new Error(`it ended with ${process.exitCode}`);
  last = String(hot.write(MESH_JOB));
} else if (mode === 'before') {
  const { files = {}, runs = [] } = PROFILES[group]?.before ?? {};
  for (const [name, text] of Object.entries(files))
    for (const folder of [unwritten, repository]) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
  for (const words of runs) {
    await setTimeout(50); // older than the times of files are coarse
    await run(load().exports, [words], { change: false });
  }
} else if (mode === 'profile') {
  const { runs = [], staged = false, before } = PROFILES[group] ?? {};
  const hot = load();
  await run(hot.exports, runs, { staged, change: before === undefined });
  if (process.exitCode !== undefined && process.exitCode !== 0)
    throw new Error(`it ended with ${process.exitCode}`);
  last = String(hot.write(group));
} else {
  await run(whole(), COMMANDS[group] ?? []);
  last = JSON.stringify([...((globalThis as { __bitRan?: Set<string> }).__bitRan ?? [])]);
}
process.chdir(tmpdir());
process.exitCode = 0;
process.stdout.write(`\n${last}\n`);
