import { nearest, printable } from '../../kernel/text.ts';
import {
  choice,
  type Fault,
  faulty,
  flag,
  list,
  map,
  number,
  object,
  type Place,
  parseYaml,
  readYamlText,
  text,
  type ValueOf,
  validate,
  whole,
} from '../../specification/index.ts';
import type { Persona } from '../protocol/types.ts';
import { MANIFEST_TEXTS } from './texts.ts';

export const RUNNER_MANIFEST = '.bit/runner.manifest.yml';

export const PRIORITY_BIASES = ['compliance', 'latency', 'fun'] as const;
export type PriorityBias = (typeof PRIORITY_BIASES)[number];

const { identifier, inside, capability, address } = MANIFEST_TEXTS;

const driver = object(
  'Where artifacts are kept.',
  {
    scheme: choice(
      ['aln+ns://', 'aln+s3://', 'ipfs://', 'file://'],
      'What its URIs start with: the content store, S3, IPFS, or files for development.',
    ),
    roots: list(inside, 'Folders of the repository; none: the local state.', { most: 16 }),
    tamper_evident: flag('Digests are held against a Merkle tree at every read.'),
    bucket: text('Bucket of S3.', { most: 255 }),
    region: text('Region of S3.', { most: 64 }),
    endpoint: address,
    path_style: flag('The bucket stands in the path of its addresses, as servers of one’s own want it.'),
    credentials: text('Secret that holds ACCESS_KEY:SECRET_KEY; default AWS’s own variables.', {
      pattern: /^secret:[A-Za-z_][A-Za-z0-9_.-]{0,127}$/,
      wanted: 'secret:NAME',
    }),
    gateway: address,
  },
  { required: ['scheme'] },
);
/** Which options a scheme takes. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  'aln+ns://': ['roots', 'tamper_evident'],
  'aln+s3://': ['bucket', 'region', 'endpoint', 'path_style', 'credentials'],
  'ipfs://': ['gateway'],
  'file://': ['roots'],
};

const SHAPE = object(
  undefined,
  {
    runner: object(
      'The runner that serves this repository.',
      {
        id: identifier,
        version: text('Its version.', { most: 64 }),
        persona: choice(['strict', 'creative', 'hybrid'], 'What kind of jobs it is for.'),
        capabilities: map(
          list(capability, undefined, { most: 64 }),
          'Kinds of work, each with what is there for it.',
          {
            names: /^[a-z][a-z0-9_-]{0,31}$/,
            wanted: 'a kind of work, in lower case',
          },
        ),
        storage: object('Where artifacts go.', {
          default: text('The driver that is used where nothing else is said.', { most: 64 }),
          drivers: map(driver, 'Drivers by their names.', {
            names: /^[a-z][a-z0-9_-]{0,31}$/,
            wanted: 'a short name in lower case',
          }),
        }),
        policies: object('What allows a job.', {
          dir: inside,
          enforce_strict: flag('A policy that can’t be asked denies; false: it is told, and has no say.'),
        }),
        ledger: object('The ledger’s readable mirror.', { path: inside }),
        qos: object('How much, and what first.', {
          max_concurrent_jobs: whole(1, 1024, 'Jobs at once.'),
          priority_bias: list(choice(PRIORITY_BIASES), 'What it would rather do, first things first.', {
            most: 3,
          }),
        }),
        profile: text('Profile of .bithub.yml it runs as.', { most: 64 }),
        resources: object('What it has for all of its jobs together; left out: what the machine has.', {
          cpu: number(0.1, 1024, 'Cores.'),
          memory_mb: whole(16, 16_777_216, 'Memory.'),
          gpus: whole(0, 64, 'GPUs.'),
        }),
        repositories: list(
          text('A repository, * for any part of its address.', { most: 2000 }),
          'Whose jobs it takes; left out: any on the network, and this one.',
          { most: 256 },
        ),
        secrets: list(
          text('A name.', {
            pattern: /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/,
            wanted: 'the name of a secret',
          }),
          'Secrets of this machine that workflows of the mesh may ask for; none where nothing is said.',
          { most: 256 },
        ),
        isolation: choice(
          ['sandbox', 'process'],
          'sandbox: no job without bubblewrap; process: where there is none, a job sees what this user sees.',
        ),
        limits: object('What one job may take.', {
          cpu: number(0.1, 1024, 'Cores.'),
          memory_mb: whole(16, 16_777_216, 'Memory.'),
          processes: whole(8, 1_000_000, 'Processes and threads.'),
          disk_mb: whole(16, 16_777_216, 'What it may write.'),
          log_mb: whole(1, 4096, 'Output that is kept.'),
        }),
        hooks: object('Programs run after a job: .bit/hooks/success.sh and failure.sh.', {
          timeout_s: whole(1, 3600, 'Seconds one may take.'),
        }),
      },
      { required: ['id'] },
    ),
  },
  { required: ['runner'] },
);

type Said = ValueOf<typeof SHAPE>['runner'];
export type StorageDriverOptions = ValueOf<typeof driver>;

export interface StorageOptions {
  /** Name of the driver used where nothing else is said; undefined where there is no driver. */
  readonly default: string | undefined;
  readonly drivers: Readonly<Record<string, StorageDriverOptions>>;
}

