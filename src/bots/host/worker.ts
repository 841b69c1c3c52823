import { mkdirSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BitError } from '../../kernel/errors.ts';
import { writeFileAtomic } from '../../kernel/files.ts';
import { type Channel, runSandboxed } from '../../plugins/index.ts';
import { findSystemProgram } from '../../workflow/index.ts';
import type { BotTask } from '../task.ts';
import type { Answers } from './answers.ts';
import { botsDirectory } from './database.ts';
import type { HandledBot, Handling } from './handling.ts';

type Handler = BotTask['handler'];

/** Megabytes of data Node maps for itself before it runs anything. */
export const OWN_MEMORY = 640;
/** Milliseconds after its time is over, or the host ends, in which a handler that looks at its signal may end by itself. */
const GRACE = 2000;

/** Has a bot in JavaScript, or a script in a small language, handle one event in a sandboxed process. */
export async function runWorker(handling: Handling, answers: Answers): Promise<void> {
  const { bot, env, event, now, seam } = handling;
  const { manifest } = bot;
  const { limits, name } = manifest;
  const { directory, handler } = place(handling);
  const task: BotTask = {
    ...{ kind: 'bot', bot: name, directory, handler, event },
    settings: manifest.settings,
    context: handling.context ?? null,
    seconds: limits.seconds,
    ...(now === undefined ? {} : { now }),
  };
  const time = AbortSignal.timeout(limits.seconds * 1000 + GRACE);
  const leave = openLeave(handling.hostEnds);
  try {
    const { stdout, stderr } = await runSandboxed({
      name: `the bot ${name}`,
      program: seam.program,
      directory,
      env,
      signal: AbortSignal.any([handling.stopped, leave.over, time]),
      onArrived: leave.arrived,
      limits: {
        silence: limits.seconds * 1000 + 2 * GRACE,
        output: limits.output_mb * 1024 * 1024,
        heap: limits.memory_mb,
      },
      around: memoryWords(limits.memory_mb),
      task: () => task,
      answer: (method, given) => answers(method, given),
    });
    for (const line of `${stdout}\n${stderr}`.split('\n')) if (line.trim() !== '') handling.say(line);
  } catch (error) {
    if (time.aborted && !handling.signal.aborted)
      throw new BitError('failed', `it took longer than ${limits.seconds} seconds`, { cause: error });
    throw error;
  } finally {
    leave.close();
  }
}

interface Leave {
  /** Its process is ended. */
  readonly over: AbortSignal;
  arrived(child: Channel): void;
  close(): void;
}

/** Tells a handler that the host ends, and leaves it a while; one that has not begun is not waited for. */
function openLeave(hostEnds: AbortSignal): Leave {
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let handler: Channel | undefined;
  const tell = (): void => {
    handler?.call('stop').catch(() => undefined);
    timer = setTimeout(() => over.abort(), handler === undefined ? 0 : GRACE);
  };
  hostEnds.addEventListener('abort', tell, { once: true });
  if (hostEnds.aborted) tell();
  return {
    over: over.signal,
    arrived: (child) => {
      handler = child;
    },
    close() {
      hostEnds.removeEventListener('abort', tell);
      clearTimeout(timer);
    },
  };
}

/** What the kernel holds of its memory beside the heap, which Node holds: buffers, code, everything. */
function memoryWords(megabytes: number): readonly string[] {
  const prlimit = process.platform === 'linux' ? findSystemProgram('prlimit') : undefined;
  return prlimit === undefined
    ? []
    : [prlimit, `--data=${(megabytes + OWN_MEMORY) * 1024 * 1024}`, '--core=0'];
}

function place(handling: Handling): { readonly directory: string; readonly handler: Handler } {
  const { bot, stateDirectory } = handling;
  const { handler } = bot.manifest;
  if (handler.kind === 'script') return script(stateDirectory, bot);
  const code = handling.code(handler);
  const directory = realpathSync(code.directory);
  return { directory, handler: { kind: 'module', file: join(directory, code.module), name: handler.bot } };
}

/** The files of a deployed bot as they were when it was deployed, in a folder that its digest names. */
function script(
  stateDirectory: string,
  bot: HandledBot,
): { readonly directory: string; readonly handler: Handler } {
  const { handler, name } = bot.manifest;
  if (handler.kind !== 'script' || handler.language === 'shell') throw new Error('no script to run here');
  const directory = writeFiles(stateDirectory, bot);
  const found = bot.files.find(({ path }) => path === handler.path);
  if (found === undefined) throw new BitError('integrity', `${name} was deployed without ${handler.path}`);
  return {
    directory,
    handler: {
      kind: 'script',
      language: handler.language,
      path: handler.path,
      file: join(directory, handler.path),
      text: found.text,
    },
  };
}

/** Written anew each time: what lies there is as it was deployed, whatever was done to it. */
export function writeFiles(stateDirectory: string, { manifest, files }: HandledBot): string {
  const directory = join(botsDirectory(stateDirectory), 'files', manifest.name);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const { path, text } of files) {
    const file = join(directory, path);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileAtomic(file, text, { mode: 0o600 });
  }
  // a script in JavaScript is a module
  if (!files.some(({ path }) => path === 'package.json'))
    writeFileAtomic(join(directory, 'package.json'), '{"type":"module"}\n', { mode: 0o600 });
  return realpathSync(directory);
}
