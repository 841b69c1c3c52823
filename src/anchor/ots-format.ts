/**
 * OpenTimestamps proofs as bytes: a tree whose nodes are messages, whose edges are operations on them, and whose leaves
 * are attestations that a message was known. Bounded in size, depth and number before anything is computed.
 */
import { createHash } from 'node:crypto';
import { BitError } from '../kernel/errors.ts';

export type Attestation =
  | { readonly kind: 'pending'; readonly uri: string }
  | { readonly kind: 'bitcoin'; readonly height: number }
  | { readonly kind: 'unknown'; readonly tag: string; readonly payload: Buffer };

export interface Operation {
  readonly tag: number;
  /** Of append and prepend. */
  readonly argument: Buffer | undefined;
}

export interface Timestamp {
  readonly message: Buffer;
  readonly attestations: readonly Attestation[];
  readonly branches: readonly Branch[];
}

export interface Branch {
  readonly operation: Operation;
  readonly next: Timestamp;
}

/** Of a whole proof; complete ones have two or three kilobytes. */
export const OTS_LIMIT = 256 * 1024;
const MESSAGE_LIMIT = 4096;
const DEPTH_LIMIT = 256;
const NODE_LIMIT = 4096;
const PAYLOAD_LIMIT = 8192;
const URI_LIMIT = 1000;

const MAGIC = Buffer.from('004f70656e54696d657374616d7073000050726f6f6600bf89e2e884e89294', 'hex');
const VERSION = 1;
const TAGS = { pending: '83dfe30d2ef90c8e', bitcoin: '0588960d73d71901' } as const;

const SHA256 = 0x08;
const APPEND = 0xf0;
const PREPEND = 0xf1;
const HASHES: Readonly<Record<number, string>> = { 2: 'sha1', 3: 'ripemd160', [SHA256]: 'sha256' };

export const sha256Operation: Operation = { tag: SHA256, argument: undefined };

export function appendOperation(argument: Buffer): Operation {
  return { tag: APPEND, argument };
}

/** What an operation makes of a message. @throws BitError `integrity` */
export function apply({ tag, argument }: Operation, message: Buffer): Buffer {
  if (tag === APPEND || tag === PREPEND) {
    const made = Buffer.concat(
      tag === APPEND ? [message, argument ?? message] : [argument ?? message, message],
    );
    if (made.length > MESSAGE_LIMIT) throw malformed(`a message grows past ${MESSAGE_LIMIT} bytes`);
    return made;
  }
  if (tag === 0xf2) return Buffer.from(message).reverse();
  if (tag === 0xf3) {
    if (message.length * 2 > MESSAGE_LIMIT) throw malformed(`a message grows past ${MESSAGE_LIMIT} bytes`);
    return Buffer.from(message.toString('hex'));
  }
  const name = HASHES[tag];
  if (name === undefined) throw malformed(`operation 0x${tag.toString(16)} is not known here`);
  return createHash(name).update(message).digest();
}

/** A timestamp of `message`, as a calendar answers. @throws BitError `integrity` */
export function parseTimestamp(bytes: Uint8Array, message: Buffer): Timestamp {
  const input = new Input(bytes);
  const timestamp = new Parser(input).timestamp(message, DEPTH_LIMIT);
  input.end();
  return timestamp;
}

/** A detached proof of a file's SHA-256: an `.ots` file. @throws BitError `integrity` */
export function parseOts(bytes: Uint8Array): Timestamp {
  const input = new Input(bytes);
  if (!input.take(MAGIC.length).equals(MAGIC)) throw malformed('it does not begin as one');
  const version = input.byte();
  if (version !== VERSION) throw malformed(`it is of version ${version}`);
  if (input.byte() !== SHA256) throw malformed('it is not about a SHA-256');
  const timestamp = new Parser(input).timestamp(input.take(32), DEPTH_LIMIT);
  input.end();
  return timestamp;
}

export function formatOts(timestamp: Timestamp): Buffer {
  const head = [MAGIC, Buffer.of(VERSION, SHA256), timestamp.message];
  return Buffer.concat([...head, formatTimestamp(timestamp)]);
}

export function formatTimestamp({ attestations, branches }: Timestamp): Buffer {
  const parts = [
    ...sorted(attestations.map((item) => Buffer.concat([Buffer.of(0), formatAttestation(item)]))),
    ...sorted(
      branches.map(({ operation: { tag, argument }, next }) => {
        const own = argument === undefined ? [] : [varbytes(argument)];
        return Buffer.concat([Buffer.of(tag), ...own, formatTimestamp(next)]);
      }),
    ),
  ];
  return Buffer.concat(
    parts.flatMap((part, at) => (at === parts.length - 1 ? [part] : [Buffer.of(0xff), part])),
  );
}

/** All that either says of the same message. */
export function mergeTimestamps(a: Timestamp, b: Timestamp): Timestamp {
  if (!a.message.equals(b.message)) throw new TypeError('timestamps of different messages');
  const attestations = new Map([...a.attestations, ...b.attestations].map((item) => [nameOf(item), item]));
  const branches = new Map<string, Branch>();
  for (const branch of [...a.branches, ...b.branches]) {
    const { tag, argument } = branch.operation;
    const name = `${tag} ${argument?.toString('hex') ?? ''}`;
    const known = branches.get(name);
    branches.set(
      name,
      known === undefined ? branch : { ...branch, next: mergeTimestamps(known.next, branch.next) },
    );
  }
  return { message: a.message, attestations: [...attestations.values()], branches: [...branches.values()] };
}

