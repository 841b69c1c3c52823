import { join } from 'node:path';
import { type ErrorCode, EXIT_CODES } from '../kernel/errors.ts';
import { readTextIfExists } from '../kernel/files.ts';
import { isJsonObject } from '../kernel/json.ts';

/** In the user's cache directory. */
export const FAILURE_FILE = 'last-failure.json';

export interface FailureRecord {
  readonly v: 1;
  readonly ts: string;
  /** As typed, secrets masked. */
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | null;
  readonly exit: number;
}

/** Undefined where nothing failed yet, or the file is of another program or version. */
export function readFailure(cacheDirectory: string): FailureRecord | undefined {
  const text = readTextIfExists(join(cacheDirectory, FAILURE_FILE));
  if (text === undefined || text.length > 1_000_000) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isJsonObject(value) || value['v'] !== 1) return undefined;
  const { ts, argv, cwd, code, message, hint, exit } = value;
  if (typeof ts !== 'string' || typeof cwd !== 'string' || typeof message !== 'string') return undefined;
  if (!Array.isArray(argv) || typeof code !== 'string' || !Object.hasOwn(EXIT_CODES, code)) return undefined;
  return {
    v: 1,
    ts,
    argv: argv.map(String),
    cwd,
    code: code as ErrorCode,
    message,
    hint: typeof hint === 'string' ? hint : null,
    exit: typeof exit === 'number' ? exit : 1,
  };
}
