/** The user's own settings, `<configDirectory>/settings.json`: `{"listeners": [...], "plugins": {"trusted": [...]}}`. */
import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { readTextIfExists, writeFileAtomic } from '../kernel/files.ts';
import { isJsonObject, type JsonObject } from '../kernel/json.ts';

const MOST_BYTES = 256 * 1024;

export interface UserSettings {
  /** Names of the listeners that are on. */
  readonly listeners: readonly string[];
  /** Names of the plugins that run in `bit`'s own process. */
  readonly trusted: readonly string[];
}

export function settingsFile(configDirectory: string): string {
  return join(configDirectory, 'settings.json');
}

/** @throws BitError `usage` naming the file where it is malformed */
export function readSettings(configDirectory: string): UserSettings {
  const document = readDocument(configDirectory);
  const plugins = document['plugins'] ?? {};
  const wrong = (why: string): BitError => new BitError('usage', `${settingsFile(configDirectory)}: ${why}`);
  if (!isJsonObject(plugins)) throw wrong('plugins is not an object');
  return {
    listeners: names(document['listeners'], 'listeners', wrong),
    trusted: names(plugins['trusted'], 'plugins.trusted', wrong),
  };
}

/** Writes the given members and leaves every other one as it is. */
export function changeSettings(configDirectory: string, change: Partial<UserSettings>): void {
  const document = readDocument(configDirectory);
  const plugins = isJsonObject(document['plugins']) ? document['plugins'] : {};
  const changed: JsonObject = {
    ...document,
    ...(change.listeners === undefined ? {} : { listeners: [...change.listeners] }),
    ...(change.trusted === undefined ? {} : { plugins: { ...plugins, trusted: [...change.trusted] } }),
  };
  const text = `${JSON.stringify(changed, null, 2)}\n`;
  writeFileAtomic(settingsFile(configDirectory), text, { mode: 0o600 });
}

function readDocument(configDirectory: string): JsonObject {
  const path = settingsFile(configDirectory);
  const text = readTextIfExists(path);
  if (text === undefined || text.trim() === '') return {};
  const wrong = (why: string): BitError => new BitError('usage', `${path}: ${why}`, { details: { path } });
  if (text.length > MOST_BYTES) throw wrong('larger than 256 kB');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong('not JSON');
  }
  if (!isJsonObject(value)) throw wrong('not an object');
  return value;
}

function names(value: unknown, member: string, wrong: (why: string) => BitError): readonly string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.some((name) => typeof name !== 'string'))
    throw wrong(`${member} is not a list of names`);
  return value as string[];
}
