import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Environment, findProgram } from '../git/index.ts';

/** One formatter of the project, reading a file from standard input and printing it formatted. */
export interface Formatter {
  readonly name: 'biome' | 'prettier' | 'gofmt' | 'rustfmt' | 'ruff' | 'black';
  /** Undefined where the project asks for it and the machine lacks it. */
  readonly program: string | undefined;
  readonly handles: (path: string) => boolean;
  readonly args: (path: string) => readonly string[];
  /** Tells which of several files, named after these words, are not formatted, by printing them. */
  readonly list: readonly string[];
  /** The paths in what {@link list} printed. */
  readonly listed: (output: string) => readonly string[];
  /** Formats several files in place. */
  readonly write: readonly string[];
}

const eachLine = (output: string): string[] => output.split('\n').filter((line) => line !== '');
const wouldReformat = (output: string): string[] =>
  eachLine(output).flatMap((line) => /^[Ww]ould reformat:? (.+)$/.exec(line)?.[1] ?? []);

/** `--reporter=json`: one object, its diagnostics of the category `format`; version 1 told the path as `{file}`. */
function biomeListed(output: string): string[] {
  const line = eachLine(output).find((one) => one.startsWith('{'));
  const report = JSON.parse(line ?? '{}') as {
    diagnostics?: { category?: string; location?: { path?: string | { file?: string } } }[];
  };
  return (report.diagnostics ?? []).flatMap(({ location }) => {
    const path = location?.path;
    return (typeof path === 'string' ? path : path?.file) ?? [];
  });
}

const BIOME = /\.(?:[cm]?[jt]sx?|jsonc?|css|graphql|gql)$/;
const PRETTIER = /\.(?:[cm]?[jt]sx?|json5?|jsonc|css|scss|less|html?|vue|md|mdx|ya?ml|graphql|gql|hbs)$/;

const PRETTIER_FILES = [
  '',
  '.json',
  '.json5',
  '.yaml',
  '.yml',
  '.toml',
  '.js',
  '.cjs',
  '.mjs',
  '.ts',
  '.mts',
  '.cts',
];

/** The formatters a project is configured for, by the files in its root. */
export function formattersOf(root: string, env: Environment): Formatter[] {
  const has = (name: string): boolean => existsSync(join(root, name));
  const found: Formatter[] = [];
  if (has('biome.json') || has('biome.jsonc')) {
    found.push({
      name: 'biome',
      program: ownProgram(root, 'biome') ?? findProgram('biome', env),
      handles: (path) => BIOME.test(path),
      args: (path) => ['format', '--colors=off', `--stdin-file-path=${path}`],
      list: [
        'format',
        '--colors=off',
        '--reporter=json',
        '--max-diagnostics=none',
        '--no-errors-on-unmatched',
      ],
      listed: biomeListed,
      write: ['format', '--colors=off', '--write', '--no-errors-on-unmatched'],
    });
  }
  const prettier =
    PRETTIER_FILES.some(
      (end) => has(`.prettierrc${end}`) || (/[jt]s$/.test(end) && has(`prettier.config${end}`)),
    ) || packageHas(root, 'prettier');
  if (prettier) {
    found.push({
      name: 'prettier',
      program: ownProgram(root, 'prettier') ?? findProgram('prettier', env),
      handles: (path) => PRETTIER.test(path),
      args: (path) => ['--no-color', `--stdin-filepath=${path}`],
      list: ['--no-color', '--list-different', '--ignore-unknown'],
      listed: eachLine,
      write: ['--no-color', '--write', '--ignore-unknown', '--log-level=error'],
    });
  }
  if (has('go.mod') || has('go.work')) {
    found.push({
      name: 'gofmt',
      program: findProgram('gofmt', env),
      handles: (path) => path.endsWith('.go') && !path.startsWith('vendor/'),
      args: () => [],
      list: ['-l'],
      listed: eachLine,
      write: ['-w'],
    });
  }
  if (has('Cargo.toml')) {
    found.push({
      name: 'rustfmt',
      program: findProgram('rustfmt', env),
      handles: (path) => path.endsWith('.rs'),
      args: () => ['--emit', 'stdout', '--quiet', '--edition', edition(root)],
      list: ['--check', '-l', '--edition', edition(root)],
      listed: eachLine,
      write: ['--edition', edition(root)],
    });
  }
  const python = (path: string): boolean => /\.pyi?$/.test(path);
  const project = has('pyproject.toml')
    ? readFileSync(join(root, 'pyproject.toml'), 'utf8').slice(0, 1 << 20)
    : '';
  if (has('ruff.toml') || has('.ruff.toml') || /^\[tool\.ruff[.\]]/m.test(project)) {
    found.push({
      name: 'ruff',
      program: findProgram('ruff', env),
      handles: python,
      args: (path) => ['format', '--quiet', `--stdin-filename=${path}`, '-'],
      list: ['format', '--check'],
      listed: wouldReformat,
      write: ['format', '--quiet'],
    });
  } else if (/^\[tool\.black\]/m.test(project)) {
    found.push({
      name: 'black',
      program: findProgram('black', env),
      handles: python,
      args: (path) => ['--quiet', `--stdin-filename=${path}`, '-'],
      list: ['--check'],
      listed: wouldReformat,
      write: ['--quiet'],
    });
  }
  return found;
}

/** The one that speaks for `path`: the first configured that handles it. */
export function formatterFor(formatters: readonly Formatter[], path: string): Formatter | undefined {
  return formatters.find((formatter) => formatter.handles(path));
}

function ownProgram(root: string, name: string): string | undefined {
  const path = join(root, 'node_modules', '.bin', process.platform === 'win32' ? `${name}.cmd` : name);
  try {
    accessSync(path, constants.X_OK);
    return path;
  } catch {
    return undefined;
  }
}

function packageHas(root: string, member: string): boolean {
  try {
    const document: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    return typeof document === 'object' && document !== null && Object.hasOwn(document, member);
  } catch {
    return false;
  }
}

function edition(root: string): string {
  const text = readFileSync(join(root, 'Cargo.toml'), 'utf8').slice(0, 1 << 20);
  return /^\s*edition\s*=\s*"(20\d\d)"/m.exec(text)?.[1] ?? '2021';
}
