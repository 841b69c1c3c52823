/** `bit mesh serve`. */
import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { acceptedSigners, ledgerTrust } from '../../guard/index.ts';
import { BitError } from '../../kernel/errors.ts';
import { writeFileAtomic } from '../../kernel/files.ts';
import { ulid } from '../../kernel/ids.ts';
import { isJsonObject, type JsonObject } from '../../kernel/json.ts';
import { type Lock, tryLock } from '../../kernel/lock.ts';
import { printable } from '../../kernel/text.ts';
import { isTrusted } from '../../keys/index.ts';
import { believes } from '../../ledger/index.ts';
import type { Effect, Reader, Writer } from '../../operation/index.ts';
import { readSpecification } from '../../specification/index.ts';
import { NsDriver } from '../../storage/index.ts';
import { controllerFile, isLoopback } from '../client/place.ts';
import type { Announcement, Announcer } from '../discovery/index.ts';
import { MOST_MESSAGE_BYTES } from '../protocol/index.ts';
import { type MeshConfig, meshConfigOf, readMeshConfig } from '../settings/index.ts';
import { keepCertificate, type Listener, listenWs } from '../transport/index.ts';
import { Autoscale, needsOf, profilesOf } from './autoscale.ts';
import { MeshController } from './controller.ts';
import type { Controller, ControllerParts, MeshSession, ServeRequest } from './index.ts';
import { KeyBook, type KeyRules } from './keys.ts';
import { EmittedEvents } from './listeners.ts';
import { CLAIM_MS, openStore } from './open-store.ts';
import { recentEntries } from './outbox.ts';

/** Beyond the protocol's own bound the transport ends a connection; up to it the protocol says what is too large. */
const MOST_FRAME_BYTES = MOST_MESSAGE_BYTES + 64 * 1024;

/** Milliseconds between looks whether there is anything left to do. */
const LOOK_MS = 250;

interface Setting {
  readonly request: ServeRequest;
  readonly config: MeshConfig;
  readonly mesh: string;
  readonly host: string;
  readonly port: number;
  readonly tls: 'self-signed-ok' | 'strict-ca' | 'off';
  /** Of everything a controller keeps beside the store's own. */
  readonly directory: string;
}

/**
 * Serves until Ctrl-C. One operation from start to end, beside others.
 *
 * @throws BitError `usage` for what can't be listened at so; `busy` where a controller runs here already
 */
export async function serveMesh(reader: Reader, request: ServeRequest): Promise<Effect<MeshSession>> {
  const setting = settingOf(reader, request);
  const { mesh, host, port, tls, directory } = setting;
  const where = `${host}:${port}`;
  return {
    summary: `serve mesh ${mesh} at ${where}`,
    target: { mesh, listen: where, engine: request.engine, tls },
    plan: [
      `listen at ${where}, ${tls === 'off' ? 'without TLS' : `TLS ${tls}`}`,
      request.engine === 'nats'
        ? 'keep jobs on NATS JetStream, for several controllers of one mesh'
        : `keep jobs in ${directory}`,
      `let in the personas ${setting.config.auth.acceptPersonas.join(', ')}`,
    ],
    touches: { refs: [] },
    beside: true,
    async run(writer) {
      const lock = request.engine === 'embedded' ? lockHere(directory) : undefined;
      try {
        return await serve(writer, setting);
      } finally {
        lock?.release();
      }
    },
    record: ({ address, jobs, runners }) => ({
      mesh,
      address,
      engine: request.engine,
      jobs: { ...jobs },
      runners,
    }),
  };
}

function lockHere(directory: string): Lock {
  const lock = tryLock(join(directory, 'serve.lock'));
  if (lock !== undefined) return lock;
  throw new BitError('busy', 'a controller runs in this repository already', {
    hint: 'see it with: bit mesh status; several controllers of one mesh share --engine nats',
  });
}

