import { lstatSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { globSet } from '../kernel/glob.ts';
import { isJsonObject, type JsonObject } from '../kernel/json.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { LeftAlone, Target } from './model.ts';
import { isWithin, type Tree } from './tree.ts';

const require = createRequire(import.meta.url);

const MOST_BYTES = 1 << 20;
const MOST_PACKAGES = 10_000;
/** Folders that builds leave, taken for outputs where no file of them is tracked. */
const KNOWN_OUTPUTS =
  'dist build lib out es esm cjs .next .nuxt .output .svelte-kit .vercel storybook-static'.split(' ');
/** Files of the root that any package's build may read. */
const SHARED = globSet([
  'package.json',
  '{package-lock,npm-shrinkwrap,bun.lock}*',
  '{yarn,bun}.lock',
  'pnpm-{lock,workspace}.yaml',
  '{tsconfig,jsconfig}*.json',
  '*.config.{js,cjs,mjs,ts,mts,cts,json}',
  '.{npmrc,yarnrc.yml,nvmrc,node-version,tool-versions,browserslistrc,swcrc}',
  '.babelrc*',
  'bun.lockb',
]);
/** Variables that front-end tools put into what they build. */
const ENV = [
  'NODE_ENV',
  'NODE_OPTIONS',
  'VITE_*',
  'NEXT_PUBLIC_*',
  'REACT_APP_*',
  'VUE_APP_*',
  'PUBLIC_*',
  'NUXT_*',
];

export interface Package {
  readonly directory: string;
  readonly name: string;
  readonly version: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: readonly string[];
  readonly document: JsonObject;
}

export interface Packages {
  readonly root: Package | undefined;
  readonly members: readonly Package[];
  readonly left: readonly LeftAlone[];
}

/** The root's package and the members of its workspaces (npm, yarn, bun: package.json; pnpm: pnpm-workspace.yaml). */
export function readPackages(root: string, tree: readonly string[]): Packages {
  const left: LeftAlone[] = [];
  const read = (directory: string): Package | undefined => {
    const path = directory === '' ? 'package.json' : `${directory}/package.json`;
    const found = readPackage(root, path, directory);
    if (typeof found !== 'string') return found;
    left.push({ path, why: found });
    return undefined;
  };
  const top = tree.includes('package.json') ? read('') : undefined;
  const patterns = workspacesOf(root, tree, top?.document);
  if (patterns.length === 0) return { root: top, members: [], left };
  const wanted = globSet(patterns);
  const folders = tree
    .filter((path) => path.endsWith('/package.json') && !path.includes('node_modules/'))
    .map((path) => path.slice(0, -'/package.json'.length))
    .filter(wanted);
  if (folders.length > MOST_PACKAGES)
    throw new BitError('unsupported', `more than ${MOST_PACKAGES} packages in the workspace`);
  const members = folders.flatMap((directory) => read(directory) ?? []);
  return { root: top, members: distinct(members, left), left };
}

/** Two packages of one name: the second goes by its folder, and nobody depends on it. */
function distinct(members: readonly Package[], left: LeftAlone[]): Package[] {
  const names = new Set<string>();
  return members.map((member) => {
    if (!names.has(member.name)) {
      names.add(member.name);
      return member;
    }
    left.push({
      path: `${member.directory}/package.json`,
      why: `another package is called ${printable(shorten(member.name))} already; this one goes by its folder`,
    });
    return { ...member, name: member.directory };
  });
}

function readPackage(root: string, path: string, directory: string): Package | string {
  const stat = lstatSync(join(root, path), { throwIfNoEntry: false });
  if (stat?.isFile() !== true) return 'is no file';
  if (stat.size > MOST_BYTES) return 'is larger than 1 MiB';
  let document: unknown;
  try {
    document = JSON.parse(readFileSync(join(root, path), 'utf8').replace(/^\uFEFF/, ''));
  } catch {
    return 'is not JSON';
  }
  if (!isJsonObject(document)) return 'is not a JSON object';
  const texts = (value: unknown): Record<string, string> =>
    Object.fromEntries(
      Object.entries(isJsonObject(value) ? value : {}).filter(([, item]) => typeof item === 'string'),
    ) as Record<string, string>;
  const name = document['name'];
  const version = document['version'];
  return {
    directory,
    name: typeof name === 'string' && /^[^\s\0]{1,214}$/.test(name) ? name : directory,
    version: typeof version === 'string' ? version : '',
    scripts: texts(document['scripts']),
    dependencies: ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'].flatMap(
      (key) => Object.keys(texts(document[key])),
    ),
    document,
  };
}

