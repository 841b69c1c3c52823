import { BitError } from '../kernel/errors.ts';
import type { InstanceState, ProcessWork, Step, Work } from '../workflow/index.ts';
import { actionSteps } from './action-step.ts';
import { intoContainer } from './containers.ts';
import type { StepDefinition } from './definition.ts';
import { evaluateTextOf, placed } from './evaluate-tree.ts';
import { stepScope } from './scope.ts';
import { shellCommand } from './shell.ts';
import { commonOf, envOf, processOf, type StepPlace } from './step-place.ts';

/** The steps of a job or a composite action; what an action does before all of them comes first. */
export function makeSteps(
  place: StepPlace,
  definitions: readonly StepDefinition[],
  state: InstanceState,
): readonly Step[] {
  const before: Step[] = [];
  const steps = definitions.map((definition, index) => {
    const id = definition.id ?? `_${index + 1}`;
    if (definition.uses === undefined) return runStep(place, definition, id);
    const { pre, step } = actionSteps(place, definition, { id, state });
    if (pre !== undefined) before.push(pre);
    return step;
  });
  return [...before, ...steps];
}

function runStep(place: StepPlace, definition: StepDefinition, id: string): Step {
  const { source, frame } = place;
  const [first = ''] = String(definition.run?.value ?? '')
    .trim()
    .split('\n');
  return {
    ...commonOf(place, definition, id, `Run ${first}`),
    prepare(state): Work {
      const env = envOf(place, definition, state);
      const scope = stepScope(frame, state, { ...place.step, env });
      const script = evaluateTextOf(source, definition.run, scope) ?? '';
      const shell = evaluateTextOf(source, definition.shell, scope) ?? place.shell(state);
      if (place.action !== undefined && shell === undefined)
        throw new BitError(
          'usage',
          `${source.path}:${definition.tree.at.line}: a run step of a composite action needs a shell`,
        );
      const at = definition.shell?.kind === 'scalar' ? definition.shell : definition.run;
      const command =
        at === undefined
          ? shellCommand(shell, script)
          : placed(source, at, 0, () => shellCommand(shell, script));
      const cwd = evaluateTextOf(source, definition.workingDirectory, scope) ?? place.workingDirectory(state);
      const work: ProcessWork = {
        ...processOf(frame, state, { ...env, ...actionEnv(place, id) }),
        argv: command.argv,
        script: { text: command.script, extension: command.extension },
        ...(cwd === undefined || cwd === '' ? {} : { cwd }),
      };
      return intoContainer(work, state, `${place.level}_${id}`);
    },
  };
}

function actionEnv(place: StepPlace, id: string): Record<string, string> {
  return { GITHUB_ACTION: id, ...(place.action === undefined ? {} : { GITHUB_ACTION_PATH: place.action }) };
}
