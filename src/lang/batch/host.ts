/** Ends a batch program that can't go on: what it asks is not to be had, or it has had enough. */
export class Stopped extends Error {}

/** Files below one root; a path that leads out of it is refused. Separators are `/` and `\`. */
export interface Files {
  /** @throws Stopped naming what can't be read */
  read(path: string): string;
  write(path: string, text: string, append: boolean): void;
  exists(path: string): boolean;
  isDirectory(path: string): boolean;
  /** Names below it; a pattern's last part may hold `*` and `?`. */
  list(pattern: string): readonly string[];
  remove(path: string): void;
  makeDirectory(path: string): void;
  move(from: string, to: string): void;
  directory(): string;
  changeDirectory(path: string): void;
}

/** The world outside a batch program. */
export interface Host {
  write(stream: 'stdout' | 'stderr', text: string): void;
  readonly files?: Files;
  /** Runs a `bit` command, or another program where that is allowed. Undefined: there is no such program here. */
  run?(
    words: readonly string[],
    input: string,
    write: (stream: 'stdout' | 'stderr', text: string) => void,
  ): Promise<number | undefined>;
}

/** Where output goes and input comes from. */
export interface Streams {
  readonly input: string;
  readonly output: (text: string) => void;
  readonly error: (text: string) => void;
}

/** @throws Stopped where the host has no files */
export function filesOf(host: Host): Files {
  if (host.files === undefined) throw new Stopped('no files can be read or written here');
  return host.files;
}

export function unquoted(text: string): string {
  return text.trim().replace(/^"(.*?)"?$/s, '$1');
}
