import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BitError } from '../../kernel/errors.ts';
import { makeDirectory } from '../../kernel/files.ts';
import { tryLock } from '../../kernel/lock.ts';
import { printable } from '../../kernel/text.ts';
import type { Effect, Reader, Writer } from '../../operation/index.ts';
import { readSecret } from '../../secrets/index.ts';
import { confinementFault } from '../../workflow/index.ts';
import { systemClock } from '../channel/index.ts';
import { type Announcer, announce } from '../discovery/index.ts';
import {
  type MeshConfig,
  RUNNER_MANIFEST,
  type RunnerManifest,
  readMeshConfig,
  readRunnerManifest,
} from '../settings/index.ts';
import { artifactExchange } from './artifacts.ts';
import { bootClock } from './boot.ts';
import { type Detected, detectCapabilities } from './capabilities.ts';
import { celebrate } from './celebrate.ts';
import { Mirrors } from './checkout.ts';
import { type Connecting, connecting } from './connect.ts';
import { Estimates } from './estimate.ts';
import { Guard } from './guard/index.ts';
import { type RunnerPlace, runnerPlace } from './place.ts';
import { announcementOf } from './present.ts';
import { pathInside, programs } from './programs.ts';
import { ledgerRecorder } from './recorder.ts';
import { removeTree } from './remove-tree.ts';
import { renewedGate } from './renewed-gate.ts';
import { Runner } from './runner.ts';
import { type RunnerStatus, writeStatus } from './status.ts';

export interface StartRequest {
  /** Address of the controller; default what is found. */
  readonly controller: string | undefined;
  /** Profile of `.bithub.yml` it runs as; default the manifest's. */
  readonly profile: string | undefined;
  /** Seconds without a job after which it ends; undefined: never. */
  readonly idleExit: number | undefined;
  /** Of several runners of this repository on this machine: what this one adds to the manifest's name. */
  readonly instance?: string | undefined;
}

/** What a runner did from its start to its end. */
export interface RunnerSession {
  readonly id: string;
  readonly done: RunnerStatus['done'];
}

const STATUS_MS = 200;

/**
 * Runs this repository's runner until Ctrl-C or SIGTERM: then it takes no more jobs, brings those it has to their end
 * and ends; a second signal gives them back at once. One operation from start to end; each job is operations of its own
 * inside.
 *
 * @throws BitError `not-found` (no manifest), `usage` (what is wrong in it), `missing-tool` (no sandbox), `busy` (one
 *   runs here already), `auth` (the controller does not let it in)
 */
export async function startRunner(reader: Reader, request: StartRequest): Promise<Effect<RunnerSession>> {
  const root = runnerRoot(reader);
  const manifest = withInstance(withProfile(requireManifest(root), request.profile), request.instance);
  const { config } = readMeshConfig(root);
  const fault = confinementFault();
  if (manifest.isolation === 'sandbox' && fault !== undefined)
    throw new BitError('missing-tool', `jobs would have no sandbox: ${fault}`, {
      hint: `install bubblewrap, or where the jobs are one's own, in ${RUNNER_MANIFEST}: isolation: process`,
    });
  const path = pathInside(reader);
  const detected = detectCapabilities(manifest, { ...reader.env, PATH: path });
  const { limits } = manifest;
  return {
    summary: `run ${manifest.id}`,
    target: {
      runner: manifest.id,
      persona: manifest.persona,
      mesh: config.name,
      // as a job requires them: build, build/node24
      capabilities: Object.entries(detected.capabilities).flatMap(([kind, names]) => [
        kind,
        ...names.map((name) => `${kind}/${name}`),
      ]),
      isolation: fault === undefined ? 'sandbox' : 'process',
    },
    plan: [
      `join ${request.controller ?? reader.env['BIT_MESH'] ?? `mesh ${config.name}`} as ${manifest.id}, ${manifest.persona}`,
      ...Object.entries(detected.capabilities).map(([kind, names]) => `offer ${kind}: ${names.join(', ')}`),
      ...detected.missing.map((name) => `leave out ${name}: this machine has not got it`),
      `take ${manifest.maxConcurrentJobs} jobs at once, each of ${limits.memoryBytes} bytes of memory, ${limits.processes} processes, ${limits.diskBytes} bytes of disk`,
      fault === undefined ? 'run them in a sandbox' : `run them without a sandbox: ${fault}`,
    ],
    touches: { refs: [] },
    beside: true,
    event: 'RUNNER_START',
    run: (writer) => serve(writer, { root, manifest, config, detected, path, request }),
    record: ({ id, done }) => ({ id, ...done }),
  };
}

