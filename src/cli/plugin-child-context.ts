import type { GitWriter } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import type { JsonObject } from '../kernel/json.ts';
import type {
  ActionRequest,
  Effect,
  Performed,
  Progress,
  Reader,
  StepRunner,
  Writer,
} from '../operation/index.ts';
import { Decision, type Judgement } from '../policy/index.ts';
import type { Context, ContextOptions } from './context.ts';
import type { CommandTask, ParentLink } from './plugin-child.ts';

/** The facts of a repository that are no call. */
export type ChildGit = Pick<GitWriter, 'adapter' | 'paths' | 'zeroOid'>;

/** What a plugin that is not trusted gets for a world: git, questions and notices by asking, and nothing else. */
export function openChildContext(task: CommandTask, link: ParentLink) {
  return async ({ io, globals }: ContextOptions): Promise<Context> => {
    const git = task.git === null ? undefined : remoteGit(task.git, link);
    const own = {
      cwd: task.cwd,
      env: io.env,
      now: io.now,
      signal: new AbortController().signal,
      repository: task.git?.paths,
      ask: {
        possible: task.canAsk,
        confirm: (question: string) => link.call('ask.confirm', question),
        choose: (question: string, choices: readonly string[]) => link.call('ask.choose', question, choices),
        text: (question: string) => link.call('ask.text', question),
      },
      notice: (line: string) => void link.call('notice', line).catch(() => undefined),
      progress: (): Progress => ({ update: () => undefined, end: () => undefined }),
      tasks: <Result>(_titles: readonly string[], work: (step: StepRunner) => Promise<Result>) =>
        work((_title, inner) => inner({ update: () => undefined })),
      get git() {
        if (git === undefined) throw new BitError('not-found', `${task.cwd} is not inside a git repository`);
        return git;
      },
    };
    const reader = withheld(own, task.plugin) as unknown as Reader;
    return {
      reader,
      globals,
      terminal: false,
      outcomes: [],
      get world(): never {
        throw notGranted(task.plugin, 'world');
      },
      // the parent has looked at the words
      keepInside: async () => undefined,
      gateRead: async (_command, args) => void (await link.call('gateRead', args)),
      perform: (request, effect) => performThere(request, effect, reader, link, task.plugin),
      prepare: () => undefined,
      close: () => undefined,
    };
  };
}

async function performThere<Out extends object>(
  request: ActionRequest,
  effect: Effect<Out>,
  reader: Reader,
  link: ParentLink,
  plugin: string,
): Promise<Performed<Out>> {
  link.onRun((operation) => effect.run(writerOf(reader, operation, plugin)));
  const { run: _, record: __, ...declared } = effect;
  const told = (await link.call('perform', request, declared as unknown as JsonObject)) as Omit<
    Performed<Out>,
    'decision'
  > & { readonly decision: Judgement };
  const { allowed, liftedByApproval: lifted } = told.decision;
  return { ...told, decision: new Decision({ allowed, lifted }, () => told.decision) };
}

/** The reader's git answers writing calls too while an action runs: the parent decides. */
function writerOf(reader: Reader, operation: string, plugin: string): Writer {
  const own = Object.defineProperties({ operation }, Object.getOwnPropertyDescriptors(reader));
  return withheld(own, plugin) as Writer;
}

/** What is not there says why, instead of being undefined. */
function withheld(own: object, plugin: string): object {
  return new Proxy(own, {
    get(target, name) {
      if (name in target || typeof name === 'symbol' || name === 'then') return Reflect.get(target, name);
      throw notGranted(plugin, name);
    },
  });
}

function remoteGit(facts: ChildGit, link: ParentLink): GitWriter {
  return new Proxy(facts, {
    get(target, name) {
      if (typeof name === 'symbol' || name === 'then') return undefined;
      if (name in target) return Reflect.get(target, name);
      return (...args: unknown[]) => link.call(`git.${name}`, ...args);
    },
  }) as GitWriter;
}

function notGranted(plugin: string, what: string): BitError {
  return new BitError('denied', `${what} is not for ${plugin}, which is not trusted`, {
    hint: `its code could be let into bit with: bit ext trust ${plugin}`,
  });
}
