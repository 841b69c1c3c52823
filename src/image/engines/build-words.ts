import type { BuildRequest, PushRequest } from '../engine.ts';

/** The words of `buildah bud` and `podman build`, which is the same program inside. */
export function buildWords(request: BuildRequest): readonly string[] {
  const { cache } = request;
  return [
    // no namespaces of its own: works in containers and where cgroups are not ours
    '--isolation=chroot',
    `--file=${request.dockerfile}`,
    `--tag=${request.image}`,
    `--platform=${request.platform}`,
    '--layers',
    ...Object.entries(request.buildArgs).map(([name, value]) => `--build-arg=${name}=${value}`),
    // a repository and no tag: each layer has one of its own
    ...(cache === undefined
      ? []
      : [`--cache-from=${cache.repository}/${cache.scope}`, `--cache-to=${cache.repository}/${cache.scope}`]),
    ...registryWords(request),
    '--',
    request.context,
  ];
}

/** The words of `push` in both, but for what is pushed. */
export function pushWords(request: PushRequest, digestFile: string): readonly string[] {
  return [`--digestfile=${digestFile}`, ...registryWords(request)];
}

function registryWords({
  insecure,
  authFile,
}: Pick<PushRequest, 'insecure' | 'authFile'>): readonly string[] {
  return [
    ...(insecure ? ['--tls-verify=false'] : []),
    ...(authFile === undefined ? [] : [`--authfile=${authFile}`]),
  ];
}
