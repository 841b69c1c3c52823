import { findProgram } from '../git/index.ts';
import type { Io } from './io.ts';
import { print } from './output.ts';

/** `0.1.0` alone on the first line, then what it runs on. */
export async function printVersion(io: Io, version: string): Promise<void> {
  const lines = [
    version,
    `node ${process.versions.node}`,
    `platform ${process.platform} ${process.arch}`,
    `git ${findProgram('git', io.env) ?? 'not found'}`,
  ];
  await print(io, 'stdout', `${lines.join('\n')}\n`);
}
