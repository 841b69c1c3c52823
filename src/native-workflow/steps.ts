import { hasExpression, parseTemplate } from '../expression/index.ts';
import { gateSteps } from '../orchestration/index.ts';
import { parseReference } from '../plugins/index.ts';
import type { CommandFile, ProcessWork, Step, StepsState, Work } from '../workflow/index.ts';
import { ACTIONS, actionNamed, type NativeAction } from './actions.ts';
import type { Place } from './compile.ts';
import type { JobDefinition, StepDefinition } from './definition-model.ts';
import { wrong } from './document.ts';
import { condition, expand, expandAll, NAMES, placed, scopeOf } from './scope.ts';

const FILES: Readonly<Record<string, CommandFile>> = {
  BIT_ENV: 'env',
  BIT_OUTPUT: 'output',
  BIT_PATH: 'path',
  BIT_STEP_SUMMARY: 'summary',
  // the names people know
  GITHUB_ENV: 'env',
  GITHUB_OUTPUT: 'output',
  GITHUB_PATH: 'path',
  GITHUB_STEP_SUMMARY: 'summary',
};

/** `{0}` is the script. bash stops at the first command that fails, in a pipe too. */
const SHELLS: Readonly<Record<string, { readonly argv: readonly string[]; readonly extension: string }>> = {
  bash: { argv: ['bash', '--noprofile', '--norc', '-eo', 'pipefail', '{0}'], extension: '.sh' },
  sh: { argv: ['sh', '-e', '{0}'], extension: '.sh' },
  python: { argv: ['python3', '{0}'], extension: '.py' },
  node: { argv: ['node', '{0}'], extension: '.mjs' },
  pwsh: { argv: ['pwsh', '-command', ". '{0}'"], extension: '.ps1' },
};

export function compileSteps(job: JobDefinition, place: Place): readonly Step[] {
  return job.steps.map((step) => compileStep(step, job, place));
}

function compileStep(step: StepDefinition, job: JobDefinition, place: Place): Step {
  const where = { path: place.path, at: step.at };
  const scope = (state: StepsState): ReturnType<typeof scopeOf> => scopeOf(state, {}, place.secrets);
  const decide = condition(step.if, where);
  const { name, timeoutMinutes, retry } = step;
  const texts = [step.run, name, step.directory, ...Object.values(step.env), ...Object.values(step.with)];
  for (const text of texts)
    if (text !== undefined && hasExpression(text)) placed(where, () => parseTemplate(text, NAMES));
  const shell = step.run === undefined ? undefined : shellOf(step.shell ?? job.shell ?? 'bash', where);
  const action = step.uses === undefined ? undefined : requireAction(step, step.uses, where, place);
  return {
    id: step.id,
    title: (state) => (name === undefined ? titleOf(step) : expand(name, scope(state), where)),
    decide: (state) => decide(scope(state)),
    prepare(state): Work {
      const given = scope(state);
      const env = expandAll(step.env, given, where);
      const inner = scopeOf({ ...state, env: { ...state.env, ...env } }, {}, place.secrets);
      if (step.gate !== undefined) {
        const words = ['--event', state.request.event.name];
        return { kind: 'group', steps: gateSteps({ kind: step.gate, of: place.name, words }) };
      }
      if (action !== undefined) {
        const values = expandAll(step.with, inner, where);
        return { kind: 'native', run: (tools) => action(tools, values) };
      }
      const directory = step.directory ?? job.directory;
      const { argv, extension } = shell as NonNullable<typeof shell>;
      const work: ProcessWork = {
        kind: 'process',
        argv,
        script: { text: expand(step.run ?? '', inner, where), extension },
        ...(directory === undefined ? {} : { cwd: expand(directory, inner, where) }),
        env,
        files: FILES,
      };
      return work;
    },
    ...(timeoutMinutes === undefined ? {} : { timeoutMs: () => timeoutMinutes * 60_000 }),
    continueOnError: (state) => expand(step.continueOnError, scope(state), where) === 'true',
    ...(retry === undefined ? {} : { retry }),
  };
}

function titleOf({ run, uses, gate }: StepDefinition): string {
  if (gate !== undefined) return `gate: ${gate}`;
  if (uses !== undefined) return uses;
  const [first = ''] = (run ?? '').trim().split('\n');
  return first.length > 60 ? `${first.slice(0, 59)}…` : first;
}

type Where = Parameters<typeof condition>[1];

function shellOf(shell: string, { path, at }: Where): { argv: readonly string[]; extension: string } {
  const known = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
  if (known !== undefined) return known;
  const words = shell.trim().split(/\s+/);
  if (words.length > 1 && words.some((word) => word.includes('{0}'))) return { argv: words, extension: '' };
  throw wrong(
    path,
    at,
    `there is no shell ${shell}`,
    `one of ${Object.keys(SHELLS).join(', ')}, or a command with {0} for the script`,
  );
}

const PLUGGED = /^plugin:/;

function requireAction(
  step: StepDefinition,
  uses: string,
  { path, at }: Where,
  { checkPlugged }: Place,
): NativeAction {
  if (PLUGGED.test(uses)) {
    if (parseReference(uses) === undefined)
      throw wrong(path, at, `${uses} names nothing of a plugin`, 'written plugin:<package>#<step>');
    placed({ path, at }, () => checkPlugged?.(uses, Object.keys(step.with)));
    return (tools, given) => tools.plugged(uses, given);
  }
  const name = actionNamed(uses);
  const action = name === undefined ? undefined : ACTIONS[name];
  if (action !== undefined) return action;
  throw wrong(
    path,
    at,
    `a native workflow has no action ${uses}`,
    `it has ${Object.keys(ACTIONS).join(', ')} and plugin:<package>#<step>; actions of GitHub run in workflows of .github/workflows`,
  );
}
