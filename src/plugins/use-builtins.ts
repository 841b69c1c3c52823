/** Policy builtins that trusted plugins bring, as src/policy asks for them: at once, without waiting for anything. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BitError } from '../kernel/errors.ts';
import type { Json } from '../kernel/json.ts';
import { printable } from '../kernel/text.ts';
import type { BroughtBuiltin, BuiltinOrigin, BuiltinSource, BuiltinType } from '../policy/index.ts';
import { BuiltinThread, type ThreadAnswer, type ThreadLimits } from './builtin-thread.ts';
import { isTrusted, usedPlugins } from './manage.ts';
import { isType } from './points/builtins.ts';
import { readSettings } from './settings.ts';
import type { Plugin, Provided } from './table.ts';

export interface BuiltinsOptions {
  readonly userDirectory: string;
  readonly configDirectory: string;
  readonly limits?: Partial<ThreadLimits>;
  /** Those that came with bit. */
  readonly bundled?: readonly Plugin[];
}

/** What a plugin is called in Rego: `@acme/words` is `acme_words`. */
export function regoName(name: string): string {
  const plain = name.replace(/^@/, '').replaceAll(/\W/g, '_');
  return /^\d/.test(plain) ? `_${plain}` : plain;
}

interface Found extends BroughtBuiltin {
  readonly item: Provided;
  readonly owner: Plugin;
  readonly module: string;
}

/** Answers that are remembered: what was asked once has the same answer when its reasons are. */
const MOST_ANSWERS = 10_000;
const MOST_FILES = 5000;

export function openBuiltins(options: BuiltinsOptions): BuiltinSource {
  const { userDirectory, configDirectory, limits, bundled = [] } = options;
  const { trusted: names } = readSettings(configDirectory);
  const bringing = [...bundled, ...usedPlugins(userDirectory)].filter(
    ({ provides }) => provides.builtins !== undefined,
  );
  const trusted = bringing.filter((plugin) => isTrusted(plugin, names));
  const spaces = Map.groupBy(trusted, ({ name }) => regoName(name));
  const known = new Map<string, Found>();
  for (const [space, [plugin, ...others]] of spaces) {
    if (plugin === undefined || others.length > 0) continue;
    for (const found of builtinsOf(plugin, space)) known.set(found.name, found);
  }
  const answers = new Map<string, ThreadAnswer>();
  const thread = new BuiltinThread(limits);
  return {
    find: (name) => known.get(name),
    names: () => [...known.keys()],
    lack: (name) => lackOf(name, { bringing, spaces }),
    call(name, args) {
      const key = `${name}\n${args}`;
      const before = answers.get(key);
      if (before !== undefined) return before;
      const found = known.get(name);
      if (found === undefined) return { fault: 'it is not there' };
      const home = realpathSync(found.owner.directory);
      const answer = thread.call({
        url: pathToFileURL(join(home, found.module)).href,
        home: `${pathToFileURL(home).href}/`,
        plugin: found.owner.name,
        name: found.item.name,
        args,
      });
      const told = 'fault' in answer ? { fault: printable(answer.fault) } : answer;
      if (answers.size >= MOST_ANSWERS) answers.clear();
      answers.set(key, told);
      return told;
    },
  };
}

function builtinsOf(plugin: Plugin, space: string): readonly Found[] {
  const { module, items } = plugin.provides.builtins ?? { module: '', items: [] };
  let known: BuiltinOrigin | undefined;
  return items.map((item) => ({
    name: `plugin.${space}.${item.name.replaceAll('-', '_')}`,
    args: argsOf(item),
    result: typeOf(item.facts['result']),
    get origin() {
      known ??= { plugin: plugin.name, version: plugin.version, digest: digestOf(plugin) };
      return known;
    },
    item,
    owner: plugin,
    module,
  }));
}

function argsOf({ facts: { args } }: Provided): readonly BuiltinType[] {
  return Array.isArray(args) ? args.map((arg) => typeOf((arg as { type?: Json }).type)) : [];
}

function typeOf(value: Json | undefined): BuiltinType {
  if (isType(value)) return value;
  throw new BitError('integrity', 'the table of plugins names a type that is none', {
    hint: 'install the plugin again',
  });
}

/** Of the archive it came from; of one in the making, or that came with bit, of its files as they are. */
function digestOf({ integrity, directory, live }: Plugin): string {
  if (live === undefined && integrity !== '') return integrity;
  const hash = createHash('sha256');
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:[cm]?js|json)$/.test(name) && !/(?:^|[\\/])node_modules[\\/]/.test(name))
    .sort();
  for (const name of names.slice(0, MOST_FILES)) {
    const path = join(directory, name);
    if (statSync(path).isFile()) hash.update(`${name}\0`).update(readFileSync(path)).update('\0');
  }
  return `files-${hash.digest('hex')}`;
}

function lackOf(
  name: string,
  {
    bringing,
    spaces,
  }: { readonly bringing: readonly Plugin[]; readonly spaces: ReadonlyMap<string, readonly Plugin[]> },
): string {
  const [, space = ''] = name.split('.');
  const [one, other] = spaces.get(space) ?? [];
  if (one !== undefined && other !== undefined)
    return `${one.name} and ${other.name} are both plugin.${space}; one has to go: bit ext uninstall ${other.name}`;
  if (one !== undefined) return `the plugin ${one.name} brings none of that name`;
  const [waiting] = bringing.filter((plugin) => regoName(plugin.name) === space);
  if (waiting !== undefined)
    return `the plugin ${waiting.name} is not trusted, and only trusted ones have a say: bit ext trust ${waiting.name}`;
  return `no trusted plugin is called that; install its package with: bit ext install <package> --trust`;
}
