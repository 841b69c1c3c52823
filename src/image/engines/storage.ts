import type { Engine, ProgramOptions } from '../engine.ts';
import { buildWords, pushWords } from './build-words.ts';
import { withDigestFile } from './digest-file.ts';

/** Calls the engine's program with these words; `what` is for the message of a failure. */
export type Call = (what: string, args: readonly string[], to: ProgramOptions) => Promise<string>;

/** What buildah and podman do alike, for both work on containers-storage(5). */
export function storageEngine(call: Call): Omit<Engine, 'name' | 'version' | 'run'> {
  return {
    async build(request) {
      await call('the build', ['build', ...buildWords(request)], request);
    },
    async join(name, images, to) {
      await call('the manifest', ['manifest', 'create', name], to);
      for (const image of images) await call('the manifest', ['manifest', 'add', name, image], to);
    },
    push: (image, request) =>
      withDigestFile((file) => {
        const push = request.joined ? ['manifest', 'push', '--all'] : ['push'];
        return call('the push', [...push, ...pushWords(request, file), image, `docker://${image}`], request);
      }),
    async save(image, directory, to) {
      await call('saving the image', ['push', image, `oci:${directory}:image`], to);
    },
    async remove(image, to) {
      await call('removing an image', ['rmi', '--force', image], to).catch(() => undefined);
    },
  };
}
