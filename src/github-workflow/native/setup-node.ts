import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { BitError } from '../../kernel/errors.ts';
import { isJsonObject, type Json } from '../../kernel/json.ts';
import { compareVersions, satisfies } from '../version.ts';
import type { NativeAction, NativeCall } from './index.ts';
import { input, insideWorkspace } from './inputs.ts';

interface Installed {
  readonly version: string;
  /** Folder of the program; undefined for the one on the job's PATH. */
  readonly folder: string | undefined;
}

/** Puts a Node that is already on this machine first on the PATH; what isn't here is said, never fetched in silence. */
export const setupNode: NativeAction = {
  defaults: {},
  async run(call) {
    const { tools } = call;
    const wanted = versionWanted(call);
    const installed = await findInstalled(call);
    const fitting = installed
      .filter(({ version }) => satisfies(version, wanted))
      .toSorted((a, b) => compareVersions(b.version, a.version));
    const [best] = fitting;
    if (best === undefined) {
      const here = [...new Set(installed.map(({ version }) => version))].join(', ') || 'none';
      throw new BitError('missing-tool', `setup-node: no Node ${wanted} is on this machine (${here})`, {
        hint: `install it, for instance by nvm install ${wanted}`,
      });
    }
    if (best.folder !== undefined) tools.path(best.folder);
    tools.log(`Node ${best.version}${best.folder === undefined ? '' : ` in ${best.folder}`}`);
    tools.output('node-version', `v${best.version}`);
    tools.output('cache-hit', 'false');
  },
};

function versionWanted(call: NativeCall): string {
  const version = input(call, 'node-version');
  if (version !== '') return version;
  const file = input(call, 'node-version-file');
  if (file === '') return '*';
  const path = insideWorkspace(call, file);
  if (!existsSync(path)) throw new BitError('not-found', `setup-node: there is no ${file}`);
  const text = readFileSync(path, 'utf8');
  if (!file.endsWith('package.json'))
    return /^(?:nodejs\s+|node\s+)?v?(.+)$/m.exec(text.trim())?.[1]?.trim() ?? '*';
  const { volta, engines } = asObject(JSON.parse(text) as Json);
  const named = asObject(volta ?? null)['node'] ?? asObject(engines ?? null)['node'];
  return typeof named === 'string' ? named : '*';
}

function asObject(value: Json): Readonly<Record<string, Json>> {
  return isJsonObject(value) ? value : {};
}

async function findInstalled(call: NativeCall): Promise<readonly Installed[]> {
  const own: Installed = { version: process.versions.node, folder: dirname(process.execPath) };
  let onPath: Installed | undefined;
  await call.tools.exec({
    argv: ['sh', '-c', 'if command -v node >/dev/null 2>&1; then node --version; fi'],
    env: {},
    files: {},
    readLine: (line) => {
      const version = /^v(\d+\.\d+\.\d+)/.exec(line)?.[1];
      if (version !== undefined) onPath = { version, folder: undefined };
      return undefined;
    },
  });
  const folders = [
    [join(homedir(), '.nvm/versions/node'), 'bin'],
    [join(homedir(), '.local/share/fnm/node-versions'), 'installation/bin'],
    [join(homedir(), '.volta/tools/image/node'), 'bin'],
    [join(homedir(), '.asdf/installs/nodejs'), 'bin'],
    ['/opt/hostedtoolcache/node', 'x64/bin'],
  ] as const;
  const managed = folders.flatMap(([root, bin]) =>
    (existsSync(root) ? readdirSync(root) : []).flatMap((name): Installed[] => {
      const version = /^v?(\d+\.\d+\.\d+)$/.exec(name)?.[1];
      const folder = join(root, name, bin);
      return version !== undefined && existsSync(join(folder, 'node')) ? [{ version, folder }] : [];
    }),
  );
  return [...(onPath === undefined ? [] : [onPath]), own, ...managed];
}
