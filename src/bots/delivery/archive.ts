/**
 * Archives that are the same bytes for the same files: ustar (POSIX.1-1988), in order of their names, mode 644, no owner,
 * no time. What is read must be what would be written, byte for byte, so no archive of another make has a meaning here.
 */
import { BitError } from '../../kernel/errors.ts';

export interface PackedFile {
  /** Relative, with `/`. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

const BLOCK = 512;
const MOST_FILES = 1000;

/** @throws BitError `usage` for a name the form can't hold */
export function pack(files: readonly PackedFile[]): Buffer {
  const sorted = [...files].sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  const parts = sorted.flatMap(({ path, bytes }) => [
    header(path, bytes.length),
    bytes,
    Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK),
  ]);
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

function header(path: string, size: number): Buffer {
  const { name, prefix } = split(path);
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;
  block.write(name, 0);
  block.write(octal(0o644, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(size, 11), 124);
  block.write(octal(0, 11), 136);
  block.write('        0', 148);
  block.write('ustar\x0000', 257);
  block.write(prefix, 345);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

function split(path: string): { readonly name: string; readonly prefix: string } {
  if (Buffer.byteLength(path) <= 100) return { name: path, prefix: '' };
  for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    if (Buffer.byteLength(prefix) <= 155 && Buffer.byteLength(name) <= 100) return { name, prefix };
  }
  throw new BitError('usage', `${path.slice(0, 80)}… is too long a name for an archive`);
}

const SAFE = /^(?!\.{1,2}(?:\/|$))[^/\0]+(?:\/(?!\.{1,2}(?:\/|$))[^/\0]+)*$/;

/** @throws BitError `integrity` for what {@link pack} never wrote */
export function unpack(archive: Buffer): readonly PackedFile[] {
  const files: PackedFile[] = [];
  const text = (from: number, to: number): string => archive.toString('utf8', from, to).replace(/\0.*$/s, '');
  let at = 0;
  while (at + BLOCK <= archive.length && archive[at] !== 0) {
    const prefix = text(at + 345, at + 500);
    const path = `${prefix === '' ? '' : `${prefix}/`}${text(at, at + 100)}`;
    const size = Number.parseInt(text(at + 124, at + 136), 8);
    const end = at + BLOCK + size;
    if (
      !SAFE.test(path) ||
      !Number.isSafeInteger(size) ||
      end > archive.length ||
      files.length === MOST_FILES
    )
      throw foreign();
    files.push({ path, bytes: archive.subarray(at + BLOCK, end) });
    at = end + ((BLOCK - (size % BLOCK)) % BLOCK);
  }
  if (new Set(files.map(({ path }) => path)).size !== files.length || !pack(files).equals(archive))
    throw foreign();
  return files;
}

function foreign(): BitError {
  return new BitError('integrity', 'this is no package of bit bot package-deliver, or it is damaged');
}
