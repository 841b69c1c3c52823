import { isAbsolute, resolve } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type Json } from '../kernel/json.ts';
import { openBroker, type Plugin, runSandboxed, type SandboxResult } from '../plugins/index.ts';
import type { Globals } from './command.ts';
import type { Context } from './context.ts';
import { host, type Installation } from './host.ts';
import { wantsColour } from './io.ts';
import { write } from './output.ts';
import type { CommandTask } from './plugin-child.ts';
import { sandboxProgram } from './plugin-program.ts';
import { asksForJson, reportFailure } from './report.ts';
import { openRun, type Run } from './run.ts';

export interface SandboxedCommand {
  readonly installation: Installation;
  readonly plugin: Plugin;
  readonly id: string;
  readonly argv: readonly string[];
}

/** Runs a command of a plugin that is not trusted; gate, ledger and keys stay in this process. */
export async function runInSandbox(command: SandboxedCommand): Promise<void> {
  const { io } = host();
  const { argv, id } = command;
  const json = asksForJson(argv);
  let run: Run | undefined;
  try {
    const abort = new AbortController();
    const stop = io.onInterrupt(() => abort.abort());
    const opening = (): Promise<Run> => openRun(io, globalsOf(argv), id.replaceAll(':', '.'));
    try {
      const { result, stdout, stderr } = await runChild(command, abort.signal, async () => {
        run ??= await opening();
        return run.context;
      });
      await write(io.stderr, harmless(stderr));
      await write(io.stdout, json ? (asJson(stdout) ?? harmless(stdout)) : harmless(stdout));
      const exit: unknown = isJsonObject(result) ? result['exit'] : undefined;
      io.setExitCode(
        typeof exit === 'number' && Number.isInteger(exit) && exit >= 0 && exit <= 255 ? exit : 70,
      );
    } finally {
      stop();
      run?.end();
    }
  } catch (error) {
    await reportFailure(io, error, json);
  }
  if (run !== undefined && run.context.outcomes.length > 0) {
    const { tellListeners } = await import('./plugin-listeners.ts');
    await tellListeners(run.context);
  }
}

/** The child starts first: this process opens its own world meanwhile. */
function runChild(
  { installation, plugin, id, argv }: SandboxedCommand,
  signal: AbortSignal,
  open: () => Promise<Context>,
): Promise<SandboxResult> {
  const { io } = host();
  const name = `the plugin ${plugin.name}`;
  let opening: Promise<Context> | undefined;
  let broker: ReturnType<typeof openBroker> | undefined;
  return runSandboxed({
    name,
    program: sandboxProgram(installation),
    directory: plugin.directory,
    env: io.env,
    signal,
    onStarted: () => {
      opening ??= open();
      opening.catch(() => undefined); // told of when the task is asked for
    },
    async task() {
      opening ??= open();
      const context = await opening;
      const { reader } = context;
      await context.keepInside(id.replaceAll(':', '.'), argv, {});
      broker = openBroker({
        name,
        command: id.replaceAll(':', '.'),
        kind: plugin.commands[id]?.kind ?? 'query',
        capabilities: plugin.capabilities,
        reader,
        gateRead: (command, args) => context.gateRead(command, args),
        perform: (request, effect) => context.perform(request, effect),
      });
      const task: CommandTask = {
        kind: 'command',
        plugin: plugin.name,
        directory: plugin.directory,
        id,
        file: resolve(plugin.directory, plugin.commands[id]?.module ?? ''),
        argv: withoutDirectory(argv),
        cwd: reader.cwd,
        colour: wantsColour(io, 'stdout'),
        width: io.width,
        canAsk: reader.ask.possible && plugin.capabilities.includes('ask'),
        version: installation.version,
        git:
          reader.repository === undefined
            ? null
            : { adapter: reader.git.adapter, paths: reader.git.paths, zeroOid: reader.git.zeroOid },
      };
      return task;
    },
    async answer(method, given, child) {
      if (broker === undefined) throw new BitError('denied', 'it has no task yet');
      return broker(method, given, child);
    },
  });
}

/**
 * The global flags as this process reads them from the command line: what a child makes of them decides nothing. Where
 * a word could be a flag or another flag's value, the careful reading wins.
 */
export function globalsOf(argv: readonly string[]): Globals {
  const end = argv.indexOf('--');
  const words = end < 0 ? argv : argv.slice(0, end);
  const has = (long: string, short?: string): boolean =>
    words.some(
      (word) => word === long || (short !== undefined && /^-[a-z]+$/.test(word) && word.includes(short)),
    );
  const at = words.findIndex((word) => word === '-C' || word === '--directory');
  const joined = words.find((word) => word.startsWith('--directory=') || /^-C./.test(word));
  const directory = at >= 0 ? words[at + 1] : joined?.replace(/^(?:--directory=|-C)/, '');
  return {
    json: asksForJson(argv),
    ...(directory === undefined ? {} : { directory }),
    'no-input': has('--no-input'),
    quiet: has('--quiet', 'q'),
    'show-git': has('--show-git'),
    'dry-run': has('--dry-run'),
    yes: words.includes('--yes') || words.includes('-y'),
  };
}

/** The child is told where it is; it would resolve `-C dir` a second time. */
function withoutDirectory(argv: readonly string[]): readonly string[] {
  const directory = globalsOf(argv).directory;
  if (directory === undefined || isAbsolute(directory)) return argv;
  return argv.map((word, at) => {
    if (word === directory && /^(?:-C|--directory)$/.test(argv[at - 1] ?? '')) return '.';
    if (word === `--directory=${directory}`) return '--directory=.';
    return word === `-C${directory}` ? '-C.' : word;
  });
}

/** Colours stay; everything else that could move a cursor or reorder a line is shown and not obeyed. */
export function harmless(text: string): string {
  return text.replace(
    /\u001b\[[0-9;]{0,32}m|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (found) => {
      if (found.length > 1) return found;
      const code = found.charCodeAt(0);
      return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
    },
  );
}

/** What a child printed under `--json`, printed anew: no bytes but JSON's. Undefined where it is none (`--jq`). */
function asJson(text: string): string | undefined {
  try {
    const indented = text.startsWith('{\n') || text.startsWith('[\n');
    return `${JSON.stringify(JSON.parse(text) as Json, null, indented ? 2 : 0)}\n`;
  } catch {
    return undefined;
  }
}
