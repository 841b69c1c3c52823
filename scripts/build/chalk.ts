import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Plugin } from 'esbuild';

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
            throw new Error(`chalk changed supports-color (${digest}): look at scripts/build/chalk.ts`);
          return { contents: 'export default { stdout: false, stderr: false };', loader: 'js' };
        },
      );
    },
  };
}
