/** Loading a plugin or a macro for its development, and taking it away again. */
import { existsSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BitError } from '../kernel/errors.ts';
import { nearest, printable, shorten } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { describeCapability } from './capabilities.ts';
import { type InstallRequest, namesOf, refuseTaken } from './install.ts';
import {
  dropKept,
  type LiveRow,
  learnLive,
  liveFile,
  readLive,
  readLiveManifest,
  refreshLive,
  writeLive,
} from './live.ts';
import type { Point } from './points/names.ts';
import { type Plugin, readPlugins } from './table.ts';

export interface LoadRequest extends Omit<InstallRequest, 'source' | 'grant' | 'require' | 'trustRoot'> {
  /** Folder or `.bit` file, as typed. */
  readonly path: string;
  /** It stays until it is unloaded; else this ends with Ctrl-C and takes it away. */
  readonly keep: boolean;
}

export interface LoadedPlugin {
  readonly name: string;
  readonly version: string;
  readonly path: string;
  readonly capabilities: readonly string[];
  readonly trusted: boolean;
  readonly commands: readonly string[];
  readonly provides: Readonly<Partial<Record<Point, readonly string[]>>>;
  /** Times it was taken in anew. */
  readonly reloads: number;
  readonly unloaded: boolean;
}

const POLL = 400;

/** @throws BitError `not-found`, `usage` for what is no plugin, `conflict` for a command that is taken */
export function loadPlugin(reader: Reader, request: LoadRequest): Effect<LoadedPlugin> {
  const given = resolve(reader.cwd, request.path);
  if (!existsSync(given))
    throw new BitError('not-found', `there is no ${printable(shorten(request.path))}`, {
      details: { path: given },
    });
  const path = realpathSync(given);
  const { name, version, capabilities } = readLiveManifest(path);
  if (request.bundled.some((plugin) => plugin.name === name))
    throw new BitError('usage', `${name} came with bit; nothing can be loaded in its place`);
  // a flag that was not given is undefined
  const [trust, keep] = [request.trust === true, request.keep === true];
  const row: LiveRow = { path, name, capabilities, trusted: trust, pid: keep ? null : process.pid };
  const plan = [
    `use ${name} ${version} from ${path}, as it is at each use`,
    ...capabilities.map((capability) => `grant ${capability}: ${describeCapability(capability)}`),
    ...(trust ? [`trust ${name}: its code runs inside bit and may do whatever you may`] : []),
    keep ? `keep it until: bit ext unload ${name}` : 'watch it, and take it away with Ctrl-C',
  ];
  return {
    summary: `load ${name} from ${path}`,
    target: { plugin: name, version, path, capabilities: [...capabilities], trusted: trust, keep },
    plan,
    // what ends with its own process leaves nothing to take back
    ...(keep
      ? { touches: { refs: [], files: [liveFile(reader.userDirectory)] } }
      : { touches: { refs: [] }, beside: true }),
    ...(trust || capabilities.length > 0 ? { confirm: `${plan.join('\n  ')}\n  Go on?` } : {}),
    async run(writer) {
      const plugin = await learnLive(reader, row, request);
      refuseTaken(plugin, request, readPlugins(reader.userDirectory));
      const others = readLive(reader.userDirectory).filter((one) => one.name !== name);
      writeLive(reader.userDirectory, [...others, row]);
      const out = loaded(plugin, row);
      if (keep) return out;
      reader.notice(`${name} is loaded: ${told(plugin)}; Ctrl-C takes it away`);
      return watch(reader, row, request, { out, signal: writer.signal });
    },
    record: ({ name: plugin, reloads, unloaded }) => ({ plugin, reloads, unloaded }),
  };
}

function loaded(plugin: Plugin, { path, capabilities, trusted }: LiveRow): LoadedPlugin {
  return {
    name: plugin.name,
    version: plugin.version,
    path,
    capabilities,
    trusted,
    commands: Object.keys(plugin.commands),
    provides: namesOf(plugin.provides),
    reloads: 0,
    unloaded: false,
  };
}

function told({ commands, provides }: Plugin): string {
  const parts = [
    ...Object.keys(commands).map((id) => `bit ${id.replaceAll(':', ' ')}`),
    ...Object.entries(namesOf(provides)).flatMap(([point, names]) => names.map((name) => `${point} ${name}`)),
  ];
  return parts.join(', ') || 'nothing yet';
}

/** Until Ctrl-C, or until somebody unloads it. */
async function watch(
  reader: Reader,
  row: LiveRow,
  request: LoadRequest,
  { out, signal }: { readonly out: LoadedPlugin; readonly signal: AbortSignal },
): Promise<LoadedPlugin> {
  let now = out;
  const isMine = (): boolean =>
    readLive(reader.userDirectory).some((one) => one.path === row.path && one.pid === row.pid);
  try {
    while (!signal.aborted && isMine()) {
      for (const plugin of await refreshLive(reader, () => request)) {
        if (plugin.name !== row.name) continue;
        now = { ...loaded(plugin, row), reloads: now.reloads + 1 };
        reader.notice(`${plugin.name} is loaded anew: ${told(plugin)}`);
      }
      await sleep(POLL, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    if (isMine()) forget(reader, row);
  }
  return { ...now, unloaded: true };
}

function forget(reader: Pick<Reader, 'userDirectory'>, row: LiveRow): void {
  const others = readLive(reader.userDirectory).filter((one) => one.name !== row.name);
  writeLive(reader.userDirectory, others);
  dropKept(reader.userDirectory, row.path);
}

export interface UnloadedPlugin {
  readonly name: string;
  readonly path: string;
}

/** @throws BitError `not-found` naming the nearest */
export function unloadPlugin(reader: Reader, name: string): Effect<UnloadedPlugin> {
  const rows = readLive(reader.userDirectory);
  const row = rows.find((one) => one.name === name || one.path === resolve(reader.cwd, name));
  if (row === undefined) {
    const names = rows.map((one) => one.name);
    const near = nearest(name, names);
    throw new BitError('not-found', `no plugin ${printable(shorten(name))} is loaded`, {
      hint: near.length > 0 ? `did you mean: ${near.join(', ')}` : `loaded: ${names.join(', ') || 'none'}`,
    });
  }
  const { path } = row;
  return {
    summary: `unload ${row.name}`,
    target: { plugin: row.name, path },
    plan: [`use ${row.name} from ${path} no longer`],
    touches: { refs: [], files: [liveFile(reader.userDirectory)] },
    async run() {
      forget(reader, row);
      return { name: row.name, path };
    },
    record: (out) => ({ plugin: out.name }),
  };
}
