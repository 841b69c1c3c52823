import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { Scope } from '../expression/index.ts';
import { BitError } from '../kernel/errors.ts';
import { readTextIfExists } from '../kernel/files.ts';
import type { InstanceState, Step, StepsState, Work } from '../workflow/index.ts';
import {
  type ActionReference,
  LOCK_FILE,
  type LocalReference,
  nameOf,
  parseUses,
  type RemoteReference,
  repositoryOf,
  vendoredFolder,
} from './action-place.ts';
import { decideBy, stringsOf } from './decide.ts';
import { type ActionDefinition, readAction, type StepDefinition, stepsOf } from './definition.ts';
import { dockerWork } from './docker.ts';
import { evaluateScalar, evaluateTextOf, evaluateTree, placed } from './evaluate-tree.ts';
import { vendoredAs } from './lock.ts';
import { type NativeAction, nativeAction } from './native/index.ts';
import { stepScope } from './scope.ts';
import { at, textAt } from './source.ts';
import { commonOf, envOf, inputEnv, lineReader, processOf, type StepPlace } from './step-place.ts';

/** GitHub's limit of composite actions in each other. */
const MOST_LEVELS = 10;

interface Made {
  readonly pre?: Step | undefined;
  readonly step: Step;
}

interface Position {
  readonly id: string;
  readonly state: InstanceState;
}

/** An action that is here: its folder and what its `action.yml` says. */
interface Action {
  readonly folder: string;
  readonly definition: ActionDefinition;
}

/** A step that `uses` something. Whatever is missing is an error of that step, with how to get it. */
export function actionSteps(place: StepPlace, definition: StepDefinition, { id, state }: Position): Made {
  const { source } = place;
  const uses = String(definition.uses?.value ?? '').trim();
  const scalar = definition.uses;
  const located = <Out>(run: () => Out): Out =>
    scalar === undefined ? run() : placed(source, scalar, 0, run);
  const common = commonOf(place, definition, id, `Run ${uses}`);
  const reference = located(() => ofRepository(place, parseUses(uses)));
  const native = reference.kind === 'remote' ? nativeAction(reference) : undefined;
  if (native !== undefined) return { step: nativeStep(place, definition, { common, native }) };
  if (reference.kind === 'docker')
    return {
      step: {
        ...common,
        prepare: (later) => dockerWork(call(place, definition, later, undefined), reference.image, {}),
      },
    };
  // found now where it is here already, so that what it does before and after is known; else when it is due
  const known =
    reference.kind === 'local' && !existsSync(join(state.workspace, reference.path))
      ? undefined
      : tryFind(reference, state);
  if (known === undefined && definition.if === undefined && reference.kind === 'remote')
    located(() => find(reference, state));
  const prepare = (later: StepsState): Work | Promise<Work> =>
    located(() => actionWork(place, definition, id, known ?? find(reference, later), later));
  const step: Step = { ...common, prepare };
  if (known === undefined || !isJavaScript(known.definition)) return { step };
  return javaScriptSteps(place, definition, { step, action: known, remote: reference.kind === 'remote' });
}

/** `$/path` within the repository that names it. */
function ofRepository(place: StepPlace, reference: ActionReference): ActionReference {
  if (reference.kind !== 'local' || !reference.self) return reference;
  return { ...reference, path: join(place.repository, reference.path) };
}

function tryFind(reference: ActionReference, state: InstanceState): Action | undefined {
  try {
    return find(reference, state);
  } catch (error) {
    if (error instanceof BitError && error.code === 'not-found') return undefined;
    throw error;
  }
}

