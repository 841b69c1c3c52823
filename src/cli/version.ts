import { spawnSync } from 'node:child_process';
import type { Io } from './io.ts';
import { write } from './output.ts';

/** `0.1.0` alone on the first line, then what it runs on. */
export async function printVersion(io: Io, version: string): Promise<void> {
  const lines = [
    version,
    `node ${process.versions.node}`,
    `platform ${process.platform} ${process.arch}`,
    `git ${gitVersion(io)}`,
  ];
  await write(io.stdout, `${lines.join('\n')}\n`);
}

function gitVersion(io: Io): string {
  const { stdout, status } = spawnSync('git', ['--version'], {
    encoding: 'utf8',
    env: io.env,
    timeout: 5000,
  });
  return status === 0 ? stdout.replace(/^git version /, '').trim() : 'not found';
}
