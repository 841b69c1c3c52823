import module from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as oclif from '@oclif/core';
import * as api from '../api/index.ts';
import type { Installation } from './host.ts';

/** What a plugin imports that must be the host's own, whatever the plugin has installed beside itself. */
const SHARED = /^(?:@bithub\/cli|@oclif\/core)(?:\/|$)/;

/** What the modules of `src/cli/seam/` hand on to a plugin. */
export interface Seam {
  readonly api: typeof import('../api/index.ts');
  readonly oclif: typeof import('@oclif/core');
}

const SEAM = Symbol.for('bithub.cli.seam/1');
const holder = globalThis as unknown as Record<symbol, Seam | undefined>;
/** Folders of plugins, as the addresses of their modules begin. */
const homes: string[] = [];

/**
 * Points every import of `@bithub/cli` and `@oclif/core` in the modules of one plugin at the running host's own, ES
 * modules and CommonJS alike; `directory` is its folder, as no link leads to it. A Node older than 22.15 has no such hooks: a plugin's own copy then still finds this
 * gate and ledger by their symbol.
 */
export function shareHostModules(
  { root, development, dist = join(root, 'dist') }: Pick<Installation, 'root' | 'development' | 'dist'>,
  directory: string,
): void {
  homes.push(`${pathToFileURL(directory).href}/`);
  if (holder[SEAM] !== undefined) return;
  holder[SEAM] = { api, oclif };
  if (typeof module.registerHooks !== 'function') return;
  const file = (...path: string[]): string => pathToFileURL(join(...path)).href;
  const seam = (name: string): string =>
    development ? file(root, 'src/cli/seam', `${name}.ts`) : file(dist, 'src/cli/seam', `${name}.js`);
  const own: Readonly<Record<string, string>> = {
    '@bithub/cli': seam('api'),
    '@bithub/cli/package.json': file(root, 'package.json'),
    '@oclif/core': seam('oclif'),
  };
  module.registerHooks({
    resolve(specifier, context, next) {
      const { parentURL } = context;
      if (!SHARED.test(specifier) || !homes.some((home) => parentURL?.startsWith(home) === true))
        return next(specifier, context);
      const url = own[specifier];
      if (url === undefined) throw new Error(`${specifier} is not among what a plugin may import`);
      return { url, shortCircuit: true };
    },
  });
}
