/** An OpenTimestamps calendar, its bytes written out by hand, and the block it gets its digests into. */
import { createHash, randomBytes } from 'node:crypto';
import { type Ground, onGround } from './ground.ts';
import { type Server, serve } from './server.ts';

export interface Calendar extends Server {
  /** From now on what was submitted is in this block; its header. */
  mine(height: number): Buffer;
}

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
const PENDING = Buffer.from('83dfe30d2ef90c8e', 'hex');
const BITCOIN = Buffer.from('0588960d73d71901', 'hex');

const append = (bytes: Buffer): Buffer => Buffer.concat([Buffer.of(0xf0, bytes.length), bytes]);
const prepend = (bytes: Buffer): Buffer => Buffer.concat([Buffer.of(0xf1, bytes.length), bytes]);

export function pendingAttestation(uri: string): Buffer {
  const inner = Buffer.concat([Buffer.of(uri.length), Buffer.from(uri)]);
  return Buffer.concat([Buffer.of(0x00), PENDING, Buffer.of(inner.length), inner]);
}

export function bitcoinAttestation(height: number): Buffer {
  const bytes: number[] = [];
  for (let rest = height; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest < 128 ? rest : (rest % 128) + 128);
    if (rest < 128) break;
  }
  return Buffer.concat([Buffer.of(0x00), BITCOIN, Buffer.of(bytes.length, ...bytes)]);
}

export async function serveCalendar(): Promise<Calendar> {
  const commitments: Buffer[] = [];
  let block: { height: number; left: Buffer; root: (commitment: Buffer) => Buffer } | undefined;
  const server = await serve(({ method, path, body }, response) => {
    if (method === 'POST' && path === '/digest' && body.length <= 64) {
      const nonce = randomBytes(8);
      const commitment = sha256(Buffer.concat([body, nonce]));
      commitments.push(commitment);
      const answer = [append(nonce), Buffer.of(0x08), pendingAttestation(server.url)];
      return void response.writeHead(200).end(Buffer.concat(answer));
    }
    const wanted = /^\/timestamp\/([0-9a-f]+)$/.exec(path)?.[1];
    const found = commitments.find((commitment) => commitment.toString('hex') === wanted);
    if (found === undefined || block === undefined)
      return void response.writeHead(404).end('Pending confirmation in Bitcoin blockchain');
    const answer = [prepend(block.left), Buffer.of(0x08, 0x08), bitcoinAttestation(block.height)];
    response.writeHead(200).end(Buffer.concat(answer));
  });
  return {
    ...server,
    mine(height) {
      const left = Buffer.from('a transaction that holds ');
      const root = (commitment: Buffer): Buffer => sha256(sha256(Buffer.concat([left, commitment])));
      block = { height, left, root };
      return minedHeader(root(commitments.at(-1) ?? Buffer.alloc(32)));
    },
  };
}

/** A header with this root that meets the least difficulty there is. */
export function minedHeader(root: Buffer): Buffer {
  const header = Buffer.alloc(80);
  header.writeInt32LE(4, 0);
  root.copy(header, 36);
  header.writeUInt32LE(1_763_000_000, 68);
  header.writeUInt32LE(0x207fffff, 72);
  for (let nonce = 0; ; nonce++) {
    header.writeUInt32LE(nonce, 76);
    if ((sha256(sha256(header))[31] ?? 255) < 0x7f) return header;
  }
}

/** With a calendar, and an anchor `ots` at it. */
export const withCalendar = (work: (ground: Ground, calendar: Calendar) => Promise<void>) => () =>
  onGround(async (ground) => {
    const calendar = await serveCalendar();
    try {
      ground.anchors({ ots: { driver: 'opentimestamps', url: calendar.url, timeout: 1 } });
      await work(ground, calendar);
    } finally {
      await calendar.close();
    }
  });
