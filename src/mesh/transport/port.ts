/** What carries frames. Nothing here knows of WebSocket: peer mode carries the same over libp2p. */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** One connection to somebody who has proved nothing yet. Frames are whole texts, in order. */
export interface Connection {
  /** Unique within this process. */
  readonly id: number;
  readonly remote: Remote;
  /** Bytes that {@link send} took and the operating system has not. */
  readonly buffered: number;
  readonly open: boolean;
  /**
   * Sends a frame; nothing happens on a closed connection. False asks to wait for {@link drained}: who goes on in spite of
   * it is cut off at a bound, so a slow reader costs bounded memory.
   */
  send(text: string): boolean;
  /** When there is room again, or the connection is closed. */
  drained(): Promise<void>;
  /** Takes every frame, from the first one on. Called once. */
  receive(take: (frame: Uint8Array) => void): void;
  /** Reads no more until {@link resume}: the other side feels it. */
  pause(): void;
  resume(): void;
  /** Sends what was taken, then closes; cuts it off where the other side does not follow. */
  close(code?: CloseCode, reason?: string): void;
  /** Once, when it is over for whatever reason. Never rejects. */
  readonly closed: Promise<Closed>;
}

export interface Remote {
  /** Host and port for people and logs. */
  readonly address: string;
  readonly secure: boolean;
  /**
   * SHA-256 of the server's certificate, lower-case hex: `tls-server-end-point` of RFC 5929, the same at both ends unless
   * somebody stands between. Undefined without TLS.
   */
  readonly endPoint: string | undefined;
}

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** WebSocket's numbers (RFC 6455, 7.4; ours from 4400), which other transports carry as they can. */
export const CLOSE = {
  done: 1000,
  goingAway: 1001,
  tooLarge: 1009,
  internal: 1011,
  slow: 4408,
  unauthenticated: 4401,
  forbidden: 4403,
  replaced: 4409,
  flood: 4429,
} as const;
export type CloseCode = (typeof CLOSE)[keyof typeof CLOSE];

/** Takes requests that are no connections: metrics, health, artifacts. */
export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void;

export interface Listener {
  /** Where it can be dialled: `wss://127.0.0.1:7443`. */
  readonly address: string;
  readonly port: number;
  readonly connections: number;
  /** SHA-256 of its certificate; see {@link Remote.endPoint}. */
  readonly endPoint: string | undefined;
  /** Takes no more connections, tells those there are and ends when they are over, after a grace at the latest. */
  close(): Promise<void>;
}

export interface Dialer {
  /**
   * @throws BitError `remote` (nobody there, no such host, timeout), `auth` (not the certificate that was pinned, or not
   * one that the machine's authorities signed), `usage` (no address of a mesh), `cancelled`
   */
  dial(address: string, signal?: AbortSignal): Promise<Connection>;
}
