import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { textOf } from '../expression/index.ts';
import { BitError } from '../kernel/errors.ts';
import { makeDirectory } from '../kernel/files.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import type { ProcessWork, StepsState, StepTools, Surround } from '../workflow/index.ts';

/** A container of a job: the one its steps run in, or a service. */
export interface ContainerSpec {
  readonly image: string;
  readonly env: Readonly<Record<string, string>>;
  readonly ports: readonly string[];
  readonly volumes: readonly string[];
  /** Words of the engine's `run`. */
  readonly options: readonly string[];
  readonly entrypoint: string | undefined;
  readonly command: readonly string[];
}

/** `container` or a service as it was evaluated; undefined where it says nothing. */
export function containerSpec(value: Json, what: string): ContainerSpec | undefined {
  const given = isJsonObject(value) ? value : { image: value };
  const image = textOf(given['image'] ?? '');
  if (image === '') return undefined;
  if (image.startsWith('-')) throw new BitError('usage', `${what}: ${image} is no image`);
  if (given['credentials'] !== undefined)
    throw new BitError(
      'unsupported',
      `${what}: credentials of a registry are not taken from a workflow here`,
      {
        hint: 'log in with the container engine itself',
      },
    );
  const list = (name: string): readonly string[] => {
    const items = given[name];
    return Array.isArray(items) ? items.map((item: Json) => textOf(item)) : [];
  };
  const env = given['env'];
  const entrypoint = textOf(given['entrypoint'] ?? '');
  return {
    image: image.replace(/^docker:\/\//, ''),
    env: isJsonObject(env)
      ? Object.fromEntries(Object.entries(env).map(([name, member]) => [name, textOf(member)]))
      : {},
    ports: list('ports'),
    volumes: list('volumes'),
    options: wordsOf(textOf(given['options'] ?? '')),
    entrypoint: entrypoint === '' ? undefined : entrypoint,
    command: wordsOf(textOf(given['command'] ?? '')),
  };
}

export function wordsOf(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '');
}

export interface JobContainers {
  readonly container: ContainerSpec | undefined;
  readonly services: ReadonlyMap<string, ContainerSpec>;
}

/** What stands for a job, as its steps and its expressions read it from the job's folder. */
export interface Standing {
  readonly before: readonly string[];
  readonly engine: string;
  readonly container: string | null;
  readonly services: JsonObject;
}

const FILE = 'containers.json';
const HEALTHY_AFTER_SECONDS = 300;
const BOUNDED = ['--cgroups=disabled', '--ulimit=nofile=1024:1024', '--ulimit=nproc=1024:1024'];

const DOCKER: Way = { engine: 'docker', before: [], run: [] };

/** Ways of podman's to start a container: a host with both kinds of cgroups lets podman run only where it doesn't see the newer kind. */
const WAYS: readonly {
  readonly engine: string;
  readonly before: readonly string[];
  readonly run: readonly string[];
}[] = [
  { engine: 'podman', before: [], run: [] },
  { engine: 'podman', before: [], run: BOUNDED },
  {
    engine: 'podman',
    before: ['unshare', '--mount', '--', 'sh', '-c', 'umount /sys/fs/cgroup/unified && exec "$0" "$@"'],
    run: BOUNDED,
  },
];

export function standing(state: StepsState): Standing | undefined {
  const path = join(state.temporary, FILE);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Standing) : undefined;
}

/** Services and the container of a job, from its first step to its last. */
export function surroundOf(job: JobContainers): Surround | undefined {
  if (job.container === undefined && job.services.size === 0) return undefined;
  return { start: (tools) => start(job, tools), stop };
}

async function start({ container, services }: JobContainers, tools: StepTools): Promise<void> {
  const { workspace, temporary, run } = tools.state;
  const name = `bit-${run.id.slice(-12)}-${tools.state.job.id.toLowerCase()}-${tools.state.strategy.index}`;
  let way = await pickWay(tools);
  const network = container !== undefined && services.size > 0 ? name : undefined;
  const call = caller(tools, way);
  if (network !== undefined && (await call(['network', 'create', network])) !== 0)
    throw new BitError(
      'failed',
      `${way.engine} can't make a network for the job's container and its services`,
    );
  const shared = network === undefined ? [] : ['--network', network];
  const facts: Record<string, Json> = {};
  const save = (): void => {
    const made: Standing = {
      before: way.before,
      engine: way.engine,
      container: container === undefined ? null : name,
      services: facts,
    };
    makeDirectory(temporary, 0o700);
    writeFileSync(join(temporary, FILE), JSON.stringify(made), { mode: 0o600 });
  };
  for (const [id, spec] of services) {
    const own = `${name}-${id}`;
    facts[id] = { id: own, network: network ?? '', ports: {} };
    save();
    const alias = network === undefined ? [] : ['--network-alias', id];
    way = await launch(tools, way, { spec, name: own, words: [...shared, ...alias] });
    await healthy(tools, way, own, spec);
    facts[id] = { id: own, network: network ?? '', ports: await portsOf(tools, way, own) };
  }
  save();
  if (container !== undefined) {
    const mounts = [workspace, temporary].flatMap((path) => ['-v', `${path}:${path}`]);
    const idle = { ...container, entrypoint: 'tail', command: ['-f', '/dev/null'] };
    way = await launch(tools, way, { spec: idle, name, words: [...shared, ...mounts, '-w', workspace] });
    save();
  }
}

