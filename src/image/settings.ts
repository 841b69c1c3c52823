import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import { nearest } from '../kernel/text.ts';
import { checkBuildArg, checkImageName } from './names.ts';
import { checkPlatform } from './platform.ts';
import type { Service } from './targets.ts';

/** `images` of `.bithub.yml`. */
export interface ImageSettings {
  readonly platforms: readonly string[] | undefined;
  readonly testCommand: string | undefined;
  readonly imagePrefix: string | undefined;
  readonly cache: { readonly enabled: boolean; readonly scope: string };
  readonly provenance: boolean;
  readonly sbom: boolean;
  readonly sign: boolean;
  readonly services: readonly Service[];
}

const DEFAULTS = ['platforms', 'testCommand', 'imagePrefix', 'cache', 'provenance', 'sbom', 'sign'];
const SERVICE = ['name', 'context', 'dockerfile', 'imagePrefix', 'platforms', 'testCommand', 'buildArgs'];

/** @throws BitError `usage` naming the key */
export function parseImageSettings(section: JsonObject): ImageSettings {
  known(section, ['defaults', 'services'], 'images');
  const defaults = object(section['defaults'], 'images.defaults');
  known(defaults, DEFAULTS, 'images.defaults');
  const cache = object(defaults['cache'], 'images.defaults.cache');
  known(cache, ['enabled', 'scope'], 'images.defaults.cache');
  const services = section['services'] ?? [];
  if (!Array.isArray(services)) throw wrong('images.services', 'a list');
  return {
    platforms: platforms(defaults['platforms'], 'images.defaults.platforms'),
    testCommand: text(defaults['testCommand'], 'images.defaults.testCommand'),
    imagePrefix: prefix(defaults['imagePrefix'], 'images.defaults.imagePrefix'),
    cache: {
      enabled: flag(cache['enabled'], 'images.defaults.cache.enabled', true),
      scope: text(cache['scope'], 'images.defaults.cache.scope') ?? 'default',
    },
    provenance: flag(defaults['provenance'], 'images.defaults.provenance', true),
    sbom: flag(defaults['sbom'], 'images.defaults.sbom', true),
    sign: flag(defaults['sign'], 'images.defaults.sign', false),
    services: services.map((service, at) => parseService(service, `images.services[${at}]`)),
  };
}

function parseService(value: Json, at: string): Service {
  const service = object(value, at);
  known(service, SERVICE, at);
  const name = text(service['name'], `${at}.name`);
  if (name === undefined) throw wrong(`${at}.name`, 'a name');
  const args = object(service['buildArgs'], `${at}.buildArgs`);
  const buildArgs = Object.entries(args).map(([key, given]) => checkBuildArg(`${key}=${String(given)}`));
  const optional = {
    context: text(service['context'], `${at}.context`),
    dockerfile: text(service['dockerfile'], `${at}.dockerfile`),
    imagePrefix: prefix(service['imagePrefix'], `${at}.imagePrefix`),
    platforms: platforms(service['platforms'], `${at}.platforms`),
    testCommand: text(service['testCommand'], `${at}.testCommand`),
  };
  const given = Object.fromEntries(Object.entries(optional).filter(([, one]) => one !== undefined));
  return { name, ...given, buildArgs: Object.fromEntries(buildArgs) };
}

function known(value: JsonObject, keys: readonly string[], at: string): void {
  for (const key of Object.keys(value)) {
    if (keys.includes(key)) continue;
    const near = nearest(key, keys);
    throw new BitError('usage', `.bithub.yml: ${at} has no key ${key}`, {
      hint: near.length > 0 ? `did you mean: ${near.join(', ')}` : `it has: ${keys.join(', ')}`,
    });
  }
}

function object(value: Json | undefined, at: string): JsonObject {
  if (value === undefined || value === null) return {};
  if (isJsonObject(value)) return value;
  throw wrong(at, 'a mapping');
}

function text(value: Json | undefined, at: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && value !== '' && !value.includes('\0')) return value;
  throw wrong(at, 'a text');
}

function prefix(value: Json | undefined, at: string): string | undefined {
  const given = text(value, at);
  return given === undefined ? undefined : checkImageName(at, given);
}

function flag(value: Json | undefined, at: string, otherwise: boolean): boolean {
  if (value === undefined || value === null) return otherwise;
  if (typeof value === 'boolean') return value;
  throw wrong(at, 'true or false');
}

function platforms(value: Json | undefined, at: string): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || value.length === 0) throw wrong(at, 'a list of platforms');
  return value.map((platform) => checkPlatform(String(platform)));
}

function wrong(at: string, wanted: string): BitError {
  return new BitError('usage', `.bithub.yml: ${at} must be ${wanted}`);
}
