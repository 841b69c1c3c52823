import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readEvents } from '../../src/bots/index.ts';
import { openLedgerReader } from '../../src/ledger/index.ts';
import { type World, world } from '../../test/world.ts';
import { random } from './random.ts';

export interface BotsOptions {
  readonly events: number;
  readonly seed: number;
  /** Between two kills at most, milliseconds. */
  readonly longest: number;
  /** Hosts killed at most. */
  readonly kills: number;
  readonly patience: number;
}

/** Events that may wait before another commit is made. */
const MOST_WAITING = 5;
const ROOT = join(import.meta.dirname, '..', '..');

const MANIFEST = `name: counter
handler: script:main.js
on: [{ git: commit }]
capabilities: [repo:tag, motd:add]
limits: { attempts: 20 }
`;

/** Neither of the two may happen twice: a tag that is there fails, a message that is there is there a second time. */
const SCRIPT = `export async function handle(event, context) {
  for (const words of [['tag', 'new', 't-' + event.facts.commit], ['motd', 'add', event.facts.commit]]) {
    const { status, stderr } = await context.bit(words);
    if (status !== 0) throw new Error(words.join(' ') + ': ' + stderr);
  }
}
`;

/**
 * Kills the host, alone or with all it started, the process of its bot, or a `bit` command of it, at random moments while
 * the bot handles commits made by plain git, with a host and while there is none. At the end every commit was one event,
 * and has one tag and one message, made by one operation each.
 */
export async function botsCampaign({
  events,
  seed,
  longest,
  kills,
  patience,
}: BotsOptions): Promise<boolean> {
  const started = performance.now();
  const dice = random(seed);
  const place = world();
  const figures = { hosts: 0, trees: 0, others: 0, unseen: 0 };
  try {
    place.start();
    place.write('.bithub/bots/counter.yml', MANIFEST);
    place.write('.bithub/bots/counter/main.js', SCRIPT);
    const deployed = await place.bit('bot', 'deploy', 'counter', '--yes');
    if (deployed.code !== 0) throw new Error(deployed.stderr);
    let made = 0;
    const make = (): void => {
      if (made >= events) return;
      place.git('commit', '-q', '--allow-empty', '-m', `event ${made}`);
      made++;
    };
    while (performance.now() - started < patience / 2 && figures.hosts < kills) {
      const host = startHost(place);
      const until = performance.now() + dice.next() * longest;
      while (performance.now() < until && host.exitCode === null) {
        // no faster than they are handled, so that there is something to kill until the last
        if (made - ended(place) < MOST_WAITING) make();
        await sleep(50 + dice.next() * 400);
        if (dice.next() < 0.1) figures.others += killOne(host, dice.next());
      }
      const whole = dice.next() < 0.5;
      figures.hosts += 1;
      figures.trees += whole ? 1 : 0;
      await kill(host, whole);
      for (let alone = Math.floor(dice.next() * 3); alone > 0 && made < events; alone--) {
        make();
        figures.unseen += 1;
      }
      if (made >= events && ended(place) >= events) break;
    }
    while (made < events) make();
    // nothing is killed any more: what waits after a failed try comes to its end
    let last = await place.bit('bot', 'run', '--once');
    while (performance.now() - started < patience && last.code === 0 && ended(place) < made) {
      await sleep(1000);
      last = await place.bit('bot', 'run', '--once');
    }
    const left = readEvents(join(place.dir, '.git', 'bit'), { states: ['queued', 'running'], most: 10 });
    const verdict = judge(place, made);
    for (const [name, value] of [
      ['commits', made],
      ['of them while no host ran', figures.unseen],
      ['seed', seed],
      ['hosts killed', figures.hosts],
      ['of them with all they had started', figures.trees],
      ['processes of theirs killed', figures.others],
      ['events that ended', ended(place)],
      ['events left', left.length],
      ...Object.entries(verdict),
      ['minutes', ((performance.now() - started) / 60_000).toFixed(1)],
    ] as const)
      process.stdout.write(`${name}: ${value}\n`);
    if (last.code !== 0) process.stdout.write(`${last.stderr}\n`);
    const bad = Object.values(verdict).reduce((sum, value) => sum + value, 0);
    return made === events && left.length === 0 && bad === 0 && last.code === 0;
  } finally {
    place.close();
  }
}

