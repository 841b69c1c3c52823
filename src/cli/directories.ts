import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Io } from './io.ts';

/** XDG directories (LOCALAPPDATA and APPDATA on Windows). */
export function userDirectories(env: Io['env']): {
  readonly data: string;
  readonly config: string;
  readonly cache: string;
} {
  const home = env['HOME'] ?? homedir();
  const pick = (xdg: string, windows: string, fallback: string): string => {
    const set = process.platform === 'win32' ? env[windows] : env[xdg];
    return join(set !== undefined && set !== '' ? set : join(home, fallback), 'bit');
  };
  return {
    data: pick('XDG_DATA_HOME', 'LOCALAPPDATA', '.local/share'),
    config: pick('XDG_CONFIG_HOME', 'APPDATA', '.config'),
    cache: pick('XDG_CACHE_HOME', 'LOCALAPPDATA', '.cache'),
  };
}
