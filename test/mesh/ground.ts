/** A controller's door on loopback and those who come to it. */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { exportPublicKey } from '../../src/kernel/ed25519.ts';
import type { Signer } from '../../src/keys/index.ts';
import {
  createGate,
  type Gate,
  type GateOptions,
  type Link,
  type LinkOptions,
  openLink,
} from '../../src/mesh/channel/index.ts';
import { type Message, MOST_MESSAGE_BYTES, type Persona } from '../../src/mesh/protocol/index.ts';
import {
  dialWs,
  type HttpHandler,
  type Listener,
  type ListenOptions,
  listenWs,
  makeCertificate,
  memoryPins,
  type Pins,
} from '../../src/mesh/transport/index.ts';

export const MESH = 'example';
export const CONTROLLER = 'aln://mesh/controller';
export const RUNNER = 'aln://runner/phoenix/alpha';

export function newSigner(): Signer & { readonly key: KeyObject } {
  const { privateKey } = generateKeyPairSync('ed25519');
  const publicKey = exportPublicKey(privateKey);
  return { publicKey, key: privateKey, sign: (message) => sign(null, message, privateKey) };
}

export interface Ground {
  readonly gate: Gate;
  readonly listener: Listener;
  readonly signer: Signer;
  /** What the controller was given. */
  readonly taken: Message[];
  readonly faults: unknown[];
  readonly revoked: Set<string>;
  /** A link of a runner that is closed with the ground. */
  link(
    options?: Partial<LinkOptions> & {
      readonly name?: string;
      readonly persona?: Persona;
      readonly role?: 'client';
    },
  ): Link;
  end(): Promise<void>;
}

export interface GroundOptions extends Partial<GateOptions> {
  readonly tls?: boolean;
  readonly http?: HttpHandler;
  readonly pins?: Pins;
  readonly listen?: Partial<ListenOptions>;
}

export async function ground(options: GroundOptions = {}): Promise<Ground> {
  const { tls = false, http, pins = memoryPins(), listen = {}, ...more } = options;
  const signer = options.signer ?? newSigner();
  const taken: Message[] = [];
  const faults: unknown[] = [];
  const revoked = new Set<string>();
  const gate = createGate({
    ...{ signer, id: CONTROLLER, mesh: MESH, issuer: 'aln://bithub/auth' },
    accept_personas: ['strict', 'hybrid', 'creative'],
    rate_limits: { per_peer_rps: 10_000, burst: 10_000 },
    revoked: (key) => revoked.has(key),
    fault: (error) => faults.push(error),
    take: (message, channel) => {
      taken.push(message);
      if (message.type === 'JOB_CLAIM') channel.send('ACK', {}, message.msg_id);
    },
    ...more,
  });
  const listener = await listenWs({
    ...{ host: '127.0.0.1', port: 0, most: 2 * MOST_MESSAGE_BYTES },
    connection: (connection) => gate.welcome(connection),
    ...(http === undefined ? {} : { http }),
    ...(tls ? { tls: makeCertificate({ names: ['127.0.0.1', 'localhost'], now: new Date() }) } : {}),
    ...listen,
  });
  const links: Link[] = [];
  return {
    ...{ gate, listener, signer, taken, faults, revoked },
    link({ name = RUNNER, persona = 'hybrid', role, ...given } = {}) {
      const link = openLink({
        dialer: dialWs({ required: tls, mode: 'self-signed-ok', pins, most: 8 * 1024 * 1024 }),
        addresses: () => [listener.address],
        signer: newSigner(),
        hello: () => ({
          ...{ runner_id: name, persona, capabilities: { build: ['node18'] }, storage: ['aln+ns://'] },
          policy_hash: `sha256-${'0'.repeat(64)}`,
          ...(role === undefined ? {} : { role }),
        }),
        trusted: () => true,
        take: () => undefined,
        backoff: { first: 20, most: 100 },
        ...given,
      });
      links.push(link);
      return link;
    },
    async end() {
      await Promise.all(links.map((link) => link.close()));
      gate.close('the test is over');
      await listener.close();
    },
  };
}

/** Waits until it holds. */
export async function until(holds: () => boolean, what = 'it'): Promise<void> {
  const patience = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > patience) throw new Error(`${what} did not come`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

export const nonce = (): string => randomBytes(32).toString('base64url');
