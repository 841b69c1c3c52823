/** Logs of the embedded store, in a database of their own: what they say survives killed processes, not power loss. */

import { follow } from './follow.ts';
import { type Group, grouped } from './group.ts';
import type { LogChunk, MeshStore } from './index.ts';
import { type Database, openDatabase, translated } from './sqlite.ts';

const SCHEMA = `
CREATE TABLE IF NOT EXISTS logs (
  job TEXT NOT NULL, fence INTEGER NOT NULL, at INTEGER NOT NULL, length INTEGER NOT NULL,
  stream TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (job, fence, at)
) WITHOUT ROWID`;

/** Ends of logs kept in memory. */
const MOST_ENDS = 10_000;

export interface LogFile {
  readonly logs: MeshStore['logs'];
  forget(jobIds: readonly string[]): void;
  close(): void;
}

interface Row {
  readonly at: number;
  readonly stream: LogChunk['stream'];
  readonly data: Uint8Array;
}

export function openLogFile(path: string): LogFile {
  const database: Database = openDatabase(path, 'NORMAL', SCHEMA);
  const insert = database.prepare('INSERT INTO logs VALUES (?, ?, ?, ?, ?, ?)');
  const last = database.prepare(
    'SELECT at + length AS size FROM logs WHERE job = ? AND fence = ? ORDER BY at DESC LIMIT 1',
  );
  const rows = database.prepare(
    'SELECT at, stream, data FROM logs WHERE job = ? AND fence = ? AND at + length > ? ORDER BY at LIMIT 256',
  );
  const remove = database.prepare('DELETE FROM logs WHERE job = ?');
  const ends = new Map<string, number>();

  const end = (job: string, fence: number): number => {
    const key = `${job} ${fence}`;
    const known = ends.get(key);
    if (known !== undefined) return known;
    const { size } = (last.get(job, fence) as { size: number } | undefined) ?? { size: 0 };
    if (ends.size >= MOST_ENDS) ends.clear();
    ends.set(key, size);
    return size;
  };

  const write = (chunk: LogChunk): number => {
    const { job_id, fence, stream } = chunk;
    const size = end(job_id, fence);
    const more = follow(chunk, size);
    if (more === undefined) return size;
    insert.run(job_id, fence, size, more.byteLength, stream, more);
    ends.set(`${job_id} ${fence}`, size + more.byteLength);
    return size + more.byteLength;
  };

  const group: Group<LogChunk, number> = grouped((chunks) =>
    translated(path, () => {
      database.exec('BEGIN');
      try {
        const sizes = chunks.map(write);
        database.exec('COMMIT');
        return sizes;
      } catch (error) {
        ends.clear();
        database.exec('ROLLBACK');
        throw error;
      }
    }),
  );

  return {
    logs: {
      append: (chunks) => Promise.all(chunks.map((chunk) => group.add(chunk))),
      read: async (job_id, fence, offset, limit) => {
        const found: LogChunk[] = [];
        let bytes = 0;
        for (const { at, stream, data } of rows.all(job_id, fence, offset) as Row[]) {
          const cut = offset > at ? data.subarray(offset - at) : data;
          found.push({
            job_id,
            fence,
            offset: Math.max(at, offset),
            stream,
            data: Buffer.from(cut).toString(),
          });
          bytes += cut.byteLength;
          if (bytes >= limit) break;
        }
        return found;
      },
      end: async (job_id, fence) => end(job_id, fence),
    },
    forget: (jobIds) => {
      for (const job of jobIds) remove.run(job);
      ends.clear();
    },
    close: () => {
      group.flush();
      database.close();
    },
  };
}
