import { spawnSync } from 'node:child_process';
import { arch, availableParallelism, platform, totalmem } from 'node:os';
import { type Environment, findProgram } from '../../git/index.ts';
import type { RunnerManifest } from '../settings/index.ts';
import { findGpus, type Gpus } from './gpus.ts';

export type Capabilities = Readonly<Record<string, readonly string[]>>;

interface Tool {
  /** As manifests call it, without its version. */
  readonly name: string;
  readonly program: string;
  readonly kinds: readonly string[];
  /** Arguments that make it say its version; without any its presence is all there is to say. */
  readonly version?: readonly string[];
  /** How much of the version stands in the name: `node24`, `python3.11`. */
  readonly parts?: 1 | 2;
}

const both = ['build', 'test'] as const;
const TOOLS: readonly Tool[] = [
  { name: 'git', program: 'git', kinds: ['build'] },
  { name: 'node', program: 'node', kinds: both, version: ['--version'], parts: 1 },
  { name: 'npm', program: 'npm', kinds: both },
  { name: 'python', program: 'python3', kinds: both, version: ['--version'], parts: 2 },
  { name: 'pytest', program: 'pytest', kinds: ['test'] },
  { name: 'go', program: 'go', kinds: both, version: ['version'], parts: 2 },
  { name: 'rust', program: 'cargo', kinds: both, version: ['--version'], parts: 2 },
  { name: 'java', program: 'java', kinds: both, version: ['-version'], parts: 1 },
  { name: 'ruby', program: 'ruby', kinds: both, version: ['--version'], parts: 2 },
  { name: 'make', program: 'make', kinds: ['build'] },
  { name: 'cmake', program: 'cmake', kinds: ['build'] },
  { name: 'gcc', program: 'gcc', kinds: ['build'] },
  { name: 'docker', program: 'docker', kinds: ['build'] },
  { name: 'podman', program: 'podman', kinds: ['build'] },
  { name: 'buildah', program: 'buildah', kinds: ['build'] },
  { name: 'qemu', program: 'qemu-system-x86_64', kinds: ['build'] },
];

/** What there is for all jobs of a runner together. */
export interface Resources {
  readonly cpu: number;
  readonly memory_bytes: number;
  readonly gpu: number;
  /** Of each kind; one may have a long and a short name. */
  readonly gpus: Readonly<Record<string, number>>;
}

export interface Detected {
  readonly capabilities: Capabilities;
  readonly gpus: number;
  readonly resources: Resources;
  /** What the manifest declares and this machine has not. */
  readonly missing: readonly string[];
}

/**
 * What a runner can do: what its manifest declares, and what is found beside it for those kinds of work. A tool that is
 * known here, declared and not found is taken out: jobs would come to a place that can't do them. `host` says on what.
 */
export function detectCapabilities(
  manifest: RunnerManifest,
  env: Environment,
  gpusHere: Gpus = findGpus(env),
): Detected {
  const found = TOOLS.map((tool) => ({ tool, names: namesOf(tool, env) }));
  const missing: string[] = [];
  const capabilities: Record<string, readonly string[]> = {};
  for (const [kind, declared] of Object.entries(manifest.capabilities)) {
    const kept = declared.filter((name) => {
      const known = found.find(({ tool }) => isNamed(name, tool.name));
      const there = known === undefined || known.names.includes(name);
      if (!there) missing.push(`${kind}/${name}`);
      return there;
    });
    const beside = found.filter(({ tool }) => tool.kinds.includes(kind)).flatMap(({ names }) => names);
    capabilities[kind] = [...new Set([...kept, ...beside])].slice(0, 64);
  }
  const { resources: declared } = manifest;
  const gpus = Math.min(64, declared.gpus ?? gpusHere.count);
  const kinds = gpus === 0 ? {} : kindsOf(gpusHere, gpus, capabilities['gpu']);
  if (gpus > 0)
    capabilities['gpu'] = [...new Set([...(capabilities['gpu'] ?? []), ...Object.keys(kinds)])].slice(0, 64);
  capabilities['host'] ??= [platform(), arch(), ...(gpus > 0 ? ['gpu'] : [])];
  const resources = {
    cpu: Math.min(1024, declared.cpu ?? availableParallelism()),
    memory_bytes: declared.memoryBytes ?? totalmem(),
    gpu: gpus,
    gpus: kinds,
  };
  return { capabilities, gpus, resources, missing };
}

/** `node`, `node24`, `python3.11`; never `nodejs-thing`. */
function isNamed(name: string, tool: string): boolean {
  return name.startsWith(tool) && /^(\d[\d.]*)?$/.test(name.slice(tool.length));
}

function namesOf(tool: Tool, env: Environment): readonly string[] {
  const path = findProgram(tool.program, env);
  if (path === undefined) return [];
  if (tool.version === undefined) return [tool.name];
  const { stdout, stderr } = spawnSync(path, [...tool.version], {
    encoding: 'utf8',
    timeout: 5000,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: env['PATH'] ?? '', HOME: env['HOME'] ?? '/', LC_ALL: 'C' },
  });
  const [, major, minor] = /(\d+)(?:\.(\d+))?/.exec(`${stdout ?? ''}${stderr ?? ''}`) ?? [];
  if (major === undefined) return [tool.name];
  const version = tool.parts === 2 && minor !== undefined ? `${major}.${minor}` : major;
  return [tool.name, `${tool.name}${version}`];
}

/** Kinds that were found; of one that was declared and not found there are as many as nothing else accounts for. */
function kindsOf(
  { count, kinds }: Gpus,
  most: number,
  declared: readonly string[] = [],
): Readonly<Record<string, number>> {
  const found = Object.entries(kinds).map(([kind, there]) => [kind, Math.min(most, there)] as const);
  const known = new Set(Object.keys(kinds).map((kind) => kind.toLowerCase()));
  const other = declared.filter((kind) => !known.has(kind.toLowerCase()));
  const left = other.length === 1 ? most - Math.min(most, count) : 0;
  return Object.fromEntries([...found, ...(left > 0 ? other.map((kind) => [kind, left] as const) : [])]);
}
