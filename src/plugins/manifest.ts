import { isAbsolute, normalize, sep } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { isJsonObject } from '../kernel/json.ts';
import { printable, shorten } from '../kernel/text.ts';
import { checkCapabilities } from './capabilities.ts';
import { POINT_NAMES, POINT_VERSIONS, type Point } from './points/names.ts';

/**
 * Version of the seam: `bit.api` in a plugin's package.json names the one it is written for. 2 is 1 with macros, bots,
 * fixers and steps, 3 is 2 with anchors, builtins and storage; whatever was written for an earlier one means the same.
 */
export const API_VERSION = 3;

/** Version of the seam by the member of `bit` that came with it. */
const SINCE: Readonly<Record<string, number>> = { macros: 2, ...POINT_VERSIONS };

/** What a plugin's package.json says of it. */
export interface PluginManifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  /** Folder of its commands, one file each, relative to the package. */
  readonly commands: string | undefined;
  /** Module that exports `listeners`, relative to the package. */
  readonly listeners: string | undefined;
  /** Folder of its macros, a `.bit` script each, relative to the package. */
  readonly macros: string | undefined;
  /** Module by what it brings, relative to the package. */
  readonly points: Readonly<Partial<Record<Point, string>>>;
  readonly capabilities: readonly string[];
  /** It needs packages of its own besides the host's. */
  readonly dependencies: boolean;
}

const NAME = /^(?:@[a-z0-9~-][a-z0-9._~-]{0,99}\/)?[a-z0-9~-][a-z0-9._~-]{0,199}$/;
const VERSION = /^\d{1,9}\.\d{1,9}\.\d{1,9}(?:[-+][0-9A-Za-z.+-]{1,100})?$/;
/** Always the host's own, never installed beside a plugin. */
const HOSTS = new Set(['@bithub/cli', '@oclif/core']);

export function isPluginName(name: string): boolean {
  return NAME.test(name);
}

/** @throws BitError `usage` naming the member that is wrong */
export function parseManifest(text: string): PluginManifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BitError('usage', 'package.json of the plugin is not JSON');
  }
  if (!isJsonObject(value)) throw new BitError('usage', 'package.json of the plugin is not an object');
  const { name, version, description, bit, oclif } = value;
  if (typeof name !== 'string' || !NAME.test(name))
    throw new BitError('usage', `package.json: name is no package name: ${shown(name)}`);
  const wrong = (why: string): BitError => new BitError('usage', `package.json of ${name}: ${why}`);
  if (typeof version !== 'string' || !VERSION.test(version))
    throw wrong(`version is none: ${shown(version)}`);
  const own = bit ?? {};
  if (!isJsonObject(own)) throw wrong('bit is not an object');
  const api = own['api'] ?? API_VERSION;
  if (typeof api !== 'number' || !Number.isSafeInteger(api) || api < 1 || api > API_VERSION) {
    const newer = typeof api === 'number' && api > API_VERSION;
    throw new BitError(
      'unsupported',
      `${name} is written for version ${shown(api)} of the seam, this bit knows 1 to ${API_VERSION}`,
      {
        hint: newer
          ? 'a newer bit may know it, or take an older version of the plugin'
          : 'bit.api is a number',
      },
    );
  }
  const commands = own['commands'] ?? (isJsonObject(oclif) ? oclif['commands'] : undefined);
  const listeners = own['listeners'];
  const named = Object.entries(SINCE).filter(([member]) => own[member] !== undefined);
  const [later, since] = named.find(([, version]) => version > api) ?? [];
  if (later !== undefined)
    throw wrong(`bit.${later} came with version ${since} of the seam, and bit.api says ${api}`);
  if (commands === undefined && listeners === undefined && named.length === 0) {
    const members = ['commands', 'listeners', 'macros', ...POINT_NAMES].map((member) => `bit.${member}`);
    throw new BitError('usage', `${name} is no plugin: its package.json has none of ${members.join(', ')}`, {
      hint: 'how to write one: docs/plugins.md',
    });
  }
  const points: Partial<Record<Point, string>> = {};
  for (const point of POINT_NAMES)
    if (own[point] !== undefined) points[point] = inside(own[point], `bit.${point}`, wrong);
  return {
    name,
    version,
    description: typeof description === 'string' ? printable(shorten(description, 200)) : '',
    commands: commands === undefined ? undefined : inside(commands, 'bit.commands', wrong),
    listeners: listeners === undefined ? undefined : inside(listeners, 'bit.listeners', wrong),
    macros: own['macros'] === undefined ? undefined : inside(own['macros'], 'bit.macros', wrong),
    points,
    capabilities: checkCapabilities(own['capabilities'], `package.json of ${name}`),
    dependencies: ['dependencies', 'optionalDependencies'].some((member) => {
      const listed = value[member];
      return isJsonObject(listed) && Object.keys(listed).some((key) => !HOSTS.has(key));
    }),
  };
}

/** A relative path that stays in the package. */
function inside(path: unknown, member: string, wrong: (why: string) => BitError): string {
  if (typeof path !== 'string' || path === '' || path.length > 500 || path.includes('\0'))
    throw wrong(`${member} is no path: ${shown(path)}`);
  const plain = normalize(path);
  if (isAbsolute(plain) || plain === '..' || plain.startsWith(`..${sep}`))
    throw wrong(`${member} leads out of the package: ${shown(path)}`);
  return plain.replaceAll('\\', '/');
}

function shown(value: unknown): string {
  return printable(shorten(typeof value === 'string' ? value : (JSON.stringify(value) ?? 'missing')));
}