async function stop(tools: StepTools): Promise<void> {
  const made = standing(tools.state);
  if (made === undefined) return;
  const call = caller(tools, made);
  const services = Object.values(made.services).filter(isJsonObject);
  const names = [
    ...services.map((service) => textOf(service['id'] ?? '')),
    ...(made.container === null ? [] : [made.container]),
  ];
  if (names.length > 0) {
    // at once: they would be given ten seconds to end
    await call(['kill', ...names]);
    await call(['rm', '-f', '-v', ...names]);
  }
  const networks = new Set(
    services.map((service) => textOf(service['network'] ?? '')).filter((network) => network !== ''),
  );
  for (const network of networks) await call(['network', 'rm', network]);
}

type Way = Pick<Standing, 'before' | 'engine'> & { readonly run?: readonly string[] };

function caller(
  tools: StepTools,
  { before, engine }: Way,
  onLine: (line: string) => string | undefined = () => undefined,
) {
  return (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<number> =>
    tools.exec({ argv: [...before, engine, ...args], env, files: {}, readLine: onLine });
}

/** The first way in which a container really starts: being installed is not enough. */
async function pickWay(tools: StepTools): Promise<Way> {
  const silent = { env: {}, files: {}, readLine: () => undefined };
  const here = async (script: string, ...words: readonly string[]): Promise<boolean> =>
    (await tools.exec({ argv: ['sh', '-c', script, ...words], ...silent })) === 0;
  if (await here('docker info')) return DOCKER;
  if (!(await here('command -v podman')))
    throw new BitError(
      'missing-tool',
      'this job runs with containers, and neither docker nor podman works here',
      {
        hint: 'install podman, or docker with its daemon running',
      },
    );
  return { engine: 'podman', before: [] };
}

interface Launch {
  readonly spec: ContainerSpec;
  readonly name: string;
  readonly words: readonly string[];
}

async function launch(tools: StepTools, way: Way, { spec, name, words }: Launch): Promise<Way> {
  const args = [
    ...words,
    ...spec.ports.flatMap((port) => ['-p', port]),
    ...spec.volumes.flatMap((volume) => ['-v', volume]),
    ...Object.keys(spec.env).flatMap((variable) => ['-e', variable]),
    ...(spec.entrypoint === undefined ? [] : ['--entrypoint', spec.entrypoint]),
    ...spec.options,
    spec.image,
    ...spec.command,
  ];
  const said: string[] = [];
  const ways = way.engine === 'docker' ? [DOCKER] : WAYS;
  for (const candidate of ways) {
    const call = caller(tools, candidate, (line) => void said.push(line));
    if ((await call(['run', '-d', '--name', name, ...(candidate.run ?? []), ...args], spec.env)) === 0) {
      tools.log(`${name}: ${spec.image}, by ${way.engine}`);
      return candidate;
    }
    await caller(tools, candidate)(['rm', '-f', name]);
  }
  throw new BitError(
    'failed',
    `the container ${spec.image} did not start: ${said.at(-1) ?? 'the engine says nothing'}`,
  );
}

async function healthy(tools: StepTools, way: Way, name: string, spec: ContainerSpec): Promise<void> {
  if (!spec.options.some((option) => option.startsWith('--health-cmd'))) return;
  for (let second = 0; second < HEALTHY_AFTER_SECONDS; second += 2) {
    let status = '';
    const call = caller(tools, way, (line) => {
      status = line.trim();
      return undefined;
    });
    await call(['inspect', '--format', '{{.State.Health.Status}}', name]);
    if (status === 'healthy') return;
    if (status === 'unhealthy' || tools.signal.aborted) break;
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
  throw new BitError('failed', `the service ${name} (${spec.image}) did not become healthy`);
}

/** Ports of the host by ports of the container. */
async function portsOf(tools: StepTools, way: Way, name: string): Promise<JsonObject> {
  const ports: Record<string, Json> = {};
  const call = caller(tools, way, (line) => {
    const [, inner, outer] = /^(\d+)\/\w+ -> .*:(\d+)$/.exec(line) ?? [];
    if (inner !== undefined && outer !== undefined) ports[inner] = outer;
    return undefined;
  });
  await call(['port', name]);
  return ports;
}

/** Copies what goes in and what comes out: the command files of a step are no folder the container was given. */
const ACROSS = `
mkdir -p "$bit_d" && cp "$0" "$bit_d/script" && chmod 755 "$bit_d/script" || exit 1
for n in GITHUB_ENV GITHUB_OUTPUT GITHUB_PATH GITHUB_STATE GITHUB_STEP_SUMMARY; do : > "$bit_d/$n"; chmod 666 "$bit_d/$n"; done
"$@"; s=$?
for n in GITHUB_ENV GITHUB_OUTPUT GITHUB_PATH GITHUB_STATE GITHUB_STEP_SUMMARY; do eval "cat \\"\\$bit_d/$n\\" >> \\"\\$$n\\""; done
rm -rf "$bit_d"; exit $s`;

/** A script of a job with a container, run in there. */
export function intoContainer(work: ProcessWork, state: StepsState, id: string): ProcessWork {
  const made = standing(state);
  if (made === undefined || made.container === null) return work;
  const folder = join(state.temporary, `_in_${id}`);
  const names = new Set(
    [...Object.keys(state.env), ...Object.keys(work.env)].filter((name) => name !== 'PATH'),
  );
  const variables = [...names].flatMap((name) => ['-e', name]);
  const files = Object.keys(work.files).flatMap((name) => ['-e', `${name}=${folder}/${name}`]);
  const inner = work.argv.map((word) => word.replaceAll('{0}', `${folder}/script`));
  const cwd = join(state.workspace, work.cwd ?? '.');
  return {
    ...work,
    argv: [
      'sh',
      '-c',
      ACROSS,
      '{0}',
      ...made.before,
      made.engine,
      'exec',
      '-i',
      '-w',
      cwd,
      ...variables,
      ...files,
      made.container,
      ...inner,
    ],
    env: { ...state.env, ...work.env, bit_d: folder },
  };
}
