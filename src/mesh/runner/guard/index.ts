import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Signer } from '../../../keys/index.ts';
import { signRelease } from '../../identity/index.ts';
import type { GuardWord, HeldLease } from './words.ts';

export interface GuardOptions {
  readonly runnerId: string;
  readonly signer: Signer;
  readonly notice: (line: string) => void;
}

type Hold = { [W in GuardWord['say']]?: Extract<GuardWord, { say: W }> };

/** Milliseconds before another one is started for one that ended. */
const AGAIN_MS = 1000;

/** A runner's side of its guard: see `program.ts`. One that was killed is replaced, and told everything again. */
export class Guard {
  readonly #options: GuardOptions;
  readonly #program = guardProgram();
  /** What holds of each lease. */
  readonly #holds = new Map<string, Hold>();
  #controller: GuardWord | undefined;
  #child: ChildProcess | undefined;
  #again: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#start();
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  controller(address: string, endPoint: string | undefined): void {
    this.#controller = { say: 'controller', address, endPoint };
    this.#tell(this.#controller);
  }

  /** @param until milliseconds since boot */
  hold({ job_id, fence }: HeldLease, until: number): void {
    const { runnerId, signer } = this.#options;
    const { signature } = signRelease({ runner_id: runnerId, job_id, fence }, signer);
    this.#say({ say: 'hold', job_id, fence, until, signature });
  }

  room(
    { job_id, fence }: HeldLease,
    { pid, marker }: { readonly pid: number; readonly marker: string },
  ): void {
    this.#say({ say: 'room', job_id, fence, pid, marker });
  }

  until({ job_id, fence }: HeldLease, until: number): void {
    this.#say({ say: 'until', job_id, fence, until });
  }

  drop({ job_id, fence }: HeldLease): void {
    if (!this.#holds.delete(keyOf({ job_id, fence }))) return;
    this.#tell({ say: 'drop', job_id, fence });
  }

  /** What is held still counts as left behind. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#again);
    this.#child?.stdin?.end();
    this.#child?.unref();
  }

  #say(word: Extract<GuardWord, HeldLease>): void {
    const key = keyOf(word);
    const hold = this.#holds.get(key) ?? {};
    if (word.say !== 'hold' && hold.hold === undefined) return;
    this.#holds.set(key, { ...hold, [word.say]: word });
    this.#tell(word);
  }

  #tell(word: GuardWord): void {
    this.#child?.stdin?.write(`${JSON.stringify(word)}\n`);
  }

  #start(): void {
    if (this.#program === undefined || this.#closed) return;
    const child = spawn(process.execPath, [this.#program, this.#options.runnerId], {
      stdio: ['pipe', 'ignore', 'ignore'],
      // of no terminal and no group that is ended with this process
      detached: true,
      cwd: '/',
      env: {},
    });
    this.#child = child;
    child.stdin?.on('error', () => undefined);
    child.on('error', (error) => this.#options.notice(`no guard: ${error.message}`));
    child.on('exit', () => {
      if (this.#closed || this.#child !== child) return;
      this.#options.notice('the guard of this runner ended; another one is started');
      this.#again = setTimeout(() => this.#start(), AGAIN_MS);
    });
    if (this.#controller !== undefined) this.#tell(this.#controller);
    for (const { hold, room, until } of this.#holds.values())
      for (const word of [hold, room, until]) if (word !== undefined) this.#tell(word);
  }
}

function keyOf({ job_id, fence }: HeldLease): string {
  return `${job_id}.${fence}`;
}

/** A file of its own, beside this one; the bundle stands elsewhere and its sources beside it. */
function guardProgram(): string | undefined {
  return ['./program.ts', './program.js', '../src/mesh/runner/guard/program.js']
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((path) => existsSync(path));
}
