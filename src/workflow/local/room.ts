import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { BitError } from '../../kernel/errors.ts';
import { descendants, listProcesses, signal, startedWith } from '../../kernel/processes.ts';
import type { Room, RoomExit, RoomProcess, RoomRequest } from '../executor.ts';
import type { Limits } from '../model.ts';
import { type Cage, type Held, makeCage } from './cage.ts';
import { keeperCommand, keeperPrologue, keeperShell } from './keeper.ts';
import { FILTER_FD } from './sandbox.ts';

export interface LocalRoomOptions {
  readonly request: RoomRequest;
  /** Program and arguments that run the keeper, where it is not alone: a name space, a sandbox. */
  readonly around: readonly string[];
  /** Of system calls; goes to what stands around by {@link FILTER_FD}. */
  readonly filter?: Buffer | undefined;
  readonly containment: 'namespace' | 'marker';
  /** The keeper may put itself into its control groups; where not, it is put there from outside. */
  readonly selfCaging: boolean;
}

/** What a process is known by in a room, beside descending from it. */
const ROOM = 'BIT_ROOM';
const PROCESS = 'BIT_ROOM_PROCESS';
const KEEPER = 'BIT_KEEPER';

interface Current {
  readonly id: number;
  readonly process: RoomProcess;
  /** Streams whose end was not seen yet. */
  readonly open: Set<'stdout' | 'stderr'>;
  status: number | undefined;
  readonly settle: (exit: RoomExit) => void;
}

export class LocalRoom implements Room {
  readonly heldBy: Readonly<Record<string, string>>;
  readonly #options: LocalRoomOptions;
  readonly #child: ChildProcess;
  readonly #shell = keeperShell();
  readonly #nonce = randomBytes(12).toString('hex');
  readonly #marker = randomBytes(12).toString('hex');
  readonly #keeper = randomBytes(12).toString('hex');
  readonly #gone: Promise<void>;
  readonly #cage: Cage | undefined;
  #ready: (() => void) | undefined;
  #count = 0;
  #current: Current | undefined;
  #closed = false;

