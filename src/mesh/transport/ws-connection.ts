import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { CLOSE, type CloseCode, type Closed, type Connection, type Remote } from './port.ts';

/** Bytes unsent from which a sender is asked to wait. */
export const FULL = 256 * 1024;
/** Bytes unsent at which a connection is cut off: the other side reads too slowly, or not at all. */
export const CUT_OFF = 4 * 1024 * 1024;
/** Longest reason that a close frame carries, bytes (RFC 6455, 5.5). */
const MOST_REASON = 120;

/** Characters that go out in one write: with more, the other side would wait for what it could be working on. */
const TOGETHER = 16 * 1024;

let count = 0;

export class WsConnection implements Connection {
  readonly id = ++count;
  readonly remote: Remote;
  readonly closed: Promise<Closed>;
  readonly #ws: WebSocket;
  readonly #socket: Duplex;
  #corked = false;
  /** Characters said since the last write. */
  #together = 0;
  #take: ((frame: Uint8Array) => void) | undefined;
  /** Frames that came before anybody took them: no more than one read brings. */
  #early: Uint8Array[] = [];
  #waiting: (() => void)[] = [];
  #ending: Closed | undefined;
  #paused = true;
  #heard = true;

  constructor(ws: WebSocket, socket: Duplex, remote: Remote) {
    this.#ws = ws;
    this.#socket = socket;
    this.remote = remote;
    ws.on('message', (data) => {
      this.#heard = true;
      // what it is, not the list of buffers that ws could be asked for
      const frame = data as Buffer;
      if (this.#take === undefined) this.#early.push(frame);
      else this.#take(frame);
    });
    ws.on('pong', () => {
      this.#heard = true;
    });
    ws.on('error', (error: Error & { readonly code?: string }) => {
      const large = error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
      this.#ending ??= { code: large ? CLOSE.tooLarge : 1006, reason: error.message };
    });
    socket.on('drain', () => this.#release());
    this.closed = new Promise((resolve) => {
      ws.on('close', (code, reason) => {
        this.#release();
        resolve(this.#ending ?? { code, reason: reason.toString('utf8') });
      });
    });
    ws.pause();
  }

  get open(): boolean {
    return this.#ws.readyState === this.#ws.OPEN;
  }

  get buffered(): number {
    return this.#ws.bufferedAmount;
  }

  send(text: string): boolean {
    if (!this.open) return true;
    this.#cork();
    this.#ws.send(text);
    this.#together += text.length;
    if (this.#together >= TOGETHER) this.#flush();
    const unsent = this.#ws.bufferedAmount;
    if (unsent > CUT_OFF) this.#cutOff(CLOSE.slow, 'reads too slowly');
    return unsent < FULL;
  }

  /** What is said in one turn goes out in one write. */
  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#socket.cork();
    process.nextTick(this.#uncork);
  }

  readonly #uncork = (): void => {
    this.#corked = false;
    this.#together = 0;
    this.#socket.uncork();
  };

  #flush(): void {
    this.#together = 0;
    this.#socket.uncork();
    this.#socket.cork();
  }

  drained(): Promise<void> {
    if (!this.open || this.buffered < FULL) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #release(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  receive(take: (frame: Uint8Array) => void): void {
    this.#take = take;
    const early = this.#early;
    this.#early = [];
    for (const frame of early) take(frame);
    this.resume();
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#ws.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#heard = true;
    this.#ws.resume();
  }

  close(code: CloseCode = CLOSE.done, reason = ''): void {
    if (!this.open) return;
    this.#ending ??= { code, reason };
    let told = reason;
    while (Buffer.byteLength(told) > MOST_REASON) told = told.slice(0, -1);
    this.#ws.close(code, told.toWellFormed());
    // its answer has to be read
    this.resume();
  }

  #cutOff(code: CloseCode, reason: string): void {
    this.#ending ??= { code, reason };
    this.#ws.terminate();
  }

  /** Asked at intervals: cuts off who said nothing since the last time, not even to a ping. */
  probe(): void {
    if (!this.open || this.#paused) return;
    if (this.#heard) this.#ws.ping();
    else this.#cutOff(CLOSE.goingAway, 'answers no ping');
    this.#heard = false;
  }

  /** At once, whatever is unsent. */
  terminate(): void {
    this.#ws.terminate();
  }
}