async function serve(writer: Writer, setting: Setting): Promise<MeshSession> {
  const { request, mesh, directory } = setting;
  const signer = await writer.keys.signer();
  const { engine, natsUrl, natsCredentials: credentials, natsReplicas } = request;
  const natsCredentials = credentials === undefined ? undefined : readFileSync(credentials, 'utf8');
  const store = await openStore({ engine, mesh, directory, natsUrl, natsCredentials, natsReplicas });
  let controller: Controller | undefined;
  let listener: Listener | undefined;
  let autoscale: Autoscale | undefined;
  let announcer: Announcer | undefined;
  const file = controllerFile(writer.stateDirectory);
  try {
    const parts = partsOf(writer, setting, { signer, store, scale: (scale) => autoscale?.scale(scale) });
    const running = new MeshController(parts);
    controller = running;
    listener = await listenWs({
      host: setting.host,
      port: setting.port,
      ...tlsOf(writer, setting),
      most: MOST_FRAME_BYTES,
      connection: (connection) => running.door.welcome(connection),
      http: running.http,
    });
    const { address } = listener;
    if (request.autoscale)
      autoscale = new Autoscale({
        root: writer.repository?.root ?? undefined,
        self: writer.self,
        env: { ...writer.env, ...writer.inside },
        address,
        directory: join(directory, 'runners'),
        notice: writer.notice,
      });
    await controller.start();
    const near = {
      address: reachable(address, '127.0.0.1'),
      public_key: signer.publicKey,
      mesh,
      pid: process.pid,
    };
    writeFileAtomic(file, `${JSON.stringify(near)}\n`, { mode: 0o600 });
    if (announces(setting)) {
      const { announce } = await import('../discovery/index.ts');
      announcer = await announce(announcementOf(parts, reachable(address, hostname())));
    }
    if (writer.streams.free) writer.streams.output.write(`${address}\n`);
    writer.notice(`mesh ${mesh} is served at ${address}; end it with Ctrl-C`);
    await Promise.race([ended(writer.signal), idle(controller, request.idle)]);
    writer.notice('ending; jobs go on at their runners');
    const { runners, ...jobs } = controller.counts;
    return { mesh, address, engine: store.engine, jobs, runners };
  } finally {
    rmSync(file, { force: true });
    await announcer?.close();
    await controller?.stop('the controller ends');
    await listener?.close();
    await autoscale?.stop();
    await store.close();
  }
}

/** Where it listens everywhere: by this name. */
function reachable(address: string, host: string): string {
  return address.replace(/^(wss?:\/\/)(?:0\.0\.0\.0|\[::\])(?=:\d+$)/, `$1${host}`);
}

