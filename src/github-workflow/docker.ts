import { BitError } from '../kernel/errors.ts';
import type { Work } from '../workflow/index.ts';
import type { ActionCall } from './action-step.ts';
import { wordsOf } from './containers.ts';
import { stringsOf } from './decide.ts';
import type { ActionDefinition } from './definition.ts';
import { evaluateTree } from './evaluate-tree.ts';
import { at, textAt } from './source.ts';
import { inputEnv, processOf } from './step-place.ts';

export interface DockerAction {
  /** Folder of the action, absolute, where it has one. */
  readonly action?: string;
  readonly definition?: ActionDefinition;
}

/**
 * The first container engine that works; the shell looks, for it has the job's PATH. podman may start nothing as it is
 * where the host has both kinds of cgroups: a way works if it gets as far as missing the program (127).
 */
const ENGINE = `
bounded='--cgroups=disabled --ulimit=nofile=1024:1024 --ulimit=nproc=1024:1024'
if command -v docker >/dev/null 2>&1 && docker info >/dev/null 2>&1; then engine=docker; building=''
elif command -v podman >/dev/null 2>&1; then engine=podman; building='--isolation chroot'
else echo '::error::this step runs in a container, and neither docker nor podman works here'; exit 1; fi
way=1
bit_run() {
  case $way in
  1) "$engine" run "$@" ;;
  2) "$engine" run $bounded "$@" ;;
  *) unshare --mount -- sh -c 'umount /sys/fs/cgroup/unified && exec "$0" "$@"' "$engine" run $bounded "$@" ;;
  esac
}
bit_way() {
  [ "$engine" = docker ] && return 0
  podman image exists "$1" || podman pull -q "$1" >/dev/null || exit 1
  for way in 1 2 3; do
    bit_run --rm --entrypoint /no-such-program "$1" >/dev/null 2>&1
    [ $? -eq 127 ] && return 0
  done
  way=1
}
`;

const ENVIRONMENT = /^(GITHUB|RUNNER|INPUT|STATE)_/;

/** An image, or the Dockerfile of an action, run with the workspace mounted as GitHub mounts it. */
export function dockerWork(call: ActionCall, image: string, { action, definition }: DockerAction): Work {
  const { state, env, inputs, scope } = call;
  if (image === '') throw new BitError('usage', 'the image of the container is missing');
  const runs = definition?.runs;
  const given = evaluateTree(definition?.source ?? call.place.source, at(runs, 'args'), {
    ...scope,
    contexts: { ...scope.contexts, inputs },
  });
  const args = Array.isArray(given)
    ? given.map(String)
    : inputs['args'] === undefined
      ? []
      : wordsOf(inputs['args']);
  const own =
    definition === undefined
      ? {}
      : stringsOf(
          evaluateTree(definition.source, at(runs, 'env'), {
            ...scope,
            contexts: { ...scope.contexts, inputs },
          }),
        );
  const process = processOf(call.place.frame, state, { ...env, ...own, ...inputEnv(inputs) });
  const names = new Set(
    [...Object.keys(process.env), ...Object.keys(state.env)].filter(
      (name) => ENVIRONMENT.test(name) || Object.hasOwn(env, name) || Object.hasOwn(own, name),
    ),
  );
  for (const name of Object.keys(process.files)) names.delete(name);
  const entrypoint = inputs['entrypoint'] ?? textAt(runs, 'entrypoint');
  const fromFile = !image.startsWith('docker://') && action !== undefined;
  const tag = fromFile ? '"$tag"' : '"$image"';
  const build = fromFile
    ? 'tag=$("$engine" build $building -q -f "$folder/$image" "$folder") || exit 1\n'
    : '';
  const files = Object.keys(process.files)
    .map((name) => `-v "$${name}:$${name}" -e ${name}`)
    .join(' ');
  const options = [
    '--rm -w "$workspace" -v "$workspace:$workspace" -v "$RUNNER_TEMP:$RUNNER_TEMP"',
    files,
    ...[...names].filter((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)).map((name) => `-e ${name}`),
    entrypoint === undefined || entrypoint === '' ? '' : '--entrypoint "$entrypoint"',
  ].join(' ');
  return {
    ...process,
    argv: [
      'sh',
      '-c',
      `${ENGINE}${build}bit_way ${tag}\nbit_run ${options} ${tag} "$@"`,
      'container',
      ...args,
    ],
    env: {
      ...process.env,
      workspace: state.workspace,
      folder: action ?? '',
      image: image.replace(/^docker:\/\//, ''),
      entrypoint: entrypoint ?? '',
    },
  };
}
