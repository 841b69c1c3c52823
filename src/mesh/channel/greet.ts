import { BitError } from '../../kernel/errors.ts';
import { signHello, verifyHelloAck } from '../identity/index.ts';
import {
  createComposer,
  createTimestamps,
  decode,
  type Message,
  type MessageOf,
  MOST_ANSWER_BYTES,
  PROTOCOL_VERSIONS,
  SCHEMAS,
} from '../protocol/index.ts';
import { CLOSE, type Connection } from '../transport/index.ts';
import { Live } from './live.ts';
import { fromWrong } from './refusal.ts';
import type { Clock, LinkOptions } from './types.ts';

/** Milliseconds until CHALLENGE, and then HELLO_ACK, have to come. */
const PATIENCE = 15_000;

export interface GreetOptions {
  readonly link: LinkOptions;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The session to go on with in that mesh. */
  readonly resume: (mesh: string) => string | undefined;
  /** At each HELLO_ACK. */
  readonly renewed: (ack: MessageOf<'HELLO_ACK'>, mesh: string) => void;
}

export interface Greeted {
  readonly live: Live;
  readonly ack: MessageOf<'HELLO_ACK'>;
  /** The name that HELLO said. */
  readonly self: string;
}

/**
 * The runner's or client's half of the handshake, then and at every renewal.
 *
 * @throws BitError what the controller refused with; `auth` where it is not the controller that is trusted here; `remote`
 */
export function greet(connection: Connection, options: GreetOptions): Promise<Greeted> {
  return new Promise((resolve, reject) => {
    const greeter = new Greeter(connection, options, (error) => {
      end();
      reject(error);
      connection.close(CLOSE.done);
    });
    const timer = setTimeout(() => greeter.fail(unanswered(connection)), PATIENCE);
    const abort = (): void => greeter.fail(new BitError('cancelled', 'the link was closed'));
    options.signal.addEventListener('abort', abort, { once: true });
    const end = (): void => {
      clearTimeout(timer);
      options.signal.removeEventListener('abort', abort);
    };
    greeter.greeted = (greeted) => {
      end();
      resolve(greeted);
    };
    void connection.closed.then(({ reason }) =>
      greeter.fail(new BitError('remote', `${connection.remote.address} ended the connection: ${reason}`)),
    );
    connection.receive((frame) => greeter.frame(frame));
  });
}

const unanswered = ({ remote }: Connection): BitError =>
  new BitError('remote', `${remote.address} does not answer as a controller does`);

/** What a CHALLENGE said, until its HELLO_ACK came. */
interface Asked {
  readonly nonce: string;
  readonly key: string;
  readonly mesh: string;
  readonly sender: string;
  readonly self: string;
}

class Greeter {
  greeted: (greeted: Greeted) => void = () => undefined;
  readonly #connection: Connection;
  readonly #options: GreetOptions;
  readonly #failed: (error: Error) => void;
  readonly #time: () => string;
  #live: Live | undefined;
  #asked: Asked | undefined;
  /** The controller this connection is to; it can't become another. */
  #controller: string | undefined;
  #over = false;

  constructor(connection: Connection, options: GreetOptions, failed: (error: Error) => void) {
    this.#connection = connection;
    this.#options = options;
    this.#failed = failed;
    this.#time = createTimestamps(() => options.clock.now());
  }

