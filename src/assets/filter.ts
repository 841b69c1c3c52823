import { createReadStream } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { BitError } from '../kernel/errors.ts';
import { PacketReader, PacketWriter } from './packets.ts';
import { formatPointer, MOST_POINTER_BYTES, parsePointer } from './pointer.ts';
import { type AssetPlace, assetPath, storeAsset } from './store.ts';

export interface FilterStreams {
  readonly input: Readable;
  readonly output: Writable;
  readonly place: AssetPlace;
  /** One line to a person. */
  readonly notice: (line: string) => void;
}

/**
 * Git's long-running filter process, version 2 (gitattributes(5)): clean turns content into a pointer and keeps the
 * bytes, smudge turns a pointer into its bytes. A pointer whose bytes this clone hasn't stays a pointer.
 */
export async function serveFilter(streams: FilterStreams): Promise<void> {
  const input = new PacketReader(streams.input);
  const output = new PacketWriter(streams.output);
  const hello = await input.list();
  if (hello === undefined) return;
  if (hello[0] !== 'git-filter-client' || !hello.includes('version=2')) {
    throw new BitError('failed', 'this is for git to call, as filter.lfs.process');
  }
  await output.list(['git-filter-server', 'version=2']);
  const offered = (await input.list()) ?? [];
  await output.list(
    ['capability=clean', 'capability=smudge'].filter((capability) => offered.includes(capability)),
  );
  for (let request = await input.list(); request !== undefined; request = await input.list()) {
    const fields = new Map(
      request.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    const command = fields.get('command');
    if (command === 'clean') await clean(streams, input, output);
    else if (command === 'smudge') await smudge(streams, input, output, fields.get('pathname') ?? '');
    else {
      for await (const _ of input.content());
      await output.list(['status=error']);
    }
  }
}

async function clean({ place }: FilterStreams, input: PacketReader, output: PacketWriter): Promise<void> {
  const { head, whole, rest } = await peek(input);
  // what is a pointer already stays one
  const pointer =
    whole && parsePointer(head) !== undefined
      ? head
      : Buffer.from(formatPointer(await storeAsset(place, rest)));
  await answer(output, one(pointer));
}

async function smudge(
  streams: FilterStreams,
  input: PacketReader,
  output: PacketWriter,
  path: string,
): Promise<void> {
  const { head, whole, rest } = await peek(input);
  const pointer = whole ? parsePointer(head) : undefined;
  if (pointer === undefined) {
    await answer(output, rest);
    return;
  }
  const file = assetPath(streams.place, pointer.oid);
  if (file === undefined) {
    streams.notice(`${path} stays a pointer: its ${pointer.size} bytes are not in this clone`);
    await answer(output, one(head));
    return;
  }
  await answer(output, createReadStream(file));
}

async function answer(output: PacketWriter, content: AsyncIterable<Uint8Array>): Promise<void> {
  await output.list(['status=success']);
  await output.content(content);
  await output.flush();
}

async function* one(bytes: Buffer): AsyncGenerator<Buffer> {
  if (bytes.length > 0) yield bytes;
}

/** The first bytes, enough to tell a pointer; `rest` gives everything, those included. */
async function peek(
  input: PacketReader,
): Promise<{ head: Buffer; whole: boolean; rest: AsyncGenerator<Buffer> }> {
  const packets = input.content();
  const held: Buffer[] = [];
  let length = 0;
  let whole = false;
  while (length < MOST_POINTER_BYTES) {
    const { done, value } = await packets.next();
    if (done === true) {
      whole = true;
      break;
    }
    held.push(Buffer.from(value));
    length += value.length;
  }
  const head = Buffer.concat(held);
  const rest = async function* (): AsyncGenerator<Buffer> {
    if (head.length > 0) yield head;
    if (!whole) yield* packets;
  };
  return { head, whole, rest: rest() };
}
