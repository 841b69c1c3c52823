import type { LogChunk } from './index.ts';

/** The bytes of a chunk that go on where a log of `size` bytes ends; none where it holds nothing new or leaves a gap. */
export function follow({ offset, data }: LogChunk, size: number): Uint8Array | undefined {
  if (offset > size) return undefined;
  const bytes = Buffer.from(data);
  const more = bytes.subarray(size - offset);
  // A repetition that is cut elsewhere is no repetition: a character is never torn apart.
  const torn = more.byteLength > 0 && ((more[0] ?? 0) & 0xc0) === 0x80;
  return more.byteLength === 0 || torn ? undefined : more;
}
