/** A hermetic place to run commands in: a HOME of its own, no configuration of this machine, real git. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { withHost } from '../src/cli/host.ts';
import { main } from '../src/cli/hot.ts';
import type { Io } from '../src/cli/io.ts';
import { type CommandClass, type CommandTable, namesText } from '../src/cli/table.ts';
import type { Plugin, TrustRoot } from '../src/plugins/index.ts';

export interface BitRun {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

export interface World {
  /** Root of everything, deleted by {@link World.close}. */
  readonly root: string;
  /** `<root>/repo`, where commands run unless told otherwise. */
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  /** Real git in `dir`; its output without the last line feed. Throws where git fails. */
  git(...args: string[]): string;
  gitIn(dir: string, ...args: string[]): string;
  /** `path` relative to `dir`, or absolute. */
  write(path: string, text: string): void;
  read(path: string): string;
  exists(path: string): boolean;
  /** Runs the command in this process, as `bit` would, from sources. */
  bit(...words: string[]): Promise<BitRun>;
  bitIn(dir: string, ...words: string[]): Promise<BitRun>;
  /** In `dir`, with `input` on standard input. */
  bitWith(given: { readonly input: string }, ...words: string[]): Promise<BitRun>;
  /** `git init -b main` in `dir` with one commit holding `a.txt` ("one\n"). */
  start(): void;
  close(): void;
}

const ROOT = join(import.meta.dirname, '..');
const COMMANDS = join(ROOT, 'commands');

/** What was built, where the runner found it as new as the sources: a process starts from it in a tenth of the time. */
export const BUILT = process.env['BIT_TEST_BUILT'];
/** `bit` as a process of its own. */
export const BIT_PROGRAM = join(ROOT, 'bin', BUILT === undefined ? 'dev.js' : 'run.js');
/** This `bit`, as what it starts is told of it. */
export const INSTALLATION = {
  root: ROOT,
  version: '0.0.0',
  development: true,
  ...(BUILT === undefined ? {} : { dist: BUILT }),
};

/** What this process was given to start from is what a `bit` within `bit` starts from. */
function compiled(): Readonly<Record<string, string>> {
  const { NODE_COMPILE_CACHE: cache } = process.env;
  return cache === undefined ? {} : { NODE_COMPILE_CACHE: cache };
}

let table: CommandTable | undefined;

/** Every command by the files of `commands/`; nothing is loaded before it runs. */
export function commandTable(): CommandTable {
  table ??= readCommands();
  return table;
}

function readCommands(): CommandTable {
  const files = readdirSync(COMMANDS, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const byId = new Map(
    files.map((file) => [
      file
        .replace(/\.ts$/, '')
        .replace(/(^|\/)index$/, '')
        .replaceAll('/', ':'),
      file,
    ]),
  );
  return {
    names: namesText(
      [...byId.keys()].map((id) => [id, { args: true, passthrough: id === 'git' }]),
      [],
    ),
    async load(id) {
      const file = byId.get(id);
      if (file === undefined) throw new Error(`no command ${id}`);
      const module = (await import(pathToFileURL(join(COMMANDS, file)).href)) as { default: CommandClass };
      return module.default;
    },
  };
}

export function world(
  options: {
    readonly env?: Readonly<Record<string, string>>;
    /** Plugins this `bit` comes with, beside its own. */
    readonly bundled?: readonly Plugin[];
    /** Whom builds of packages are checked against in place of Sigstore's public instance. */
    readonly trustRoot?: TrustRoot;
  } = {},
): World {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'bit-world-')));
  const dir = join(root, 'repo');
  const home = join(root, 'home');
  for (const path of [dir, home]) mkdirSync(path);
  const globalConfig = join(home, '.gitconfig');
  writeFileSync(
    globalConfig,
    '[user]\n\tname = Ada\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n[advice]\n\tdetachedHead = false\n',
  );
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    TMPDIR: root,
    XDG_CONFIG_HOME: join(root, 'config'),
    XDG_DATA_HOME: join(root, 'data'),
    XDG_CACHE_HOME: join(root, 'cache'),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: globalConfig,
    GIT_TERMINAL_PROMPT: '0',
    GIT_CEILING_DIRECTORIES: root,
    NO_COLOR: '1',
    LC_ALL: 'C',
    ...compiled(),
    ...options.env,
  };
  const place = (path: string): string => (path.startsWith('/') ? path : join(dir, path));
  const gitIn = (cwd: string, ...args: string[]): string =>
    execFileSync('git', args, { cwd, env, encoding: 'utf8', stdio: 'pipe' }).trimEnd();
  const start = async (cwd: string, words: readonly string[], input: string): Promise<BitRun> => {
    const run = captured({ cwd, env, argv: words, input });
    const cold = (): Promise<void> => Promise.reject(new Error(`no command for: ${words.join(' ')}`));
    const { bundled = [], trustRoot } = options;
    const trust = trustRoot === undefined ? {} : { trustRoot };
    await withHost({ io: run.io }, () =>
      main({ ...INSTALLATION, table: commandTable(), cold, bundled, ...trust }),
    );
    return run.result();
  };
  const bitIn = (cwd: string, ...words: string[]): Promise<BitRun> => start(cwd, words, '');
  return {
    root,
    dir,
    env,
    gitIn,
    git: (...args) => gitIn(dir, ...args),
    write(path, text) {
      mkdirSync(dirname(place(path)), { recursive: true });
      writeFileSync(place(path), text);
    },
    read: (path) => readFileSync(place(path), 'utf8'),
    exists: (path) => existsSync(place(path)),
    bitIn,
    bit: (...words) => bitIn(dir, ...words),
    bitWith: ({ input }, ...words) => start(dir, words, input),
    start() {
      gitIn(dir, 'init', '-q', '-b', 'main');
      writeFileSync(join(dir, 'a.txt'), 'one\n');
      gitIn(dir, 'add', '.');
      gitIn(dir, 'commit', '-q', '-m', 'first');
    },
    close: () => rmSync(root, { recursive: true, force: true, maxRetries: 3 }),
  };
}

function captured(given: {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly argv: readonly string[];
  readonly input: string;
}) {
  const { cwd, env, argv, input } = given;
  const sink = (): { stream: Writable; text: () => string } => {
    const chunks: Buffer[] = [];
    const stream = new Writable({
      write(chunk: Buffer | string, _encoding, done) {
        chunks.push(Buffer.from(chunk));
        done();
      },
    });
    return { stream, text: () => Buffer.concat(chunks).toString('utf8') };
  };
  const stdout = sink();
  const stderr = sink();
  let code = 0;
  const io: Io = {
    argv,
    self: [process.execPath, BIT_PROGRAM],
    cwd,
    env,
    stdin: Readable.from(input === '' ? [] : [Buffer.from(input)]),
    stdout: stdout.stream,
    stderr: stderr.stream,
    stdinIsTerminal: false,
    stdoutIsTerminal: false,
    stderrIsTerminal: false,
    width: 100,
    height: 40,
    now: () => new Date(),
    setExitCode(value) {
      code = value;
    },
    onInterrupt: () => () => undefined,
  };
  return { io, result: (): BitRun => ({ stdout: stdout.text(), stderr: stderr.text(), code }) };
}

/** A started world with these files, uncommitted, closed after `run`. */
export async function within(
  files: Readonly<Record<string, string>>,
  run: (place: World) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const place = world({ env });
  try {
    place.start();
    for (const [path, text] of Object.entries(files)) place.write(path, text);
    await run(place);
  } finally {
    place.close();
  }
}
