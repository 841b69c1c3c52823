import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Environment, findProgram } from '../git/index.ts';
import { BitError, isBitError } from '../kernel/errors.ts';
import type { Engine, ProgramOptions } from './engine.ts';
import { openBuildah } from './engines/buildah.ts';
import { openDocker } from './engines/docker.ts';
import { openPodman } from './engines/podman.ts';
import { localPlatform } from './platform.ts';

/** The strongest first. */
const ENGINES = { docker: openDocker, podman: openPodman, buildah: openBuildah } as const;

export type EngineName = keyof typeof ENGINES;
export const ENGINE_NAMES = Object.keys(ENGINES) as EngineName[];

export interface ProbedEngine {
  readonly name: EngineName;
  readonly engine: Engine | undefined;
  /** Why it can't be used. */
  readonly lacks: string | undefined;
}

/**
 * The first engine that works here, or the one named. Being installed is not enough: each is made to build an image
 * and to run a program in it, because daemons don't run and kernels forbid namespaces.
 *
 * @throws BitError `missing-tool` telling what each lacks
 */
export async function openEngine(
  env: Environment,
  options: ProgramOptions,
  wanted?: EngineName,
): Promise<Engine> {
  const lacking: string[] = [];
  for (const name of wanted === undefined ? ENGINE_NAMES : [wanted]) {
    const probed = await probeEngine(name, env, options);
    if (probed.engine !== undefined) return probed.engine;
    lacking.push(`${name}: ${probed.lacks}`);
  }
  throw new BitError('missing-tool', `no container engine works here (${lacking.join('; ')})`, {
    hint: 'install one: apt-get install buildah, or podman, or docker with its daemon running',
    details: { lacking },
  });
}

export async function probeEngine(
  name: EngineName,
  env: Environment,
  options: ProgramOptions,
): Promise<ProbedEngine> {
  const program = findProgram(name, env);
  if (program === undefined) return { name, engine: undefined, lacks: 'not installed' };
  try {
    const engine = await ENGINES[name]({ program, env, ...options });
    await tryOut(engine, options);
    return { name, engine, lacks: undefined };
  } catch (error) {
    if (!isBitError(error) || error.code === 'cancelled') throw error;
    return { name, engine: undefined, lacks: error.message };
  }
}

/** An ELF program that ends with status 0: from an empty image nothing else could be run. */
const PROGRAMS: Readonly<Record<string, string>> = {
  'linux/amd64':
    'f0VMRgIBAQAAAAAAAAAAAAIAPgABAAAAeABAAAAAAABAAAAAAAAAAAAAAAAAAAAAAAAAAEAAOAABAAAAAAAAAAEAAAAFAAAAAAAAAAAAAAAAAEAAAAAAAAAAQAAAAAAAgQAAAAAAAACBAAAAAAAAAAAQAAAAAAAAMf+4PAAAAA8F',
  'linux/arm64':
    'f0VMRgIBAQAAAAAAAAAAAAIAtwABAAAAeABAAAAAAABAAAAAAAAAAAAAAAAAAAAAAAAAAEAAOAABAAAAAAAAAAEAAAAFAAAAAAAAAAAAAAAAAEAAAAAAAAAAQAAAAAAAhAAAAAAAAACEAAAAAAAAAAAQAAAAAAAAAACA0qgLgNIBAADU',
};

async function tryOut(engine: Engine, { signal }: ProgramOptions): Promise<void> {
  const platform = localPlatform();
  const program = PROGRAMS[platform];
  if (program === undefined) return; // it is found out by the build itself
  const context = mkdtempSync(join(tmpdir(), 'bit-probe-'));
  const image = `localhost/bit-probe:${process.pid}`;
  const quiet: ProgramOptions = { signal, onLine: () => undefined };
  try {
    const dockerfile = join(context, 'Dockerfile');
    writeFileSync(dockerfile, 'FROM scratch\nCOPY probe /probe\n');
    writeFileSync(join(context, 'probe'), Buffer.from(program, 'base64'));
    chmodSync(join(context, 'probe'), 0o755);
    const nothing = { buildArgs: {}, cache: undefined, insecure: false, authFile: undefined };
    await engine.build({ ...quiet, ...nothing, image, context, dockerfile, platform });
    await engine.run(image, ['/probe'], quiet);
  } finally {
    await engine.remove(image, { ...quiet, signal: new AbortController().signal });
    rmSync(context, { recursive: true, force: true });
  }
}
