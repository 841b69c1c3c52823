import { BitError } from '../../kernel/errors.ts';
import { type RateLimits, ReplayWindow, TokenBucket } from '../identity/index.ts';
import {
  type AnswerTo,
  type Composer,
  decode,
  type EnvelopedType,
  type Message,
  type MessageType,
  maySend,
  type PayloadOf,
  type RequestType,
  type Wrong,
} from '../protocol/index.ts';
import type { CloseCode, Closed, Connection, Remote } from '../transport/index.ts';
import { Pacer } from './pacer.ts';
import { fromWrong, Refusal } from './refusal.ts';
import type { Channel, Clock, Peer, RequestOptions } from './types.ts';

/** Milliseconds a message may be older or newer than now, its way included. */
export const SKEW = 60_000;
/** Promises of a handler that may be open before nothing more is read. */
const MOST_OPEN = 256;
/** Milliseconds that who sends too much is not read. */
const LONGEST_PAUSE = 5000;

export interface LiveOptions {
  readonly connection: Connection;
  readonly peer: Peer;
  readonly composer: Composer;
  readonly clock: Clock;
  /** Bytes of a message. */
  readonly most: number;
  /** What the peer may send. */
  readonly accepts?: RateLimits;
  /** What may be sent to the peer. */
  readonly obeys?: RateLimits;
  readonly take: (message: Message) => void | Promise<void>;
  /** CHALLENGE, HELLO and HELLO_ACK of a renewal. */
  readonly handshake: (message: Message) => void;
  readonly fault: (error: unknown) => void;
}

interface Waiting {
  readonly resolve: (message: Message) => void;
  readonly reject: (error: Error) => void;
}

/** A channel at work: what either end does with frames once it knows whose they are. */
export class Live implements Channel {
  readonly peer: Peer;
  readonly remote: Remote;
  readonly closed: Promise<Closed>;
  readonly #options: LiveOptions;
  readonly #bucket: TokenBucket | undefined;
  readonly #window = new ReplayWindow(SKEW);
  readonly #waiting = new Map<string, Waiting>();
  readonly #pacer: Pacer;
  #open = 0;
  /** Messages beyond the rate, one after the other. */
  #strikes = 0;
  /** Why nothing is read at the moment. */
  #holds = 0;

