import { randomBytes } from 'node:crypto';
import {
  issueSession,
  type SessionClaims,
  SKEW_S,
  signHelloAck,
  verifyHello,
  verifySession,
} from '../identity/index.ts';
import {
  createComposer,
  createTimestamps,
  decode,
  type Message,
  MOST_MESSAGE_BYTES,
  PROTOCOL_VERSIONS,
  SCHEMAS,
  type Wrong,
} from '../protocol/index.ts';
import { CLOSE, type CloseCode, type Connection, type Remote } from '../transport/index.ts';
import { systemClock } from './clock.ts';
import { Live, type LiveOptions } from './live.ts';
import { Refusal } from './refusal.ts';
import type { Clock, Gate, GateOptions, Hello, PeerChannel } from './types.ts';

/** Connections that have not said HELLO yet; one more, and the oldest of them goes. */
const MOST_STRANGERS = 256;
/** Milliseconds until HELLO has to come. */
const PATIENCE = 10_000;
/** Mistakes a stranger may make. */
const MOST_MISTAKES = 8;
/** Milliseconds between looks at sessions. */
const LOOK = 1000;
/** Seconds before its end in which a session is renewed at the latest: looks are not exact. */
const SOON = 2.5;

/** The door of one controller. {@link Gate.close} ends its timer. */
export function createGate(options: GateOptions): Gate {
  return new Door(options);
}

interface Stranger {
  readonly connection: Connection;
  readonly nonce: string;
  /** When it was sent, by the monotonic clock. */
  readonly challenged: number;
  readonly timer: NodeJS.Timeout;
  mistakes: number;
  /** HELLO came and is being looked at. */
  asked: boolean;
}

/** Who has joined. */
class Joined extends Live implements PeerChannel {
  hello: Hello;
  session: SessionClaims;
  readonly challenged: number;
  /** Nonce of a CHALLENGE that waits for HELLO. */
  renewal: string | undefined;

  constructor(hello: Hello, session: SessionClaims, challenged: number, options: LiveOptions) {
    super(options);
    this.challenged = challenged;
    this.hello = hello;
    this.session = session;
  }
}

class Door implements Gate {
  readonly channels = new Map<string, Joined>();
  readonly #options: GateOptions;
  readonly #clock: Clock;
  readonly #time: () => string;
  readonly #strangers = new Set<Stranger>();
  readonly #look: NodeJS.Timeout;

  constructor(options: GateOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#time = createTimestamps(() => this.#clock.now());
    this.#look = setInterval(() => this.#lookAtSessions(), LOOK);
    this.#look.unref();
  }

  welcome(connection: Connection): void {
    const timer = setTimeout(() => connection.close(CLOSE.unauthenticated, 'no HELLO came'), PATIENCE);
    const challenged = this.#clock.monotonic();
    const stranger = { connection, nonce: newNonce(), challenged, timer, mistakes: 0, asked: false };
    const [oldest] = this.#strangers;
    if (this.#strangers.size >= MOST_STRANGERS && oldest !== undefined) {
      this.#strangers.delete(oldest);
      oldest.connection.close(CLOSE.flood, 'too many connections without HELLO');
    }
    this.#strangers.add(stranger);
    void connection.closed.then(() => this.#forget(stranger));
    let joined: Joined | undefined;
    connection.receive((frame) => {
      if (joined !== undefined) joined.frame(frame);
      else
        void this.#hear(stranger, frame).then(
          (channel) => {
            joined ??= channel;
          },
          (error: unknown) => this.#failed(connection, error),
        );
    });
    this.#say(connection, this.#challenge(stranger.nonce));
  }

