import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isTruthy } from '../expression/index.ts';
import { makeDirectory } from '../kernel/files.ts';
import type { JsonObject } from '../kernel/json.ts';
import type {
  CommandFile,
  Decision,
  InstanceState,
  LineTools,
  ProcessWork,
  Step,
  StepsState,
} from '../workflow/index.ts';
import type { Unit } from './compile.ts';
import { decideBy, stringsOf } from './decide.ts';
import type { StepDefinition } from './definition.ts';
import { evaluateTextOf, evaluateTree } from './evaluate-tree.ts';
import { runnerEnv } from './runner-env.ts';
import { type Frame, type StepFrame, stepScope } from './scope.ts';
import type { Source } from './source.ts';
import { CommandReader } from './workflow-command.ts';

/** Where steps stand: in a job, or in a composite action of one. */
export interface StepPlace {
  readonly unit: Unit;
  readonly source: Source;
  readonly frame: Frame;
  readonly shell: (state: StepsState) => string | undefined;
  readonly workingDirectory: (state: StepsState) => string | undefined;
  /** Inputs and the like of the action the steps are in. */
  readonly step: StepFrame;
  /** Actions within actions; 1 in a job. */
  readonly level: number;
  /** Folder of the repository the file is from, relative to the workspace: a vendored one, or `''`. */
  readonly repository: string;
  /** Folder of the composite action, absolute. */
  readonly action: string | undefined;
  /** Makes the steps of an action in it. */
  readonly nested: MakeSteps;
}

export type MakeSteps = (
  place: StepPlace,
  definitions: readonly StepDefinition[],
  state: InstanceState,
) => readonly Step[];

/** The members every step has, whatever it does. */
export function commonOf(
  place: StepPlace,
  definition: StepDefinition,
  id: string,
  title: string,
): Omit<Step, 'prepare'> {
  const { source, frame } = place;
  const scope = (state: StepsState) =>
    stepScope(frame, state, { ...place.step, env: envOf(place, definition, state) });
  return {
    id,
    title:
      definition.name === undefined
        ? title
        : (state) => evaluateTextOf(source, definition.name, scope(state)) || title,
    decide: (state): Decision => decideBy(source, definition.if, scope(state), 'its if is false'),
    ...(definition.timeout === undefined
      ? {}
      : {
          timeoutMs: (state: StepsState) => minutes(evaluateTree(source, definition.timeout, scope(state))),
        }),
    ...(definition.continueOnError === undefined
      ? {}
      : {
          continueOnError: (state: StepsState) =>
            isTruthy(evaluateTree(source, definition.continueOnError, scope(state))),
        }),
  };
}

function minutes(value: unknown): number | undefined {
  const number = Number(value);
  return Number.isFinite(number) && number > 0 ? number * 60_000 : undefined;
}

/** A step's own `env`, over that of the action it is in. */
export function envOf(
  place: StepPlace,
  definition: StepDefinition,
  state: StepsState,
): Record<string, string> {
  const outer = place.step.env ?? {};
  const scope = stepScope(place.frame, state, place.step);
  return { ...outer, ...stringsOf(evaluateTree(place.source, definition.env, scope)) };
}

const FILES: Readonly<Record<string, CommandFile>> = {
  GITHUB_ENV: 'env',
  GITHUB_OUTPUT: 'output',
  GITHUB_PATH: 'path',
  GITHUB_STATE: 'state',
  GITHUB_STEP_SUMMARY: 'summary',
};

/**
 * A process as GitHub's runner would start it, but for its program. The runner's own variables are told to each anew:
 * what a step writes to GITHUB_ENV doesn't change them.
 */
export function processOf(
  frame: Frame,
  state: StepsState,
  env: Readonly<Record<string, string>>,
): Omit<ProcessWork, 'argv'> {
  return {
    kind: 'process',
    env: { ...runnerEnv(frame, state), ...env, ...runnerFolders(state) },
    files: FILES,
    readLine: lineReader(),
  };
}

function runnerFolders(state: StepsState): Record<string, string> {
  const event = join(state.temporary, 'event.json');
  // the job's folder is empty again when the run is resumed
  if (!existsSync(event)) {
    makeDirectory(state.temporary, 0o700);
    writeFileSync(event, `${JSON.stringify(state.request.event.payload, null, 2)}\n`, { mode: 0o600 });
  }
  return {
    GITHUB_EVENT_PATH: event,
    RUNNER_TEMP: state.temporary,
    RUNNER_TOOL_CACHE: join(state.temporary, 'tools'),
    RUNNER_WORKSPACE: state.workspace,
  };
}

/** Obeys the workflow commands among a process's lines. */
export function lineReader(): (line: string, tools: LineTools) => string | undefined {
  const reader = new CommandReader();
  return (line, tools) => {
    const effect = reader.read(line);
    switch (effect.kind) {
      case 'text':
        return effect.text;
      case 'mask':
        tools.mask(effect.value);
        return undefined;
      case 'output':
        tools.output(effect.name, effect.value);
        return undefined;
      case 'state':
        tools.save(effect.name, effect.value);
        return undefined;
      case 'annotation': {
        const { level, message, properties } = effect;
        const number = (name: string): Record<string, number> => {
          const value = Number(properties[name]);
          return Number.isInteger(value) && value > 0 ? { [name === 'col' ? 'column' : name]: value } : {};
        };
        const { title, file } = properties;
        tools.annotate({
          level,
          message,
          ...(title === undefined ? {} : { title }),
          ...(file === undefined ? {} : { file }),
          ...number('line'),
          ...number('col'),
        });
        return `${level}: ${message}`;
      }
      case 'refused':
        tools.annotate({ level: 'error', message: effect.message });
        return `error: ${effect.message}`;
      case 'group':
        return effect.title;
      default:
        return undefined;
    }
  };
}

/** Inputs an action is given: `INPUT_NAME`. */
export function inputEnv(inputs: JsonObject): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [
      `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`,
      String(value),
    ]),
  );
}
