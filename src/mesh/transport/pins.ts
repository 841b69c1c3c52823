import { BitError } from '../../kernel/errors.ts';
import { readTextIfExists, writeFileAtomic } from '../../kernel/files.ts';

/** What was seen at first use: by address the SHA-256 of a server's public key, by mesh a controller's key. */
export interface Pins {
  /** Where they are kept, for people. */
  readonly place: string;
  get(name: string): string | undefined;
  set(name: string, value: string): void;
}

const LINE = /^(\S{1,512}) (\S{1,256})$/;
/** Names a file holds at the most. */
const MOST = 10_000;

/** A file of lines `name value`; what others write meanwhile is read. */
export function filePins(path: string): Pins {
  return {
    place: path,
    get: (name) => read(path).get(name),
    set(name, value) {
      if (!LINE.test(`${name} ${value}`)) throw new BitError('usage', `${name} can't be pinned`);
      const pins = read(path);
      pins.set(name, value);
      if (pins.size > MOST) throw new BitError('io', `${path} holds too many names`);
      const lines = [...pins].map(([known, seen]) => `${known} ${seen}\n`);
      writeFileAtomic(path, lines.join(''), { mode: 0o600 });
    },
  };
}

/** @throws BitError `integrity`: what was pinned must not be forgotten silently */
function read(path: string): Map<string, string> {
  const pins = new Map<string, string>();
  const lines = (readTextIfExists(path) ?? '').split('\n');
  for (const [at, line] of lines.entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const [, name, value] = LINE.exec(line) ?? [];
    if (name === undefined || value === undefined)
      throw new BitError('integrity', `${path}:${at + 1} is no pin`, {
        hint: 'each line is a name, a space and a fingerprint; remove the line',
      });
    pins.set(name, value);
  }
  return pins;
}

/** For one process alone. */
export function memoryPins(): Pins {
  const pins = new Map<string, string>();
  return { place: 'memory', get: (name) => pins.get(name), set: (name, value) => void pins.set(name, value) };
}
