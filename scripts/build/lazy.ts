/** Built-in modules that take long to load and that many commands import without needing them. */
const HEAVY =
  'child_process|crypto|dgram|dns|fs/promises|http|https|net|os|readline|stream|stream/promises|string_decoder|' +
  'timers/promises|tls|tty|url|util|worker_threads|zlib';

/** Loads a built-in module at the first use of one of its members. */
export const LAZY_BANNER =
  'const __lazies=Object.create(null);const __lazy=(name)=>__lazies[name]??=(()=>{let loaded;' +
  'return new Proxy({},{get:(_,key)=>(loaded??=require(name))[key]})})();';

/**
 * Rewrites what esbuild and TypeScript make of an import of a built-in module, `import_x=require("node:…")` and
 * `x_1=require("node:…")`: members of both are only ever read as `import_x.member`.
 */
export function lazyBuiltins(code: string): string {
  return code.replace(
    new RegExp(`\\b(import_\\w+|\\w+_1\\d*)=require\\("node:(${HEAVY})"\\)`, 'g'),
    '$1=__lazy("node:$2")',
  );
}