/** @throws BitError `usage` */
function withInstance(manifest: RunnerManifest, instance: string | undefined): RunnerManifest {
  if (instance === undefined) return manifest;
  if (/^[a-z0-9][a-z0-9_-]{0,62}$/.test(instance)) return { ...manifest, id: `${manifest.id}/${instance}` };
  throw new BitError('usage', `${printable(instance)} is no name of an instance`, {
    hint: 'lower-case letters, digits, _ and -, at most 63',
  });
}

interface Serving {
  readonly root: string;
  readonly manifest: RunnerManifest;
  readonly config: MeshConfig;
  readonly detected: Detected;
  readonly path: string;
  readonly request: StartRequest;
}

async function serve(writer: Writer, serving: Serving): Promise<RunnerSession> {
  const { manifest, config, detected, request } = serving;
  const place = runnerPlace(writer.stateDirectory, request.instance);
  makeDirectory(place.folder);
  const lock = tryLock(place.lock);
  if (lock === undefined)
    throw new BitError('busy', 'a runner of this repository runs already', {
      hint: 'see it with: bit runner status; end it with: bit runner stop',
    });
  const way = connecting(writer, { config, address: request.controller });
  const guard = new Guard({
    runnerId: manifest.id,
    signer: await writer.keys.signer(),
    notice: writer.notice,
  });
  let announcer: Promise<Announcer | undefined> | undefined;
  const status = statusFile(place);
  try {
    // their processes ended with the runner that started them
    for (const name of namesIn(place.jobs)) removeTree(join(place.jobs, name));
    for (const name of detected.missing) writer.notice(`this machine has no ${name}: it is not offered`);
    const refused = Promise.withResolvers<never>();
    refused.promise.catch(() => undefined);
    const runner = new Runner({
      ...(await optionsOf(writer, serving, place, way)),
      guard,
      changed: status.changed,
      refused: refused.reject,
      joined() {
        const address = way.address();
        if (!config.discovery.mdns || address === undefined || announcer !== undefined) return;
        const said = announcementOf({ manifest, capabilities: detected.capabilities }, config.name, address);
        announcer = announce(said).catch(() => undefined);
      },
    });
    try {
      await Promise.race([
        ended(writer.signal),
        idleFor(runner, request.idleExit, writer.signal),
        refused.promise,
      ]);
      await drained(writer, runner);
    } finally {
      await runner.close();
    }
    return { id: manifest.id, done: runner.status.done };
  } finally {
    guard.close();
    status.end();
    way.close();
    await (await announcer)?.close();
    lock.release();
  }
}