/** The timestamp with `change` made of every node. */
export async function mapTimestamp(
  timestamp: Timestamp,
  change: (node: Timestamp) => Promise<Timestamp>,
): Promise<Timestamp> {
  const branches: Branch[] = [];
  for (const { operation, next } of timestamp.branches)
    branches.push({ operation, next: await mapTimestamp(next, change) });
  return change({ ...timestamp, branches });
}

/** Every attestation with the message it is about. */
export function* attestationsOf(
  timestamp: Timestamp,
): IterableIterator<{ readonly message: Buffer; readonly attestation: Attestation }> {
  for (const attestation of timestamp.attestations) yield { message: timestamp.message, attestation };
  for (const { next } of timestamp.branches) yield* attestationsOf(next);
}

class Parser {
  readonly #input: Input;
  #nodes = 0;

  constructor(input: Input) {
    this.#input = input;
  }

  timestamp(message: Buffer, depth: number): Timestamp {
    if (depth === 0) throw malformed(`it is deeper than ${DEPTH_LIMIT} operations`);
    const attestations: Attestation[] = [];
    const branches: Branch[] = [];
    for (let more = true; more; ) {
      this.#nodes += 1;
      if (this.#nodes > NODE_LIMIT) throw malformed(`it has more than ${NODE_LIMIT} steps`);
      let tag = this.#input.byte();
      more = tag === 0xff;
      if (more) tag = this.#input.byte();
      if (tag === 0) {
        attestations.push(this.#attestation());
        continue;
      }
      const argument = tag === APPEND || tag === PREPEND ? this.#input.varbytes(1, MESSAGE_LIMIT) : undefined;
      const operation = { tag, argument };
      branches.push({ operation, next: this.timestamp(apply(operation, message), depth - 1) });
    }
    return { message, attestations, branches };
  }

  #attestation(): Attestation {
    const tag = this.#input.take(8).toString('hex');
    const payload = this.#input.varbytes(0, PAYLOAD_LIMIT);
    if (tag !== TAGS.pending && tag !== TAGS.bitcoin) return { kind: 'unknown', tag, payload };
    const inner = new Input(payload);
    const read: Attestation =
      tag === TAGS.bitcoin
        ? { kind: 'bitcoin', height: inner.varuint() }
        : { kind: 'pending', uri: checkedUri(inner.varbytes(0, URI_LIMIT)) };
    inner.end();
    return read;
  }
}

/** Anything else could be more than an address wherever it is shown or asked. */
function checkedUri(bytes: Buffer): string {
  const uri = bytes.toString('latin1');
  if (/^[A-Za-z0-9._/:-]*$/.test(uri)) return uri;
  throw malformed('the address of a calendar holds other characters than those allowed');
}

class Input {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    if (bytes.length > OTS_LIMIT) throw malformed(`it is larger than ${OTS_LIMIT} bytes`);
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  byte(): number {
    return this.take(1)[0] ?? 0;
  }

  take(length: number): Buffer {
    const taken = this.#bytes.subarray(this.#at, this.#at + length);
    if (taken.length < length) throw malformed('it ends too early');
    this.#at += length;
    return taken;
  }

  /** Little-endian, seven bits a byte; at most 2^49. */
  varuint(): number {
    let value = 0;
    for (let place = 1; place < 2 ** 49; place *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * place;
      if (byte < 0x80) return value;
    }
    throw malformed('a number in it is too large');
  }

  varbytes(least: number, most: number): Buffer {
    const length = this.varuint();
    if (length < least || length > most) throw malformed(`a part of it is ${length} bytes long`);
    return this.take(length);
  }

  end(): void {
    if (this.#at < this.#bytes.length) throw malformed('something follows its end');
  }
}

function formatAttestation(attestation: Attestation): Buffer {
  const { kind } = attestation;
  if (kind === 'unknown')
    return Buffer.concat([Buffer.from(attestation.tag, 'hex'), varbytes(attestation.payload)]);
  const payload = kind === 'bitcoin' ? varuint(attestation.height) : varbytes(Buffer.from(attestation.uri));
  return Buffer.concat([Buffer.from(TAGS[kind], 'hex'), varbytes(payload)]);
}

function nameOf(attestation: Attestation): string {
  return formatAttestation(attestation).toString('hex');
}

function varuint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low + 128 : low);
  } while (rest > 0);
  return Buffer.from(bytes);
}

function varbytes(bytes: Buffer): Buffer {
  return Buffer.concat([varuint(bytes.length), bytes]);
}

function sorted(parts: readonly Buffer[]): Buffer[] {
  return [...parts].sort(Buffer.compare);
}

function malformed(reason: string): BitError {
  return new BitError('integrity', `not an OpenTimestamps proof: ${reason}`, { details: { reason } });
}
