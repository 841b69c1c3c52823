import { fstatSync, statSync, writeSync } from 'node:fs';
import { devNull } from 'node:os';
import { isatty } from 'node:tty';

/** Only a character device that isn't the null device can be a terminal, and asking so doesn't load `node:tty` and `node:net` (2 ms). */
export function isTerminal(fd: number): boolean {
  try {
    if (process.platform !== 'win32') {
      const opened = fstatSync(fd);
      if (!opened.isCharacterDevice() || opened.rdev === statSync(devNull).rdev) return false;
    }
  } catch {
    return false; // closed
  }
  return isatty(fd);
}

/**
 * Writes to a standard stream by its descriptor: opening `process.stdout` costs 3 ms, a tenth of a bare start. Node
 * writes these streams synchronously itself, but for pipes on Windows. What a full pipe doesn't take is returned, for
 * the stream to wait with; to a reader that went away nothing is left to write.
 */
export function writeNow(fd: number, bytes: Uint8Array): Uint8Array {
  if (process.platform === 'win32') return bytes;
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(fd, bytes, written);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return new Uint8Array();
    // EAGAIN, or what the stream then says itself
  }
  return bytes.subarray(written);
}
