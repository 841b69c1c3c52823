/**
 * Rows "mesh cycle, everything on" and "mesh placement", and what runners cost a controller. A controller with the
 * seed's policy, signatures, the durable store and the ledger in one process, all of its runners and its client in another; against bare
 * `ws` frames sent back over as many connections, in turn.
 */
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { startServer } from '../test/mesh/store/server.ts';
import { median, type Row } from './row.ts';
import { nodeVersion } from './sides.ts';

const FLIGHT = 100;
const JOBS = 4000;
/** Jobs before the clock starts: runners connect meanwhile, and compilers do their work. */
const WARM = 1000;
const ROUNDS = 3;
const PLACEMENTS = 500;
/** On a disk: a store in memory would promise nothing. */
const FOLDER = '/var/tmp';
const { version } = createRequire(import.meta.url)('ws/package.json') as { version: string };

interface Worked {
  readonly milliseconds: number;
  readonly times: readonly number[];
}

interface Measured {
  readonly memory: { readonly rss: number; readonly heapUsed: number; readonly external: number };
}

class Child {
  readonly #process: ChildProcess;

  constructor(file: string, words: readonly string[], execArgv: readonly string[] = []) {
    this.#process = fork(join(import.meta.dirname, 'mesh', file), words, { execArgv: [...execArgv] });
  }

  next<Out>(): Promise<Out> {
    return new Promise((resolve, reject) => {
      const ended = (code: number | null): void =>
        reject(new Error(`a process of the mesh ended with ${code}`));
      this.#process.once('exit', ended);
      this.#process.once('message', (message) => {
        this.#process.off('exit', ended);
        resolve(message as Out);
      });
    });
  }

  ask<Out>(question: object | string): Promise<Out> {
    const answer = this.next<Out>();
    this.#process.send(question);
    return answer;
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const over = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.disconnect();
    await over;
  }
}

async function echo(connections: number): Promise<number> {
  const server = new Child('echo.ts', ['server']);
  try {
    const port = await server.next<number>();
    const asking = new Child('echo.ts', ['client', String(port), String(connections), String(FLIGHT)]);
    return await asking.next<number>();
  } finally {
    await server.end();
  }
}

