import { fromBase64, fromDecimal, toBase64 } from './base64.ts';
import { EMPTY_ROOT, HASH_SIZE } from './merkle.ts';

/** A tree head as c2sp.org/tlog-checkpoint writes it. */
export interface TreeHead {
  /** Which log it is. */
  readonly origin: string;
  /** Leaves. */
  readonly size: number;
  readonly root: Uint8Array;
  /** Opaque further lines. */
  readonly extensions: readonly string[];
}

/** The note text of a tree head. */
export function formatCheckpointText({ origin, size, root, extensions = [] }: CheckpointFields): string {
  const lines = [origin, String(size), toBase64(root), ...extensions];
  if (lines.some((line) => line === '' || line.includes('\n'))) {
    throw new TypeError('the lines of a checkpoint are single and not empty');
  }
  return `${lines.join('\n')}\n`;
}

type CheckpointFields = Omit<TreeHead, 'extensions'> & { readonly extensions?: readonly string[] };

/** The tree head in a note's text, or undefined where it is none. */
export function parseCheckpointText(text: string): TreeHead | undefined {
  const lines = text.split('\n');
  if (lines.pop() !== '' || lines.includes('')) return undefined;
  const [origin, decimal = '', encoded = '', ...extensions] = lines;
  const size = fromDecimal(decimal);
  const root = fromBase64(encoded);
  if (origin === undefined || size === undefined || root?.length !== HASH_SIZE) return undefined;
  if (size === 0 && !root.equals(EMPTY_ROOT)) return undefined;
  return { origin, size, root, extensions };
}
