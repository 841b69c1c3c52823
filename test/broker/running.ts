/** A broker that runs, as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as assert from 'uvu/assert';
import { builtBit } from '../e2e/built.ts';
import type { World } from '../world.ts';

export interface Running {
  readonly address: string;
  readonly child: ChildProcess;
  /** All it wrote so far. */
  output(): string;
  /** Ctrl-C; its exit status. */
  end(): Promise<number | null>;
}

export async function startBroker(
  place: World,
  options: { readonly api: string; readonly credential: string; readonly words?: readonly string[] },
): Promise<Running> {
  const words = ['token', 'github', '--broker', '--api', options.api, ...(options.words ?? [])];
  const child = spawn(process.execPath, [builtBit(), ...words], {
    cwd: place.dir,
    env: { ...place.env, GH_TOKEN: options.credential },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
  });
  const address = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
      const [, found] = /^(http:\/\/127\.0\.0\.1:\d+)$/m.exec(output) ?? [];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`the broker ended with ${code}: ${output}`)));
  });
  const exited = once(child, 'exit');
  return {
    address,
    child,
    output: () => output,
    async end() {
      if (child.exitCode === null) child.kill('SIGINT');
      const [code] = (await exited) as [number | null];
      return code;
    },
  };
}

/** A token for the audience `github`. */
export async function mint(
  place: World,
  ...caps: readonly string[]
): Promise<{ token: string; jti: string }> {
  const words = caps.flatMap((cap) => ['--cap', cap]);
  const run = await place.bit('token', 'mint', ...words, '--for', 'ci', '--audience', 'github', '--json');
  assert.is(run.code, 0, run.stderr + run.stdout);
  return JSON.parse(run.stdout) as { token: string; jti: string };
}
