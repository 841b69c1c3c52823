import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Plugin } from 'esbuild';

/** First 16 hex digits of the SHA-256 of better-sqlite3's `lib/binding.js`. */
const DIGEST = 'dc9f4300a2d31f9d';

/**
 * better-sqlite3's JavaScript goes into the bundle (3 ms an action), and looks for its native part from its package's
 * folder, as it does when it lies there itself.
 */
export function inlineSqlite(): Plugin {
  return {
    name: 'inline-sqlite',
    setup(build) {
      build.onLoad({ filter: /[\\/]better-sqlite3[\\/]lib[\\/]binding\.js$/ }, (args) => {
        const source = readFileSync(args.path, 'utf8');
        const digest = createHash('sha256').update(source).digest('hex').slice(0, 16);
        if (digest !== DIGEST) {
          throw new Error(
            `better-sqlite3 changed lib/binding.js (${digest}): look at scripts/build/sqlite.ts`,
          );
        }
        const contents = source.replaceAll('__dirname', 'packageLib()').concat(`
// beside us it is found by one look at the disk; by the rules of packages in 2 ms
function packageLib() {
  const near = path.join(__dirname, '..', '..', 'node_modules', 'better-sqlite3', 'lib');
  return fs.existsSync(near) ? near : path.dirname(require.resolve('better-sqlite3'));
}`);
        return { contents, loader: 'js' };
      });
    },
  };
}

/** A source that loads better-sqlite3 by `createRequire`, which a bundler can't follow, with a plain `require`. */
export function requirePlainly(source: string): string {
  return source
    .replace('const require = createRequire(import.meta.url);', '')
    .replaceAll('createRequire(import.meta.url)(', 'require(');
}
