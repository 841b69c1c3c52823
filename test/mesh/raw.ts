/** A peer that speaks WebSocket by hand: says whatever a test wants it to say. */
import { WebSocket } from 'ws';
import type { JsonObject } from '../../src/kernel/json.ts';
import type { Signer } from '../../src/keys/index.ts';
import { signHello } from '../../src/mesh/identity/index.ts';
import type { Message, MessageOf, PayloadOf } from '../../src/mesh/protocol/index.ts';
import { newSigner, RUNNER } from './ground.ts';
import { sample } from './samples.ts';

export interface Raw {
  readonly ws: WebSocket;
  readonly signer: Signer;
  readonly heard: Message[];
  readonly challenge: PayloadOf<'CHALLENGE'>;
  say(value: unknown): void;
  /** The next message that was not asked for yet. */
  next(): Promise<Message>;
  /** The next one, which is an ERROR: its code and field. */
  error(): Promise<string>;
  closed(): Promise<number>;
}

export interface RawOptions {
  readonly signer?: Signer;
  readonly tls?: boolean;
}

/** Connects, and has CHALLENGE. */
export async function raw(address: string, { signer = newSigner() }: RawOptions = {}): Promise<Raw> {
  const ws = new WebSocket(`${address}/mesh`, { rejectUnauthorized: false, perMessageDeflate: false });
  const heard: Message[] = [];
  const waiting: ((message: Message) => void)[] = [];
  let asked = 0;
  let code = -1;
  const ended = new Promise<number>((resolve) => {
    ws.on('close', (status) => {
      code = status;
      resolve(status);
    });
  });
  ws.on('error', () => undefined);
  ws.on('message', (data) => {
    const message = JSON.parse((data as Buffer).toString('utf8')) as Message;
    heard.push(message);
    waiting.shift()?.(message);
  });
  const next = (): Promise<Message> => {
    const there = heard[asked];
    asked += 1;
    if (there !== undefined) return Promise.resolve(there);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`nothing came; closed: ${code}`)), 5000);
      waiting.push((message) => {
        clearTimeout(timer);
        resolve(message);
      });
    });
  };
  const challenge = ((await next()) as MessageOf<'CHALLENGE'>).payload;
  return {
    ...{ ws, signer, heard, challenge, next },
    say: (value) =>
      ws.send(typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value)),
    async error() {
      const message = await next();
      if (message.type !== 'ERROR') return message.type;
      return `${message.payload.code} ${message.payload.field ?? ''}`.trim();
    },
    closed: () => ended,
  };
}

/** HELLO for that challenge, changed before it is signed. */
export function helloFor(
  { challenge, signer }: Raw,
  change: JsonObject = {},
  by: Signer = signer,
): MessageOf<'HELLO'> {
  const { signature: _, ...rest } = sample('HELLO') as unknown as MessageOf<'HELLO'>;
  const own = { nonce: challenge.nonce, public_key: signer.publicKey, ts: new Date().toISOString() };
  return signHello({ ...rest, ...own, ...change }, by);
}

/** One who has joined. */
export async function joined(address: string, options: RawOptions = {}): Promise<Raw> {
  const peer = await raw(address, options);
  peer.say(helloFor(peer));
  const ack = await peer.next();
  if (ack.type !== 'HELLO_ACK') throw new Error(JSON.stringify(ack));
  return peer;
}

let count = 0;

/** A message of the runner's, right unless it is changed. */
export function claim(change: JsonObject = {}): JsonObject {
  const now = new Date().toISOString();
  return { ...sample('JOB_CLAIM'), sender: RUNNER, msg_id: `M-raw.${count++}`, ts: now, ...change };
}
