import { realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { OutcomeEvent, Reader } from '../operation/index.ts';
import {
  boundedOutput,
  bundledPlugins,
  checkListeners,
  hear,
  LISTENER_LIMIT,
  type LoreCard,
  type Plugin,
  readSettings,
  runSandboxed,
  usedPlugins,
} from '../plugins/index.ts';
import type { Context } from './context.ts';
import { host, type Installation } from './host.ts';
import type { ListenTask } from './plugin-child.ts';
import { sandboxProgram } from './plugin-program.ts';

/** Milliseconds in which a sandbox for listeners must have started. */
const START_LIMIT = 10_000;

/**
 * Has every listener that is on hear of what was done. The result is printed and the exit status set by now; nothing
 * here changes them, and it ends in time. Bundled listeners run here, others in a sandbox, trusted or not: one that
 * never returns can be stopped there.
 */
export async function tellListeners({
  reader,
  outcomes,
}: Pick<Context, 'reader' | 'outcomes'>): Promise<void> {
  const { installation } = host();
  if (installation === undefined) return;
  try {
    const on = new Set(readSettings(reader.configDirectory).listeners);
    if (on.size === 0) return;
    const plugins = [...bundledPlugins(installation), ...usedPlugins(reader.userDirectory)];
    await Promise.all(
      plugins.map(async (plugin) => {
        const names = plugin.listeners.map((listener) => listener.name).filter((name) => on.has(name));
        if (names.length === 0) return;
        try {
          await (plugin.bundled ? tellBundled : tellSandboxed)({
            installation,
            reader,
            plugin,
            names,
            outcomes,
          });
        } catch (error) {
          missed(reader, names, error);
        }
      }),
    );
  } catch (error) {
    missed(reader, [], error);
  }
}

interface Telling {
  readonly installation: Installation;
  readonly reader: Reader;
  readonly plugin: Plugin;
  readonly names: readonly string[];
  readonly outcomes: readonly OutcomeEvent[];
}

function missed(reader: Reader, names: readonly string[], error: unknown): void {
  const what = names.length === 0 ? 'listeners' : `listener ${names.join(', ')}`;
  const why = error instanceof Error ? error.message : String(error);
  reader.notice(`note: ${what}: ${printable(shorten(why, 200))}`);
}

async function tellBundled({ reader, plugin, names, outcomes }: Telling): Promise<void> {
  await host().shareModules?.(plugin.directory);
  const file = join(plugin.directory, plugin.listenersModule ?? '');
  const module = (await import(pathToFileURL(file).href)) as { listeners?: unknown };
  const listeners = checkListeners(module.listeners, plugin.name).filter(({ name }) => names.includes(name));
  for (const listener of listeners) {
    for (const event of outcomes) {
      try {
        await hear(listener, event, boundedOutput(reader, listener.name));
      } catch (error) {
        missed(reader, [listener.name], error);
      }
    }
  }
}

async function tellSandboxed({ installation, reader, plugin, names, outcomes }: Telling): Promise<void> {
  const wanted = plugin.listeners
    .filter(
      ({ name, events }) =>
        names.includes(name) && outcomes.some((one) => events?.includes(one.event) ?? true),
    )
    .map(({ name }) => name);
  if (wanted.length === 0 || plugin.listenersModule === undefined) return;
  const outputs = new Map(wanted.map((name) => [name, boundedOutput(reader, name)]));
  const directory = realpathSync(plugin.directory);
  const limit = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const task: ListenTask = {
    kind: 'listen',
    plugin: plugin.name,
    directory,
    file: resolve(directory, plugin.listenersModule),
    names: wanted,
    events: outcomes,
  };
  try {
    const { result } = await runSandboxed({
      name: `the plugin ${plugin.name}`,
      program: sandboxProgram(installation),
      directory,
      env: reader.env,
      signal: AbortSignal.any([limit.signal, reader.signal]),
      limits: { start: START_LIMIT, messages: 1000, message: 64 * 1024, output: 64 * 1024 },
      task() {
        // from when they hear: how long a process takes to start is the machine's doing
        timer = setTimeout(() => limit.abort(), LISTENER_LIMIT);
        return task;
      },
      async answer(method, [name, value]) {
        const output = outputs.get(String(name));
        if (output === undefined) throw new BitError('denied', `${shorten(String(name))} is not listening`);
        if (method === 'line') return output.line(String(value));
        if (method === 'card') return output.card(value as LoreCard);
        throw new BitError('denied', `${shorten(method)} is not for a listener`);
      },
    });
    for (const failed of Array.isArray(result) ? (result as unknown[]) : [])
      missed(reader, [plugin.name], String(failed));
  } catch (error) {
    if (limit.signal.aborted)
      throw new BitError('failed', `did not end within ${LISTENER_LIMIT / 1000} seconds and was stopped`);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
