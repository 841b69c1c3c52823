import type { Environment } from '../../git/index.ts';
import type { Engine, ProgramOptions } from '../engine.ts';
import { runProgram } from '../program.ts';
import { buildWords, pushWords } from './build-words.ts';
import { withDigestFile } from './digest-file.ts';

export interface EngineOptions extends ProgramOptions {
  /** Its absolute path. */
  readonly program: string;
  readonly env: Environment;
}

/** buildah(1): no daemon; what it runs is set apart by chroot. */
export async function openBuildah({ program, env, ...options }: EngineOptions): Promise<Engine> {
  const call = (what: string, args: readonly string[], to: ProgramOptions): Promise<string> =>
    runProgram({ program, args, env, what, signal: to.signal, onLine: to.onLine });
  const said = await call('buildah', ['--version'], { ...options, onLine: () => undefined });
  return {
    name: 'buildah',
    version: /version (\S+)/.exec(said)?.[1] ?? said.trim(),
    async build(request) {
      await call('the build', ['build', ...buildWords(request)], request);
    },
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
    async join(name, images, to) {
      await call('the manifest', ['manifest', 'create', name], to);
      for (const image of images) await call('the manifest', ['manifest', 'add', name, image], to);
    },
    push: (image, request) =>
      withDigestFile((file) =>
        request.joined
          ? call(
              'the push',
              ['manifest', 'push', '--all', ...pushWords(request, file), image, `docker://${image}`],
              request,
            )
          : call('the push', ['push', ...pushWords(request, file), image, `docker://${image}`], request),
      ),
    async save(image, directory, to) {
      await call('saving the image', ['push', image, `oci:${directory}:image`], to);
    },
    async remove(image, to) {
      await call('removing an image', ['rmi', '--force', image], to).catch(() => undefined);
    },
  };
}