/** Cycles a second of what a cycle needs at the least. */
async function floor(engine: readonly string[] = []): Promise<number> {
  const directory = mkdtempSync(join(FOLDER, 'bit-bench-floor-'));
  const server = new Child('floor.ts', ['server', directory, ...engine]);
  try {
    const port = await server.next<number>();
    const asking = new Child('floor.ts', ['client', String(port), String(FLIGHT), '3']);
    return await asking.next<number>();
  } finally {
    await server.end();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** `engine`: further words for the controller, which keeps jobs by itself without any. */
async function onMesh<Out>(
  work: (controller: Child, runners: Child) => Promise<Out>,
  engine: readonly string[] = [],
): Promise<Out> {
  const directory = mkdtempSync(join(FOLDER, 'bit-bench-mesh-'));
  const controller = new Child('controller.ts', [directory, ...engine], ['--expose-gc']);
  try {
    const { address } = await controller.next<{ address: string }>();
    const runners = new Child('runners.ts', [address]);
    try {
      return await work(controller, runners);
    } finally {
      await runners.end();
    }
  } finally {
    await controller.end();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Cycles a second of jobs that wait already, 100 in flight; then with the submission of each. */
async function cycles(
  runners: number,
  engine?: readonly string[],
): Promise<{ cycle: number; submitted: number }> {
  return onMesh(async (_controller, peers) => {
    await peers.ask({ submit: JOBS + WARM });
    const { milliseconds } = await peers.ask<Worked>({
      runners,
      places: FLIGHT / Math.min(FLIGHT, runners),
      committed: JOBS + WARM,
      warm: WARM,
    });
    const flight = await peers.ask<Worked>({ flight: FLIGHT, jobs: JOBS });
    return { cycle: (JOBS / milliseconds) * 1000, submitted: (JOBS / flight.milliseconds) * 1000 };
  }, engine);
}

async function against(
  runners: number,
): Promise<{ bare: number; least: number; cycle: number; submitted: number }> {
  const [bare, least]: [number[], number[]] = [[], []];
  const rounds: { cycle: number; submitted: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(await echo(runners));
    least.push(await floor());
    rounds.push(await cycles(runners));
  }
  return {
    bare: median(bare),
    least: median(least),
    cycle: median(rounds.map(({ cycle }) => cycle)),
    submitted: median(rounds.map(({ submitted }) => submitted)),
  };
}

/** A server of its own, with its files on the disk and synced as it comes. */
async function onNats(): Promise<Row[]> {
  const row = { name: 'mesh cycle, everything on, NATS, 100 runners', unit: '/s', goal: '≥ 0.05' };
  const found = spawnSync('nats-server', ['--version'], { encoding: 'utf8' });
  if (found.error !== undefined) return [{ ...row, value: Number.NaN, peer: 'nats-server: not installed' }];
  const [bare, least, rates]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    const server = await startServer(FOLDER);
    try {
      bare.push(await echo(100));
      least.push(await floor([server.url]));
      rates.push((await cycles(100, ['nats', server.url])).cycle);
    } finally {
      await server.stop();
    }
  }
  const [, release = ''] = /v(\d\S*)/.exec(found.stdout) ?? [];
  const peer = `${wsPeer(100, median(bare))}; nats-server ${release}`;
  const [rate, lowest] = [median(rates), median(least)];
  return [
    { ...row, ratio: rate / median(bare), value: rate, peer },
    {
      name: 'the floor of that, NATS',
      ...{ ratio: lowest / median(bare), value: lowest, unit: '/s', goal: 'told beside' },
      peer,
    },
    {
      ...{ ...row, ratio: rate / lowest, value: rate, goal: '≥ 0.67' },
      peer: `its floor: ws ${version}, ${nodeVersion}'s Ed25519 and JSON, nats-server ${release} (${lowest.toFixed(0)}/s)`,
    },
  ];
}

const wsPeer = (connections: number, bare: number): string =>
  `ws ${version} over ${connections} connections (${bare.toFixed(0)}/s), ${nodeVersion}`;

async function placements(): Promise<number[]> {
  const { times } = await onMesh(async (_controller, runners) => {
    await runners.ask({ runners: 1, places: 1 });
    await runners.ask({ placements: 50 });
    return runners.ask<Worked>({ placements: PLACEMENTS });
  });
  return [...times].sort((a, b) => a - b);
}

/** Bytes of a controller's memory that a connected runner takes. */
async function memoryOf(runners: number): Promise<number> {
  return onMesh(async (controller, peers) => {
    await peers.ask({ runners: 10, places: 1 });
    const used = ({ memory }: Measured): number => memory.rss;
    const before = used(await controller.ask<Measured>('measure'));
    await peers.ask({ runners, places: 1 });
    return (used(await controller.ask<Measured>('measure')) - before) / runners;
  });
}

export async function run(): Promise<Row[]> {
  const hundred = await against(100);
  const few = await against(10);
  const times = await placements();
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? Number.NaN;
  const many = await cycles(1000);
  return [
    {
      name: 'mesh cycle, everything on, 100 runners',
      ...{ ratio: hundred.cycle / hundred.bare, value: hundred.cycle, unit: '/s', goal: '≥ 0.09' },
      peer: wsPeer(100, hundred.bare),
    },
    {
      name: 'the floor of that, 100 runners',
      ...{ ratio: hundred.least / hundred.bare, value: hundred.least, unit: '/s', goal: 'told beside' },
      peer: wsPeer(100, hundred.bare),
    },
    {
      name: 'mesh cycle, everything on, 100 runners',
      ...{ ratio: hundred.cycle / hundred.least, value: hundred.cycle, unit: '/s', goal: '≥ 0.67' },
      peer: `its floor: ws ${version}, ${nodeVersion}'s Ed25519 and JSON, SQLite (${hundred.least.toFixed(0)}/s)`,
    },
    {
      name: 'mesh cycle, everything on, 10 runners',
      ...{ ratio: few.cycle / few.bare, value: few.cycle, unit: '/s', goal: 'told beside' },
      peer: wsPeer(10, few.bare),
    },
    {
      name: 'the same with the submission, 100 runners',
      ...{
        ratio: hundred.submitted / hundred.bare,
        value: hundred.submitted,
        unit: '/s',
        goal: 'told beside',
      },
      peer: wsPeer(100, hundred.bare),
    },
    ...(await onNats()),
    { name: 'mesh placement, p99', value: at(0.99), unit: 'ms', goal: '≤ 25' },
    { name: 'mesh placement, median', value: at(0.5), unit: 'ms', goal: 'told beside' },
    { name: 'mesh cycle, 1,000 runners connected', value: many.cycle, unit: '/s', goal: 'told beside' },
    {
      name: 'memory a runner costs the controller',
      value: (await memoryOf(1000)) / 1024,
      unit: 'kB',
      goal: 'told beside',
    },
  ];
}
