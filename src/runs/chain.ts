import { BitError } from '../kernel/errors.ts';
import type { JsonObject } from '../kernel/json.ts';
import { printable } from '../kernel/text.ts';
import { type InputDefinition, readDefinition } from '../native-workflow/index.ts';
import type { Effect, Reader } from '../operation/index.ts';
import type { Placement, RunRequest, Sandbox, SourceFiles } from '../workflow/index.ts';
import { createFile, type EditResult } from './edit.ts';
import { workTreeFiles } from './files.ts';
import { type RunResult, rootOf, startEffect } from './launch.ts';
import { named } from './sources.ts';

export interface ChainOptions {
  readonly workflows: readonly string[];
  readonly inputs: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  /** All at once, but for the barriers. */
  readonly parallel: boolean;
  /** Workflows after which all before end before the rest begins. */
  readonly barriers: readonly string[];
  readonly goOn: boolean;
  /** Writes the chain as a workflow of this name, too. */
  readonly save: string | undefined;
  readonly jobs: number | undefined;
  readonly on: Placement;
  readonly sandbox: Sandbox | undefined;
}

/**
 * Runs workflows as one run: one after another, or at once up to each barrier. Outputs of a link are inputs of the next
 * where it asks for them by name; artifacts are shared.
 */
export async function chain(reader: Reader, options: ChainOptions): Promise<Effect<RunResult>> {
  const { workflows, barriers, parallel, goOn } = options;
  if (workflows.length === 0) throw new BitError('usage', 'a chain needs workflows');
  for (const barrier of barriers) {
    if (!workflows.includes(barrier))
      throw new BitError('usage', `--barrier ${printable(barrier)} is none of the chain's workflows`);
  }
  const files = workTreeFiles(rootOf(reader));
  const links: JsonObject[] = [];
  let stage = 0;
  for (const name of workflows) {
    const { source, workflow } = await named(name, files, reader.cwd);
    links.push({ source, workflow, barrier: stage });
    if (barriers.includes(name)) stage++;
  }
  const request: RunRequest = {
    source: 'chain',
    workflow: workflows.map((name) => name.replace(/^.*\//, '')).join(' → '),
    inputs: options.inputs,
    event: { name: 'chain', payload: {} },
    env: options.env,
    jobs: [],
    on: options.on,
    options: { links, parallel: parallel || barriers.length > 0, goOn },
  };
  const effect = await startEffect(reader, request, { sandbox: options.sandbox, parallel: options.jobs });
  const { save } = options;
  const kept = save === undefined ? undefined : keptAs(reader, { name: save, links, request, files });
  return {
    ...effect,
    summary: `chain ${workflows.join(', ')}`,
    plan: [...effect.plan, ...(kept?.plan ?? [])],
    async run(writer) {
      if (kept !== undefined) {
        const asked = { action: 'workflow.edit', event: 'WORKFLOW_CREATE', command: 'workflow.create' };
        await writer.perform({ ...asked, args: { name: save as string } }, kept);
      }
      return effect.run(writer);
    },
  };
}

interface Kept {
  readonly name: string;
  readonly links: readonly JsonObject[];
  readonly request: RunRequest;
  readonly files: SourceFiles;
}

/** The chain as a workflow whose jobs call its links, and hand outputs on as the chain does. */
function keptAs(reader: Reader, { name, links, request, files }: Kept): Effect<EditResult> {
  const { parallel, goOn } = request.options;
  const definitions = links.map(({ source, workflow }) => {
    const path = String(workflow);
    if (source !== 'native')
      throw new BitError('usage', `--save keeps workflows of .bithub/workflows, and ${path} is none`);
    return readDefinition(files.read(path) ?? '', path);
  });
  const inputs = new Map<string, JsonObject>();
  const jobs = links.flatMap(({ workflow, barrier }, at) => {
    const before = links.flatMap((other, index) => {
      const ends = parallel === true ? Number(other['barrier']) < Number(barrier) : index === at - 1;
      return ends ? [index] : [];
    });
    const needs = before.map(idOf);
    const handed = Object.entries(definitions[at]?.inputs ?? {}).flatMap(([input, asked]) => {
      const from = before.findLast((index) => Object.hasOwn(definitions[index]?.outputs ?? {}, input));
      const wanted = from === undefined ? wish(asked, request.inputs[input]) : undefined;
      if (from === undefined && wanted === undefined) return [];
      if (wanted !== undefined && !inputs.has(input)) inputs.set(input, wanted);
      const value = from === undefined ? `inputs['${input}']` : `needs.${idOf(from)}.outputs['${input}']`;
      return [`      ${JSON.stringify(input)}: ${JSON.stringify(`\${{ ${value} }}`)}`];
    });
    return [
      `  ${idOf(at)}:`,
      `    uses: ./${String(workflow)}`,
      ...(handed.length === 0 ? [] : ['    with:', ...handed]),
      ...(needs.length === 0 ? [] : [`    needs: [${needs.join(', ')}]`]),
      ...(goOn === true ? ['    if: always()'] : []),
    ];
  });
  const asked = [...inputs].map(([input, wanted]) => `  ${JSON.stringify(input)}: ${JSON.stringify(wanted)}`);
  const head = [
    `name: ${JSON.stringify(name)}`,
    'on: manual',
    ...(asked.length === 0 ? [] : ['', 'inputs:', ...asked]),
  ];
  return createFile(reader, name, [...head, '', 'jobs:', ...jobs, ''].join('\n'));
}

/** An input of a link as one of the whole chain, with what it was given now as its default; undefined where it may be left out. */
function wish(
  { description, required, default: otherwise, options }: InputDefinition,
  given: string | undefined,
): JsonObject | undefined {
  const usual = given ?? otherwise;
  if (usual === undefined && !required) return undefined;
  return {
    ...(description === undefined ? {} : { description }),
    ...(usual === undefined ? { required } : { default: usual }),
    ...(options === undefined ? {} : { options: [...options] }),
  };
}

function idOf(at: number): string {
  return `link-${at + 1}`;
}
