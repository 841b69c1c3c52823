import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { fromErrno } from '../kernel/errors.ts';
import { fsyncDirectory, makeDirectory } from '../kernel/files.ts';
import { isJsonObject } from '../kernel/json.ts';
import type { Entry } from './index.ts';

/**
 * The JSON-lines mirror (`.bithub/ledger/runner.log`) for programs that read a log and no database: one line an entry
 * in the shape of the mesh's ledger entry, without payloads. Never a source of truth; the ledger can write it anew.
 */
function line(entry: Entry): string {
  const target = entry.payload?.target;
  const job = entry.payload?.job_id ?? (isJsonObject(target) ? target['job_id'] : undefined);
  return `${JSON.stringify({
    ts: entry.ts,
    actor: entry.actor,
    event: entry.event,
    ...(typeof job === 'string' ? { job_id: job } : {}),
    op: entry.op,
    phase: entry.phase,
    prev_sha256: entry.prev_sha256,
    payload_sha256: entry.payload_sha256,
    entry_sha256: entry.entry_sha256,
  })}\n`;
}

/** Appends whole lines in one write and makes them durable; what a failed write left of them is cut off again. */
export function appendMirror(path: string, entries: readonly Entry[]): void {
  if (entries.length === 0) return;
  const bytes = Buffer.from(entries.map(line).join(''));
  try {
    const first = makeDirectory(dirname(path));
    const file = openSync(path, 'a');
    try {
      const before = fstatSync(file).size;
      let done = 0;
      try {
        while (done < bytes.length) done += writeSync(file, bytes, done);
      } catch (error) {
        // Only where nobody appended behind it; repairMirror sees to the rest.
        if (fstatSync(file).size === before + done) ftruncateSync(file, before);
        throw error;
      }
      fsyncSync(file);
      if (before === 0 || first !== undefined) fsyncDirectory(dirname(path));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw fromErrno(error, 'cannot write the ledger mirror');
  }
}

/**
 * Cuts a last line without its line feed, which a kill in the middle of a write leaves, and keeps the torn bytes in
 * `<path>.torn-<time>`. Returns that file's path, or undefined where nothing was torn.
 */
export function repairMirror(path: string, now: Date): string | undefined {
  let file: number;
  try {
    file = openSync(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw fromErrno(error, 'cannot repair the ledger mirror');
  }
  try {
    const { size } = fstatSync(file);
    const whole = lastLineEnd(file, size);
    if (whole === size) return undefined;
    const torn = Buffer.alloc(size - whole);
    readSync(file, torn, 0, torn.length, whole);
    const aside = `${path}.torn-${now.toISOString().replaceAll(/[:.]/g, '')}`;
    writeFileSync(aside, torn, { flag: 'wx', flush: true });
    fsyncDirectory(dirname(path));
    ftruncateSync(file, whole);
    fsyncSync(file);
    return aside;
  } catch (error) {
    throw fromErrno(error, 'cannot repair the ledger mirror');
  } finally {
    closeSync(file);
  }
}

/** Offset after the last line feed. */
function lastLineEnd(file: number, size: number): number {
  const block = Buffer.alloc(64 * 1024);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - block.length);
    const read = readSync(file, block, 0, end - start, start);
    const at = block.subarray(0, read).lastIndexOf(0x0a);
    if (at >= 0) return start + at + 1;
    end = start;
  }
  return 0;
}
