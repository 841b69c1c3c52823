import { BitError } from '../kernel/errors.ts';
import type { Work } from '../workflow/index.ts';
import type { ActionCall } from './action-step.ts';
import { stringsOf } from './decide.ts';
import type { ActionDefinition } from './definition.ts';
import { evaluateTree } from './evaluate-tree.ts';
import { at, entries, textAt } from './source.ts';
import { inputEnv, processOf } from './step-place.ts';

export interface DockerAction {
  /** Folder of the action, absolute, where it has one. */
  readonly action?: string;
  readonly definition?: ActionDefinition;
}

/** The first container engine there is; the shell looks, for it has the job's PATH. */
const ENGINE =
  'for e in docker podman; do command -v "$e" >/dev/null 2>&1 && { engine=$e; break; }; done; ' +
  '[ -n "$engine" ] || { echo "::error::this step runs in a container, and neither docker nor podman is installed"; exit 1; }; ';

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
      : words(inputs['args']);
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
  const build = fromFile ? 'tag=$("$engine" build -q -f "$folder/$image" "$folder") || exit 1; ' : '';
  const files = Object.keys(process.files)
    .map((name) => `-v "$${name}:$${name}" -e ${name}`)
    .join(' ');
  const options = [
    'run --rm -w "$workspace" -v "$workspace:$workspace" -v "$RUNNER_TEMP:$RUNNER_TEMP"',
    files,
    ...[...names].filter((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)).map((name) => `-e ${name}`),
    entrypoint === undefined || entrypoint === '' ? '' : '--entrypoint "$entrypoint"',
  ].join(' ');
  return {
    ...process,
    argv: ['sh', '-c', `${ENGINE}${build}exec "$engine" ${options} ${tag} "$@"`, 'container', ...args],
    env: {
      ...process.env,
      workspace: state.workspace,
      folder: action ?? '',
      image: image.replace(/^docker:\/\//, ''),
      entrypoint: entrypoint ?? '',
    },
  };
}

function words(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '');
}

/** Names of an action's inputs, for previews. */
export function inputNames(definition: ActionDefinition): readonly string[] {
  return entries(at(definition.source.root, 'inputs')).map(({ key }) => String(key.value));
}
