/**
 * oclif as the hot bundle holds it: its real Command, Parser, Flags and Args, without the parts a command that runs
 * never reaches (help, plugins, colours, logging). Each part left out is pinned by its digest: when oclif changes one,
 * the build fails, and a person looks whether leaving it out is still right.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import type { Plugin } from 'esbuild';

const require = createRequire(import.meta.url);
const root = dirname(require.resolve('@oclif/core/package.json'));
const version = (require('@oclif/core/package.json') as { version: string }).version;

interface Replacement {
  /** First 16 hex digits of the SHA-256 of what is replaced. */
  readonly digest: string;
  readonly by: string;
}

const noStyle = 'exports.colorize = (_, text) => text; exports.parseTheme = (theme) => theme;';

/** By path in `lib`. */
const REPLACED: Readonly<Record<string, Replacement>> = {
  'index.js': {
    digest: '12410a2da6e30598',
    by: `exports.Command = require('./command').Command;
      exports.Flags = require('./flags'); exports.Args = require('./args');
      Object.defineProperty(exports, 'Constraints', { get: () => require('./constraints') });
      Object.defineProperty(exports, 'Errors', { get: () => require('./errors') });
      Object.defineProperty(exports, 'Parser', { get: () => require('./parser') });`,
  },
  'cache.js': {
    digest: '98b26ef83fe286f4',
    by: `class Cache extends Map { static instance; static getInstance() { return (Cache.instance ??= new Cache()); }
      constructor() { super(); this.set('@oclif/core', { name: '@oclif/core', version: ${JSON.stringify(version)} }); } }
      Object.defineProperty(exports, '__esModule', { value: true }); exports.default = Cache;`,
  },
  'logger.js': {
    digest: 'd9d939c927c0a178',
    by: `const logger = { child: () => logger, debug() {}, error() {}, info() {}, trace() {}, warn() {}, namespace: 'oclif' };
      exports.getLogger = () => logger; exports.makeDebug = () => () => undefined;
      exports.setLogger = () => undefined; exports.clearLoggers = () => undefined;`,
  },
  'config/index.js': {
    digest: 'be78e63f1a4b7dec',
    by: 'exports.Config = { load() { throw new Error("no Config in the hot bundle"); } };',
  },
  'help/index.js': {
    digest: 'ae23280590248cd8',
    by: 'exports.loadHelpClass = () => { throw new Error("no help in the hot bundle"); };',
  },
  'help/util.js': { digest: '9c937909071f4a77', by: 'exports.normalizeArgv = () => [];' },
  'ux/index.js': {
    digest: '64e9d738d8064bb1',
    by: `${noStyle}
      const write = (name) => (text = '') => { process[name].write(text + '\\n'); };
      exports.ux = { ...exports, action: { stop() {} }, colorizeJson: (json) => JSON.stringify(json, null, 2),
        stdout: write('stdout'), stderr: write('stderr') };`,
  },
  // asks both streams for their width, which opens them (3 ms); only oclif's own printing of errors and help uses it
  'screen.js': {
    digest: '3a03f8920cc3e8fa',
    by: 'exports.stdtermwidth = exports.errtermwidth = 80;',
  },
  'ux/theme.js': { digest: '8b6f79640b755605', by: noStyle },
  'errors/handle.js': { digest: '4299ee3d521f8329', by: 'exports.handle = (error) => { throw error; };' },
  'errors/errors/pretty-print.js': {
    digest: '287c1d5c0ab6e485',
    by: 'Object.defineProperty(exports, "__esModule", { value: true }); exports.default = (error) => String(error.message);',
  },
};

/** Packages only those parts use. */
const IDENTITY = /^(clean-stack|indent-string|wrap-ansi)$/;

/** Lines replaced in a file that otherwise stays; each must be there exactly once. */
const EDITED: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  // opens the stream at every start (3 ms); src/cli/io.ts says the same where it opens it
  'command.js': [
    [
      `process.stdout.on('error', (err) => {
    if (err && err.code === 'EPIPE')
        return;
    throw err;
});`,
      '',
    ],
  ],
  // reading arguments from stdin is turned off, and readline takes 3 ms to load
  'parser/parse.js': [
    ['const node_readline_1 = require("node:readline");', ''],
    ['(0, node_readline_1.createInterface)', 'require("node:readline").createInterface'],
  ],
};

export function slimOclif(): Plugin {
  return {
    name: 'slim-oclif',
    setup(build) {
      const unused = new Set([...Object.keys(REPLACED), ...Object.keys(EDITED)]);
      build.onResolve({ filter: IDENTITY }, (args) => {
        if (!args.importer.startsWith(root + sep)) return undefined;
        return { path: args.path, namespace: 'identity' };
      });
      build.onLoad({ filter: /.*/, namespace: 'identity' }, () => ({
        contents: 'module.exports = (text) => text;',
        loader: 'js',
      }));
      build.onLoad({ filter: /[\\/]@oclif[\\/]core[\\/]lib[\\/].*\.js$/ }, (args) => {
        const file = relative(join(root, 'lib'), args.path).split(sep).join('/');
        unused.delete(file);
        const source = readFileSync(args.path, 'utf8');
        const replacement = REPLACED[file];
        if (replacement !== undefined) {
          const digest = createHash('sha256').update(source).digest('hex').slice(0, 16);
          if (digest !== replacement.digest)
            throw new Error(
              `@oclif/core ${version} changed lib/${file} (${digest}): look at scripts/build/oclif.ts`,
            );
          return { contents: replacement.by, loader: 'js', resolveDir: dirname(args.path) };
        }
        return {
          contents: (EDITED[file] ?? []).reduce(
            (text, [from, to]) => replaceOnce(text, from, to, file),
            source,
          ),
          loader: 'js',
        };
      });
      build.onEnd(() => {
        if (unused.size > 0)
          return { errors: [{ text: `never bundled, so never replaced: ${[...unused].join(', ')}` }] };
        return undefined;
      });
    },
  };
}

function replaceOnce(text: string, from: string, to: string, file: string): string {
  const parts = text.split(from);
  if (parts.length !== 2)
    throw new Error(
      `@oclif/core ${version}: lib/${file} has "${from}" ${parts.length - 1} times, expected once`,
    );
  return parts.join(to);
}