  constructor(options: LiveOptions) {
    const { connection, peer, accepts, clock } = options;
    this.#options = options;
    this.peer = peer;
    this.remote = connection.remote;
    this.closed = connection.closed;
    this.#bucket = accepts === undefined ? undefined : new TokenBucket(accepts, clock.monotonic());
    this.#pacer = new Pacer(connection, options.obeys, clock);
    void connection.closed.then(() => this.#end());
  }

  get open(): boolean {
    return this.#options.connection.open;
  }

  get buffered(): number {
    return this.#pacer.buffered;
  }

  get full(): boolean {
    return this.#pacer.full;
  }

  drained(): Promise<void> {
    return this.#pacer.drained();
  }

  close(code?: CloseCode, reason?: string): void {
    this.#options.connection.close(code, reason);
  }

  send<T extends EnvelopedType>(type: T, payload: PayloadOf<T>, re?: string): string | undefined {
    if (!this.open) return undefined;
    const { msg_id, text } = this.#options.composer.compose(type, payload, re);
    this.#pacer.send(text, type);
    return msg_id;
  }

  /** What no composer makes: messages that are flat, or signed. */
  sendFlat(message: { readonly type: 'HEARTBEAT' | 'HELLO' | 'HELLO_ACK' }): void {
    this.sendText(JSON.stringify(message), message.type);
  }

  sendText(text: string, type: MessageType): void {
    if (this.open) this.#pacer.send(text, type);
  }

  request<T extends RequestType>(
    type: T,
    payload: PayloadOf<T>,
    { signal, timeout_ms = 30_000 }: RequestOptions = {},
  ): Promise<AnswerTo<T>> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(cancelled(type));
      const id = this.send(type, payload);
      if (id === undefined) return reject(gone(type));
      const end = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        this.#waiting.delete(id);
      };
      const fail = (error: Error): void => {
        end();
        reject(error);
      };
      const abort = (): void => fail(cancelled(type));
      const timer = setTimeout(() => fail(late(type, timeout_ms)), timeout_ms);
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.set(id, {
        resolve: (message) => {
          end();
          resolve(message as AnswerTo<T>);
        },
        reject: fail,
      });
    });
  }

  refuse({ code, message, field, re }: Wrong, retry_after_ms?: number): void {
    const payload: PayloadOf<'ERROR'> = { code, message };
    if (field !== undefined) payload.field = field;
    if (retry_after_ms !== undefined) payload.retry_after_ms = retry_after_ms;
    this.send('ERROR', payload, re);
    if (!this.full) return;
    // who makes mistakes faster than it reads of them is not read either
    this.#hold();
    void this.drained().then(() => this.#release());
  }

  /** A frame of the peer's. */
  frame(bytes: Uint8Array): void {
    if (!this.open) return;
    const { message, wrong } = decode(bytes, this.#options.most);
    const wait = this.#bucket?.take(this.#options.clock.monotonic()) ?? 0;
    const against = wrong ?? (wait > 0 ? undefined : this.#against(message));
    if (wait > 0) this.#slow(message ?? wrong, wait);
    else if (against !== undefined) this.refuse(against);
    else if (message !== undefined) {
      this.#strikes = 0;
      this.#answer(message);
    }
  }

  /** To who waits for it, or to the handler. */
  #answer(message: Message): void {
    const { re } = message as { readonly re?: string };
    const waiting = re === undefined ? undefined : this.#waiting.get(re);
    if (waiting === undefined) this.#deliver(message);
    else if (message.type === 'ERROR') waiting.reject(fromWrong(message.payload));
    else waiting.resolve(message);
  }

  #slow(of: Message | Wrong, wait: number): void {
    const re = 'msg_id' in of ? of.msg_id : 're' in of ? of.re : undefined;
    const message = 'more messages than are taken of one peer';
    this.refuse({ code: 'rate-limited', message, ...(re === undefined ? {} : { re }) }, wait);
    // who goes on in spite of it is read ever more slowly
    this.#strikes += 1;
    this.#hold();
    setTimeout(() => this.#release(), Math.min(wait * this.#strikes, LONGEST_PAUSE)).unref();
  }

  /** Why a message is refused for what it is, who says it or when. */
  #against(message: Message): Wrong | undefined {
    const { type } = message;
    const re = 'msg_id' in message ? { re: message.msg_id } : {};
    if (!maySend(this.peer.role, type))
      return {
        code: 'forbidden',
        message: `${type} is not for a ${this.peer.role} to send`,
        field: '/type',
        ...re,
      };
    if (type === 'HELLO' || type === 'HELLO_ACK') return undefined;
    const heartbeat = type === 'HEARTBEAT';
    if ((heartbeat ? message.runner_id : message.sender) !== this.peer.id) {
      const field = heartbeat ? '/runner_id' : '/sender';
      return { code: 'forbidden', message: `${field} is not ${this.peer.id}`, field, ...re };
    }
    if (heartbeat) return undefined;
    const freshness = this.#window.take(message.msg_id, message.ts, this.#options.clock.now());
    if (freshness === 'fresh') return undefined;
    const field = freshness === 'replayed' ? '/msg_id' : '/ts';
    const what = {
      replayed: 'was there before',
      'clock-skew': 'is too far from now',
      malformed: 'is no time',
    };
    return { code: freshness, message: `${field} ${what[freshness]}`, field, ...re };
  }

  #deliver(message: Message): void {
    const { type } = message;
    try {
      if (type === 'HELLO' || type === 'HELLO_ACK' || type === 'CHALLENGE') {
        this.#options.handshake(message);
        return;
      }
      const done = this.#options.take(message);
      if (done !== undefined) this.#watch(message, done);
    } catch (error) {
      this.#failed(message, error);
    }
  }

  #watch(message: Message, done: Promise<void>): void {
    this.#open += 1;
    if (this.#open === MOST_OPEN) this.#hold();
    const ended = (): void => {
      if (this.#open === MOST_OPEN) this.#release();
      this.#open -= 1;
    };
    done.then(ended, (error: unknown) => {
      ended();
      this.#failed(message, error);
    });
  }

  #failed(message: Message, error: unknown): void {
    const re = 'msg_id' in message ? message.msg_id : undefined;
    if (error instanceof Refusal) {
      this.send('ERROR', error.payload, re);
      return;
    }
    this.send('ERROR', { code: 'internal', message: `${message.type} could not be dealt with` }, re);
    this.#options.fault(error);
  }

  #hold(): void {
    if (this.#holds === 0) this.#options.connection.pause();
    this.#holds += 1;
  }

  #release(): void {
    this.#holds -= 1;
    if (this.#holds === 0) this.#options.connection.resume();
  }

  #end(): void {
    this.#pacer.end();
    for (const { reject } of [...this.#waiting.values()]) reject(gone('the answer'));
  }
}

const gone = (what: string): BitError => new BitError('remote', `the connection ended before ${what} came`);
const late = (what: string, after: number): BitError =>
  new BitError('remote', `nothing answered ${what} within ${after} ms`);
const cancelled = (what: string): BitError => new BitError('cancelled', `${what} was cancelled`);
