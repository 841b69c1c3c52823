import { readFileSync, statSync } from 'node:fs';
import { basename, isAbsolute, relative } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import { printable } from '../kernel/text.ts';
import { parseScript } from '../script/index.ts';
import type { SourceFiles, Step, Workflow, WorkflowSource } from '../workflow/index.ts';

/** A `.bit` script as a workflow: a step a line, so that it can go on where it stopped. */
export const scriptSource: WorkflowSource = {
  kind: 'script',
  find: async () => [],
  async load(request, files) {
    const text = readHere(request.workflow, files);
    const lines = parseScript(request.workflow, text, { ...request.env, ...request.inputs });
    const steps = lines.map(
      ({ line, words }): Step => ({
        id: `line-${line}`,
        title: maskSecrets(words.join(' ')),
        prepare: () => ({
          kind: 'native',
          async run(tools) {
            const exit = await tools.bit(words);
            if (exit !== 0) throw new BitError('failed', `exit status ${exit}`);
          },
        }),
      }),
    );
    return oneJob(request.workflow, files, steps);
  },
};

/** A program of any kind as a workflow of one step. */
export const executableSource: WorkflowSource = {
  kind: 'executable',
  find: async () => [],
  async load(request, files) {
    const path = request.workflow;
    const given = request.options['arguments'];
    const words = Array.isArray(given) ? given.map(String) : [];
    const step: Step = {
      id: 'run',
      title: [basename(path), ...words].join(' '),
      prepare: (state) => ({
        kind: 'process',
        argv: [path, ...words],
        env: { ...state.inputs },
        files: { BIT_OUTPUT: 'output', BIT_ENV: 'env', BIT_PATH: 'path', BIT_STEP_SUMMARY: 'summary' },
      }),
    };
    const workflow = oneJob(path, files, [step]);
    return {
      ...workflow,
      jobs: workflow.jobs.map((job) => ({
        ...job,
        plan: () => ({
          kind: 'steps',
          env: { ...request.env },
          steps: [step],
          outputs: (inner) => inner.steps.get('run')?.outputs ?? {},
        }),
      })),
      outputs: (state) => state.jobs.get('run')?.outputs ?? {},
    };
  },
};

function oneJob(path: string, files: SourceFiles, steps: readonly Step[]): Workflow {
  const name = basename(path);
  return {
    name,
    path: isAbsolute(path) ? relative(files.root, path) : path,
    jobs: [{ id: 'run', title: name, needs: [], plan: () => ({ kind: 'steps', env: {}, steps }) }],
  };
}

const MOST_BYTES = 4 * 1024 * 1024;

/** One outside the repository is read as it lies, and not kept. */
function readHere(path: string, files: SourceFiles): string {
  const inside = relative(files.root, path);
  const text = inside.startsWith('..') || isAbsolute(inside) ? undefined : files.read(inside);
  if (text !== undefined) return text;
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts?.isFile() !== true) throw new BitError('not-found', `there is no script ${printable(path)}`);
  if (facts.size > MOST_BYTES) throw new BitError('usage', `${printable(path)} is too large for a script`);
  return readFileSync(path, 'utf8');
}