function workspacesOf(root: string, tree: readonly string[], document: JsonObject | undefined): string[] {
  const own = document?.['workspaces'];
  const listed = isJsonObject(own) ? own['packages'] : own;
  const patterns = patternsOf(listed);
  if (patterns.length > 0 || !tree.includes('pnpm-workspace.yaml')) return patterns;
  const path = join(root, 'pnpm-workspace.yaml');
  const stat = lstatSync(path);
  if (!stat.isFile() || stat.size > MOST_BYTES) return [];
  try {
    const { parse } = require('yaml') as typeof import('yaml');
    const parsed: unknown = parse(readFileSync(path, 'utf8'), { maxAliasCount: 100 });
    return isJsonObject(parsed) ? patternsOf(parsed['packages']) : [];
  } catch (error) {
    throw new BitError('usage', 'pnpm-workspace.yaml is not YAML', { cause: error });
  }
}

function patternsOf(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value
    .filter((item): item is string => typeof item === 'string')
    .slice(0, 1000)
    .map((pattern) => pattern.replace(/^(!?)(?:\.\/)+/, '$1').replace(/\/+$/, ''));
}

/** Packages that have a `build` script as targets; edges go through packages that have none. */
export function npmTargets(packages: Packages, tree: Tree): Target[] {
  const { root, members } = packages;
  const building = members.length > 0 ? members : root === undefined ? [] : [root];
  const byName = new Map(members.map((member) => [member.name, member]));
  const folders = members.map((member) => member.directory);
  const tracked = foldersOf(tree.tracked);
  const shared = new Set(tree.paths.filter((path) => !path.includes('/') && SHARED(path)));
  return building
    .filter((member) => member.scripts['build'] !== undefined)
    .map((member) => {
      const { directory } = member;
      const others = folders.filter((folder) => folder !== directory && isWithin(directory, folder));
      const outputs = outputsOf(member, tracked);
      // all of them are folders right below: their names are enough
      const left = new Set(outputs.map((pattern) => pattern.slice(0, -'/**'.length)));
      const from = directory === '' ? 0 : directory.length + 1;
      const isLeft = (path: string): boolean => {
        const end = path.indexOf('/', from);
        return end >= 0 && left.has(path.slice(0, end));
      };
      const steps = ['prebuild', 'build', 'postbuild'].flatMap((name) => member.scripts[name] ?? []);
      return {
        id: member.name === '' ? 'npm' : member.name,
        from: 'npm',
        directory,
        steps,
        command: member.scripts['build'] ?? '',
        close: true,
        reads: (path) =>
          isWithin(directory, path)
            ? !isLeft(path) && !others.some((folder) => isWithin(folder, path))
            : shared.has(path),
        outputs,
        observe: true,
        others: directory === '' ? [...others, 'target'] : others,
        depends: needed(member, byName),
        env: ENV,
        set: {
          npm_lifecycle_event: 'build',
          npm_lifecycle_script: member.scripts['build'] ?? '',
          npm_package_name: member.name,
          npm_package_version: member.version,
        },
        path: binFolders(directory),
        tools: ['node'],
        cached: true,
      } satisfies Target;
    });
}

function binFolders(directory: string): string[] {
  const names = directory === '' ? [] : directory.split('/');
  const up = names.map((_, depth) => names.slice(0, names.length - depth).join('/'));
  return [...up, ''].map((folder) => (folder === '' ? 'node_modules/.bin' : `${folder}/node_modules/.bin`));
}

/** The nearest packages with a build on every way along the dependencies. */
function needed(member: Package, byName: ReadonlyMap<string, Package>): string[] {
  const found = new Set<string>();
  const seen = new Set<string>([member.name]);
  const open = [...member.dependencies];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const other = byName.get(name);
    if (other === undefined) continue;
    if (other.scripts['build'] === undefined) open.push(...other.dependencies);
    else found.add(name);
  }
  return [...found].sort();
}

/** What the package says it ships, and what builds usually leave, as far as git tracks nothing of it. */
function outputsOf(member: Package, tracked: ReadonlySet<string>): string[] {
  const { directory, document } = member;
  const said = [
    document['main'],
    document['module'],
    document['types'],
    document['typings'],
    document['browser'],
  ];
  const shipped = [...said, document['files'], document['exports'], document['bin']].flatMap(textsIn);
  const tops = shipped.map((path) => path.replace(/^(?:\.?\/)+/, '').split('/')[0] ?? '');
  const folders = new Set([...KNOWN_OUTPUTS, ...tops.filter((name) => /^[\w.@-]{1,100}$/.test(name))]);
  return [...folders]
    .filter(
      (name) => name !== '..' && name !== '.' && !/^(?:node_modules|src|\.git|package\.json)$/.test(name),
    )
    .map((name) => (directory === '' ? name : `${directory}/${name}`))
    .filter((path) => !tracked.has(path))
    .map((path) => `${path}/**`);
}

function textsIn(value: unknown, depth = 0): string[] {
  if (typeof value === 'string') return [value];
  if (depth > 8 || typeof value !== 'object' || value === null) return [];
  return Object.values(value)
    .slice(0, 200)
    .flatMap((item) => textsIn(item, depth + 1));
}

/** Every file and folder on the way to one. */
function foldersOf(tree: Iterable<string>): Set<string> {
  const found = new Set<string>();
  for (const path of tree) {
    for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) found.add(path.slice(0, at));
    found.add(path);
  }
  return found;
}
