/**
 * The engine that the campaign `workflow` kills: runs, or goes on with, a run of 60 steps with retries and artifacts.
 * Its arguments are a folder and the run's id; it prints each event as a line, and at last how the run ended.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Job, type Step, sealWith, startRun, type Workflow } from '../../src/workflow/index.ts';

const JOBS = 6;
const STEPS = 10;

const [, , root = '', id = ''] = process.argv;

/** Each output is made of the one before it, so that a step left out or repeated with another input would show. */
function step(job: number, at: number): Step {
  const name = `s${at}`;
  const flaky = at % 4 === 1 ? `test -e flaky-${job}-${at} || { touch flaky-${job}-${at}; exit 7; }` : '';
  return {
    id: name,
    title: name,
    retry: { times: 3, backoffMs: 5 },
    prepare: (state) => ({
      kind: 'process',
      argv: ['sh', '-e', '{0}'],
      script: {
        text: `${flaky}\nsleep 0.0${(job + at) % 4}\nsleep 5 &\necho "v=$(printf '%s' "$BEFORE ${job}.${at}" | cksum | cut -d' ' -f1)" >> $OUT\n`,
        extension: '.sh',
      },
      env: { BEFORE: state.steps.get(`s${at - 1}`)?.outputs['v'] ?? firstOf(state.needs) },
      files: { OUT: 'output' },
    }),
  };
}

function firstOf(needs: ReadonlyMap<string, { readonly outputs: Readonly<Record<string, string>> }>): string {
  return [...needs.values()].map(({ outputs }) => outputs['v'] ?? '').join('+');
}

function upload(job: number): Step {
  return {
    id: 'upload',
    title: 'upload',
    prepare: (state) => ({
      kind: 'native',
      async run(tools) {
        const from = join(root, `file-${job}`);
        const { writeFileSync } = await import('node:fs');
        writeFileSync(from, `${state.steps.get(`s${STEPS - 2}`)?.outputs['v']}\n`.repeat(2000));
        await tools.artifacts.put(`artifact-${job}`, [{ path: 'a/file', from }], { replace: true });
      },
    }),
  };
}

function job(at: number): Job {
  return {
    id: `j${at}`,
    needs: at < 2 ? [] : [`j${at - 2}`, ...(at % 2 === 0 ? [`j${at - 1}`] : [])],
    plan: () => ({
      kind: 'steps',
      env: {},
      steps: [...Array.from({ length: STEPS - 1 }, (_, index) => step(at, index)), upload(at)],
      outputs: (state) => ({ v: state.steps.get(`s${STEPS - 2}`)?.outputs['v'] ?? '' }),
    }),
  };
}

const workflow: Workflow = {
  name: 'sixty steps',
  jobs: Array.from({ length: JOBS }, (_, at) => job(at)),
  outputs: (state) =>
    Object.fromEntries([...state.jobs].map(([name, { outputs }]) => [name, outputs['v'] ?? ''])),
};

const fresh = !existsSync(join(root, 'state', 'runs', id, 'journal'));
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const options = {
  stateDirectory: join(root, 'state'),
  cacheDirectory: join(root, 'cache'),
  workspace: root,
  id,
  load: async () => workflow,
  env: { PATH: process.env['PATH'] ?? '', VICTIM: id },
  secrets: async () => () => undefined,
  seal: sealWith(Buffer.alloc(32, 1)),
  signal: new AbortController().signal,
  now: () => new Date(),
  watch: say,
  bit: async () => 0,
  jobs: 3,
};
const request = {
  source: 'test',
  workflow: 'sixty',
  inputs: {},
  event: { name: 'manual', payload: {} },
  env: {},
  jobs: [],
  on: 'local' as const,
  options: {},
};
// a kill may come after the journal was made and before the run began in it
const end = await startRun({ ...options, request: fresh ? request : undefined }).catch((error: unknown) => {
  if (fresh || (error as { code?: string }).code !== 'not-found') throw error;
  return startRun({ ...options, request });
});
say({
  end: {
    result: end.result,
    outputs: end.outputs,
    artifacts: end.artifacts
      .map(({ name, digest }) => ({ name, digest }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  },
});
