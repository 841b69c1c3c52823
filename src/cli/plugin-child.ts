/**
 * The other side of the sandbox: the process in which a plugin that is not trusted runs. It has the two bases and the
 * parser, and instead of a world a channel to the `bit` that started it. Nothing here is relied on for safety: the
 * plugin's code shares this process and could change any of it.
 */
import { Socket } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BitError } from '../kernel/errors.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { OutcomeEvent } from '../operation/index.ts';
import {
  type Channel,
  checkListeners,
  type DescribeTask,
  hear,
  openChannel,
  POINTS,
  type Point,
  type ServeTask,
} from '../plugins/index.ts';
import { host, type Installation, withHost } from './host.ts';
import { shareHostModules } from './host-modules.ts';
import type { Io } from './io.ts';
import type { BotTask } from './plugin-bot.ts';
import { type ChildGit, openChildContext } from './plugin-child-context.ts';
import { loadCommand } from './plugin-command.ts';
import { describeCommand } from './plugin-describe.ts';
import { loadItems } from './plugin-items.ts';
import { runCommand } from './run-command.ts';

/** Runs one command. */
export interface CommandTask {
  readonly kind: 'command';
  readonly plugin: string;
  readonly directory: string;
  readonly id: string;
  /** Absolute. */
  readonly file: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly colour: boolean;
  readonly width: number;
  readonly canAsk: boolean;
  readonly version: string;
  /** Null outside a repository. */
  readonly git: ChildGit | null;
}

/** Has listeners hear of events. */
export interface ListenTask {
  readonly kind: 'listen';
  readonly plugin: string;
  readonly directory: string;
  readonly file: string;
  readonly names: readonly string[];
  readonly events: readonly OutcomeEvent[];
}

/** Calls the parent, and answers what it asks of a running action. */
export interface ParentLink {
  call(method: string, ...args: unknown[]): Promise<unknown>;
  /** What `run` of the parent does from now on. */
  onRun(run: (operation: string) => Promise<unknown>): void;
  /** What is done once the parent asks it to end; at once where it has asked. */
  onStop(stop: () => void): void;
  /** What the parent's calls of a served module do from now on. */
  onInvoke(invoke: Invoke): void;
}

type Invoke = (given: readonly unknown[]) => Promise<unknown>;

const CHANNEL = 3;
/** The parent is believed; its limits are only against running out of memory. */
const LIMITS = { message: 256 * 1024 * 1024, messages: Number.MAX_SAFE_INTEGER, waiting: 1000 };

export async function runPluginChild(installation: Omit<Installation, 'table'>): Promise<void> {
  const token = process.env['BIT_PLUGIN_TOKEN'] ?? '';
  delete process.env['BIT_PLUGIN_TOKEN'];
  const stream = new Socket({ fd: CHANNEL, readable: true, writable: true });
  let run: ((operation: string) => Promise<unknown>) | undefined;
  let invoke: Invoke | undefined;
  const stopped = new AbortController();
  const leave = (): never => process.exit(0);
  const channel: Channel = openChannel({
    stream,
    limits: LIMITS,
    onBroken: leave,
    async answer(method, given) {
      const [value] = given;
      if (method === 'invoke' && invoke !== undefined) return invoke(given);
      if (method === 'stop') return stopped.abort();
      if (method === 'task') {
        const task = value as Task;
        shareHostModules(installation, task.directory);
        return perform(task, link);
      }
      if (method === 'run' && run !== undefined) return run(String(value));
      throw new BitError('unsupported', `a plugin's process knows no ${method}`);
    },
  });
  const link: ParentLink = {
    call: (method, ...args) => channel.call(method, token, ...args),
    onRun: (next) => {
      run = next;
    },
    onStop: (stop) => {
      stopped.signal.addEventListener('abort', stop, { once: true });
      if (stopped.signal.aborted) stop();
    },
    onInvoke: (next) => {
      invoke = next;
    },
  };
  stream.on('end', leave);
  await link.call('ready');
}

type Task = DescribeTask | CommandTask | ListenTask | ServeTask | BotTask;

function perform(task: Task, link: ParentLink): Promise<unknown> {
  if (task.kind === 'describe') return describe(task);
  if (task.kind === 'serve') return serve(task, link);
  if (task.kind === 'bot') return import('./plugin-bot.ts').then((module) => module.handleEvent(task, link));
  return task.kind === 'listen' ? listen(task, link) : command(task, link);
}

