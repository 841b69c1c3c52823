import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject, type JsonObject } from '../kernel/json.ts';

const MOST_BYTES = 4 << 20;
const MOST_LOCK_BYTES = 128 << 20;
const MOST_PACKAGES = 100_000;
const DEEPEST = 40;

/** A package that is installed, or that the lock file says is to be. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  /** As the package says it; undefined where it says nothing, or what is no text. */
  readonly license: string | undefined;
  /** Where it is told: its package.json, or the lock file. Relative to the root. */
  readonly path: string;
  readonly line: number;
  /** Only for development, as far as the lock file tells. */
  readonly dev: boolean;
}

export interface Installed {
  readonly from: 'package-lock.json' | 'node_modules' | 'nothing';
  readonly packages: readonly InstalledPackage[];
}

/** Every package of package-lock.json (version 2 and 3). Undefined where there is none that can be read. */
export function readLock(root: string): InstalledPackage[] | undefined {
  const path = 'package-lock.json';
  const text = readBounded(join(root, path), MOST_LOCK_BYTES);
  const document = text === undefined ? undefined : parseObject(text);
  const packages = document?.['packages'];
  if (text === undefined || !isJsonObject(packages)) return undefined;
  const lines = linesOf(text);
  return Object.entries(packages)
    .slice(0, MOST_PACKAGES)
    .flatMap(([place, value]): InstalledPackage[] => {
      const at = place.lastIndexOf('node_modules/');
      if (at < 0 || !isJsonObject(value) || value['link'] === true) return [];
      const { name = place.slice(at + 'node_modules/'.length), version } = value;
      if (typeof name !== 'string' || typeof version !== 'string') return [];
      return [
        {
          name,
          version,
          license: licenseOf(value),
          path,
          line: lines.get(place) ?? 1,
          dev: value['dev'] === true,
        },
      ];
    });
}

/** Line of each key `"node_modules/…": {`. */
function linesOf(text: string): Map<string, number> {
  const lines = new Map<string, number>();
  let number = 0;
  for (const line of text.split('\n')) {
    number++;
    const key = /^\s{1,20}"([^"\\]{1,500})": \{$/.exec(line)?.[1];
    if (key !== undefined && !lines.has(key)) lines.set(key, number);
  }
  return lines;
}

/** What lies in node_modules, nested ones and pnpm's store too. Links are not followed. */
export function readInstalled(root: string): InstalledPackage[] {
  const found: InstalledPackage[] = [];
  const open: { folder: string; depth: number }[] = [{ folder: 'node_modules', depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.depth > DEEPEST || found.length > MOST_PACKAGES) break;
    for (const name of foldersIn(root, next.folder)) {
      const folder = `${next.folder}/${name}`;
      const depth = next.depth + 1;
      if (name === '.pnpm')
        for (const one of foldersIn(root, folder))
          open.push({ folder: `${folder}/${one}/node_modules`, depth });
      else if (name.startsWith('@')) open.push({ folder, depth });
      else if (!name.startsWith('.')) {
        const one = readPackage(root, folder);
        if (one !== undefined) found.push(one);
        open.push({ folder: `${folder}/node_modules`, depth });
      }
    }
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function readPackage(root: string, folder: string): InstalledPackage | undefined {
  const path = `${folder}/package.json`;
  const text = readBounded(join(root, path), MOST_BYTES);
  if (text === undefined) return undefined;
  const document = parseObject(text);
  const own = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const { version } = document ?? {};
  const line = text.slice(0, Math.max(0, text.search(/"licen[sc]es?"/))).split('\n').length;
  return {
    // by the folder it is found under: what it calls itself may lie
    name: own,
    version: typeof version === 'string' ? version : '',
    license: document === undefined ? undefined : licenseOf(document),
    path,
    line,
    dev: false,
  };
}

/** `license`, or the older forms `{type}` and `licenses: [{type}]`. */
function licenseOf(document: JsonObject): string | undefined {
  const typed = (value: unknown): string | undefined =>
    typeof value === 'string'
      ? value
      : isJsonObject(value) && typeof value['type'] === 'string'
        ? value['type']
        : undefined;
  const single = typed(document['license']) ?? typed(document['licence']);
  if (single !== undefined) return single.slice(0, 1000);
  const several = document['licenses'];
  if (!Array.isArray(several)) return undefined;
  const names = several.slice(0, 20).flatMap((value) => typed(value) ?? []);
  return names.length === 0
    ? undefined
    : names.length === 1
      ? names[0]
      : `(${names.join(' OR ')})`.slice(0, 1000);
}

function foldersIn(root: string, folder: string): string[] {
  try {
    if (!lstatSync(join(root, folder)).isDirectory()) return [];
    return readdirSync(join(root, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}

function readBounded(path: string, most: number): string | undefined {
  try {
    const stat = lstatSync(path);
    return stat.isFile() && stat.size <= most ? readFileSync(path, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
