import { mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Engine, ProgramOptions } from '../engine.ts';
import { runProgram } from '../program.ts';
import type { EngineOptions } from './buildah.ts';
import { checkDigest } from './digest-file.ts';

/** docker(1) with a daemon that answers, and buildx. */
export async function openDocker({ program, env, ...options }: EngineOptions): Promise<Engine> {
  const call = (
    what: string,
    args: readonly string[],
    to: ProgramOptions,
    extra: Readonly<Record<string, string>> = {},
  ): Promise<string> =>
    runProgram({ program, args, env: { ...env, ...extra }, what, signal: to.signal, onLine: to.onLine });
  const quiet = { ...options, onLine: () => undefined };
  const said = await call('docker', ['version', '--format', '{{.Server.Version}}'], quiet);
  return {
    name: 'docker',
    version: said.trim(),
    async build(request) {
      const { cache } = request;
      const args = [
        'buildx',
        'build',
        '--progress=plain',
        `--file=${request.dockerfile}`,
        `--tag=${request.image}`,
        `--platform=${request.platform}`,
        // made and signed by us, for every engine alike
        '--provenance=false',
        '--sbom=false',
        '--load',
        ...Object.entries(request.buildArgs).map(([name, value]) => `--build-arg=${name}=${value}`),
        ...(cache === undefined
          ? []
          : [
              `--cache-from=type=registry,ref=${cache.repository}:${cache.scope}`,
              `--cache-to=type=registry,ref=${cache.repository}:${cache.scope},mode=max`,
            ]),
        '--',
        request.context,
      ];
      await call('the build', args, request, loginOf(request.authFile));
    },
    async run(image, words, to) {
      await call('the test', ['run', '--rm', '--pull=never', '--', image, ...words], to);
    },
    async join(name, images, to) {
      // its manifests are made of what the registry has
      await call('the manifest', ['manifest', 'create', name, ...images], to);
    },
    async push(image, request) {
      const extra = loginOf(request.authFile);
      if (request.joined) {
        const insecure = request.insecure ? ['--insecure'] : [];
        const out = await call('the push', ['manifest', 'push', ...insecure, image], request, extra);
        return checkDigest(/sha256:[0-9a-f]{64}/.exec(out)?.[0] ?? out);
      }
      await call('the push', ['push', '--quiet', image], request, extra);
      const format = '{{range .RepoDigests}}{{println .}}{{end}}';
      const digests = await call('docker', ['image', 'inspect', '--format', format, image], {
        ...request,
        onLine: () => undefined,
      });
      const repository = image.slice(0, image.lastIndexOf(':'));
      const own = digests.split('\n').find((line) => line.startsWith(`${repository}@`));
      return checkDigest(own?.slice(own.indexOf('@') + 1) ?? '');
    },
    async save(image, directory, to) {
      const holder = mkdtempSync(`${directory}-`);
      try {
        const file = join(holder, 'image.tar');
        await call('saving the image', ['save', `--output=${file}`, image], to);
        const { x } = await import('tar');
        await x({ file, cwd: directory, strict: true });
      } finally {
        rmSync(holder, { recursive: true, force: true });
      }
    },
    async remove(image, to) {
      await call('removing an image', ['image', 'rm', '--force', image], to).catch(() => undefined);
    },
  };
}

/** It takes the folder of a config.json. */
function loginOf(authFile: string | undefined): Readonly<Record<string, string>> {
  return authFile === undefined ? {} : { DOCKER_CONFIG: dirname(authFile) };
}
