import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type World, world } from '../../world.ts';

const BIT = join(import.meta.dirname, '..', '..', '..', 'bin', 'run.js');

/** A repository, and the programs themselves in it: `bit` as it is built, killed at the end. */
export class Place {
  readonly world: World = world();
  readonly #children = new Set<ChildProcess>();
  readonly #words = new Map<ChildProcess, string>();

  start(...words: string[]): {
    readonly child: ChildProcess;
    readonly said: () => string;
    readonly ended: Promise<number | null>;
  } {
    const child = spawn(process.execPath, [BIT, ...words], {
      cwd: this.world.dir,
      env: this.world.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.add(child);
    this.#words.set(child, words.join(' '));
    // a client that waits for ever fails its test, and holds up none; a server ends with its test
    const serves = words.join(' ').startsWith('mesh serve') || words.join(' ').startsWith('runner start');
    setTimeout(() => child.kill('SIGKILL'), serves ? 900_000 : 150_000).unref();
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (said: string) => {
        text += said;
      });
    const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
    return { child, said: () => text, ended };
  }

  /** Those that were started by these words and run still, as a power cut would. */
  kill(...words: string[]): void {
    for (const child of this.#children)
      if (child.exitCode === null && this.#words.get(child) === words.join(' ')) child.kill('SIGKILL');
  }

  async run(...words: string[]): Promise<{ readonly code: number | null; readonly said: string }> {
    const { said, ended } = this.start(...words);
    return { code: await ended, said: said() };
  }

  async until(is: () => boolean, what: () => string): Promise<void> {
    for (let turn = 0; turn < 1200; turn++) {
      if (is()) return;
      await sleep(50);
    }
    throw new Error(`it never came to that: ${what()}`);
  }

  /** The runner works on what that client handed in, and on nothing that was before. */
  runs(said: string): boolean {
    const [id] = /J-[A-Z0-9]+/.exec(said) ?? [];
    return this.status()?.jobs.some(({ jobId, state }) => jobId === id && state === 'Running') === true;
  }

  status():
    | {
        readonly state: string;
        readonly jobs: readonly { readonly jobId: string; readonly state: string }[];
        readonly done: { readonly succeeded: number };
      }
    | undefined {
    const path = join(this.world.dir, '.git/bit/mesh/runner/status.json');
    try {
      return JSON.parse(readFileSync(path, 'utf8')) as never;
    } catch {
      return undefined;
    }
  }

  async close(): Promise<void> {
    for (const child of this.#children) if (child.exitCode === null) child.kill('SIGKILL');
    await sleep(100);
    this.world.close();
  }
}
