/**
 * Plugins in the making, used from where they lie: `<userDirectory>/plugins/live.json` names them with what they were
 * granted, `live/<digest>.json` keeps what was last learnt of each. What changed since is learnt anew at the next use.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { makeDirectory, readTextIfExists, writeFileAtomic } from '../kernel/files.ts';
import { isJsonObject, type JsonObject } from '../kernel/json.ts';
import { printable } from '../kernel/text.ts';
import type { Reader } from '../operation/index.ts';
import type { Macro } from '../script/index.ts';
import { describePlugin } from './describe.ts';
import { macroPackage, macroTexts, readMacroFile, readMacros } from './macros.ts';
import { type PluginManifest, parseManifest } from './manifest.ts';
import type { SandboxProgram } from './sandbox.ts';
import { type Plugin, pluginsDirectory } from './table.ts';

export interface LiveRow {
  /** Absolute: a folder, or a `.bit` file. */
  readonly path: string;
  readonly name: string;
  /** Granted when it was loaded; more it does not get by asking for it. */
  readonly capabilities: readonly string[];
  readonly trusted: boolean;
  /** Of the process that watches it and takes it away at its end; null: it stays until it is unloaded. */
  readonly pid: number | null;
}

/** What is needed to learn what a live plugin brings. */
export interface LiveHost {
  readonly program: SandboxProgram;
  readonly helpOfMacro: (id: string, macro: Macro) => JsonObject;
}

const VERSION = 1;
const MOST_FILES = 5000;
const PASSED_OVER = new Set(['node_modules', '.git']);

export function liveFile(userDirectory: string): string {
  return join(pluginsDirectory(userDirectory), 'live.json');
}

/** Those whose watcher still runs, or that need none. */
export function readLive(userDirectory: string): readonly LiveRow[] {
  const path = liveFile(userDirectory);
  const text = readTextIfExists(path);
  if (text === undefined) return [];
  const wrong = (): BitError =>
    new BitError('integrity', `${path} is damaged`, { hint: 'delete it and load your plugins again' });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong();
  }
  if (!isJsonObject(value) || value['v'] !== VERSION || !Array.isArray(value['plugins'])) throw wrong();
  const rows = value['plugins'] as readonly LiveRow[];
  return rows.filter(({ pid }) => pid === null || isRunning(pid));
}

export function writeLive(userDirectory: string, rows: readonly LiveRow[]): void {
  makeDirectory(pluginsDirectory(userDirectory), 0o700);
  const text = JSON.stringify({ v: VERSION, plugins: rows }, null, 1);
  writeFileAtomic(liveFile(userDirectory), `${text}\n`, { mode: 0o600 });
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** What was last learnt of each; one of which nothing is known yet is left out. */
export function livePlugins(userDirectory: string): readonly Plugin[] {
  return readLive(userDirectory).flatMap((row) => readKept(userDirectory, row)?.plugin ?? []);
}

interface Kept {
  readonly fingerprint: string;
  readonly plugin: Plugin;
}

function keptFile(userDirectory: string, path: string): string {
  const name = createHash('sha256').update(path).digest('hex').slice(0, 16);
  return join(pluginsDirectory(userDirectory), 'live', `${name}.json`);
}

function readKept(userDirectory: string, row: LiveRow): Kept | undefined {
  const file = keptFile(userDirectory, row.path);
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (!isJsonObject(value) || !isJsonObject(value['plugin'])) return undefined;
    const { fingerprint, plugin } = value as unknown as Kept;
    const { capabilities, trusted } = row;
    return {
      fingerprint,
      plugin: { ...plugin, capabilities, live: { trusted: trusted === true, help: `${file}.help` } },
    };
  } catch {
    return undefined; // learnt anew
  }
}

export function dropKept(userDirectory: string, path: string): void {
  const file = keptFile(userDirectory, path);
  rmSync(file, { force: true });
  rmSync(`${file}.help`, { force: true });
}

