/** A nats-server of Debian's, with a folder of its own. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Server {
  readonly url: string;
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export async function startServer(folder: string = tmpdir()): Promise<Server> {
  const directory = mkdtempSync(join(folder, 'bit-nats-'));
  const port = await freePort();
  let child: ReturnType<typeof spawn> | undefined;
  const kill = async () => {
    const running = child;
    child = undefined;
    if (running === undefined) return;
    const gone = new Promise((resolve) => running.once('exit', resolve));
    running.kill('SIGKILL');
    await gone;
  };
  const start = async () => {
    child = spawn('nats-server', ['-js', '-a', '127.0.0.1', '-p', `${port}`, '-sd', directory], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const { stderr } = child;
    if (stderr === null) throw new Error('nats-server without output');
    for await (const chunk of stderr) if (`${chunk}`.includes('Server is ready')) break;
  };
  await start();
  return {
    url: `nats://127.0.0.1:${port}`,
    kill,
    start,
    stop: async () => {
      await kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
