/**
 * The hot code in chunks, each a CommonJS file of its own with its own code cache, so that a start reads what it needs
 * and not the whole program.
 */
import { readFile } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { type BuildOptions, build, type Plugin, transform } from 'esbuild';
import { chalkWithoutTerminal } from './chalk.ts';
import { CLOSED_PRELUDE } from './closed.ts';
import { LAZY_BANNER, lazyBuiltins } from './lazy.ts';
import { slimOclif } from './oclif.ts';
import { inlineSqlite } from './sqlite.ts';

/** Libraries whose code goes into a chunk; all others are loaded from their packages by whoever needs one. */
const INSIDE: Readonly<Record<string, string>> = {
  '@oclif/core': 'core',
  chalk: 'core',
  canonicalize: 'core',
  'better-sqlite3': 'ledger',
};

const BANNER =
  '(function(exports,require,module,__filename,__dirname,__import){"use strict";' +
  'const __bundle_url=process.platform==="win32"?require("url").pathToFileURL(__filename).href:"file://"+__filename;' +
  LAZY_BANNER +
  CLOSED_PRELUDE;

/** Chunk of each module by its path, `src/git/index.ts`. */
export type Assignment = ReadonlyMap<string, string>;

export interface Whole {
  readonly code: string;
  /** Our modules that the entry reaches. */
  readonly modules: readonly string[];
}

function options(external: readonly string[]): BuildOptions & { write: false } {
  return {
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node22.13',
    charset: 'ascii',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    external: external.filter((name) => !Object.hasOwn(INSIDE, name)).flatMap((name) => [name, `${name}/*`]),
    banner: { js: BANNER },
    footer: { js: '})' },
    logLevel: 'warning',
    logOverride: { 'require-resolve-not-external': 'silent' },
    // the global performance loads perf_hooks, 1.5 ms
    define: { 'performance.now': '__now', 'import.meta.url': '__bundle_url' },
  };
}

/** Everything in one file, to see which modules there are and, by `ran`, which of them a command line runs. */
export async function bundleWhole(
  closed: string,
  entry: string,
  external: readonly string[],
): Promise<Whole> {
  const watch: Plugin = {
    name: 'watch',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const name = JSON.stringify(moduleName(closed, path));
        return {
          contents: `(globalThis.__bitRan??=new Set()).add(${name});${await readFile(path, 'utf8')}`,
          loader: 'ts',
        };
      });
    },
  };
  const result = await build({
    ...options(external),
    stdin: { contents: entry, resolveDir: closed, sourcefile: 'entry.js', loader: 'js' },
    metafile: true,
    absWorkingDir: closed,
    plugins: [slimOclif(), inlineSqlite(), chalkWithoutTerminal(), watch],
  });
  const modules = Object.keys(result.metafile.inputs).filter((name) => /^(src|commands)\/.*\.ts$/.test(name));
  return { code: finished(result.outputFiles[0]?.text ?? ''), modules };
}

