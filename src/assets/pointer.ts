const VERSION = 'https://git-lfs.github.com/spec/v1';
/** A pointer is shorter than this; anything longer is content. */
export const MOST_POINTER_BYTES = 1024;
const ENCODING = new TextDecoder('utf-8', { fatal: true });

export interface Pointer {
  /** SHA-256 of the content, lower-case hex. */
  readonly oid: string;
  /** Bytes. */
  readonly size: number;
}

/** The pointer file, byte for byte as git-lfs writes it. Empty content is its own pointer. */
export function formatPointer({ oid, size }: Pointer): string {
  return size === 0 ? '' : `version ${VERSION}\noid sha256:${oid}\nsize ${size}\n`;
}

/**
 * The pointer these bytes are, or undefined where they are content. Keys stand in order, `version` first, the rest
 * sorted; `ext-…` lines of extensions are passed over.
 */
export function parsePointer(bytes: Uint8Array): Pointer | undefined {
  if (bytes.length === 0 || bytes.length >= MOST_POINTER_BYTES) return undefined;
  let text: string;
  try {
    text = ENCODING.decode(bytes);
  } catch {
    return undefined;
  }
  const lines = text.replace(/\n$/, '').split('\n');
  if (lines.shift() !== `version ${VERSION}`) return undefined;
  const fields = new Map<string, string>();
  let last = '';
  for (const line of lines) {
    const [, key, value] = /^([a-z0-9.-]+) ([^\n]+)$/.exec(line) ?? [];
    if (key === undefined || value === undefined || key <= last) return undefined;
    if (key !== 'oid' && key !== 'size' && !/^ext-\d-/.test(key)) return undefined;
    fields.set(key, value);
    last = key;
  }
  const oid = /^sha256:([0-9a-f]{64})$/.exec(fields.get('oid') ?? '')?.[1];
  const size = Number(/^(?:0|[1-9]\d{0,15})$/.exec(fields.get('size') ?? '')?.[0] ?? Number.NaN);
  return oid === undefined || !Number.isSafeInteger(size) ? undefined : { oid, size };
}
