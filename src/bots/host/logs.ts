import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { isJsonObject } from '../../kernel/json.ts';
import { maskRemembered, maskSecrets } from '../../kernel/secrets.ts';
import { printable, shorten } from '../../kernel/text.ts';
import { botsDirectory } from './database.ts';

export interface LogLine {
  /** RFC 3339. */
  readonly ts: string;
  /** The event it was handling; null for what the host says. */
  readonly event: string | null;
  /** `bot`: by the bot itself; `host`: about it. */
  readonly from: 'bot' | 'host';
  readonly text: string;
}

/** Bytes of one file; the one before it is kept beside it. */
const MOST = 1024 * 1024;
const LONGEST_LINE = 2000;

export function logFile(stateDirectory: string, bot: string): string {
  return join(botsDirectory(stateDirectory), 'logs', `${bot}.log`);
}

/** A bot's log: a line of JSON a line, without control characters and secrets, rotated by size. */
export class BotLog {
  readonly #path: string;
  readonly #now: () => Date;

  constructor(stateDirectory: string, bot: string, now: () => Date) {
    this.#path = logFile(stateDirectory, bot);
    this.#now = now;
  }

  /** Returns the bytes written. */
  write(from: LogLine['from'], event: string | null, text: string): number {
    const line: LogLine = {
      ts: this.#now().toISOString(),
      event,
      from,
      text: printable(shorten(maskSecrets(maskRemembered(text)), LONGEST_LINE)),
    };
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    let file = openSync(this.#path, 'a', 0o600);
    try {
      if (fstatSync(file).size + bytes.length > MOST) {
        closeSync(file);
        renameSync(this.#path, `${this.#path}.1`);
        file = openSync(this.#path, 'a', 0o600);
      }
      writeSync(file, bytes);
    } finally {
      closeSync(file);
    }
    return bytes.length;
  }
}

/** The last lines of a bot's log, oldest first; what is no line of ours is left out. */
export function readLog(stateDirectory: string, bot: string, most: number): readonly LogLine[] {
  const path = logFile(stateDirectory, bot);
  const text = [`${path}.1`, path].map(readWhole).join('');
  return text
    .split('\n')
    .flatMap((line): LogLine[] => {
      const read = line === '' ? undefined : lineFrom(line);
      return read === undefined ? [] : [read];
    })
    .slice(-most);
}

function readWhole(path: string): string {
  if (!existsSync(path)) return '';
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(Math.min(fstatSync(file).size, 2 * MOST));
    return bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(file);
  }
}

function lineFrom(line: string): LogLine | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (!isJsonObject(value)) return undefined;
    const { ts, event, from, text } = value;
    if (typeof ts !== 'string' || typeof text !== 'string') return undefined;
    return {
      ts,
      text,
      event: typeof event === 'string' ? event : null,
      from: from === 'host' ? 'host' : 'bot',
    };
  } catch {
    return undefined;
  }
}