function startHost(place: World): ChildProcess {
  const built =
    existsSync(join(ROOT, 'dist', 'hot', 'hot.json')) && process.env['BIT_CAMPAIGN_SOURCES'] === undefined;
  const program = join(ROOT, 'bin', built ? 'run.js' : 'dev.js');
  return spawn(process.execPath, [program, 'bot', 'run', '--quiet'], {
    cwd: place.dir,
    env: place.env,
    stdio: 'ignore',
  });
}

/** With all it had started, or the host alone: what it left goes on. */
async function kill(host: ChildProcess, whole: boolean): Promise<void> {
  if (host.exitCode !== null || host.signalCode !== null) return;
  const below = whole && host.pid !== undefined ? childrenOf(host.pid) : [];
  const gone = new Promise((resolve) => host.once('exit', resolve));
  host.kill('SIGKILL');
  for (const pid of below) end(pid);
  await gone;
}

/** False where it had ended. */
function end(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

/** Kills one of what the host started; 0 where there was none. */
function killOne({ pid }: ChildProcess, dice: number): number {
  if (pid === undefined) return 0;
  const below = childrenOf(pid);
  const victim = below[Math.floor(dice * below.length)];
  return victim !== undefined && end(victim) ? 1 : 0;
}

function childrenOf(root: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(join('/proc', name, 'stat'), 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // it ended
    }
  }
  const below: number[] = [];
  for (const [pid] of parents) {
    let at: number | undefined = pid;
    for (let depth = 0; at !== undefined && at !== root && depth < 20; depth++) at = parents.get(at);
    if (at === root && pid !== root) below.push(pid);
  }
  return below;
}

function ended(place: World): number {
  return readEvents(join(place.dir, '.git', 'bit'), { states: ['done', 'dead'], most: 1_000_000 }).length;
}

function judge(place: World, made: number): Readonly<Record<string, number>> {
  const commits = place.git('rev-list', `--max-count=${made}`, 'HEAD').split('\n');
  const tags = new Set(place.git('tag').split('\n'));
  const said = place.read('.bithub/motd.yml');
  const ledger = openLedgerReader({ directory: join(place.dir, '.git', 'bit', 'ledger') });
  const done = new Map<string, number>();
  for (const { op, event, payload } of ledger.entries({ as: 'bot:counter', phase: 'outcome' })) {
    if (payload?.['ok'] !== true) continue;
    const [intent] = [...ledger.entries({ op, phase: 'intent' })];
    const key = `${event} ${String(intent?.payload?.['cause']).replace(/\.\d+$/, '')}`;
    done.set(key, (done.get(key) ?? 0) + 1);
  }
  const heard = readEvents(join(place.dir, '.git', 'bit'), { most: 1_000_000 });
  const told = new Map<string, number>();
  for (const { event } of heard)
    told.set(String(event.facts['commit']), (told.get(String(event.facts['commit'])) ?? 0) + 1);
  const times = (oid: string): number => said.split(oid).length - 1;
  return {
    'commits not heard of': commits.filter((oid) => !told.has(oid)).length,
    'commits heard of twice': [...told.values()].filter((count) => count > 1).length,
    'commits without a tag': commits.filter((oid) => !tags.has(`t-${oid}`)).length,
    'commits without a message': commits.filter((oid) => times(oid) === 0).length,
    'messages that came twice': commits.filter((oid) => times(oid) > 1).length,
    'calls that went well more than once': [...done.values()].filter((count) => count > 1).length,
    'events given up': readEvents(join(place.dir, '.git', 'bit'), { states: ['dead'], most: 1000 }).length,
  };
}