export interface RunnerLimits {
  /** Cores; undefined: as many as there are. */
  readonly cpu: number | undefined;
  readonly memoryBytes: number;
  readonly processes: number;
  /** Bytes a job may write. */
  readonly diskBytes: number;
  readonly logBytes: number;
}

export interface RunnerManifest {
  readonly id: string;
  readonly version: string;
  readonly persona: Persona;
  /** As declared. */
  readonly capabilities: Readonly<Record<string, readonly string[]>>;
  readonly storage: StorageOptions;
  readonly policies: { readonly dir: string; readonly enforceStrict: boolean };
  readonly ledgerPath: string | undefined;
  readonly maxConcurrentJobs: number;
  readonly priorityBias: readonly PriorityBias[];
  readonly profile: string | undefined;
  /** For all jobs together, as declared. */
  readonly resources: {
    readonly cpu: number | undefined;
    readonly memoryBytes: number | undefined;
    readonly gpus: number | undefined;
  };
  readonly repositories: readonly string[] | undefined;
  /** Names of secrets that workflows may ask for. */
  readonly secrets: readonly string[];
  readonly isolation: 'sandbox' | 'process';
  readonly limits: RunnerLimits;
  readonly hookTimeoutMs: number;
}

/**
 * `.bit/runner.manifest.yml` of a repository; undefined where it has none.
 *
 * @throws BitError `usage` with everything that is wrong in it, by line and column
 */
export function readRunnerManifest(root: string): RunnerManifest | undefined {
  const said = readYamlText(root, RUNNER_MANIFEST);
  return said === undefined ? undefined : runnerManifestOf(said);
}

/** @throws BitError `usage`, as {@link readRunnerManifest} */
export function runnerManifestOf(said: string, name: string = RUNNER_MANIFEST): RunnerManifest {
  const { value, faults, places } = validate<ValueOf<typeof SHAPE>>(parseYaml(name, said), SHAPE);
  const all = faults.length > 0 ? faults : storageFaults(value.runner, places);
  if (all.length > 0) throw faulty(name, all);
  const { runner } = value;
  const { drivers = {} } = runner.storage ?? {};
  const MB = 1024 * 1024;
  return {
    id: runner.id,
    version: runner.version ?? '1.0.0',
    persona: runner.persona ?? 'hybrid',
    capabilities: runner.capabilities ?? {},
    storage: { default: runner.storage?.default ?? Object.keys(drivers)[0], drivers },
    policies: {
      dir: runner.policies?.dir ?? '.bithub/policies',
      enforceStrict: runner.policies?.enforce_strict ?? true,
    },
    ledgerPath: runner.ledger?.path,
    maxConcurrentJobs: runner.qos?.max_concurrent_jobs ?? 1,
    priorityBias: [...new Set(runner.qos?.priority_bias ?? [])],
    profile: runner.profile,
    resources: {
      cpu: runner.resources?.cpu,
      memoryBytes: runner.resources?.memory_mb === undefined ? undefined : runner.resources.memory_mb * MB,
      gpus: runner.resources?.gpus,
    },
    repositories: runner.repositories,
    secrets: runner.secrets ?? [],
    isolation: runner.isolation ?? 'sandbox',
    limits: {
      cpu: runner.limits?.cpu,
      memoryBytes: (runner.limits?.memory_mb ?? 4096) * MB,
      processes: runner.limits?.processes ?? 4096,
      diskBytes: (runner.limits?.disk_mb ?? 10_240) * MB,
      logBytes: (runner.limits?.log_mb ?? 64) * MB,
    },
    hookTimeoutMs: (runner.hooks?.timeout_s ?? 30) * 1000,
  };
}

/** What the shape alone can't say: the default is one of the drivers, and a driver has the options of its scheme. */
function storageFaults({ storage }: Said, places: ReadonlyMap<string, Place>): Fault[] {
  const drivers = storage?.drivers ?? {};
  const at = (path: string, message: string, hint: string): Fault => ({
    ...(places.get(path) ?? { line: 1, column: 1 }),
    path,
    message: `${path} ${message}`,
    hint,
  });
  const faults = Object.entries(drivers).flatMap(([name, options]) => {
    const known = OPTIONS[options.scheme] ?? [];
    return Object.keys(options)
      .filter((key) => key !== 'scheme' && !known.includes(key))
      .map((key) =>
        at(
          `runner.storage.drivers.${name}.${key}`,
          `means nothing to ${options.scheme}`,
          `it knows: ${known.join(', ')}`,
        ),
      );
  });
  const named = storage?.default;
  if (named === undefined || Object.hasOwn(drivers, named)) return faults;
  const names = Object.keys(drivers);
  const near = nearest(named, names);
  return [
    ...faults,
    at(
      'runner.storage.default',
      `names ${printable(named)}, and no driver is called so`,
      near.length > 0 ? `did you mean: ${near.join(', ')}` : `drivers: ${names.join(', ') || 'none'}`,
    ),
  ];
}
