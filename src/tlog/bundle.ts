/** Largest entry a bundle can hold: its length is a uint16. */
export const ENTRY_LIMIT = 0xffff;

/** A bundle: each entry behind its length in two big-endian bytes. @throws RangeError for an entry too large */
export function formatBundle(entries: readonly Uint8Array[]): Buffer {
  const parts = entries.flatMap((entry) => {
    if (entry.length > ENTRY_LIMIT) throw new RangeError(`an entry of ${entry.length} bytes fits no bundle`);
    return [Buffer.of(entry.length >> 8, entry.length & 0xff), entry];
  });
  return Buffer.concat(parts);
}

/** The entries of a bundle; undefined where the lengths don't add up. */
export function parseBundle(bytes: Uint8Array): Uint8Array[] | undefined {
  const out: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
    const begin = at + 2;
    if (begin + length > bytes.length) return undefined;
    out.push(bytes.subarray(begin, begin + length));
    at = begin + length;
  }
  return out;
}
