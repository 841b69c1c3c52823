import type { Limits, Retry, Sandbox } from '../workflow/index.ts';
import type { ConcurrencyDefinition, Definition, JobDefinition, StepDefinition } from './definition-model.ts';
import { type Member, plain, readDocument, Shape, type Tree } from './document.ts';

const WORKFLOW = [
  'name',
  'on',
  'inputs',
  'env',
  'permissions',
  'defaults',
  'concurrency',
  'max-parallel',
  'fail-fast',
  'jobs',
  'outputs',
];
const JOB = [
  'name',
  'needs',
  'if',
  'runs-on',
  'on',
  'env',
  'strategy',
  'outputs',
  'timeout-minutes',
  'continue-on-error',
  'concurrency',
  'sandbox',
  'workspace',
  'limits',
  'defaults',
  'steps',
  'uses',
  'with',
  'permissions',
];
const STEP = [
  'id',
  'name',
  'if',
  'run',
  'uses',
  'gate',
  'with',
  'shell',
  'env',
  'working-directory',
  'timeout-minutes',
  'continue-on-error',
  'retry',
];
const PLACEMENTS = ['local', 'vm', 'mesh'];
const ID = /^[A-Za-z_][A-Za-z0-9_-]{0,99}$/;
const MINUTES = 60 * 24 * 30;

/** @throws BitError `usage` beginning with `path:line:column` */
export function readDefinition(text: string, path: string): Definition {
  const shape = new Shape(path);
  const tree = readDocument(text, path);
  const top = shape.map(tree, 'a workflow', WORKFLOW);
  const jobs = top.get('jobs');
  if (jobs === undefined) return shape.fail(tree, 'a workflow needs jobs');
  const members = [...shape.map(jobs.value, 'jobs')];
  if (members.length === 0) shape.fail(jobs.value, 'jobs has no job');
  const defaults = runDefaults(shape, top.get('defaults'));
  return {
    name: textOf(shape, top, 'name'),
    on: readOn(shape, top.get('on')),
    inputs: readInputs(shape, top.get('inputs')),
    env: recordOf(shape, top, 'env'),
    concurrency: readConcurrency(shape, top.get('concurrency')),
    maxParallel: numberOf(shape, top, 'max-parallel', 1, 10_000),
    failFast: booleanOf(shape, top, 'fail-fast', false),
    outputs: recordOf(shape, top, 'outputs'),
    jobs: members.map(([id, member]) => readJob(shape, id, member, defaults)),
  };
}

function textOf(shape: Shape, map: ReadonlyMap<string, Member>, name: string): string | undefined {
  const member = map.get(name);
  return member === undefined ? undefined : shape.text(member.value, name);
}

function recordOf(
  shape: Shape,
  map: ReadonlyMap<string, Member>,
  name: string,
): Readonly<Record<string, string>> {
  const member = map.get(name);
  return member === undefined ? {} : shape.record(member.value, name);
}

function numberOf(
  shape: Shape,
  map: ReadonlyMap<string, Member>,
  name: string,
  least: number,
  most: number,
): number | undefined {
  const member = map.get(name);
  return member === undefined ? undefined : shape.number(member.value, name, least, most);
}

function booleanOf(
  shape: Shape,
  map: ReadonlyMap<string, Member>,
  name: string,
  otherwise: boolean,
): boolean {
  const member = map.get(name);
  return member === undefined ? otherwise : shape.boolean(member.value, name);
}

/** `on: push`, `on: [push, tag]` or a map by event; `bit trigger` and `bit schedule` obey the rest of it. */
function readOn(shape: Shape, member: Member | undefined): readonly string[] {
  if (member === undefined) return [];
  if (member.value.value instanceof Map) return [...shape.map(member.value, 'on').keys()];
  return shape.texts(member.value, 'on');
}

