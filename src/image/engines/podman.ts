import { type Environment, findProgram } from '../../git/index.ts';
import { isBitError } from '../../kernel/errors.ts';
import type { Engine, ProgramOptions } from '../engine.ts';
import { runProgram } from '../program.ts';
import type { EngineOptions } from './buildah.ts';
import { storageEngine } from './storage.ts';

/** A container may not be given more than we have; and without cgroups nothing else bounds its processes. */
const BOUNDED = ['--cgroups=disabled', '--ulimit=nofile=1024:1024', '--ulimit=nproc=1024:1024'];
const UNIFIED = '/sys/fs/cgroup/unified';

/** Ways to start a container, the strongest first: words before podman, and words of its `run`. */
function ways(
  env: Environment,
): readonly { readonly before: readonly string[]; readonly run: readonly string[] }[] {
  const unshare = findProgram('unshare', env);
  const shell = findProgram('sh', env);
  return [
    { before: [], run: [] },
    { before: [], run: BOUNDED },
    // a host with both kinds of cgroups: podman runs where it doesn't see the newer kind
    ...(unshare === undefined || shell === undefined
      ? []
      : [
          {
            before: [unshare, '--mount', '--', shell, '-c', `umount ${UNIFIED} && exec "$0" "$@"`],
            run: BOUNDED,
          },
        ]),
  ];
}

/** podman(1): no daemon; containers in namespaces. */
export async function openPodman({ program, env, ...options }: EngineOptions): Promise<Engine> {
  const call = (
    what: string,
    args: readonly string[],
    to: ProgramOptions,
    before: readonly string[] = [],
  ): Promise<string> => {
    const [first = program, ...rest] = [...before, program, ...args];
    return runProgram({ program: first, args: rest, env, what, signal: to.signal, onLine: to.onLine });
  };
  const said = await call('podman', ['--version'], { ...options, onLine: () => undefined });
  const possible = ways(env);
  let known: (typeof possible)[number] | undefined;
  return {
    name: 'podman',
    version: /version (\S+)/.exec(said)?.[1] ?? said.trim(),
    ...storageEngine(call),
    async run(image, words, to) {
      const start = (way: (typeof possible)[number]): Promise<string> =>
        call('the test', ['run', '--rm', '--pull=never', ...way.run, '--', image, ...words], to, way.before);
      if (known !== undefined) return void (await start(known));
      let failure: unknown;
      for (const way of possible) {
        try {
          await start(way);
          known = way;
          return;
        } catch (error) {
          if (!couldNotStart(error)) throw error;
          failure ??= error;
        }
      }
      throw failure;
    },
  };
}

/** 125: podman's own failure; 126: the runtime couldn't start the command (podman-run(1), EXIT STATUS). */
function couldNotStart(error: unknown): boolean {
  const status = isBitError(error) ? error.details['status'] : undefined;
  return status === 125 || status === 126;
}