  #forget(stranger: Stranger): void {
    clearTimeout(stranger.timer);
    this.#strangers.delete(stranger);
  }

  #failed(connection: Connection, error: unknown): void {
    this.#options.fault?.(error);
    connection.close(CLOSE.internal, 'HELLO could not be dealt with');
  }

  #challenge(nonce: string): string {
    const composer = createComposer({ sender: this.#options.id, now: () => this.#clock.now() });
    return composer.compose('CHALLENGE', {
      nonce,
      versions: [...PROTOCOL_VERSIONS],
      mesh: this.#options.mesh,
      public_key: this.#options.signer.publicKey,
      max_message_bytes: MOST_MESSAGE_BYTES,
    }).text;
  }

  #say(connection: Connection, text: string): void {
    connection.send(text);
  }

  /** A frame of who has not proved anything. */
  async #hear(stranger: Stranger, frame: Uint8Array): Promise<Joined | undefined> {
    const { connection } = stranger;
    const { message, wrong } = decode(frame);
    if (wrong !== undefined) return this.#mistake(stranger, wrong);
    if (message.type !== 'HELLO' || stranger.asked) {
      const re = 'msg_id' in message ? { re: message.msg_id } : {};
      const expected = stranger.asked ? 'HELLO_ACK has to come first' : 'HELLO has to come first';
      return this.#mistake(stranger, { code: 'out-of-order', message: expected, field: '/type', ...re });
    }
    stranger.asked = true;
    const verdict = await this.#judge(message, stranger.nonce, connection.remote);
    this.#forget(stranger);
    if (!connection.open) return undefined;
    if ('wrong' in verdict) {
      this.#refuse(connection, verdict.wrong);
      const forbidden = verdict.wrong.code === 'forbidden' || verdict.wrong.code === 'revoked';
      connection.close(forbidden ? CLOSE.forbidden : CLOSE.unauthenticated, verdict.wrong.message);
      return undefined;
    }
    return this.#join(stranger, message, verdict);
  }

  #mistake(stranger: Stranger, wrong: Wrong): undefined {
    stranger.mistakes += 1;
    this.#refuse(stranger.connection, wrong);
    if (stranger.mistakes >= MOST_MISTAKES)
      stranger.connection.close(CLOSE.unauthenticated, 'too many mistakes before HELLO');
  }

  #refuse(connection: Connection, { code, message, field, re }: Wrong): void {
    const { id } = this.#options;
    const composer = createComposer({ sender: id, now: () => this.#clock.now() });
    const payload = { code, message, ...(field === undefined ? {} : { field }) };
    this.#say(connection, composer.compose('ERROR', payload, re).text);
  }

  /** The rules of HELLO, in order. */
  async #judge(hello: Hello, nonce: string, remote: Remote): Promise<Verdict> {
    const { revoked, accept_personas, admit } = this.#options;
    const wrong = (code: Wrong['code'], field: string, message: string): Verdict => ({
      wrong: { code, field, message },
    });
    if (!hello.versions.some((version) => version === PROTOCOL_VERSIONS[0]))
      return wrong('version', '/versions', `this mesh speaks ${PROTOCOL_VERSIONS.join(', ')}`);
    if (hello.nonce !== nonce) return wrong('replayed', '/nonce', '/nonce is not that of the challenge');
    if (!(Math.abs(Date.parse(hello.ts) - this.#clock.now()) <= SKEW_S * 1000))
      return wrong('clock-skew', '/ts', `/ts is too far from ${this.#time()}`);
    if (!verifyHello(hello))
      return wrong('unauthenticated', '/signature', '/signature is not that of /public_key');
    const endPoint = this.#options.endPoint?.() ?? remote.endPoint;
    if (hello.channel !== undefined && endPoint !== undefined && !hello.channel.endsWith(`:${endPoint}`))
      return wrong('forbidden', '/channel', '/channel is of another certificate: somebody stands between');
    if (revoked(hello.public_key)) return wrong('revoked', '/public_key', '/public_key was revoked');
    if (!accept_personas.includes(hello.persona))
      return wrong('persona', '/persona', `this mesh takes ${accept_personas.join(', ')}`);
    const there = this.channels.get(hello.runner_id);
    if (there !== undefined && there.peer.public_key !== hello.public_key)
      return wrong('conflict', '/runner_id', `${hello.runner_id} is there with another key`);
    const resumed = hello.resume === undefined ? undefined : this.#resume(hello.resume);
    if (resumed !== undefined && (resumed.public_key !== hello.public_key || resumed.sub !== hello.runner_id))
      return wrong('forbidden', '/resume', '/resume is the session of somebody else');
    try {
      const admission = await admit?.(hello, resumed);
      return { resumed, upgrade_hint: admission?.upgrade_hint ?? null };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { wrong: error.payload };
    }
  }

  /** What a session says, where it still holds. */
  #resume(token: string): SessionClaims | undefined {
    const { issuer, mesh, signer, trusted = (key) => key === signer.publicKey } = this.#options;
    return verifySession(token, { issuer, audience: mesh, trusted, now: this.#clock.now() }).claims;
  }

  #join({ connection, nonce, challenged }: Stranger, hello: Hello, admitted: Admitted): Joined {
    const role = hello.role ?? 'runner';
    const peer = { id: hello.runner_id, role, public_key: hello.public_key };
    const session = this.#newSession(hello, admitted.resumed);
    const channel: Joined = new Joined(hello, session, challenged, {
      connection,
      peer,
      composer: createComposer({ sender: this.#options.id, now: () => this.#clock.now() }),
      clock: this.#clock,
      most: MOST_MESSAGE_BYTES,
      accepts: this.#options.rate_limits,
      take: (message) => this.#options.take(message, channel),
      handshake: (message) =>
        void this.#renew(channel, message).catch((error: unknown) => this.#failed(connection, error)),
      fault: (error) => this.#options.fault?.(error),
    });
    // clients of one name may be many, a runner is one
    const name = role === 'runner' ? peer.id : `${peer.id}#${connection.id}`;
    const before = this.channels.get(name);
    this.channels.set(name, channel);
    before?.close(CLOSE.replaced, 'another connection of the same name and key');
    void connection.closed.then(() => {
      if (this.channels.get(name) === channel) this.channels.delete(name);
    });
    this.#acknowledge(channel, nonce, admitted);
    this.#options.joined?.(channel, admitted.resumed);
    return channel;
  }

  #newSession(hello: Hello, resumed: SessionClaims | undefined): SessionClaims {
    const { session_s = 900 } = this.#options;
    const iat = Math.floor(this.#clock.now() / 1000);
    const { runner_id: sub, role = 'runner', persona, public_key } = hello;
    const jti = randomBytes(12).toString('base64url');
    return { sub, role, persona, public_key, sid: resumed?.sid ?? jti, iat, exp: iat + session_s, jti };
  }

  #acknowledge(channel: Joined, nonce: string, { resumed, upgrade_hint }: Admitted): void {
    const { issuer, mesh, signer, rate_limits, heartbeat_s = 15, lease_s = 30 } = this.#options;
    const session = issueSession(channel.session, { issuer, audience: mesh }, signer);
    const ack = signHelloAck(
      {
        ...{ type: 'HELLO_ACK', schema: SCHEMAS.HELLO_ACK, session, mesh_time: this.#time(), upgrade_hint },
        ...{ version: PROTOCOL_VERSIONS[0], resumed: resumed !== undefined, heartbeat_s, lease_s },
        rates: { ...rate_limits },
      },
      nonce,
      signer,
    );
    channel.sendFlat(ack);
  }

  #lookAtSessions(): void {
    const { session_s = 900 } = this.#options;
    const seconds = this.#clock.now() / 1000;
    for (const channel of this.channels.values()) {
      const left = channel.session.exp - seconds;
      if (left <= 0)
        this.#end(channel, { code: 'expired', message: 'the session is over' }, CLOSE.unauthenticated);
      else if (left <= Math.max(session_s / 3, SOON) && channel.renewal === undefined) {
        channel.renewal = newNonce();
        channel.sendText(this.#challenge(channel.renewal), 'CHALLENGE');
      }
    }
  }

  async #renew(channel: Joined, message: Message): Promise<void> {
    const nonce = channel.renewal;
    if (message.type !== 'HELLO' || nonce === undefined)
      return channel.refuse({ code: 'out-of-order', message: 'there was no CHALLENGE', field: '/type' });
    channel.renewal = undefined;
    const { peer } = channel;
    if (
      message.runner_id !== peer.id ||
      (message.role ?? 'runner') !== peer.role ||
      message.public_key !== peer.public_key
    )
      return this.#end(
        channel,
        { code: 'forbidden', message: 'HELLO is of somebody else', field: '/runner_id' },
        CLOSE.forbidden,
      );
    const verdict = await this.#judge(message, nonce, channel.remote);
    if (!channel.open) return;
    if ('wrong' in verdict) return this.#end(channel, verdict.wrong, CLOSE.unauthenticated);
    channel.hello = message;
    channel.session = this.#newSession(message, channel.session);
    this.#acknowledge(channel, nonce, { ...verdict, resumed: channel.session });
  }

  #end(channel: Joined, wrong: Wrong, code: CloseCode): void {
    channel.refuse(wrong);
    channel.close(code, wrong.message);
  }

  recheck(): void {
    for (const channel of this.channels.values()) {
      if (!this.#options.revoked(channel.peer.public_key)) continue;
      this.#end(
        channel,
        { code: 'revoked', message: 'the key was revoked', field: '/public_key' },
        CLOSE.forbidden,
      );
    }
  }

  bearer(authorization: string | undefined): SessionClaims | undefined {
    const [, token] = /^Bearer ([A-Za-z0-9_.-]{1,4096})$/i.exec(authorization ?? '') ?? [];
    const claims = token === undefined ? undefined : this.#resume(token);
    return claims === undefined || this.#options.revoked(claims.public_key) ? undefined : claims;
  }

  close(reason: string): void {
    clearInterval(this.#look);
    for (const channel of this.channels.values()) channel.close(CLOSE.goingAway, reason);
    for (const stranger of [...this.#strangers]) stranger.connection.close(CLOSE.goingAway, reason);
  }
}

interface Admitted {
  readonly resumed: SessionClaims | undefined;
  readonly upgrade_hint: string | null;
}
type Verdict = Admitted | { readonly wrong: Wrong };

const newNonce = (): string => randomBytes(32).toString('base64url');