/** @throws BitError `not-found`, `usage` for what is neither a plugin's folder nor a macro */
export function readLiveManifest(path: string): PluginManifest {
  if (path.endsWith('.bit')) return macroPackage(path, '.');
  const file = join(path, 'package.json');
  if (!existsSync(file))
    throw new BitError('usage', `${printable(path)} is no plugin: it has no package.json`, {
      hint: 'name the folder of a plugin or a .bit file; make one with: bit ext create',
    });
  return parseManifest(readFileSync(file, 'utf8'));
}

/** Learns what a live plugin brings and keeps that. */
export async function learnLive(
  reader: Pick<Reader, 'env' | 'signal' | 'userDirectory' | 'now'>,
  { path }: Pick<LiveRow, 'path'>,
  host: LiveHost,
): Promise<Plugin> {
  const fingerprint = fingerprintOf(path);
  const manifest = readLiveManifest(path);
  const alone = path.endsWith('.bit');
  const directory = alone ? dirname(path) : realpathSync(path);
  const { macros: folder } = manifest;
  const texts = alone
    ? new Map([[basename(path), readMacroFile(path, path)]])
    : folder === undefined
      ? new Map<string, string>()
      : macroTexts(directory, folder);
  const macros = readMacros(manifest, texts);
  const description = await describePlugin(reader, manifest, { directory, macros, ...host });
  const { name, version, capabilities, listeners } = manifest;
  const plugin: Plugin = {
    name,
    version,
    description: manifest.description,
    directory,
    source: `live:${path}`,
    integrity: '',
    capabilities,
    installed: reader.now().toISOString(),
    commands: description.commands,
    listenersModule: listeners,
    listeners: description.listeners,
    provides: description.provides,
    bundled: false,
  };
  const file = keptFile(reader.userDirectory, path);
  makeDirectory(dirname(file), 0o700);
  writeFileAtomic(`${file}.help`, `${JSON.stringify(description.help)}\n`, { mode: 0o600 });
  writeFileAtomic(file, `${JSON.stringify({ fingerprint, plugin })}\n`, { mode: 0o600 });
  return plugin;
}

/** Learns anew what changed since. What is wrong with one is told by `notice`; it stays as it was. */
export async function refreshLive(
  reader: Pick<Reader, 'env' | 'signal' | 'userDirectory' | 'now' | 'notice'>,
  host: () => LiveHost,
): Promise<readonly Plugin[]> {
  const changed: Plugin[] = [];
  for (const row of readLive(reader.userDirectory)) {
    try {
      if (readKept(reader.userDirectory, row)?.fingerprint === fingerprintOf(row.path)) continue;
      const { capabilities } = readLiveManifest(row.path);
      const more = capabilities.filter((one) => !row.capabilities.includes(one));
      if (more.length > 0)
        throw new BitError(
          'denied',
          `it asks for more than it was granted: ${more.join(', ')}; load it again`,
        );
      changed.push(await learnLive(reader, row, host()));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      reader.notice(
        `note: ${row.name}, loaded from ${printable(row.path)}, stays as it was: ${printable(why)}`,
      );
    }
  }
  return changed;
}

/** Changes when a file of it does. */
export function fingerprintOf(path: string): string {
  const hash = createHash('sha256');
  let files = 0;
  const note = (file: string): void => {
    const facts = statSync(file, { throwIfNoEntry: false });
    if (facts === undefined) return;
    if (++files > MOST_FILES)
      throw new BitError('usage', `${printable(path)} holds more than ${MOST_FILES} files`);
    hash.update(`${file}\0${facts.size}\0${facts.mtimeMs}\0`);
  };
  const walk = (directory: string): void => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (PASSED_OVER.has(entry.name)) continue;
      const inside = join(directory, entry.name);
      if (entry.isDirectory()) walk(inside);
      else if (entry.isFile()) note(inside);
    }
  };
  if (path.endsWith('.bit')) note(path);
  else if (existsSync(path)) walk(path);
  return hash.digest('hex');
}