  private constructor(options: LocalRoomOptions) {
    this.#options = options;
    const { request, around, containment, filter } = options;
    const [program = '/bin/sh', ...args] = [...around, ...this.#shell.argv];
    this.#child = spawn(program, args, {
      cwd: request.workspace,
      env: { ...request.env, [KEEPER]: this.#keeper },
      stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe', ...(filter === undefined ? [] : ['pipe' as const])],
      // a session of its own: Ctrl-C in the terminal is the engine's to pass on
      detached: true,
    });
    this.#gone = new Promise((resolve) => {
      this.#child.on('error', () => resolve());
      this.#child.on('close', () => resolve());
    });
    void this.#gone.then(() => this.#lost());
    this.#listen();
    const streams: readonly unknown[] = this.#child.stdio;
    const taker = streams[FILTER_FD] as Writable | undefined;
    taker?.on('error', () => undefined);
    taker?.end(filter);
    const { fileSize, processes, memory } = request.limits;
    this.#cage = makeCage(request.limits);
    // of root the kernel lets this one limit pass
    const counts = this.#cage?.holds.processes === undefined && process.getuid?.() !== 0;
    const weighs = this.#cage?.holds.memory === undefined;
    this.heldBy = {
      ...heldBy(request.limits, this.#cage, { processes: counts, memory: weighs, cpu: false }),
      ...(request.sandbox?.confined === undefined
        ? {}
        : { 'system calls': filter === undefined ? 'nothing' : 'seccomp' }),
    };
    this.#tell(
      keeperPrologue({
        shell: this.#shell,
        nonce: this.#nonce,
        marker: this.#marker,
        containment,
        fileSize,
        doors: options.selfCaging ? (this.#cage?.doors ?? []) : [],
        processes: counts ? processes : undefined,
        data: weighs ? memory : undefined,
      }),
    );
  }

  /** @throws BitError `missing-tool` where the place can't be made */
  static async open(options: LocalRoomOptions): Promise<LocalRoom> {
    const room = new LocalRoom(options);
    let said = '';
    const hear = (bytes: Buffer): void => {
      said = (said + bytes.toString('utf8')).slice(-2000);
    };
    room.#child.stderr?.on('data', hear);
    const ready = new Promise<boolean>((resolve) => {
      room.#ready = () => resolve(true);
      void room.#gone.then(() => resolve(false));
    });
    const opened = await ready;
    if (opened && !room.#options.selfCaging) room.#cageAll();
    room.#child.stderr?.off('data', hear);
    if (opened) return room;
    throw new BitError('missing-tool', `no place to run in: ${said.trim() || 'its shell did not start'}`, {
      details: { program: options.around[0] ?? room.#shell.argv[0] },
    });
  }

  get found(): { readonly pid: number; readonly marker: string } {
    return { pid: this.#child.pid ?? 0, marker: this.#marker };
  }

  #listen(): void {
    const { stdin, stdout, stderr, stdio } = this.#child;
    stdin?.on('error', () => undefined);
    (stdio[4] as Writable | null)?.on('error', () => undefined);
    this.#hear('stdout', stdout);
    this.#hear('stderr', stderr);
    let rest = '';
    (stdio[3] as Readable | null)?.on('data', (bytes: Buffer) => {
      const lines = (rest + bytes.toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#answer(line);
    });
  }

  #answer(line: string): void {
    if (line === 'ready') {
      this.#ready?.();
      return;
    }
    const [id, status] = line.split(' ').map(Number);
    const current = this.#current;
    if (current === undefined || current.id !== id) return;
    current.status = status;
    this.#settle(current);
  }

  /** Output belongs to the process that runs; a NUL and the nonce end it. */
  #hear(stream: 'stdout' | 'stderr', from: Readable | null): void {
    const mark = Buffer.from(`\0${this.#nonce}\n`);
    let held: Buffer = Buffer.alloc(0);
    from?.on('data', (chunk: Buffer) => {
      let bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      held = Buffer.alloc(0);
      for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark)) {
        this.#put(stream, bytes.subarray(0, at));
        bytes = bytes.subarray(at + mark.length);
        this.#ended(stream);
      }
      // the mark may come in two parts
      const zero = bytes.lastIndexOf(0);
      const partial = zero >= 0 && mark.subarray(0, bytes.length - zero).equals(bytes.subarray(zero));
      if (partial) held = Buffer.from(bytes.subarray(zero));
      this.#put(stream, partial ? bytes.subarray(0, zero) : bytes);
    });
  }

  #put(stream: 'stdout' | 'stderr', bytes: Buffer): void {
    if (bytes.length > 0) this.#current?.process.onOutput(stream, bytes);
  }

  #ended(stream: 'stdout' | 'stderr'): void {
    const current = this.#current;
    if (current === undefined) return;
    current.open.delete(stream);
    this.#settle(current);
  }

  #settle(current: Current): void {
    if (current.status === undefined || current.open.size > 0) return;
    this.#current = undefined;
    current.settle({ status: current.status });
  }

  #lost(): void {
    const current = this.#current;
    this.#current = undefined;
    current?.settle({ status: undefined, lost: 'the shell that ran it was killed' });
  }

  #tell(text: string): void {
    this.#child.stdin?.write(text);
  }

  async run(process: RoomProcess): Promise<RoomExit> {
    if (this.#closed) throw new Error('the room is closed');
    if (this.#current !== undefined) throw new Error('a room runs one process at a time');
    if (this.#child.exitCode !== null || this.#child.signalCode !== null)
      return { status: undefined, lost: 'the shell that runs this job was killed' };
    this.#count++;
    const id = this.#count;
    const env: Record<string, string | undefined> = { ...process.env };
    env[ROOM] = this.#marker;
    env[PROCESS] = String(id);
    env[KEEPER] = undefined;
    const exit = new Promise<RoomExit>((settle) => {
      this.#current = { id, process, open: new Set(['stdout', 'stderr']), status: undefined, settle };
    });
    this.#tell(keeperCommand(this.#shell, { id, argv: process.argv, cwd: process.cwd, env }));
    let ended = false;
    void exit.then(() => {
      ended = true;
    });
    const stop = (): void => void this.#stop(id, () => ended);
    if (process.signal.aborted) stop();
    else process.signal.addEventListener('abort', stop, { once: true });
    try {
      return await exit;
    } finally {
      process.signal.removeEventListener('abort', stop);
    }
  }

  /** SIGINT, SIGTERM, SIGKILL, to everything the process started. */
  async #stop(id: number, over: () => boolean): Promise<void> {
    const { interrupt, terminate } = this.#options.request.grace;
    const steps: readonly (readonly [NodeJS.Signals, number])[] = [
      ['SIGINT', interrupt],
      ['SIGTERM', terminate],
    ];
    for (const [name, grace] of steps) {
      for (const pid of this.#pidsOf(id)) signal(pid, name);
      for (let waited = 0; waited < grace && !over(); waited += 20) await sleep(20);
      if (over()) break;
    }
    // also what left the process group and outlived it
    await this.#killAll(() => this.#pidsOf(id));
  }

  async #killAll(find: () => readonly number[]): Promise<void> {
    for (let turn = 0; turn < 100; turn++) {
      const pids = find();
      if (pids.length === 0) return;
      for (const pid of pids) signal(pid, 'SIGKILL');
      await sleep(Math.min(2 + turn, 50));
    }
  }

  #cageAll(): void {
    const root = this.#child.pid;
    if (this.#cage === undefined || root === undefined) return;
    for (const pid of descendants(listProcesses(), root)) {
      for (const door of this.#cage.doors) {
        try {
          writeFileSync(door, String(pid));
        } catch {
          // it has just ended
        }
      }
    }
  }

  /** What runs here, of one process or of all; never the keeper and what stands around it. */
  #pidsOf(id?: number): readonly number[] {
    const root = this.#child.pid;
    if (root === undefined) return [];
    const processes = listProcesses();
    const below = new Set([...descendants(processes, root), ...(this.#cage?.pids() ?? [])]);
    return processes.flatMap(({ pid, zombie }) => {
      if (zombie || pid === root) return [];
      const here = below.has(pid) || startedWith(pid, ROOM) === this.#marker;
      if (!here || startedWith(pid, KEEPER) === this.#keeper) return [];
      const of = startedWith(pid, PROCESS);
      return id === undefined || of === undefined || of === String(id) ? [pid] : [];
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#options.containment === 'namespace') {
      this.#child.kill('SIGKILL');
      await this.#gone;
      await this.#cage?.remove();
      return;
    }
    await this.#killAll(() => this.#pidsOf());
    this.#child.stdin?.end();
    (this.#child.stdio[4] as Writable | null)?.end();
    await this.#gone;
    await this.#cage?.remove();
  }
}

function heldBy(
  limits: Limits,
  cage: Cage | undefined,
  byProcess: Readonly<Record<Held, boolean>>,
): Readonly<Record<string, string>> {
  const asked = (['processes', 'memory', 'cpu'] as const).filter((held) => limits[held] !== undefined);
  return Object.fromEntries(
    asked.map((held) => {
      const version = cage?.holds[held];
      return [held, version === undefined ? (byProcess[held] ? 'prlimit' : 'nothing') : `cgroup v${version}`];
    }),
  );
}
