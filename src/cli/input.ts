import { BitError } from '../kernel/errors.ts';
import type { Io } from './io.ts';

/** All of standard input, bounded. */
export async function readInput(io: Io, signal: AbortSignal, most: number): Promise<Buffer> {
  const { stdin } = io;
  const chunks: Buffer[] = [];
  let size = 0;
  const stop = (): void => void stdin.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of stdin) {
      const bytes = Buffer.from(chunk as Buffer | string);
      size += bytes.length;
      if (size > most) throw new BitError('usage', `standard input holds more than ${most} bytes`);
      chunks.push(bytes);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
  if (signal.aborted) throw new BitError('cancelled', 'interrupted while reading standard input');
  return Buffer.concat(chunks);
}
