/** The connection, and what its errors mean. The libraries are loaded by who uses them. */
import type { NatsConnection } from '@nats-io/transport-node';
import { BitError } from '../../kernel/errors.ts';
import type { NatsOptions } from './nats.ts';

type Jetstream = typeof import('@nats-io/jetstream');

export interface Nats {
  readonly connection: NatsConnection;
  readonly jetstream: Jetstream;
  readonly js: ReturnType<Jetstream['jetstream']>;
  readonly jsm: Awaited<ReturnType<Jetstream['jetstreamManager']>>;
  readonly kvm: import('@nats-io/kv').Kvm;
  /** Somebody else wrote after the revision that was named. */
  isLostRace(error: unknown): boolean;
  /** The server said no: asking again changes nothing. */
  isRefusal(error: unknown): boolean;
  translate(error: unknown): unknown;
}

/** JetStream's code for "wrong last sequence". */
const WRONG_LAST_SEQUENCE = 10071;

export async function connectTo({ url, credentials }: NatsOptions): Promise<Nats> {
  const transport = await import('@nats-io/transport-node');
  const jetstream = await import('@nats-io/jetstream');
  const { Kvm } = await import('@nats-io/kv');
  const servers = url.split(',').map((each) => parse(each.trim()));
  const shown = servers.map(({ host }) => host).join(', ');
  const translate = (error: unknown): unknown => {
    if (error instanceof BitError || !(error instanceof Error)) return error;
    const denied =
      error instanceof transport.AuthorizationError || error instanceof transport.PermissionViolationError;
    return new BitError(denied ? 'auth' : 'remote', `${shown}: ${error.message}`, { cause: error });
  };
  const [first] = servers;
  try {
    const connection = await transport.connect({
      servers: servers.map(({ host }) => host),
      ...(first?.user === undefined ? {} : { user: first.user, pass: first.pass ?? '' }),
      ...(first?.token === undefined ? {} : { token: first.token }),
      ...(servers.some(({ tls }) => tls) ? { tls: {} } : {}),
      ...(credentials === undefined
        ? {}
        : { authenticator: transport.credsAuthenticator(new TextEncoder().encode(credentials)) }),
      name: 'bit mesh',
      // A server that is away for a while comes back; until then nothing is acknowledged.
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      timeout: 5_000,
    });
    const jsm = await jetstream.jetstreamManager(connection);
    return {
      connection,
      jetstream,
      js: jetstream.jetstream(connection),
      jsm,
      kvm: new Kvm(connection),
      isLostRace: (error) =>
        error instanceof jetstream.JetStreamApiError && error.code === WRONG_LAST_SEQUENCE,
      isRefusal: (error) => error instanceof jetstream.JetStreamApiError,
      translate,
    };
  } catch (error) {
    throw new BitError('remote', `no JetStream at ${shown}`, {
      hint: 'start nats-server with -js, and check --nats-url',
      cause: translate(error),
    });
  }
}

interface Server {
  readonly host: string;
  readonly tls: boolean;
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
}

function parse(text: string): Server {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'nats:' && url.protocol !== 'tls:') || url.hostname === '')
    throw new BitError('usage', 'the address of a NATS server is nats://host:port', {
      details: { field: 'nats-url' },
    });
  const host = `${url.hostname}:${url.port === '' ? '4222' : url.port}`;
  const user = decodeURIComponent(url.username);
  const secret =
    user === ''
      ? {}
      : url.password === ''
        ? { token: user }
        : { user, pass: decodeURIComponent(url.password) };
  return { host, tls: url.protocol === 'tls:', ...secret };
}
