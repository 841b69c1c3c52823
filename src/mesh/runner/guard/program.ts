/**
 * A runner's guard: a small process of its own that outlives it. It kills what a job started where its lease is nearly
 * over and the runner did nothing about it (it hangs, or was stopped); and where the runner is gone, however it went, it
 * sees to it that nothing of its jobs is left, and tells the controller so, which then waits for no lease to run out.
 *
 * Started as `node program.js RUNNER_ID`; reads words from standard input, whose end is the runner's.
 */
import { uptime } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { descendants, listProcesses, signal, startedWith } from '../../../kernel/processes.ts';
import { postReleased } from './post.ts';
import type { GuardWord, HeldLease } from './words.ts';

interface Room {
  readonly pid: number;
  readonly marker: string;
  /** What stood around the job when it began, by its ids and when it started. */
  readonly known: ReadonlyMap<number, number>;
}

interface Hold extends HeldLease {
  until: number;
  readonly signature: string;
  room: Room | undefined;
  killed: boolean;
}

const LOOK_MS = 100;
/** The runner itself ends a job 1.5 s before its lease is over; so long before, it is the guard's to do. */
const LAST_MS = 700;
/** How long it may take until what was killed is gone. */
const GONE_MS = 10_000;
const AGAIN_MS = 500;
/** In the environment of all that a room runs. */
const ROOM = 'BIT_ROOM';

const [, , runnerId = ''] = process.argv;
const holds = new Map<string, Hold>();
let controller: { readonly address: string; readonly endPoint: string | undefined } | undefined;

/** By the clock that both ends read: it runs on while a machine is suspended. */
const now = (): number => uptime() * 1000;
const keyOf = ({ job_id, fence }: HeldLease): string => `${job_id}.${fence}`;

function hear(word: GuardWord): void {
  if (word.say === 'controller') {
    controller = word;
    return;
  }
  const key = keyOf(word);
  if (word.say === 'hold') {
    const { job_id, fence, until, signature } = word;
    holds.set(key, { job_id, fence, until, signature, room: undefined, killed: false });
    return;
  }
  const hold = holds.get(key);
  if (hold === undefined) return;
  if (word.say === 'until') hold.until = word.until;
  else if (word.say === 'room') hold.room = roomAt(word);
  else holds.delete(key);
}

function roomAt({ pid, marker }: { readonly pid: number; readonly marker: string }): Room {
  const processes = listProcesses();
  const here = descendants(processes, pid);
  const known = processes.flatMap((one): [number, number][] =>
    here.has(one.pid) ? [[one.pid, one.started]] : [],
  );
  return { pid, marker, known: new Map(known) };
}

/** What runs there still. A name space is empty once the one at its root, which was there first, is gone. */
function leftIn({ pid: root, marker, known }: Room): readonly number[] {
  const processes = listProcesses();
  const rooted = processes.some(({ pid, started }) => pid === root && known.get(root) === started);
  const below = rooted ? descendants(processes, root) : new Set<number>();
  return processes.flatMap(({ pid, started, zombie }) => {
    const here = below.has(pid) || known.get(pid) === started || startedWith(pid, ROOM) === marker;
    return here && !zombie ? [pid] : [];
  });
}

/** Ends all of a job. Whether nothing of it is left. */
async function end(hold: Hold): Promise<boolean> {
  hold.killed = true;
  const { room } = hold;
  if (room === undefined) return true;
  for (const until = performance.now() + GONE_MS; performance.now() < until; await sleep(20)) {
    const left = leftIn(room);
    if (left.length === 0) return true;
    for (const pid of left) signal(pid, 'SIGKILL');
  }
  return false;
}

const look = setInterval(() => {
  for (const hold of holds.values()) if (!hold.killed && now() > hold.until - LAST_MS) void end(hold);
}, LOOK_MS);

/** The runner is gone. */
async function conclude(): Promise<void> {
  clearInterval(look);
  const ended = await Promise.all([...holds.values()].map(async (hold) => ((await end(hold)) ? [hold] : [])));
  for (;;) {
    // a lease that is over has passed on by itself
    const leases = ended.flat().filter(({ until }) => now() < until);
    if (leases.length === 0 || controller === undefined) return;
    const told = leases.map(({ job_id, fence, signature }) => ({ job_id, fence, signature }));
    if (await postReleased(controller, { runner_id: runnerId, leases: told })) return;
    await sleep(AGAIN_MS);
  }
}

// what ends the runner's terminal or session is not meant for who looks after it
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => undefined);
const words = createInterface({ input: process.stdin });
words.on('line', (line) => hear(JSON.parse(line) as GuardWord));
words.on('close', () => void conclude().finally(() => process.exit()));
