import { join } from 'node:path';
import { makeDirectory } from '../kernel/files.ts';
import { openLogStream } from '../kernel/log-stream.ts';
import type { Writer } from '../operation/index.ts';

/** What the programs of one image print. */
export interface Log {
  readonly path: string;
  readonly line: (text: string) => void;
  close(): Promise<void>;
}

const MOST_LOG = 64 << 20;

/** `<state>/images/<operation>/<name>.log`. */
export function openLog(writer: Writer, name: string): Log {
  const directory = join(writer.stateDirectory, 'images', writer.operation);
  makeDirectory(directory);
  const path = join(directory, `${name}.log`);
  const stream = openLogStream(path);
  let size = 0;
  return {
    path,
    line(text) {
      if (size > MOST_LOG) return;
      size += text.length + 1;
      stream.write(size > MOST_LOG ? '… the rest was left out: more than 64 MiB\n' : `${text}\n`);
    },
    close: () => stream.end(),
  };
}