async function optionsOf(writer: Writer, serving: Serving, place: RunnerPlace, way: Connecting) {
  const { root, manifest, detected, path } = serving;
  const signer = await writer.keys.signer();
  const mirrors = new Mirrors({ directory: place.mirrors, env: writer.env });
  mirrors.prune(Date.now());
  const gates = await renewedGate(writer, { root, manifest }, signer.publicKey);
  const celebration = {
    runnerId: manifest.id,
    capabilities: detected.capabilities,
    root,
    env: writer.env,
    hookTimeout: manifest.hookTimeoutMs,
    notice: writer.notice,
    tell: writer.tell,
    now: writer.now,
  };
  return {
    manifest,
    capabilities: detected.capabilities,
    gpus: detected.gpus,
    resources: detected.resources,
    own: root,
    unable: undefined,
    signer,
    gate: gates,
    facilities: {
      manifest,
      mirrors,
      artifacts: artifactExchange({
        manifest,
        transfer: way.transfer,
        secret: (name) => readSecret(writer, name),
        env: writer.env,
      }),
      secrets: async (names: readonly string[]) => {
        const allowed = names.filter((name) => manifest.secrets.includes(name));
        const found = await Promise.all(
          allowed.map(async (name) => [name, await readSecret(writer, name)] as const),
        );
        return Object.fromEntries(found);
      },
      programs: programs(),
      path,
    },
    estimates: new Estimates(place.history),
    place,
    recorder: ledgerRecorder(writer, manifest.id),
    clock: { ...systemClock, monotonic: bootClock().monotonic },
    open: way.open,
    notice: writer.notice,
    committed: (...[link, job, result]: Parameters<ConstructorParameters<typeof Runner>[0]['committed']>) =>
      celebrate({ ...celebration, link: () => link }, job, result),
  };
}

/** No more jobs; those there are come to their end, unless somebody asks a second time. */
async function drained(writer: Writer, runner: Runner): Promise<void> {
  runner.drain();
  // what is assigned this very moment is declined: from who is gone it would come back only with its lease
  while (runner.bidding) await new Promise((resolve) => setTimeout(resolve, 50));
  const { jobs, owed } = runner.status;
  if (jobs.length === 0 && owed === 0) return;
  writer.notice(`takes no more jobs; ${jobs.length} go on to their end; once more gives them back`);
  const again = Promise.withResolvers<'again'>();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const hear = (): void => again.resolve('again');
  for (const signal of signals) process.on(signal, hear);
  try {
    const how = await Promise.race([runner.idle(), again.promise]);
    if (how === 'again') await runner.stop('the runner was told to end');
  } finally {
    for (const signal of signals) process.off(signal, hear);
  }
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

async function idleFor(runner: Runner, seconds: number | undefined, signal: AbortSignal): Promise<void> {
  if (seconds === undefined) return new Promise(() => undefined);
  for (let since = performance.now(); performance.now() - since < seconds * 1000 && !signal.aborted; ) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(250, seconds * 100 + 10)));
    const { jobs, owed } = runner.status;
    if (jobs.length > 0 || owed > 0) since = performance.now();
  }
}

/** Written a few times a second at most, the last state always. */
function statusFile(place: RunnerPlace): { changed: (status: RunnerStatus) => void; end: () => void } {
  let timer: NodeJS.Timeout | undefined;
  let last: RunnerStatus | undefined;
  const write = (): void => {
    timer = undefined;
    if (last !== undefined) writeStatus(place, last);
  };
  return {
    changed(status) {
      last = status;
      timer ??= setTimeout(write, STATUS_MS);
    },
    end() {
      clearTimeout(timer);
      rmSync(place.status, { force: true });
    },
  };
}

/** @throws BitError `not-found` outside a work tree */
export function runnerRoot(reader: Reader): string {
  const root = reader.repository?.root;
  if (root !== undefined) return root;
  throw new BitError('not-found', `${reader.cwd} is not inside a work tree`, {
    hint: 'a runner serves a repository: bit init, then bit runner init',
  });
}

/** @throws BitError `not-found` where there is none */
export function requireManifest(root: string): RunnerManifest {
  const manifest = readRunnerManifest(root);
  if (manifest !== undefined) return manifest;
  throw new BitError('not-found', `there is no ${RUNNER_MANIFEST}`, {
    hint: 'write one with: bit runner init',
  });
}

function withProfile(manifest: RunnerManifest, profile: string | undefined): RunnerManifest {
  return profile === undefined ? manifest : { ...manifest, profile };
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