/** `import()` of what is in no chunk is done by the file that loads it: bin/bundle.js. */
function finished(code: string): string {
  return lazyBuiltins(code).replace(/(?<![\w$.])import\(/g, '__import(');
}

function moduleName(closed: string, path: string): string {
  return relative(closed, path).split(sep).join('/');
}

/** Modules that queries and actions ran. */
export type Ran = Readonly<Record<'query' | 'action', readonly string[]>>;

/** Run once for each change of `.bithub.yml`, whose settings are cached: no start waits for them. */
const UNUSUAL = /^src\/(?:specification\/(?!name\.ts)|settings\/parse\.ts)/;

/**
 * What both run, what only queries and only actions run, and whatever is left by its domain or topic. The ledger stays
 * in one piece with its store: queries of history read it too.
 */
export function assign(modules: readonly string[], ran: Ran): Assignment {
  const assigned = new Map<string, string>();
  const usual = (names: readonly string[]): Set<string> =>
    new Set(names.filter((name) => !UNUSUAL.test(name)));
  const [queries, actions] = [usual(ran.query), usual(ran.action)];
  for (const name of [...queries, ...actions]) {
    if ((queries.has(name) && actions.has(name)) || name.startsWith('src/kernel/'))
      assigned.set(name, 'core');
    else if (queries.has(name)) assigned.set(name, 'query');
    else if (!name.startsWith('src/ledger/')) assigned.set(name, 'action');
  }
  for (const name of modules) {
    const [folder, domain = ''] = name.replace(/\.ts$/, '').split('/');
    if (!assigned.has(name)) assigned.set(name, folder === 'commands' ? `command-${domain}` : domain);
  }
  return assigned;
}

/** Where a chunk has each module, by its path or package: `#core:17`. Numbers, for every text of a cache is looked up. */
export type Places = ReadonlyMap<string, string>;

export function placesOf(assignment: Assignment): Places {
  const all = [...assignment, ...Object.entries(INSIDE)];
  return new Map(all.map(([name, chunk], at) => [name, `#${chunk}:${at}`]));
}

export interface ChunkOptions {
  readonly closed: string;
  readonly chunk: string;
  readonly places: Places;
  /** What the chunk runs when it is loaded; the core chunk is the program's entry. */
  readonly entry: string;
  readonly external: readonly string[];
}

/** One chunk; a module of another chunk is required by its place. */
export async function bundleChunk({ closed, chunk, places, entry, external }: ChunkOptions): Promise<string> {
  const here = `#${chunk}:`;
  const exported = [...places].flatMap(([name, place]) =>
    place.startsWith(here)
      ? [
          `case ${place.slice(here.length)}: return require(${JSON.stringify(Object.hasOwn(INSIDE, name) ? name : `./${name}`)});`,
        ]
      : [],
  );
  const elsewhere: Plugin = {
    name: 'elsewhere',
    setup({ onResolve, resolve }) {
      onResolve({ filter: /^\.{1,2}\// }, async (args) => {
        if (!args.resolveDir.startsWith(closed) || args.pluginData === 'inner') return undefined;
        const { kind, resolveDir } = args;
        const resolved = await resolve(args.path, { kind, resolveDir, pluginData: 'inner' });
        const name = moduleName(closed, resolved.path);
        const place = places.get(name);
        return place === undefined || place.startsWith(here) ? resolved : { path: place, external: true };
      });
      onResolve({ filter: /^[@a-z]/ }, (args) => {
        const place = places.get(args.path);
        return place === undefined || place.startsWith(here) ? undefined : { path: place, external: true };
      });
    },
  };
  const result = await build({
    ...options(external),
    stdin: {
      // one function, not one for each of them
      contents: `exports.module = (name) => { switch (name) { ${exported.join('\n')} } };\n${entry}`,
      resolveDir: closed,
      sourcefile: 'entry.js',
      loader: 'js',
    },
    absWorkingDir: closed,
    plugins: [elsewhere, ...(chunk === 'core' ? [slimOclif(), chalkWithoutTerminal()] : []), inlineSqlite()],
  });
  return shortened(finished(result.outputFiles[0]?.text ?? ''));
}

/** What esbuild calls the function of each module it wraps; nobody asks for it. */
const PATH_NAMES = /(?<=\b__commonJS\(\{)\s*"[^"]+"\(/g;

/** How esbuild runs the function of a module it wraps. */
const WRAPPER = '(0,cb[__getOwnPropNames(cb)[0]])((mod={exports:{}}).exports,mod)';

/**
 * By its one name. And exports are a table: as an object with a shape each of their names would be a new shape, made at
 * every start.
 */
function wrapped(code: string): string {
  if (code.includes('__commonJS=') && !code.includes(WRAPPER))
    throw new Error('esbuild wraps modules in another way now: scripts/build/chunks.ts');
  return code
    .replace(PATH_NAMES, 'm(')
    .replace(WRAPPER, 'cb.m((mod={exports:{__proto__:null}}).exports,mod)');
}

/** Short names for what is local: V8 looks up each name of a code cache when it takes it in. */
async function shortened(code: string): Promise<string> {
  const options = {
    minifyIdentifiers: true,
    minifyWhitespace: true,
    charset: 'ascii',
    target: 'node22.13',
  } as const;
  const short = await transform(wrapped(code), {
    ...options,
    loader: 'js',
    legalComments: 'none',
  });
  return short.code.trimEnd().replace(/;$/, '');
}