/** On loopback nobody else is there to hear it. */
function announces({ request, config, host, port }: Setting): boolean {
  return request.announce ?? (config.discovery.mdns && !isLoopback(`ws://${bracketed(host)}:${port}`));
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function announcementOf({ id, version, mesh }: ControllerParts, address: string): Announcement {
  return { id, version, mesh, address, capabilities: [] };
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** When there was nothing to see to for so long; never, where nothing was said. */
async function idle(controller: Controller, seconds: number | undefined): Promise<void> {
  if (seconds === undefined) return new Promise(() => {});
  for (let quiet = 0; quiet < seconds || controller.open > 0; quiet += LOOK_MS / 1000) {
    await sleep(LOOK_MS, undefined, { ref: false });
    if (controller.open > 0) quiet = 0;
  }
}

function settingOf(reader: Reader, request: ServeRequest): Setting {
  const root = reader.repository?.root;
  const { config } = root === undefined ? { config: meshConfigOf('') } : readMeshConfig(root);
  const [, name, digits] = /^(?:(\[[0-9A-Fa-f:.]+\]|[^:[\]\s]+):)?(\d{1,5})$/.exec(request.listen) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535)
    throw new BitError('usage', `${printable(request.listen)} is no place to listen at`, {
      hint: 'such as 127.0.0.1:7443 or 0.0.0.0:7443',
    });
  const host = (name ?? '127.0.0.1').replace(/^\[|\]$/g, '');
  const tls = request.tls ?? (config.tls.required ? config.tls.mode : 'off');
  if (tls === 'off' && !isLoopback(`ws://${bracketed(host)}:${port}`))
    throw new BitError('usage', `${host} can be reached from outside: that takes TLS`, {
      hint: '--tls self-signed-ok makes a certificate',
    });
  if (tls === 'strict-ca' && request.certificate === undefined)
    throw new BitError('usage', 'TLS strict-ca takes a certificate', {
      hint: '--tls-cert FILE --tls-key FILE',
    });
  const mesh = request.mesh ?? config.name;
  if (!/^[^\u0000-\u001f\u007f]{1,128}$/.test(mesh))
    throw new BitError('usage', 'a mesh has a name of 1 to 128 characters');
  return { request, config, mesh, host, port, tls, directory: join(reader.stateDirectory, 'mesh') };
}

function tlsOf(
  reader: Reader,
  { request, tls, host, directory }: Setting,
): { readonly tls?: { readonly key: string; readonly cert: string } } {
  if (tls === 'off') return {};
  const { certificate, key } = request;
  if (certificate !== undefined && key !== undefined)
    return { tls: { cert: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') } };
  const names = [
    ...new Set([hostname(), 'localhost', '127.0.0.1', ...(/^(0\.0\.0\.0|::)$/.test(host) ? [] : [host])]),
  ];
  return { tls: keepCertificate(directory, { names, now: reader.now() }) };
}

function partsOf(
  writer: Writer,
  { request, config, mesh, directory }: Setting,
  own: Pick<ControllerParts, 'signer' | 'store' | 'scale'>,
): ControllerParts {
  const instance = ulid(writer.now().getTime());
  const { otlp } = telemetry(writer, request);
  const emitted = new EmittedEvents(writer);
  const root = writer.repository?.root;
  const said = root === undefined ? {} : (readSpecification(root)?.specification.clusters?.profiles ?? {});
  const profiles = request.autoscale ? profilesOf(said) : [];
  return {
    ...own,
    // of several each is somebody else
    id: own.store.shared ? `aln://mesh/controller/${instance}` : 'aln://mesh/controller',
    ...{ mesh, instance, config, version: request.version },
    clock: { now: () => writer.now().getTime(), monotonic: () => performance.now() },
    lifecycle: {
      lease_ms: config.leases.seconds * 1000,
      ...{ profiles, needs: needsOf(said) },
      ...(own.store.shared ? { claim_ms: CLAIM_MS } : {}),
    },
    openGate: async () => {
      const gate = await writer.gate({
        action: 'mesh.offer',
        event: 'JOB_OFFER',
        command: 'mesh.serve',
        args: {},
      });
      const freezes = await writer.freezes();
      return { gate, digest: `${writer.policy.digest} ${freezes.map(({ op }) => op).join(' ')}` };
    },
    ledger: { note: writer.note, recent: recentEntries(writer.ledger) },
    keys: new KeyBook({ directory, read: () => keyRules(writer, request) }),
    artifacts: once(async () =>
      own.store.artifacts === undefined
        ? new NsDriver({ roots: [join(writer.stateDirectory, 'storage')] })
        : own.store.artifacts(join(directory, 'artifacts')),
    ),
    queryPolicy: (name, rule, input) => queryPolicy(writer, name, rule, input),
    emitted: (event, job) => emitted.emit(event, job),
    ...(otlp === undefined ? {} : { otlp }),
    notice: writer.notice,
    fault: (part, error) =>
      writer.notice(`${part}: ${error instanceof Error ? error.message : String(error)}`),
  };
}

/** Opened at the first artifact; where that failed, at the next one. */
function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined;
  return () => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
}

async function keyRules(reader: Reader, { clients }: ServeRequest): Promise<KeyRules> {
  const own = (await reader.keys.list()).map(({ publicKey }) => publicKey as string);
  const current = await reader.keys.current();
  const signers = acceptedSigners(reader.stateDirectory);
  const believed = believes(await ledgerTrust(reader));
  const revoked = new Set<string>();
  for (const entry of reader.ledger.entries({ event: 'KEY_REVOKE', phase: 'outcome' })) {
    const result = entry.payload?.['result'];
    const key = isJsonObject(result) ? result['public_key'] : undefined;
    if (typeof key === 'string' && entry.payload?.['ok'] === true && believed(entry)) revoked.add(key);
  }
  const now = reader.now();
  return {
    clients: new Set([...own, ...(current === undefined ? [] : [current]), ...clients]),
    signers: signers === undefined ? undefined : (key) => isTrusted(signers, key, now),
    revoked,
  };
}

function queryPolicy({ policy }: Reader, name: string, rule: string, input: JsonObject) {
  const answer = policy.query(`data.${name}.${rule}`, input);
  const policy_hash = `sha256-${/[0-9a-f]{64}/.exec(policy.digest)?.[0] ?? createHash('sha256').update(policy.digest).digest('hex')}`;
  if ('error' in answer) return { policy_hash, explanation: [answer.error.message.slice(0, 2000)] };
  return answer.defined ? { policy_hash, result: answer.value } : { policy_hash };
}

/** OpenTelemetry's own variables, where nothing was said. */
function telemetry({ env }: Reader, { otlp }: ServeRequest): { readonly otlp: ControllerParts['otlp'] } {
  const endpoint = otlp ?? env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  if (endpoint === undefined || endpoint === '') return { otlp: undefined };
  if (!/^https?:\/\//.test(endpoint) || !URL.canParse(endpoint))
    throw new BitError('usage', `${printable(endpoint)} is no address of a collector`, {
      hint: 'such as http://127.0.0.1:4318',
    });
  const pairs = (env['OTEL_EXPORTER_OTLP_HEADERS'] ?? '').split(',').flatMap((pair) => {
    const at = pair.indexOf('=');
    return at < 1 ? [] : [[pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())] as const];
  });
  return { otlp: { endpoint, headers: Object.fromEntries(pairs) } };
}
