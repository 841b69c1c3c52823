import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPackages, type Tree } from '../build/index.ts';
import { BitError } from '../kernel/errors.ts';
import { readSection, SPECIFICATION } from '../specification/index.ts';

export type TestKind = 'all' | 'unit' | 'integration' | 'fuzz' | 'custom';

/** One command that runs tests. */
export interface Suite {
  readonly name: string;
  /** Relative to the root; empty for it. */
  readonly directory: string;
  readonly command: string;
  /** JUnit XML it writes, relative to its folder. */
  readonly report?: string;
  /** Folders that stand first on its PATH, relative to the root. */
  readonly path: readonly string[];
  /** Milliseconds. */
  readonly timeout?: number;
}

/** npm's own stand-in for a test script. */
const NO_TESTS = /no test specified/;
/** Scripts that run one kind, the first that is there. */
const SCRIPTS: Readonly<Record<TestKind, readonly string[]>> = {
  all: ['test'],
  unit: ['test:unit', 'unit', 'test-unit'],
  integration: ['test:integration', 'test:e2e', 'integration', 'e2e', 'test-integration'],
  fuzz: ['test:fuzz', 'fuzz'],
  custom: ['test:custom'],
};

/** The suites of a kind: those of `.bithub.yml` where it has any, else what the tree's files say. */
export function findSuites(root: string, tree: Tree, kind: TestKind): Suite[] {
  const declared = declaredSuites(root);
  const suites =
    declared.length > 0
      ? declared.filter(({ name }) => kind === 'all' || name === kind)
      : [...npmSuites(root, tree, kind), ...otherSuites(root, tree, kind)];
  if (suites.length > 0) return suites;
  const what = kind === 'all' ? 'tests' : `${kind} tests`;
  throw new BitError('not-found', `no ${what} were found here`, {
    hint: `give .bithub.yml a command under test.${kind === 'all' ? 'unit' : kind}, or name one: bit test custom -- COMMAND`,
  });
}

/** A command given on the command line. */
export function givenSuite(directory: string, words: readonly string[]): Suite {
  return { name: 'custom', directory, command: words.map(quoted).join(' '), path: binFolders(directory) };
}

export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function declaredSuites(root: string): Suite[] {
  return Object.entries(readSection(root, 'test')).map(([name, value]) => {
    const {
      command,
      directory = '',
      report,
      timeout,
    } = typeof value === 'string' ? { command: value } : value;
    const at = `test.${name}`;
    if (command.trim() === '') throw wrong(`${at}.command`, 'a command');
    if (!isInside(directory)) throw wrong(`${at}.directory`, 'a folder here');
    if (report !== undefined && !isInside(report)) throw wrong(`${at}.report`, 'a file of its folder');
    return {
      name,
      directory: directory.replace(/\/+$/, ''),
      command,
      path: binFolders(directory),
      ...(report === undefined ? {} : { report }),
      ...(timeout === undefined ? {} : { timeout: timeout * 1000 }),
    };
  });
}

function isInside(path: string): boolean {
  return (
    !path.startsWith('/') &&
    !path.split('/').some((name) => name === '..' || name === '.git') &&
    !path.includes('\0')
  );
}

function wrong(key: string, wanted: string): BitError {
  return new BitError('usage', `${SPECIFICATION}: ${key} must be ${wanted}`, {
    details: { path: SPECIFICATION, key },
  });
}

/** The root's script, or where it has none those of the workspace's packages. */
function npmSuites(root: string, tree: Tree, kind: TestKind): Suite[] {
  const packages = readPackages(root, tree.paths);
  const suiteOf = (directory: string, name: string, scripts: Readonly<Record<string, string>>): Suite[] => {
    const script = SCRIPTS[kind].find((one) => scripts[one] !== undefined);
    const text = script === undefined ? undefined : scripts[script];
    if (script === undefined || text === undefined || NO_TESTS.test(text)) return [];
    const steps = [scripts[`pre${script}`], text, scripts[`post${script}`]].filter(
      (step) => step !== undefined,
    );
    return [
      {
        name: name === '' ? script : `${name} ${script}`,
        directory,
        command: steps.join(' && '),
        path: binFolders(directory),
      },
    ];
  };
  const { root: top, members } = packages;
  const own = top === undefined ? [] : suiteOf('', '', top.scripts);
  if (own.length > 0) return own;
  const each = members.flatMap(({ directory, name, scripts }) => suiteOf(directory, name, scripts));
  const plain = kind === 'all' || kind === 'unit';
  if (each.length > 0 || !plain || top === undefined || members.length > 0) return each;
  const node = tree.paths.some(
    (path) => /(?:\.|-|_)test\.[cm]?js$|^test\/.*\.[cm]?js$/.test(path) && !path.includes('node_modules/'),
  );
  return node ? [{ name: 'node:test', directory: '', command: 'node --test', path: [] }] : [];
}

function otherSuites(root: string, tree: Tree, kind: TestKind): Suite[] {
  const has = (name: string): boolean => tree.paths.includes(name);
  const suites: Suite[] = [];
  const add = (name: string, command: string | undefined): void => {
    if (command !== undefined) suites.push({ name, directory: '', command, path: [] });
  };
  const python =
    has('pytest.ini') ||
    has('conftest.py') ||
    tree.paths.some((path) => /(?:^|\/)test_\w{1,100}\.py$/.test(path));
  const folder = tree.paths.some((path) => path.startsWith(`tests/${kind}/`)) ? `tests/${kind}` : undefined;
  if (python)
    add(
      'pytest',
      kind === 'all' || kind === 'unit'
        ? `python3 -m pytest${kind === 'unit' && folder !== undefined ? ` ${folder}` : ''}`
        : folder && `python3 -m pytest ${folder}`,
    );
  if (has('go.mod') || has('go.work'))
    add('go test', kind === 'all' || kind === 'unit' ? 'go test -v ./...' : undefined);
  if (has('Cargo.toml')) {
    const commands: Partial<Record<TestKind, string>> = {
      all: 'cargo test',
      unit: 'cargo test --lib --bins',
      ...(tree.paths.some((path) => /^tests\/[^/]+\.rs$/.test(path))
        ? { integration: "cargo test --test '*'" }
        : {}),
    };
    add('cargo test', commands[kind]);
  }
  const makefile = ['GNUmakefile', 'Makefile', 'makefile'].find(has);
  if (suites.length === 0 && makefile !== undefined && !has('package.json')) {
    const wanted = kind === 'all' ? ['test', 'check'] : [`test-${kind}`, `${kind}-test`];
    const goals = makeGoals(join(root, makefile));
    const goal = wanted.find((one) => goals.has(one));
    add('make', goal === undefined ? undefined : `make ${goal}`);
  }
  return suites;
}

function makeGoals(path: string): Set<string> {
  if (!lstatSync(path).isFile()) return new Set();
  const text = readFileSync(path, 'utf8').slice(0, 1 << 20);
  return new Set([...text.matchAll(/^([\w-]{1,100})\s{0,10}:(?!=)/gm)].map((match) => match[1] ?? ''));
}

function binFolders(directory: string): string[] {
  const names = directory.split('/').filter((name) => name !== '' && name !== '.');
  const up = names.map((_, depth) => names.slice(0, names.length - depth).join('/'));
  return [...up.map((folder) => `${folder}/node_modules/.bin`), 'node_modules/.bin'];
}
