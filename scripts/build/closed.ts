import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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
      writeFileSync(join(target, file), requireLate(withoutPrelude(code)));
    }),
  );
  writeFileSync(join(target, 'package.json'), '{ "type": "commonjs" }\n');
}

/** What esbuild puts before each module it turns into CommonJS, once for all of them and without the second copy. */
export const CLOSED_PRELUDE = `const __define=Object.defineProperty;
const __copy=(to,from)=>{for(const key of Object.getOwnPropertyNames(from))
if(!Object.hasOwn(to,key))__define(to,key,{get:()=>from[key],enumerable:true});return to};
const __bit_export=(target,all)=>{__define(target,"__esModule",{value:true});for(const name in all)__define(target,name,{get:all[name],enumerable:true})};
const __bit_reExport=(target,from)=>__copy(target,from);
const __bit_toESM=(from)=>from.__esModule?from:__copy(Object.create(Object.getPrototypeOf(from),{default:{value:from,enumerable:true}}),from);
const __bit_toCommonJS=(from)=>from;
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
    // a module of another chunk is required, never imported
    .replace(/\bimport\(("\.{1,2}\/[^"]+")\)/g, 'Promise.resolve().then(() => require($1))');
  return `"use strict";\n${rest.replace(/\/\/ Annotate the CommonJS export names[\s\S]*$/, '')}`;
}

/**
 * Loads a module where something of it is first used, not where it is imported: our modules declare and do nothing
 * else, so only when changes. esbuild writes an import as `var import_x = require("…")` and its uses as `import_x.y`.
 */
export function requireLate(code: string): string {
  const names: string[] = [];
  const late = code.replace(
    /^var (import_\w+) = ((?:__bit_toESM\()?require\("[^"]+"\).*);$/gm,
    (_, name: string, load: string) => {
      names.push(name);
      return `var late_${name}; function ${name}() { return late_${name} ??= ${load}; }`;
    },
  );
  return names.reduce((text, name) => text.replace(new RegExp(`\\b${name}\\.`, 'g'), `(${name}()).`), late);
}
