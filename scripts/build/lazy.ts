import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Plugin } from 'esbuild';

/** Built-in modules that take long to load and that many commands import without needing them. */
const HEAVY =
  'child_process|crypto|dgram|dns|fs/promises|http|https|net|os|readline|stream|stream/promises|string_decoder|' +
  'timers/promises|tls|tty|url|util|worker_threads|zlib';

/** Loads a built-in module at the first use of one of its members. */
export const LAZY_BANNER =
  'const __lazies=Object.create(null);const __lazy=(name)=>__lazies[name]??=(()=>{let loaded;' +
  'return new Proxy({},{get:(_,key)=>(loaded??=require(name))[key]})})();';

/** Rewrites esbuild's `import_x=require("node:…")`, whose members are only ever read as `import_x.member`. */
export function lazyBuiltins(code: string): string {
  return code.replace(
    new RegExp(`\\b(import_\\w+)=require\\("node:(${HEAVY})"\\)`, 'g'),
    '$1=__lazy("node:$2")',
  );
}

/** First 16 hex digits of the SHA-256 of chalk's `supports-color`. */
const SUPPORTS_COLOR = '57f56bb90a586a6c';

/** chalk looks at the terminal when it loads (2 ms); here every page says its level itself. */
export function chalkWithoutTerminal(): Plugin {
  return {
    name: 'chalk-without-terminal',
    setup(build) {
      build.onLoad(
        { filter: /[\\/]chalk[\\/]source[\\/]vendor[\\/]supports-color[\\/]index\.js$/ },
        (args) => {
          const digest = createHash('sha256').update(readFileSync(args.path)).digest('hex').slice(0, 16);
          if (digest !== SUPPORTS_COLOR)
            throw new Error(`chalk changed supports-color (${digest}): look at scripts/build/lazy.ts`);
          return { contents: 'export default { stdout: false, stderr: false };', loader: 'js' };
        },
      );
    },
  };
}