/** @throws BitError `not-found` saying how to get it */
function find(reference: ActionReference, state: InstanceState): Action {
  if (reference.kind === 'docker') throw new BitError('usage', 'an image has no action.yml');
  const folder = folderOf(reference, state.workspace);
  const path = relative(state.workspace, folder).split(sep).join('/');
  const file = actionFile(folder);
  if (file === undefined) {
    if (reference.kind === 'local')
      throw new BitError(
        'not-found',
        `there is no action in ./${reference.path}: neither action.yml nor action.yaml`,
      );
    throw new BitError('not-found', `the action ${nameOf(reference)} is not in this repository`, {
      hint: `bit workflow vendor ${nameOf(reference)}`,
    });
  }
  if (!realpathSync(file).startsWith(realpathSync(state.workspace) + sep))
    throw new BitError('usage', `the action ${path} leads out of the work tree`);
  const shown = relative(state.workspace, file).split(sep).join('/');
  return { folder, definition: readAction(shown, readFileSync(file, 'utf8')) };
}

/** Where it is, or would be. One named by the commit it was vendored at by another ref lies under that ref. */
function folderOf(reference: LocalReference | RemoteReference, workspace: string): string {
  if (reference.kind === 'local') return join(workspace, reference.path);
  const placeOf = (remote: RemoteReference): string => join(workspace, vendoredFolder(remote), remote.path);
  const own = placeOf(reference);
  if (actionFile(own) !== undefined) return own;
  return placeOf(vendoredAs(reference, readTextIfExists(join(workspace, LOCK_FILE))));
}

function actionFile(folder: string): string | undefined {
  return ['action.yml', 'action.yaml']
    .map((name) => join(folder, name))
    .find((candidate) => existsSync(candidate));
}

function isJavaScript({ using }: ActionDefinition): boolean {
  return /^node\d+$/.test(using);
}