function readInputs(shape: Shape, member: Member | undefined): Definition['inputs'] {
  if (member === undefined) return {};
  return Object.fromEntries(
    [...shape.map(member.value, 'inputs')].map(([name, { key, value }]) => {
      if (!ID.test(name)) shape.fail(key, `an input can't be called ${name}`);
      const known = ['description', 'required', 'default', 'type', 'options'];
      const map =
        value.value === null ? new Map<string, Member>() : shape.map(value, `inputs.${name}`, known);
      const options = map.get('options');
      return [
        name,
        {
          description: textOf(shape, map, 'description'),
          required: booleanOf(shape, map, 'required', false),
          default: textOf(shape, map, 'default'),
          options: options === undefined ? undefined : shape.texts(options.value, 'options'),
        },
      ];
    }),
  );
}

function readConcurrency(shape: Shape, member: Member | undefined): ConcurrencyDefinition | undefined {
  if (member === undefined) return undefined;
  if (!(member.value.value instanceof Map))
    return { group: shape.text(member.value, 'concurrency'), cancelInProgress: false };
  const map = shape.map(member.value, 'concurrency', ['group', 'cancel-in-progress']);
  const group = textOf(shape, map, 'group');
  if (group === undefined) return shape.fail(member.value, 'concurrency needs a group');
  return { group, cancelInProgress: booleanOf(shape, map, 'cancel-in-progress', false) };
}

interface RunDefaults {
  readonly shell: string | undefined;
  readonly directory: string | undefined;
}

function runDefaults(shape: Shape, member: Member | undefined): RunDefaults {
  const run = member === undefined ? undefined : shape.map(member.value, 'defaults', ['run']).get('run');
  if (run === undefined) return { shell: undefined, directory: undefined };
  const map = shape.map(run.value, 'defaults.run', ['shell', 'working-directory']);
  return { shell: textOf(shape, map, 'shell'), directory: textOf(shape, map, 'working-directory') };
}

function readJob(shape: Shape, id: string, { key, value }: Member, above: RunDefaults): JobDefinition {
  if (!ID.test(id))
    shape.fail(key, `a job can't be called ${id}`, 'letters, digits, - and _, not starting with a digit');
  const map = shape.map(value, `job ${id}`, JOB);
  const strategy = map.get('strategy');
  const inner =
    strategy === undefined
      ? new Map<string, Member>()
      : shape.map(strategy.value, 'strategy', ['matrix', 'fail-fast', 'max-parallel']);
  const matrix = inner.get('matrix');
  const needs = map.get('needs');
  const steps = map.get('steps');
  const uses = textOf(shape, map, 'uses');
  if ((steps === undefined) === (uses === undefined))
    shape.fail(value, `job ${id} needs either steps or uses`);
  const on = textOf(shape, map, 'on');
  if (on !== undefined && !PLACEMENTS.includes(on))
    shape.fail(map.get('on')?.value ?? value, `on must be one of ${PLACEMENTS.join(', ')}`);
  const read = steps === undefined ? [] : readSteps(shape, steps);
  const gated = read.some(({ gate }) => gate !== undefined);
  if (gated && on !== undefined && on !== 'local')
    shape.fail(
      map.get('on')?.value ?? value,
      `job ${id} stands at a gate, and policies and approvals are here: give the gate a job of its own`,
    );
  const defaults = runDefaults(shape, map.get('defaults'));
  return {
    id,
    at: key,
    name: textOf(shape, map, 'name'),
    needs: needs === undefined ? [] : shape.texts(needs.value, 'needs'),
    if: textOf(shape, map, 'if'),
    env: recordOf(shape, map, 'env'),
    matrix: matrix === undefined ? undefined : plain(matrix.value),
    failFast: booleanOf(shape, inner, 'fail-fast', true),
    maxParallel: numberOf(shape, inner, 'max-parallel', 1, 10_000),
    outputs: recordOf(shape, map, 'outputs'),
    timeoutMinutes: numberOf(shape, map, 'timeout-minutes', 0, MINUTES),
    continueOnError: textOf(shape, map, 'continue-on-error') ?? 'false',
    concurrency: readConcurrency(shape, map.get('concurrency')),
    on: gated ? 'local' : on,
    sandbox: readSandbox(shape, map.get('sandbox')),
    workspace: readWorkspace(shape, map.get('workspace')),
    limits: readLimits(shape, map.get('limits')),
    shell: defaults.shell ?? above.shell,
    directory: defaults.directory ?? above.directory,
    steps: read,
    uses,
    with: recordOf(shape, map, 'with'),
  };
}

