import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { BitError } from './errors.ts';

/** What programs print, to a file of its own. A write that fails is told of at the end: their work doesn't hang on it. */
export interface LogStream {
  write(text: string): void;
  /** @throws BitError `io` where something of it could not be written */
  end(): Promise<void>;
}

/** What was in the file is gone. */
export function openLogStream(path: string): LogStream {
  const stream = createWriteStream(path, { mode: 0o600 });
  let failure: unknown;
  const note = (error: unknown): void => {
    failure ??= error;
  };
  stream.on('error', note);
  return {
    write: (text) => void stream.write(text),
    async end() {
      stream.end();
      await finished(stream).catch(note);
      if (failure === undefined) return;
      const why = failure instanceof Error ? failure.message : String(failure);
      throw new BitError('io', `cannot write ${path}: ${why}`, { cause: failure });
    },
  };
}
