import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { BitError } from '../kernel/errors.ts';

/** Most bytes of payload in one packet (gitprotocol-common(5), pkt-line). */
const MOST_PAYLOAD = 65_516;

/** Reads pkt-lines: payloads, and null for a flush packet. */
export class PacketReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #held: Buffer = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.#chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  }

  /** Undefined at the end of the stream. @throws BitError `failed` for what is no pkt-line */
  async next(): Promise<Buffer | null | undefined> {
    const head = await this.#take(4);
    if (head === undefined) return undefined;
    const text = head.toString('latin1');
    const length = /^[0-9a-f]{4}$/i.test(text) ? Number.parseInt(text, 16) : -1;
    if (length === 0) return null;
    if (length < 5 || length > MOST_PAYLOAD + 4) throw broken(`a packet of length '${text}'`);
    const payload = await this.#take(length - 4);
    if (payload === undefined) throw broken('the end of the stream inside a packet');
    return payload;
  }

  /** Text packets up to the next flush; undefined at the end of the stream. */
  async list(): Promise<string[] | undefined> {
    const lines: string[] = [];
    for (;;) {
      const packet = await this.next();
      if (packet === null) return lines;
      if (packet === undefined) {
        if (lines.length > 0) throw broken('the end of the stream inside a list');
        return undefined;
      }
      if (lines.length >= 64) throw broken('a list without end');
      lines.push(packet.toString('utf8').replace(/\n$/, ''));
    }
  }

  /** Content packets up to the next flush. */
  async *content(): AsyncGenerator<Buffer> {
    for (let packet = await this.next(); packet !== null; packet = await this.next()) {
      if (packet === undefined) throw broken('the end of the stream inside content');
      yield packet;
    }
  }

  async #take(length: number): Promise<Buffer | undefined> {
    const parts: Buffer[] = [this.#held];
    let have = this.#held.length;
    while (have < length) {
      const { done, value } = await this.#chunks.next();
      if (done === true) {
        if (have === 0) return undefined;
        throw broken('the end of the stream inside a packet');
      }
      const chunk = Buffer.from(value.buffer, value.byteOffset, value.length);
      parts.push(chunk);
      have += chunk.length;
    }
    const all = parts.length === 1 ? this.#held : Buffer.concat(parts);
    this.#held = all.subarray(length);
    return all.subarray(0, length);
  }
}

export class PacketWriter {
  readonly #stream: Writable;

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  async list(lines: readonly string[]): Promise<void> {
    for (const line of lines) await this.#packet(Buffer.from(`${line}\n`));
    await this.flush();
  }

  async content(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; at += MOST_PAYLOAD)
        await this.#packet(chunk.subarray(at, at + MOST_PAYLOAD));
    }
    await this.flush();
  }

  async flush(): Promise<void> {
    await this.#write(Buffer.from('0000'));
  }

  async #packet(payload: Uint8Array): Promise<void> {
    const head = Buffer.from((payload.length + 4).toString(16).padStart(4, '0'));
    await this.#write(Buffer.concat([head, payload]));
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (!this.#stream.write(bytes)) await once(this.#stream, 'drain');
  }
}

function broken(what: string): BitError {
  return new BitError('failed', `git sent ${what}, which its filter protocol does not have`);
}