/** Answers calls of what a module brings at a point, until the parent has no more of them. */
async function serve({ plugin, point, file }: ServeTask, link: ParentLink): Promise<null> {
  const kind = POINTS[point];
  const items = await loadItems(point, file, plugin);
  const never = new AbortController().signal;
  link.onInvoke(async ([id, name, method, args]) => {
    const item = items.find((one) => one.name === name);
    if (item === undefined) throw new BitError('not-found', `${plugin} has no ${kind.what} ${String(name)}`);
    const tool = (what: string, ...given: readonly unknown[]): Promise<unknown> =>
      link.call('tool', id, what, ...given);
    return kind.invoke(item, String(method), Array.isArray(args) ? args : [], { tool, signal: never });
  });
  await link.call('serving');
  return null;
}

async function command(task: CommandTask, link: ParentLink): Promise<JsonObject> {
  let exit = 0;
  const outer = host().io;
  const io: Io = {
    ...outer,
    argv: task.argv,
    self: [],
    cwd: task.cwd,
    env: task.colour ? { ...process.env, FORCE_COLOR: '1' } : process.env,
    stdinIsTerminal: false,
    stdoutIsTerminal: false,
    stderrIsTerminal: false,
    width: task.width,
    setExitCode(code) {
      exit = code;
    },
    onInterrupt: () => () => undefined,
  };
  const context = openChildContext(task, link);
  // `parent` keeps the base from looking for unfinished operations, which it could not read
  await withHost({ io, parent: 'sandbox', installation: undefined, context }, () =>
    runCommand(
      { load: () => loadCommand(task.plugin, task.id, task.file) },
      task.id,
      task.argv,
      task.version,
    ),
  );
  return { exit };
}

async function listen(task: ListenTask, link: ParentLink): Promise<readonly string[]> {
  const failed: string[] = [];
  const pending: Promise<unknown>[] = [];
  for (const listener of await loadListeners(task.file, task.plugin)) {
    if (!task.names.includes(listener.name)) continue;
    const say = (method: string, value: unknown): void => {
      const sent = link.call(method, listener.name, value);
      pending.push(sent.catch((error: unknown) => failed.push(reason(error))));
    };
    const out = {
      line: (text: string) => say('line', String(text)),
      card: (card: JsonObject) => say('card', card),
    };
    for (const event of task.events) {
      try {
        await hear(listener, event, out);
      } catch (error) {
        failed.push(reason(error));
      }
    }
  }
  await Promise.all(pending);
  return failed;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function describe(task: DescribeTask): Promise<unknown> {
  const commands: Record<string, unknown> = {};
  for (const [id, module] of Object.entries(task.commands)) {
    commands[id] = await loading(module, async () =>
      describeCommand(id, await loadCommand('the plugin', id, join(task.directory, module))),
    );
  }
  const file = task.listeners;
  const listeners =
    file === undefined
      ? []
      : await loading(file, () => loadListeners(join(task.directory, file), 'the plugin'));
  const provides: Record<string, unknown> = {};
  for (const [name, module] of Object.entries(task.points)) {
    const point = name as Point;
    const items = await loading(module, () =>
      loadItems(point, join(task.directory, module), `bit.${point}: ${module}`),
    );
    provides[point] = items.map((item) => POINTS[point].describe(item));
  }
  return {
    commands,
    provides,
    listeners: listeners.map(({ name, description, events }) => ({ name, description, events })),
  };
}

/** A module that does not load here is told of by its name. */
async function loading<Value>(module: string, load: () => Promise<Value>): Promise<Value> {
  try {
    return await load();
  } catch (error) {
    if (error instanceof BitError) throw error;
    throw new BitError('failed', `${module} does not load in a sandbox: ${reason(error)}`, {
      hint: 'a module may read its own package when it is loaded, and nothing else: docs/plugins.md',
    });
  }
}

async function loadListeners(file: string, plugin: string) {
  const module = (await import(pathToFileURL(file).href)) as {
    listeners?: unknown;
    default?: { listeners?: unknown };
  };
  return checkListeners(module.listeners ?? module.default?.listeners, plugin);
}
