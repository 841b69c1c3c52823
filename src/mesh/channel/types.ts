import type { Signer } from '../../keys/index.ts';
import type { RateLimits, SessionClaims } from '../identity/index.ts';
import type {
  AnswerTo,
  EnvelopedType,
  Message,
  MessageOf,
  PayloadOf,
  Persona,
  RequestType,
} from '../protocol/index.ts';
import type { CloseCode, Closed, Connection, Dialer, Remote } from '../transport/index.ts';

/** Injected, so that tests and simulations own time. Milliseconds. */
export interface Clock {
  /** Since 1970. */
  now(): number;
  /** Of a clock that never goes back. */
  monotonic(): number;
}

export type Hello = MessageOf<'HELLO'>;
export type Heartbeat = Omit<MessageOf<'HEARTBEAT'>, 'type' | 'schema' | 'runner_id'>;

/** Who is at the other end, proved. */
export interface Peer {
  /** `aln://…` */
  readonly id: string;
  readonly role: 'controller' | 'runner' | 'client';
  readonly public_key: string;
}

export interface RequestOptions {
  readonly signal?: AbortSignal;
  /** Default 30,000. */
  readonly timeout_ms?: number;
}

/** Says things to a peer. */
export interface Speaker {
  readonly open: boolean;
  /** Sends, and returns the `msg_id`; on a closed channel nothing is sent and the answer is undefined. */
  send<T extends EnvelopedType>(type: T, payload: PayloadOf<T>, re?: string): string | undefined;
  /**
   * Sends and waits for what answers it.
   *
   * @throws BitError as {@link fromWrong} makes it of an ERROR; `remote` where the connection or the time ends first;
   * `cancelled` by the signal
   */
  request<T extends RequestType>(
    type: T,
    payload: PayloadOf<T>,
    options?: RequestOptions,
  ): Promise<AnswerTo<T>>;
  /** Bytes that wait to be sent. */
  readonly buffered: number;
  /** When there is room to send again, or it is closed. What is sent in spite of no room is bounded: then it is cut off. */
  drained(): Promise<void>;
}

/** A connection whose both ends have proved who they are. */
export interface Channel extends Speaker {
  readonly peer: Peer;
  readonly remote: Remote;
  /** Whether one should wait for {@link drained}. */
  readonly full: boolean;
  close(code?: CloseCode, reason?: string): void;
  readonly closed: Promise<Closed>;
}

/** A runner or a client, as the controller sees it. */
export interface PeerChannel extends Channel {
  readonly hello: Hello;
  readonly session: SessionClaims;
  /** When its first CHALLENGE was sent, by {@link Clock.monotonic}: what HELLO says is of later. */
  readonly challenged: number;
}

/**
 * Takes a message that has passed: whole, of a type its sender may send, in its own name, neither replayed nor beyond its
 * rate. What it throws is answered by ERROR: a {@link refusal} as it is, anything else as `internal`. While too many of its
 * promises are open, nothing more is read from that peer.
 */
export type Take<C> = (message: Message, channel: C) => void | Promise<void>;

export interface Admission {
  /** Told to the peer; default null. */
  readonly upgrade_hint?: string;
}

