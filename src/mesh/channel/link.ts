import { setTimeout as sleep } from 'node:timers/promises';
import { BitError } from '../../kernel/errors.ts';
import {
  type AnswerTo,
  type EnvelopedType,
  type MessageOf,
  type PayloadOf,
  type RequestType,
  SCHEMAS,
} from '../protocol/index.ts';
import { CLOSE } from '../transport/index.ts';
import { systemClock } from './clock.ts';
import { type Greeted, greet } from './greet.ts';
import type { Live } from './live.ts';
import type { Channel, Clock, Heartbeat, Link, LinkOptions, RequestOptions } from './types.ts';

/** What doesn't change by asking again. */
const FOR_GOOD = new Set<unknown>([
  ...['revoked', 'persona', 'forbidden', 'version', 'unauthenticated'],
  ...['malformed', 'unknown-type', 'unknown-schema', 'too-large', 'too-deep'],
]);
/** Milliseconds a connection has to have stood for the next waits to begin anew. */
const STOOD = 10_000;

/** Dials, says HELLO, and does so again whenever the connection ends, until {@link Link.close}. */
export function openLink(options: LinkOptions): Link {
  return new Redialer(options);
}

class Redialer implements Link {
  readonly #options: LinkOptions;
  readonly #clock: Clock;
  readonly #ends = new AbortController();
  readonly #running: Promise<void>;
  #live: Live | undefined;
  #ack: MessageOf<'HELLO_ACK'> | undefined;
  #mesh: string | undefined;
  #self = '';
  #skew = 0;
  #ended: Error | undefined;
  #waiting: { readonly up: (channel: Channel) => void; readonly over: (error: Error) => void }[] = [];

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#running = this.#run();
  }

  get channel(): Channel | undefined {
    return this.#live?.open === true ? this.#live : undefined;
  }

  get open(): boolean {
    return this.channel !== undefined;
  }

  get session(): string | undefined {
    return this.#ack?.session;
  }

  get skew(): number {
    return this.#skew;
  }

  get buffered(): number {
    return this.#live?.buffered ?? 0;
  }

  drained(): Promise<void> {
    return this.#live?.drained() ?? Promise.resolve();
  }

  send<T extends EnvelopedType>(type: T, payload: PayloadOf<T>, re?: string): string | undefined {
    return this.#live?.send(type, payload, re);
  }

  heartbeat(beat: Heartbeat): void {
    const message: MessageOf<'HEARTBEAT'> = {
      type: 'HEARTBEAT',
      schema: SCHEMAS.HEARTBEAT,
      runner_id: this.#self,
      ...beat,
    };
    this.#live?.sendFlat(message);
  }

  async request<T extends RequestType>(
    type: T,
    payload: PayloadOf<T>,
    options: RequestOptions = {},
  ): Promise<AnswerTo<T>> {
    const { timeout_ms = 30_000 } = options;
    const began = this.#clock.monotonic();
    const signals = [
      AbortSignal.timeout(timeout_ms),
      ...(options.signal === undefined ? [] : [options.signal]),
    ];
    const channel = await this.ready(AbortSignal.any(signals));
    const left = Math.max(1, timeout_ms - (this.#clock.monotonic() - began));
    return channel.request(type, payload, { ...options, timeout_ms: left });
  }

  ready(signal?: AbortSignal): Promise<Channel> {
    const { channel } = this;
    if (channel !== undefined) return Promise.resolve(channel);
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    if (signal?.aborted === true) return Promise.reject(stopped(signal));
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#waiting = this.#waiting.filter((one) => one !== waiting);
        if (signal !== undefined) reject(stopped(signal));
      };
      signal?.addEventListener('abort', abort, { once: true });
      const waiting = {
        up: (up: Channel) => {
          signal?.removeEventListener('abort', abort);
          resolve(up);
        },
        over: (error: Error) => {
          signal?.removeEventListener('abort', abort);
          reject(error);
        },
      };
      this.#waiting.push(waiting);
    });
  }

  async close(reason = ''): Promise<void> {
    this.#ended ??= new BitError('cancelled', 'the link was closed');
    this.#ends.abort();
    this.#live?.close(CLOSE.done, reason);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { backoff = { first: 200, most: 30_000 }, random = Math.random, attempts, down } = this.#options;
    let failures = 0;
    while (!this.#ends.signal.aborted) {
      const began = this.#clock.monotonic();
      const why = await this.#once();
      if (this.#ends.signal.aborted) break;
      const stood = this.#clock.monotonic() - began >= STOOD;
      failures = stood ? 0 : failures + 1;
      const code = why instanceof BitError ? why.details['mesh'] : undefined;
      if (FOR_GOOD.has(code) || (attempts !== undefined && failures >= attempts)) {
        this.#ended = why;
        down?.(why, undefined);
        break;
      }
      // all of the time is drawn: whoever lost the same controller doesn't come back at the same moment
      const longest = Math.min(backoff.most, backoff.first * 2 ** Math.min(failures, 20));
      const again = Math.ceil(random() * longest);
      down?.(why, again);
      await sleep(again, undefined, { signal: this.#ends.signal }).catch(() => undefined);
    }
    const error = this.#ended ?? new BitError('cancelled', 'the link was closed');
    for (const { over } of this.#waiting.splice(0)) over(error);
  }

  /** Goes through the addresses until a connection stands, and returns why it ended, or why none did. */
  async #once(): Promise<Error> {
    let why: Error = new BitError('remote', 'there is no address to dial', {
      hint: 'name a controller under mesh.discovery.seeds of .bit/mesh/config.yml, or --mesh-url',
    });
    try {
      for (const address of await this.#options.addresses()) {
        try {
          return await this.#hold(address);
        } catch (error) {
          why = error instanceof Error ? error : new Error(String(error));
          if (this.#ends.signal.aborted || FOR_GOOD.has(detail(why))) return why;
        }
      }
    } catch (error) {
      why = error instanceof Error ? error : new Error(String(error));
    }
    return why;
  }

  async #hold(address: string): Promise<Error> {
    const connection = await this.#options.dialer.dial(address, this.#ends.signal);
    const { live, ack, self } = await this.#greet(connection);
    if (this.#ends.signal.aborted) {
      live.close();
      throw new BitError('cancelled', 'the link was closed');
    }
    this.#live = live;
    this.#self = self;
    this.#options.up?.(live, ack);
    for (const { up } of this.#waiting.splice(0)) up(live);
    const { code, reason } = await live.closed;
    this.#live = undefined;
    return new BitError('remote', `the connection to ${address} ended${reason === '' ? '' : `: ${reason}`}`, {
      details: { code, address },
    });
  }

  #greet(connection: Awaited<ReturnType<LinkOptions['dialer']['dial']>>): Promise<Greeted> {
    return greet(connection, {
      link: this.#options,
      clock: this.#clock,
      signal: this.#ends.signal,
      resume: (mesh) => (mesh === this.#mesh ? this.#ack?.session : undefined),
      renewed: (ack, mesh) => {
        this.#ack = ack;
        this.#mesh = mesh;
        this.#skew = Date.parse(ack.mesh_time) - this.#clock.now();
      },
    });
  }
}

const detail = (error: Error): unknown => (error instanceof BitError ? error.details['mesh'] : undefined);

function stopped(signal: AbortSignal): BitError {
  const timeout = signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError';
  return timeout
    ? new BitError('remote', 'no controller answered in time')
    : new BitError('cancelled', 'waiting for the controller was cancelled');
}
