import type { Environment } from '../../git/index.ts';
import type { Engine, ProgramOptions } from '../engine.ts';
import { runProgram } from '../program.ts';
import { type Call, storageEngine } from './storage.ts';

export interface EngineOptions extends ProgramOptions {
  /** Its absolute path. */
  readonly program: string;
  readonly env: Environment;
}

/** buildah(1): no daemon; what it runs is set apart by chroot. */
export async function openBuildah({ program, env, ...options }: EngineOptions): Promise<Engine> {
  const call: Call = (what, args, to) =>
    runProgram({ program, args, env, what, signal: to.signal, onLine: to.onLine });
  const said = await call('buildah', ['--version'], { ...options, onLine: () => undefined });
  return {
    name: 'buildah',
    version: /version (\S+)/.exec(said)?.[1] ?? said.trim(),
    ...storageEngine(call),
    async run(image, words, to) {
      const quiet = { ...to, onLine: () => undefined };
      const container = (await call('a container', ['from', '--pull-never', image], quiet)).trim();
      try {
        await call('the test', ['run', '--isolation=chroot', container, '--', ...words], to);
      } finally {
        // also when interrupted
        await call('a container', ['rm', container], { ...quiet, signal: new AbortController().signal });
      }
    },
  };
}