  fail(error: Error): void {
    if (this.#over || this.#live !== undefined) return;
    this.#over = true;
    this.#failed(error);
  }

  frame(frame: Uint8Array): void {
    if (this.#live !== undefined) {
      this.#live.frame(frame);
      return;
    }
    const { message, wrong } = decode(frame, MOST_ANSWER_BYTES);
    if (wrong !== undefined) this.fail(unanswered(this.#connection));
    else if (message.type === 'ERROR') this.fail(fromWrong(message.payload));
    else this.#handshake(message);
  }

  #handshake(message: Message): void {
    try {
      if (message.type === 'CHALLENGE')
        void this.#answer(message).catch((error: unknown) => this.#wrong(error));
      else if (message.type === 'HELLO_ACK') this.#acknowledged(message);
      else throw unanswered(this.#connection);
    } catch (error) {
      this.#wrong(error);
    }
  }

  #wrong(error: unknown): void {
    const failure = error instanceof Error ? error : new Error(String(error));
    if (this.#live === undefined) {
      this.fail(failure);
      return;
    }
    // a controller that can't prove itself once more is none
    this.#options.link.fault?.(failure);
    this.#live.close(CLOSE.unauthenticated, failure.message);
  }

  async #answer({ payload, sender }: MessageOf<'CHALLENGE'>): Promise<void> {
    const { link } = this.#options;
    const { nonce, mesh, public_key: key, versions } = payload;
    if (link.mesh !== undefined && mesh !== link.mesh)
      throw new BitError(
        'auth',
        `${this.#connection.remote.address} is of the mesh ${mesh}, not of ${link.mesh}`,
      );
    if (this.#controller !== undefined && key !== this.#controller)
      throw new BitError('auth', 'the controller has another key than before', {
        details: { mesh: 'forbidden' },
      });
    if (!versions.includes(PROTOCOL_VERSIONS[0]))
      throw new BitError(
        'unsupported',
        `the mesh speaks ${versions.join(', ')}, not ${PROTOCOL_VERSIONS[0]}`,
        {
          details: { mesh: 'version' },
        },
      );
    if (!(await link.trusted(key, mesh)))
      throw new BitError('auth', `${key} is not the controller that is trusted for ${mesh}`, {
        details: { mesh: 'unauthenticated', public_key: key },
      });
    const resume = this.#options.resume(mesh);
    const { remote } = this.#connection;
    const said = link.hello();
    const hello = signHello(
      {
        ...said,
        ...{
          type: 'HELLO',
          schema: SCHEMAS.HELLO,
          public_key: link.signer.publicKey,
          nonce,
          ts: this.#time(),
        },
        versions: [...PROTOCOL_VERSIONS],
        ...(resume === undefined ? {} : { resume }),
        ...(remote.endPoint === undefined ? {} : { channel: `tls-server-end-point:${remote.endPoint}` }),
      },
      link.signer,
    );
    this.#asked = { nonce, key, mesh, sender, self: said.runner_id };
    if (this.#live === undefined) this.#connection.send(JSON.stringify(hello));
    else this.#live.sendFlat(hello);
  }

  #acknowledged(ack: MessageOf<'HELLO_ACK'>): void {
    const asked = this.#asked;
    this.#asked = undefined;
    if (asked === undefined || !verifyHelloAck(ack, asked.nonce, asked.key))
      throw new BitError('auth', `${this.#connection.remote.address} does not hold the key it shows`, {
        details: { mesh: 'unauthenticated' },
      });
    const first = this.#live === undefined;
    this.#live ??= this.#start(ack, asked);
    this.#controller = asked.key;
    this.#options.renewed(ack, asked.mesh);
    if (!first) return;
    this.#options.link.met?.(asked.key, asked.mesh);
    this.greeted({ live: this.#live, ack, self: asked.self });
  }

  #start(ack: MessageOf<'HELLO_ACK'>, { key, sender, self }: Asked): Live {
    const { link, clock } = this.#options;
    const live: Live = new Live({
      connection: this.#connection,
      peer: { id: sender, role: 'controller', public_key: key },
      composer: createComposer({ sender: self, now: () => clock.now() }),
      clock,
      most: MOST_ANSWER_BYTES,
      ...(ack.rates === undefined ? {} : { obeys: ack.rates }),
      take: (message) => link.take(message, live),
      handshake: (message) => this.#handshake(message),
      fault: (error) => link.fault?.(error),
    });
    return live;
  }
}
