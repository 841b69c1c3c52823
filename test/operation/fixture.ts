import { Readable, Writable } from 'node:stream';
import { type Context, openContext } from '../../src/cli/context.ts';
import type { Io } from '../../src/cli/io.ts';
import type { ActionRequest, Effect, Touches } from '../../src/operation/index.ts';
import { type World, world } from '../world.ts';

export interface Bench {
  readonly world: World;
  readonly context: Context;
  readonly abort: AbortController;
  /** Everything git and the disk say of the repository, without what is `bit`'s own. */
  state(): string;
  /** A second process's view: another context on the same repository. */
  another(): Promise<Context>;
  close(): void;
}

function silent(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}

export function ioOf(place: World): Io {
  return {
    argv: [],
    self: [process.execPath, 'bin/dev.js'],
    cwd: place.dir,
    env: place.env,
    stdin: Readable.from([]),
    stdout: silent(),
    stderr: silent(),
    stdinIsTerminal: false,
    stdoutIsTerminal: false,
    stderrIsTerminal: false,
    width: 80,
    height: 24,
    now: () => new Date(),
    setExitCode: () => undefined,
    onInterrupt: () => () => undefined,
  };
}

/** A repository with one commit and a context on it. */
export async function bench(): Promise<Bench> {
  const place = world();
  place.start();
  const abort = new AbortController();
  const open = (): Promise<Context> =>
    openContext({ io: ioOf(place), globals: {}, signal: abort.signal, parent: undefined });
  const contexts = [await open()];
  const [context] = contexts;
  if (context === undefined) throw new Error('no context');
  return {
    world: place,
    context,
    abort,
    state: () => repositoryState(place),
    async another() {
      const more = await open();
      contexts.push(more);
      return more;
    },
    close() {
      for (const opened of contexts) opened.close();
      place.close();
    },
  };
}

/** Refs, HEAD, index and every file of the work tree, as text that two moments can be compared by. */
export function repositoryState(place: World, dir = place.dir): string {
  const git = (...args: string[]): string => {
    try {
      return place.gitIn(dir, ...args);
    } catch {
      return '(none)';
    }
  };
  const refs = git('for-each-ref', '--format=%(refname) %(objectname)')
    .split('\n')
    .filter((line) => !line.startsWith('refs/bithub/'));
  const files = place
    .gitIn(dir, 'ls-files', '-z', '--cached', '--others', '--deduplicate')
    .split('\0')
    .filter(Boolean);
  const contents = files.map(
    (file) => `${file}\n${place.exists(`${dir}/${file}`) ? place.read(`${dir}/${file}`) : '(gone)'}`,
  );
  return [
    git('symbolic-ref', '-q', 'HEAD'),
    git('rev-parse', 'HEAD'),
    ...refs,
    git('ls-files', '-s'),
    ...contents,
  ].join('\n');
}

export const REQUEST: ActionRequest = { action: 'test.git', event: 'TEST', command: 'test', args: {} };

export const EVERYTHING: Touches = {
  refs: 'all',
  rewrites: true,
  head: true,
  index: true,
  worktree: 'untracked',
};

/** An effect that does what `run` does and may touch everything. */
export function effectOf<Out extends object>(run: Effect<Out>['run']): Effect<Out> {
  return { summary: 'a test', target: {}, plan: [], touches: EVERYTHING, run };
}

/** An effect that runs git commands, one after the other. */
export function gitEffect(
  commands: readonly (readonly string[])[],
  touches: Touches = EVERYTHING,
): Effect<{ ran: number }> {
  return {
    summary: `run ${commands.map((args) => `git ${args.join(' ')}`).join(', ')}`,
    target: {},
    plan: [],
    touches,
    async run(writer) {
      for (const args of commands) await writer.git.run(args);
      return { ran: commands.length };
    },
  };
}
