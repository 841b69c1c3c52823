import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import type { Reader } from '../operation/index.ts';
import {
  bundledPlugins,
  type Extension,
  type Extensions,
  installedPlugins,
  isTrusted,
  openSandboxedSession,
  POINTS,
  type Point,
  readSettings,
  type Session,
} from '../plugins/index.ts';
import { host, type Installation } from './host.ts';
import { shareHostModules } from './host-modules.ts';
import { loadItems } from './plugin-items.ts';
import { freshenLive } from './plugin-live.ts';
import { sandboxProgram } from './plugin-program.ts';

/** What the plugins of this machine bring. Where code runs is decided as for their commands: in here only if trusted. */
export async function openExtensions(
  reader: Pick<Reader, 'env' | 'userDirectory' | 'configDirectory'>,
): Promise<Extensions> {
  const { installation } = host();
  if (installation === undefined) return { list: () => [], open: () => unavailable() };
  const bundled = bundledPlugins(installation);
  await freshenLive();
  return {
    list(point) {
      const { trusted } = readSettings(reader.configDirectory);
      return installedPlugins(reader, { bundled }).flatMap((plugin) =>
        (plugin.provides[point]?.items ?? []).map((item) => ({
          ...item,
          plugin,
          trusted: isTrusted(plugin, trusted),
        })),
      );
    },
    open(point, extension, signal) {
      const module = extension.plugin.provides[point]?.module;
      if (module === undefined) throw new Error(`${extension.plugin.name} brings no ${point}`);
      const directory = realpathSync(extension.plugin.directory);
      const file = join(directory, module);
      if (extension.trusted) return inHere(installation, point, extension, { directory, file });
      return openSandboxedSession({
        name: `the plugin ${extension.plugin.name}`,
        program: sandboxProgram(installation),
        directory,
        env: reader.env,
        signal,
        task: { kind: 'serve', plugin: extension.plugin.name, directory, point, file },
      });
    },
  };
}

function unavailable(): never {
  throw new BitError('unsupported', 'plugins need the program bit around them');
}

function inHere(
  installation: Installation,
  point: Point,
  { plugin }: Extension,
  { directory, file }: { readonly directory: string; readonly file: string },
): Session {
  const kind = POINTS[point];
  return {
    async call(name, method, args, { answer, signal }) {
      shareHostModules(installation, directory);
      const item = (await loadItems(point, file, plugin.name)).find((one) => one.name === name);
      if (item === undefined) throw new BitError('not-found', `${plugin.name} has no ${kind.what} ${name}`);
      return kind.invoke(item, method, args, { tool: answer, signal });
    },
    close: async () => ({ stdout: '', stderr: '' }),
  };
}