export interface GateOptions {
  /** The controller's key. */
  readonly signer: Signer;
  /** The controller's name: `aln://mesh/controller`. */
  readonly id: string;
  /** The mesh's name: peers of another mesh are refused. */
  readonly mesh: string;
  /** `auth.jwt_issuer` */
  readonly issuer: string;
  /** `auth.accept_personas` */
  readonly accept_personas: readonly Persona[];
  /** `rate_limits` */
  readonly rate_limits: RateLimits;
  /** Keys of controllers whose sessions are taken up; default this one's alone. */
  readonly trusted?: (publicKey: string) => boolean;
  /** Asked at HELLO, at every renewal of a session and when {@link Gate.recheck} says so. */
  readonly revoked: (publicKey: string) => boolean;
  /** SHA-256 of the certificate in use, for who says in HELLO which one it saw. */
  readonly endPoint?: () => string | undefined;
  /**
   * The last word, after everything else held: whether this name belongs to this key, whether there is room.
   *
   * @throws a {@link refusal}
   */
  readonly admit?: (hello: Hello, resumed: SessionClaims | undefined) => Admission | Promise<Admission>;
  readonly take: Take<PeerChannel>;
  /** After HELLO_ACK. */
  readonly joined?: (channel: PeerChannel, resumed: SessionClaims | undefined) => void;
  /** Something of ours went wrong; the peer was told no more than `internal`. */
  readonly fault?: (error: unknown) => void;
  /** Seconds; defaults 15, 30, 900. */
  readonly heartbeat_s?: number;
  readonly lease_s?: number;
  readonly session_s?: number;
  readonly clock?: Clock;
}

/** The controller's door. */
export interface Gate {
  /** Takes a new connection: challenge, HELLO, HELLO_ACK, then messages. Never throws. */
  welcome(connection: Connection): void;
  /** Those who have joined: runners by name, clients by name, `#` and a number, for many may have one name. */
  readonly channels: ReadonlyMap<string, PeerChannel>;
  /** Ends what is revoked by now. */
  recheck(): void;
  /** The session of an HTTP request's `Authorization: Bearer`, where it holds and its key is not revoked. */
  bearer(authorization: string | undefined): SessionClaims | undefined;
  /** Closes every channel. */
  close(reason: string): void;
}

export interface LinkOptions {
  readonly dialer: Dialer;
  /** Asked before every attempt, in the order to try: discovery may have found others since. */
  readonly addresses: () => readonly string[] | Promise<readonly string[]>;
  readonly signer: Signer;
  /**
   * What HELLO says, made anew for every connection. The rest (`nonce ts versions public_key channel resume signature`) is
   * the link's.
   */
  readonly hello: () => Omit<
    Hello,
    'type' | 'schema' | 'public_key' | 'nonce' | 'ts' | 'versions' | 'signature' | 'channel' | 'resume'
  >;
  /** The mesh to join; undefined takes the first that answers. */
  readonly mesh?: string;
  /**
   * Whether this may be that mesh's controller, asked before anything is said to it: {@link pinnedController}, or what is
   * configured.
   */
  readonly trusted: (publicKey: string, mesh: string) => boolean | Promise<boolean>;
  /** The controller has proved that it holds that key. */
  readonly met?: (publicKey: string, mesh: string) => void;
  readonly take: Take<Channel>;
  /** After each HELLO_ACK. `resumed`: the session goes on. */
  readonly up?: (channel: Channel, ack: MessageOf<'HELLO_ACK'>) => void;
  /** Why it is down, and milliseconds until the next attempt; undefined: never again. */
  readonly down?: (why: Error, again: number | undefined) => void;
  readonly fault?: (error: unknown) => void;
  /** Milliseconds: first wait and longest wait; defaults 200, 30,000. Waits double, each drawn from its whole length. */
  readonly backoff?: { readonly first: number; readonly most: number };
  /** Rounds through the addresses that may fail one after the other; default: without end. */
  readonly attempts?: number;
  readonly random?: () => number;
  readonly clock?: Clock;
}

/** A runner's or client's end, which dials again until it is closed. */
export interface Link extends Speaker {
  /** The channel there is now. */
  readonly channel: Channel | undefined;
  /** The session's token, for HTTP. */
  readonly session: string | undefined;
  /** Between the controller's clock and ours at the last HELLO_ACK, milliseconds. */
  readonly skew: number;
  heartbeat(beat: Heartbeat): void;
  /**
   * When it is up.
   *
   * @throws BitError what the controller refused for good (`auth`), or `cancelled`
   */
  ready(signal?: AbortSignal): Promise<Channel>;
  close(reason?: string): Promise<void>;
}
