import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, posix, sep } from 'node:path';
import { transform } from 'esbuild';
import { requirePlainly } from './sqlite.ts';

/**
 * Writes our own modules to `target` as CommonJS, each a closure once bundled. As ES modules the functions of all of
 * them would be made at every start, whichever command runs; so a module that isn't reached costs nothing.
 */
export async function writeClosedModules(root: string, target: string): Promise<void> {
  const files = ['src', 'commands'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(folder, file)),
  );
  const barrels = readBarrels(root, files);
  await Promise.all(
    files.map(async (file) => {
      const { code } = await transform(requirePlainly(readFileSync(join(root, file), 'utf8')), {
        loader: 'ts',
        format: 'cjs',
        platform: 'node',
        target: 'node22.13',
        sourcefile: file,
        define: { 'import.meta.url': '__bundle_url' },
      });
      mkdirSync(dirname(join(target, file)), { recursive: true });
      writeFileSync(
        join(target, file),
        requireLate(plainExports(pastBarrels(withoutPrelude(code), file, barrels))),
      );
    }),
  );
  writeFileSync(join(target, 'package.json'), '{ "type": "commonjs" }\n');
}

/** What esbuild puts before each module it turns into CommonJS, once for all of them and without the second copy. */
export const CLOSED_PRELUDE = `const __define=Object.defineProperty;
const __copy=(to,from)=>{for(const key of Object.getOwnPropertyNames(from))
if(!Object.hasOwn(to,key))__define(to,key,{get:()=>from[key],enumerable:true});return to};
const __bit_export=(target,all)=>{for(const name in all)__define(target,name,{get:all[name],enumerable:true})};
const __bit_reExport=(target,from)=>__copy(target,from);
const __bit_toESM=(from)=>from.__esModule?from:__copy(Object.create(Object.getPrototypeOf(from),{default:{value:from,enumerable:true}}),from);
const __now=()=>Number(process.hrtime.bigint())/1e6;
`;

/** The code after esbuild's own helpers, and without the list of names it ends on for other people's parsers. */
function withoutPrelude(code: string): string {
  const lines = code.split('\n');
  const first = lines.findIndex((line) => !/^(var __\w+ = |\s|\};|\)\);|"use strict")/.test(line));
  const rest = lines
    .slice(Math.max(0, first))
    .join('\n')
    // by names of ours: esbuild declares its own where a chunk has use for one
    .replace(/\b__(export|reExport|toESM|toCommonJS)\(/g, '__bit_$1(')
    // what ours export is there under its own name
    .replace(/\b__bit_toESM\((require\("\.{1,2}\/[^"]+"\))\)/g, '$1')
    // a module of another chunk is required, never imported
    .replace(/\bimport\(("\.{1,2}\/[^"]+")\)/g, 'Promise.resolve().then(() => require($1))');
  return `"use strict";\n${rest.replace(/\/\/ Annotate the CommonJS export names[\s\S]*$/, '')}`;
}

/** Where a domain's `index.ts` has each of its names from: a module's path and the name there. */
type Barrels = ReadonlyMap<string, ReadonlyMap<string, readonly [path: string, name: string]>>;

function readBarrels(root: string, files: readonly string[]): Barrels {
  const barrels = new Map<string, Map<string, readonly [string, string]>>();
  for (const file of files.filter((name) => name.endsWith(`${sep}index.ts`))) {
    const path = slashes(file);
    const names = new Map<string, readonly [string, string]>();
    const source = readFileSync(join(root, file), 'utf8');
    for (const [, list = '', from = ''] of source.matchAll(/^export \{([^}]*)\} from '(\.[^']*)';/gm)) {
      for (const item of list.split(',').map((text) => text.trim())) {
        const [, name = '', as] = /^(\w+)(?: as (\w+))?$/.exec(item) ?? [];
        if (name !== '') names.set(as ?? name, [posix.join(posix.dirname(path), from), name]);
      }
    }
    barrels.set(path, names);
  }
  return barrels;
}

/**
 * Takes each name from the module that has it, not by way of its domain's `index.ts`, which makes a function for every
 * name it passes on. Modules only declare, so nothing is lost but that.
 */
export function pastBarrels(code: string, file: string, barrels: Barrels): string {
  const here = posix.dirname(slashes(file));
  const added: string[] = [];
  const imports = [...code.matchAll(/^var (import_\w+) = require\("(\.[^"]+\/index\.ts)"\);$/gm)];
  const past = imports.reduce((text, [, variable = '', specifier = '']) => {
    const names = barrels.get(posix.join(here, specifier));
    return text.replace(new RegExp(`\\b${variable}\\.(\\w+)`, 'g'), (whole, name: string) => {
      const [path, original] = names?.get(name) ?? [];
      if (path === undefined) return whole;
      const relative = posix.relative(here, path);
      const own = `${variable}_of_${path.replace(/\W/g, '_')}`;
      const line = `var ${own} = require("${relative.startsWith('.') ? relative : `./${relative}`}");`;
      if (!added.includes(line)) added.push(line);
      return `${own}.${original}`;
    });
  }, code);
  const first = imports[0]?.[0];
  return first === undefined ? code : past.replace(first, () => [...added, first].join('\n'));
}

/**
 * Exports as plain members, not as a getter each: those are a third of what V8 takes in of a module and of the time it
 * takes to run it once, 3 ms an action. A function is there from the start, for modules that load each other; whatever
 * else is there once it has its value. What is handed on from another module stays a getter and loads it late, and so
 * does what may change.
 */
export function plainExports(code: string): string {
  const whole =
    /^var (\w+) = \{\};\n__bit_export\(\1, \{\n([\s\S]*?)\n\}\);\nmodule\.exports = __bit_toCommonJS\(\1\);\n/m;
  const [head, variable = '', list = ''] = whole.exec(code) ?? [];
  if (head === undefined) return code;
  const first: string[] = [];
  const last: string[] = [];
  const handed: string[] = [];
  for (const [line, name = '', local] of list.matchAll(/^ {2}"?([^\s"]+?)"?: \(\) => (?:(\w+)|.*?),?$/gm)) {
    const declared = (kind: string): boolean => new RegExp(`^${kind} ${local}\\b`, 'm').test(code);
    if (local === undefined || declared('let') || declared('var')) handed.push(line.replace(/,$/, ''));
    else (declared('(?:async )?function\\*?') ? first : last).push(`exports.${name} = ${local};`);
  }
  const getters = handed.length === 0 ? '' : `__bit_export(exports, {\n${handed.join(',\n')}\n});\n`;
  const rest = code.replace(head, () => `${getters}${first.join('\n')}\n`);
  return `${rest.replaceAll(`__bit_reExport(${variable},`, '__bit_reExport(exports,')}\n${last.join('\n')}\n`;
}

function slashes(path: string): string {
  return path.split(sep).join('/');
}

/**
 * Loads a module where something of it is first used, not where it is imported: our modules declare and do nothing
 * else, so only when changes. esbuild writes an import as `var import_x = require("…")` and its uses as `import_x.y`.
 */
export function requireLate(code: string): string {
  const loads = new Map<string, string>();
  const late = code.replace(
    /^var (import_\w+) = ((?:__bit_toESM\()?require\("[^"]+"\).*);$/gm,
    (_, name: string, load: string) => {
      loads.set(name, load);
      return `var ${name};`;
    },
  );
  return [...loads].reduce(
    (text, [name, load]) => text.replace(new RegExp(`\\b${name}\\.`, 'g'), () => `(${name} ??= ${load}).`),
    late,
  );
}
