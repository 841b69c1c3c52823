/**
 * Step kinds: what `uses: plugin:<package>#<name>` of a native workflow means. The plugin's side and the host's: every
 * call of a step's context is a call of {@link Tool}, in the sandbox and out of it.
 */
import { BitError } from '../../kernel/errors.ts';
import { isJsonObject, type JsonObject } from '../../kernel/json.ts';
import { printable, shorten } from '../../kernel/text.ts';
import type { Annotation, StepTools } from '../../workflow/index.ts';
import { refusal } from '../capabilities.ts';
import { type FetchOptions, type FetchResult, fetchGranted } from '../network.ts';
import { object, text, texts } from '../shapes.ts';
import { treeReader } from '../tree.ts';
import { INPUT, inputFacts, type StepInput } from './inputs.ts';
import { checkItems, described, type Invocation, type PointKind } from './point.ts';

/** A kind of step. */
export interface StepKind {
  readonly name: string;
  readonly description: string;
  /** Left out: it takes none. */
  readonly inputs?: Readonly<Record<string, StepInput>>;
  /** Fails the step by throwing. Run again from its start where a run died in the middle of it: it must bear that. */
  run(inputs: Readonly<Record<string, string>>, step: StepContext): Promise<void> | void;
}

/** What is known of the run a step is in. */
export interface StepFacts {
  readonly run: string;
  readonly attempt: number;
  readonly workflow: string;
  readonly job: string;
  readonly event: string;
}

/** What a step may do. */
export interface StepContext {
  readonly facts: StepFacts;
  readonly signal: AbortSignal;
  /** Lines to the step's log; secrets are masked. */
  log(lines: string): void;
  /** Appends Markdown to the step's summary. */
  summary(markdown: string): void;
  annotate(annotation: Annotation): void;
  /** `steps.<id>.outputs.<name>` of what follows. */
  output(name: string, value: string): void;
  /** Set for the steps that follow. */
  env(name: string, value: string): void;
  /** Secret from here on, wherever the run writes. */
  mask(value: string): void;
  /** A program of the job, logged as this step's; its exit status. Needs `exec`. */
  exec(
    words: readonly string[],
    options?: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> },
  ): Promise<number>;
  /** The job's work tree, to read. Needs `tree:read`. */
  readonly tree: {
    read(path: string): Promise<Uint8Array | undefined>;
    list(globs: readonly string[]): Promise<readonly string[]>;
  };
  /** HTTPS to the hosts the plugin was granted (`network:<host>`). */
  fetch(url: string, options?: FetchOptions): Promise<FetchResult>;
  /** A `bit` command as part of the run: gated, recorded, undoable; its exit status. Only of a trusted plugin. */
  bit(words: readonly string[]): Promise<number>;
}

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,199}$/;

export const stepPoint: PointKind<StepKind> = {
  what: 'step kind',
  check(value, where) {
    const at = { where, point: 'steps', what: 'step kind', texts: ['description'], functions: ['run'] };
    const kinds = checkItems<StepKind>(value, at);
    for (const kind of kinds) factsOf(kind, where);
    return kinds;
  },
  describe: (kind) => described(kind.name, kind.description, factsOf(kind, kind.name)),
  async invoke(kind, _method, [inputs, facts], { tool, signal }) {
    const sent: Promise<unknown>[] = [];
    const say =
      (method: string) =>
      (...given: readonly unknown[]): void => {
        const answer = tool(method, ...given);
        answer.catch(() => undefined); // told at the end
        sent.push(answer);
      };
    await kind.run(inputs as Readonly<Record<string, string>>, {
      facts: facts as StepFacts,
      signal,
      log: say('log'),
      summary: say('summary'),
      annotate: say('annotate'),
      output: say('output'),
      env: say('env'),
      mask: say('mask'),
      exec: async (words, options = {}) => (await tool('exec', words, options)) as number,
      tree: {
        read: async (path) => ((await tool('tree.read', path)) ?? undefined) as Uint8Array | undefined,
        list: async (globs) => (await tool('tree.list', globs)) as readonly string[],
      },
      fetch: async (url, options = {}) => (await tool('fetch', url, options)) as FetchResult,
      bit: async (words) => (await tool('bit', words)) as number,
    });
    await Promise.all(sent);
  },
};

