import module, { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What a plugin imports that must be the host's own, whatever the plugin has installed beside itself. */
const SHARED = /^(@bithub\/cli|@oclif\/core)(\/|$)/;

export interface HostModules {
  readonly root: string;
  /** File of the package's public interface. */
  readonly api: string;
}

/**
 * Points every import of `@bithub/cli` and `@oclif/core` at the host's copies, ES modules and CommonJS alike. A Node
 * older than 22.15 has no such hooks: a plugin's own copy then still finds this gate and ledger by their symbol.
 */
export function shareHostModules({ root, api }: HostModules): void {
  if (typeof module.registerHooks !== 'function') return;
  const require = createRequire(join(root, 'package.json'));
  const oclif = pathToFileURL(require.resolve('@oclif/core')).href;
  const own: Readonly<Record<string, string>> = {
    '@bithub/cli': pathToFileURL(api).href,
    '@oclif/core': oclif,
  };
  let inside = false; // require.resolve below comes back here
  module.registerHooks({
    resolve(specifier, context, next) {
      if (inside || !SHARED.test(specifier)) return next(specifier, context);
      const known = own[specifier];
      if (known !== undefined) return { url: known, shortCircuit: true };
      if (specifier === '@bithub/cli/package.json') {
        return { url: pathToFileURL(join(root, 'package.json')).href, shortCircuit: true };
      }
      inside = true;
      try {
        return { url: pathToFileURL(require.resolve(specifier)).href, shortCircuit: true };
      } finally {
        inside = false;
      }
    },
  });
}
