import { BitError } from '../kernel/errors.ts';
import { compileGlob, globBase, globSet } from '../kernel/glob.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import { nearest, printable, shorten } from '../kernel/text.ts';
import { readSection, SPECIFICATION } from '../specification/index.ts';
import type { Target } from './model.ts';
import { isWithin } from './tree.ts';

/** The `build` section of `.bithub.yml`. */
export interface BuildSettings {
  readonly targets: readonly Target[];
  /** Run in a fresh checkout of another machine before a target or a suite of tests. */
  readonly prepare: readonly string[];
  /** Also what the tree holds; so by default where nothing is declared. */
  readonly detect: boolean;
  /** Bytes the cache may hold. */
  readonly most: number;
}

export const DEFAULT_MOST = 10 * 1024 ** 3;
const SECTION_KEYS = ['targets', 'prepare', 'detect', 'cache'];
const TARGET_KEYS = [
  ...['command', 'directory', 'inputs', 'outputs', 'depends', 'env', 'set', 'tools', 'cache', 'timeout'],
];

/** @throws BitError `usage` naming the key that is unknown, or whose value can't be */
export function readBuildSettings(root: string): BuildSettings {
  return buildSettings(readSection(root, 'build') as JsonObject);
}

/** The section as it was parsed. */
export function buildSettings(section: JsonObject): BuildSettings {
  known(section, SECTION_KEYS, 'build');
  const declared = objectAt(section['targets'], 'build.targets');
  const targets = Object.entries(declared).map(([id, value]) => declaredTarget(id, value));
  const detect = section['detect'] ?? targets.length === 0;
  if (typeof detect !== 'boolean') throw wrong('build.detect', 'true or false');
  const cache = objectAt(section['cache'], 'build.cache');
  known(cache, ['most'], 'build.cache');
  const prepare = strings(section, 'prepare', 'build');
  return {
    targets,
    prepare,
    detect,
    most: cache['most'] === undefined ? DEFAULT_MOST : bytes(cache['most']),
  };
}

/** `500 MB`, `2GiB`, or bytes. @throws BitError `usage` */
export function bytes(value: Json, name = 'build.cache.most'): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  const [, figure, unit = ''] =
    /^(\d{1,12}(?:\.\d{1,6})?)\s*([kmgt]i?b?|b)?$/i.exec(String(value).trim()) ?? [];
  if (figure === undefined) throw wrong(name, 'an amount as 500 MB or 2 GiB');
  const power = 'bkmgt'.indexOf((unit[0] ?? 'b').toLowerCase());
  return Math.floor(Number(figure) * (/i/i.test(unit) ? 1024 : 1000) ** power);
}

function declaredTarget(id: string, value: Json): Target {
  const at = `build.targets.${printable(shorten(id))}`;
  if (!/^[\p{L}\p{N}@][\p{L}\p{N}@/._:-]{0,127}$/u.test(id))
    throw wrong(at, 'named by letters, digits and @ / . _ : -');
  if (!isJsonObject(value)) throw wrong(at, 'a mapping');
  known(value, TARGET_KEYS, at);
  const steps = typeof value['command'] === 'string' ? [value['command']] : strings(value, 'command', at);
  if (steps.length === 0 || steps.some((step) => step.trim() === '' || step.includes('\0')))
    throw wrong(`${at}.command`, 'a command, or a list of them');
  const directory = place(value['directory'] ?? '', `${at}.directory`);
  const pattern = (text: string, key: string): string => inDirectory(directory, text, `${at}.${key}`);
  const inputs = strings(value, 'inputs', at).map((text) => pattern(text, 'inputs'));
  const outputs = strings(value, 'outputs', at).map((text) => pattern(text, 'outputs'));
  if (outputs.some((text) => globBase(text.replace(/^!/, '')) === '' && !text.startsWith('!')))
    throw wrong(`${at}.outputs`, 'below a folder that is named: dist/**');
  const timeout = value['timeout'];
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout > 0))
    throw wrong(`${at}.timeout`, 'a number of seconds');
  const cached = value['cache'] ?? true;
  if (typeof cached !== 'boolean') throw wrong(`${at}.cache`, 'true or false');
  const given = inputs.length === 0 ? undefined : globSet(inputs, { below: true });
  const left = globSet(outputs, { below: true });
  return {
    id,
    from: 'declared',
    directory,
    steps,
    command: steps.join(' && '),
    close: false,
    reads: (path) => !left(path) && (given === undefined ? isWithin(directory, path) : given(path)),
    outputs,
    observe: false,
    others: [],
    depends: strings(value, 'depends', at),
    env: names(strings(value, 'env', at), `${at}.env`),
    set: variables(value['set'], `${at}.set`),
    path: [],
    tools: strings(value, 'tools', at),
    cached,
    ...(timeout === undefined ? {} : { timeout: timeout * 1000 }),
  };
}