/** What an action is called with, evaluated. */
export interface ActionCall {
  readonly place: StepPlace;
  readonly state: StepsState;
  readonly env: Readonly<Record<string, string>>;
  /** By name as declared; `with` of what is undeclared too. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly scope: Scope;
}

function call(
  place: StepPlace,
  definition: StepDefinition,
  state: StepsState,
  action: ActionDefinition | undefined,
): ActionCall {
  const { source, frame } = place;
  const env = envOf(place, definition, state);
  const scope = stepScope(frame, state, { ...place.step, env });
  const given = stringsOf(evaluateTree(source, definition.with, scope));
  const inputs: Record<string, string> = {};
  for (const [name, { default: fallback }] of action?.inputs ?? [])
    inputs[name] =
      action === undefined || fallback === undefined
        ? ''
        : String(evaluateScalar(action.source, fallback, scope) ?? '');
  for (const [name, value] of Object.entries(given)) inputs[name.toLowerCase()] = value;
  return { place, state, env, inputs, scope };
}

function actionWork(
  place: StepPlace,
  definition: StepDefinition,
  id: string,
  action: Action,
  state: StepsState,
): Work | Promise<Work> {
  const made = call(place, definition, state, action.definition);
  if (isJavaScript(action.definition)) return javaScriptWork(made, action, 'main', id);
  const { using, runs } = action.definition;
  if (using === 'composite') return compositeWork(made, action, id);
  if (using === 'docker')
    return dockerWork(made, textAt(runs, 'image') ?? '', {
      action: action.folder,
      definition: action.definition,
    });
  throw new BitError(
    'unsupported',
    `${action.definition.path}: an action that runs using ${using} can't be run here`,
  );
}

function javaScriptWork(
  { place, state, env, inputs }: ActionCall,
  action: Action,
  entry: 'main' | 'pre' | 'post',
  id: string,
): Work {
  const { runs, path } = action.definition;
  const file = textAt(runs, entry);
  if (file === undefined) throw new BitError('usage', `${path}: runs.${entry} is missing`);
  const script = join(action.folder, file);
  if (!script.startsWith(action.folder + sep))
    throw new BitError('usage', `${path}: runs.${entry} leads out of the action`);
  if (!existsSync(script))
    throw new BitError('not-found', `${path}: there is no ${file}`, {
      hint: 'an action in JavaScript must be built first',
    });
  const before = entry === 'pre' ? {} : (state.steps.get(`_pre_${id}`)?.saved ?? {});
  const saved = Object.entries({ ...before, ...state.saved }).map(([name, value]) => [
    `STATE_${name}`,
    value,
  ]);
  return {
    ...processOf(place.frame, state, {
      // one from GITHUB_ENV would change the actions that follow
      NODE_OPTIONS: '',
      ...env,
      ...inputEnv(inputs),
      ...Object.fromEntries(saved),
      GITHUB_ACTION: id,
      GITHUB_ACTION_PATH: action.folder,
    }),
    // the Node at hand, whichever version the action names
    argv: [process.execPath, script],
  };
}

interface JavaScript {
  readonly step: Step;
  readonly action: Action;
  readonly remote: boolean;
}

/** With what it does before all steps of the job and after them. An action of the repository has no `pre`, as on GitHub. */
function javaScriptSteps(
  place: StepPlace,
  definition: StepDefinition,
  { step, action, remote }: JavaScript,
): Made {
  const { source: own, runs } = action.definition;
  const { id } = step;
  const part = (entry: 'pre' | 'post', title: string): Step => {
    const condition = at(runs, `${entry}-if`);
    return {
      id: `_${entry}_${id}`,
      title: `${title} ${String(definition.uses?.value)}`,
      decide: (state) =>
        condition?.kind === 'scalar'
          ? decideBy(own, condition, stepScope(place.frame, state, place.step), `its ${entry}-if is false`)
          : { run: true },
      prepare: (state) =>
        javaScriptWork(call(place, definition, state, action.definition), action, entry, id),
    };
  };
  const post = textAt(runs, 'post') === undefined ? {} : { post: part('post', 'Post') };
  const pre = remote && textAt(runs, 'pre') !== undefined ? part('pre', 'Pre') : undefined;
  return { pre, step: { ...step, ...post } };
}

function compositeWork({ place, state, env, inputs }: ActionCall, action: Action, id: string): Work {
  if (place.level >= MOST_LEVELS)
    throw new BitError(
      'usage',
      `more than ${MOST_LEVELS} composite actions in each other, which is the limit`,
    );
  const { source, runs, outputs } = action.definition;
  const step = { env, inputs, github: { action: id, action_path: action.folder } };
  const inner: StepPlace = {
    ...place,
    source,
    step,
    level: place.level + 1,
    action: action.folder,
    repository: repositoryOf(action.definition.path),
    shell: () => undefined,
    workingDirectory: () => undefined,
  };
  return {
    kind: 'group',
    steps: place.nested(inner, stepsOf(at(runs, 'steps')), state),
    env,
    outputs: (after) => {
      const scope = stepScope(place.frame, after, step);
      return Object.fromEntries(
        outputs.map(({ key, value }) => [
          String(key.value),
          evaluateTextOf(source, at(value, 'value'), scope) ?? '',
        ]),
      );
    },
  };
}

interface Native {
  readonly common: Omit<Step, 'prepare'>;
  readonly native: NativeAction;
}

function nativeStep(place: StepPlace, definition: StepDefinition, { common, native }: Native): Step {
  const workOf =
    (run: NativeAction['run']) =>
    (state: StepsState): Work => {
      const { inputs, env } = call(place, definition, state, undefined);
      const withDefaults = { ...native.defaults, ...inputs };
      return {
        kind: 'native',
        run: (tools) => run({ inputs: withDefaults, env, tools, frame: place.frame, readLine: lineReader() }),
      };
    };
  const { post } = native;
  const title = `Post Run ${String(definition.uses?.value)}`;
  return {
    ...common,
    prepare: workOf(native.run),
    ...(post === undefined
      ? {}
      : {
          post: {
            id: `_post_${common.id}`,
            title,
            decide: (state) =>
              native.postAlways === true || state.status === 'success'
                ? { run: true }
                : { run: false, why: 'the job did not succeed' },
            prepare: workOf(post),
          },
        }),
  };
}