function readWorkspace(shape: Shape, member: Member | undefined): 'own' | 'shared' {
  if (member === undefined) return 'shared';
  const said = shape.text(member.value, 'workspace');
  return said === 'own' || said === 'shared'
    ? said
    : shape.fail(member.value, `workspace must be own or shared, not ${said}`);
}

/** `sandbox: true`, or `{ network: none }`. */
function readSandbox(shape: Shape, member: Member | undefined): Sandbox | undefined {
  if (member === undefined) return undefined;
  if (typeof member.value.value === 'boolean') return member.value.value ? { network: 'host' } : undefined;
  const map = shape.map(member.value, 'sandbox', ['network']);
  const network = textOf(shape, map, 'network') ?? 'host';
  if (network !== 'none' && network !== 'host')
    return shape.fail(map.get('network')?.value ?? member.value, 'network must be none or host');
  return { network };
}

function readLimits(shape: Shape, member: Member | undefined): Limits {
  if (member === undefined) return {};
  const map = shape.map(member.value, 'limits', ['processes', 'memory-mb', 'file-mb']);
  const processes = numberOf(shape, map, 'processes', 1, 1_000_000);
  const memory = numberOf(shape, map, 'memory-mb', 1, 1_000_000);
  const file = numberOf(shape, map, 'file-mb', 1, 10_000_000);
  return {
    ...(processes === undefined ? {} : { processes }),
    ...(memory === undefined ? {} : { memory: memory * 1024 * 1024 }),
    ...(file === undefined ? {} : { fileSize: file * 1024 * 1024 }),
  };
}

function readSteps(shape: Shape, member: Member): readonly StepDefinition[] {
  const taken = new Set<string>();
  return shape.list(member.value, 'steps').map((item, at) => {
    const step = readStep(shape, item, at);
    if (taken.has(step.id)) shape.fail(item, `there are two steps ${step.id}`);
    taken.add(step.id);
    return step;
  });
}

function readStep(shape: Shape, tree: Tree, at: number): StepDefinition {
  const map = shape.map(tree, `step ${at + 1}`, STEP);
  const id = textOf(shape, map, 'id') ?? `_${at + 1}`;
  if (!ID.test(id)) shape.fail(map.get('id')?.value ?? tree, `a step can't be called ${id}`);
  const run = textOf(shape, map, 'run');
  const uses = textOf(shape, map, 'uses');
  const gate = textOf(shape, map, 'gate');
  if ([run, uses, gate].filter((one) => one !== undefined).length !== 1)
    shape.fail(tree, `step ${at + 1} needs one of run, uses and gate`);
  if (gate !== undefined && gate !== 'policy' && gate !== 'approval')
    return shape.fail(map.get('gate')?.value ?? tree, `gate must be policy or approval, not ${gate}`);
  return {
    id,
    at: tree,
    name: textOf(shape, map, 'name'),
    if: textOf(shape, map, 'if'),
    run,
    uses,
    gate,
    with: recordOf(shape, map, 'with'),
    shell: textOf(shape, map, 'shell'),
    env: recordOf(shape, map, 'env'),
    directory: textOf(shape, map, 'working-directory'),
    timeoutMinutes: numberOf(shape, map, 'timeout-minutes', 0, MINUTES),
    continueOnError: textOf(shape, map, 'continue-on-error') ?? 'false',
    retry: readRetry(shape, map.get('retry')),
  };
}

/** `retry: 3`, or how often and how long to wait before the first. */
function readRetry(shape: Shape, member: Member | undefined): Retry | undefined {
  if (member === undefined) return undefined;
  if (typeof member.value.value === 'number')
    return { times: shape.number(member.value, 'retry', 0, 100), backoffMs: 1000 };
  const map = shape.map(member.value, 'retry', ['times', 'backoff-seconds', 'most-seconds']);
  const most = numberOf(shape, map, 'most-seconds', 0, 86_400);
  return {
    times: numberOf(shape, map, 'times', 0, 100) ?? 2,
    backoffMs: 1000 * (numberOf(shape, map, 'backoff-seconds', 0, 86_400) ?? 1),
    ...(most === undefined ? {} : { mostMs: most * 1000 }),
  };
}