/** A pattern of a target's folder as one of the root; one that begins with `/` is of the root already. */
function inDirectory(directory: string, text: string, at: string): string {
  const out = text.startsWith('!') ? '!' : '';
  const rest = text.slice(out.length);
  const whole = rest.startsWith('/') ? rest.slice(1) : directory === '' ? rest : `${directory}/${rest}`;
  const segments = whole.split('/');
  if (segments.includes('..') || segments[0] === '.git' || whole === '' || whole.includes('\0'))
    throw wrong(at, `inside the repository, which ${printable(shorten(text))} is not`);
  compileGlob(whole);
  return out + whole;
}

function place(value: Json, at: string): string {
  if (typeof value !== 'string') throw wrong(at, 'a folder');
  const names = value.split('/').filter((name) => name !== '' && name !== '.');
  if (value.startsWith('/') || names.includes('..') || names[0] === '.git' || value.includes('\0'))
    throw wrong(at, 'a folder of the repository');
  return names.join('/');
}

function names(list: readonly string[], at: string): readonly string[] {
  const bad = list.find((name) => !/^[A-Za-z_][A-Za-z0-9_]*\*?$/.test(name));
  if (bad !== undefined) throw wrong(at, `names of variables, which ${printable(shorten(bad))} is not`);
  return list;
}

function variables(value: Json | undefined, at: string): Readonly<Record<string, string>> {
  const set: Record<string, string> = {};
  for (const [name, item] of Object.entries(objectAt(value, at))) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw wrong(at, 'names of variables with their values');
    if (typeof item === 'object') throw wrong(`${at}.${name}`, 'a text');
    set[name] = String(item);
  }
  return set;
}

function strings(value: JsonObject, key: string, at: string): string[] {
  const list = value[key];
  if (list === undefined || list === null) return [];
  if (typeof list === 'string') return [list];
  if (Array.isArray(list) && list.length <= 1000 && list.every((item) => typeof item === 'string'))
    return list as string[];
  throw wrong(`${at}.${key}`, 'a list of texts');
}

function objectAt(value: Json | undefined, at: string): JsonObject {
  if (value === undefined || value === null) return {};
  if (!isJsonObject(value)) throw wrong(at, 'a mapping');
  return value;
}

function known(value: JsonObject, keys: readonly string[], at: string): void {
  const strange = Object.keys(value).find((key) => !keys.includes(key));
  if (strange === undefined) return;
  const [near] = nearest(strange, keys, 1);
  throw new BitError('usage', `${SPECIFICATION}: ${at} has no key ${printable(shorten(strange))}`, {
    hint: near === undefined ? `it has: ${keys.join(', ')}` : `did you mean: ${near}`,
  });
}

function wrong(key: string, wanted: string): BitError {
  return new BitError('usage', `${SPECIFICATION}: ${key} must be ${wanted}`, {
    details: { path: SPECIFICATION, key },
  });
}