function factsOf({ name, inputs = {} }: StepKind, where: string): JsonObject {
  return { inputs: inputFacts(inputs, `${where}: ${name}`, 'input') };
}

/** Answers the calls of a step, each checked against what its plugin may do. */
export function answerStep(
  tools: StepTools,
  at: { readonly who: string; readonly trusted: boolean; readonly may: (capability: string) => boolean },
): Invocation['tool'] {
  const need = (capability: string): void => {
    if (!at.may(capability)) throw refusal(at.who, capability);
  };
  const variable = (value: unknown): string => {
    const name = text(value, 'name', 200);
    if (VARIABLE.test(name)) return name;
    throw new BitError('usage', `${printable(shorten(name))} is no name of a variable`);
  };
  let tree: ReturnType<typeof treeReader> | undefined;
  const files = (): ReturnType<typeof treeReader> => {
    need('tree:read');
    tree ??= treeReader(tools.state.workspace);
    return tree;
  };
  return async (method, ...given) => {
    const [first, second] = given;
    if (method === 'log') return tools.log(printable(text(first, 'log'), { multiline: true }));
    if (method === 'summary') return tools.summary(text(first, 'summary'));
    if (method === 'mask') return tools.mask(text(first, 'mask'));
    if (method === 'annotate') return tools.annotate(readAnnotation(first));
    if (method === 'output') {
      const name = text(first, 'name', 200);
      if (!INPUT.test(name))
        throw new BitError('usage', `${printable(shorten(name))} is no name of an output`);
      return tools.output(name, text(second, 'value', 1024 * 1024));
    }
    if (method === 'env') {
      if (!at.trusted) need('exec'); // what programs that follow find in their environment can make them run anything
      return tools.env(variable(first), text(second, 'value'));
    }
    if (method === 'exec') {
      need('exec');
      return execute(tools, first, second);
    }
    if (method === 'tree.read') return files().read(first);
    if (method === 'tree.list') return files().list(first);
    if (method === 'fetch') return fetchGranted(given, { ...at, signal: tools.signal });
    if (method === 'bit') {
      if (!at.trusted)
        throw new BitError('denied', `bit commands are not for ${at.who}, which is not trusted`, {
          hint: 'its code could be let into bit with: bit ext trust',
        });
      return tools.bit(texts(first, 'words', 1000));
    }
    throw new BitError('denied', `${printable(shorten(method))} is not for a step`);
  };
}

function execute(tools: StepTools, words: unknown, options: unknown): Promise<number> {
  const argv = texts(words, 'words', 1000);
  if (argv.length === 0) throw new BitError('usage', 'exec needs a program');
  const { cwd, env = {} } = isJsonObject(options) ? options : {};
  const values = Object.entries(object(env, 'env')).map(
    ([name, value]) => [name, text(value, `env.${name}`)] as const,
  );
  return tools.exec({
    argv,
    ...(cwd === undefined || cwd === null ? {} : { cwd: text(cwd, 'cwd', 4096) }),
    env: { ...tools.state.env, ...Object.fromEntries(values) },
    files: {},
  });
}

function readAnnotation(value: unknown): Annotation {
  const given = object(value, 'annotation');
  const { level, message, title, file, line, column } = given;
  if (level !== 'error' && level !== 'warning' && level !== 'notice')
    throw new BitError('usage', 'annotation.level: expected error, warning or notice');
  const number = (one: unknown): number | undefined =>
    typeof one === 'number' && Number.isSafeInteger(one) && one > 0 ? one : undefined;
  const at = { line: number(line), column: number(column) };
  return {
    level,
    message: text(message, 'annotation.message', 4096),
    ...(title === undefined ? {} : { title: text(title, 'annotation.title', 300) }),
    ...(file === undefined ? {} : { file: text(file, 'annotation.file', 4096) }),
    ...(at.line === undefined ? {} : { line: at.line }),
    ...(at.column === undefined ? {} : { column: at.column }),
  };
}
