/** What plugins bring, as the domains that use it see it. */
import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { FailedStep, Fixer } from '../mending/index.ts';
import type { Reader } from '../operation/index.ts';
import type { StepTools } from '../workflow/index.ts';
import { type Extension, type Extensions, extensionsOf, may, requireExtension } from './extensions.ts';
import { answerFixer, readFindings } from './points/fixers.ts';
import { checkInputs, inputsOf, withDefaults } from './points/inputs.ts';
import { answerStep, type StepFacts } from './points/steps.ts';

/** Milliseconds a plugin's fixer has for one failure. */
const FIXER_LIMIT = 120_000;

const who = ({ plugin }: Extension): string => `the plugin ${plugin.name}`;

/**
 * Whether a step kind is there and takes these inputs.
 *
 * @throws BitError `not-found`, or `usage` naming the input that is missing or unknown
 */
export function checkStepUse(extensions: Extensions, uses: string, given: readonly string[]): void {
  inputsFor(requireExtension(extensions, 'steps', uses), given);
}

function inputsFor(extension: Extension, given: readonly string[]): ReturnType<typeof inputsOf> {
  const asked = inputsOf(extension.facts);
  const shown = `plugin:${extension.plugin.name}#${extension.name}`;
  checkInputs(asked, given, { shown, what: 'input', where: 'under with:' });
  return asked;
}

/** Runs a step kind as the work of a step. @throws what makes the step fail */
export async function runStepKind(
  reader: Pick<Reader, 'extensions'>,
  uses: string,
  given: Readonly<Record<string, string>>,
  tools: StepTools,
): Promise<void> {
  const extensions = await extensionsOf(reader);
  const extension = requireExtension(extensions, 'steps', uses);
  const inputs = withDefaults(inputsFor(extension, Object.keys(given)), given);
  const { run, job, request } = tools.state;
  const facts: StepFacts = {
    run: run.id,
    attempt: run.attempt,
    workflow: request.workflow,
    job: job.id,
    event: request.event.name,
  };
  const session = extensions.open('steps', extension, tools.signal);
  const answer = answerStep(tools, {
    who: who(extension),
    trusted: extension.trusted,
    may: may(extension),
  });
  let failed: { readonly error: unknown } | undefined;
  try {
    await session.call(extension.name, 'run', [inputs, { ...facts }], { answer, signal: tools.signal });
  } catch (error) {
    failed = { error };
  }
  // what it printed is a part of the step's log, but no reason for it to fail
  const printed = await session.close().catch(() => ({ stdout: '', stderr: '' }));
  for (const text of [printed.stdout, printed.stderr])
    if (text.trim() !== '') tools.log(printable(text.trimEnd(), { multiline: true }));
  if (failed !== undefined) throw failed.error;
}

function reason(error: unknown): string {
  return printable(shorten(error instanceof Error ? error.message : String(error), 500));
}

/** The fixers that plugins bring, as those of `bit` are: `<package>#<name>` is what they are called. */
export async function pluginFixers(reader: Pick<Reader, 'extensions' | 'signal'>): Promise<readonly Fixer[]> {
  const extensions = await extensionsOf(reader);
  return extensions.list('fixers').map((extension) => ({
    // a branch is named after it
    name: `${extension.plugin.name.replace(/^@/, '').replaceAll(/[^a-z0-9-]/g, '-')}-${extension.name}`,
    title: extension.description,
    async detect(failure: FailedStep, bench) {
      const signal = AbortSignal.any([reader.signal, AbortSignal.timeout(FIXER_LIMIT)]);
      const session = extensions.open('fixers', extension, signal);
      try {
        const { workflow, job, step } = failure;
        const past = bench.history(workflow.path, job, step);
        const answer = answerFixer(bench, { who: who(extension), may: may(extension) });
        const args = [JSON.parse(JSON.stringify(failure)), JSON.parse(JSON.stringify(past))];
        const found = await session.call(extension.name, 'detect', args, { answer, signal });
        return readFindings(found, this.name);
      } catch (error) {
        // what a trusted one throws is its failure, not one of bit's
        throw error instanceof BitError ? error : new BitError('failed', reason(error), { cause: error });
      } finally {
        await session.close().catch(() => undefined);
      }
    },
  }));
}
