import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BitError, isBitError } from '../../kernel/errors.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { Reach } from '../../kernel/reach.ts';
import type { Writer } from '../../operation/index.ts';
import { covers } from '../../token/index.ts';
import type { FarPlace } from '../elsewhere/far.ts';
import { handleElsewhere } from '../elsewhere/handle.ts';
import type { DeployedBot } from '../model.ts';
import { openAnswers } from './answers.ts';
import { runBitChild } from './bit-child.ts';
import { openCalls } from './calls.ts';
import { codeOf } from './code.ts';
import { confinement } from './confine.ts';
import { botsDirectory } from './database.ts';
import type { Handling } from './handling.ts';
import type { BotLog } from './logs.ts';
import { networkOf, openProxy } from './network.ts';
import type { Queue, Queued } from './queue.ts';
import { readableFor } from './readable.ts';
import type { BotSeam } from './seam.ts';
import { runShell } from './shell.ts';
import type { BotTokens } from './tokens.ts';
import { LIST_FILES } from './tree.ts';
import { runWorker } from './worker.ts';

export interface Deliverer {
  readonly writer: Writer;
  readonly queue: Queue;
  readonly tokens: BotTokens;
  readonly seam: BotSeam;
}

/** One event on its way to one bot. */
export interface Delivery extends Deliverer, Handling {
  readonly bot: DeployedBot;
  readonly seam: BotSeam;
  readonly reach: Reach;
}

export interface DeliverOptions {
  readonly bot: DeployedBot;
  readonly queued: Queued;
  readonly log: BotLog;
  readonly context: JsonObject | undefined;
  readonly signal: AbortSignal;
  /** Where its process is to be; undefined: here. */
  readonly to: FarPlace | undefined;
  /** Milliseconds it is waited for there. */
  readonly patience: number;
}

/** Has a bot handle an event; done, with what it keeps, when this returns. Throws what its handler threw, or why it was stopped. */
export async function deliver(
  deliverer: Deliverer,
  { bot, queued, log, context, signal, to, patience }: DeliverOptions,
): Promise<void> {
  const { writer, queue, seam, tokens } = deliverer;
  const { name, limits, handler } = bot.manifest;
  const { git, stateDirectory } = writer;
  const root = git.paths.root;
  const over = new AbortController();
  let stopped: BitError | undefined;
  const ending = AbortSignal.any([signal, over.signal]);
  const reach: Reach = {
    root: root ?? git.paths.gitDir,
    closed: root === undefined ? [stateDirectory] : [git.paths.gitDir, git.paths.commonDir],
    home: writer.env['HOME'],
  };
  const delivery: Delivery = {
    ...deliverer,
    ...{ bot, root, reach, context, signal: ending, hostEnds: signal, stopped: over.signal },
    event: queued.event,
    ...{ env: writer.env, stateDirectory, room: 'own' },
    state: queue.stateOf(name),
    code: (wanted) => codeOf(writer, seam.bundled, wanted),
    async listed() {
      const { stdout } = await git.read([...LIST_FILES]);
      return stdout.split('\0');
    },
    used: (capability) => queue.used(name, capability),
    say: (line) => log.write('bot', queued.event.id, line),
    stop(why) {
      stopped ??= new BitError('failed', why);
      over.abort();
      return stopped;
    },
    async refused(method, args, error) {
      log.write('host', queued.event.id, `refused: ${error.message}`);
      const told = args.map((one) => String(one).slice(0, 200));
      await writer.note([
        {
          event: 'BOT_REFUSED',
          denied: true,
          as: `bot:${name}`,
          payload: {
            action: `bot.${method}`,
            words: told,
            messages: [error.message],
            cause: `${name}/${queued.event.id}`,
          },
        },
      ]);
    },
  };
  const scratch = join(botsDirectory(stateDirectory), 'scratch', name);
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true, mode: 0o700 });
  const network = networkOf(bot.granted);
  const proxy = network.length === 0 ? undefined : await openProxy(network, delivery);
  const hidden = seesBots(bot) ? [] : [botsDirectory(stateDirectory)];
  const writable = [...(await writableFor(delivery)), scratch];
  const acting = confinement({ writable, hidden, network: false });
  // a query finds the repository, to read, and nothing else of the user's
  const reading = confinement({
    readable: [
      ...(acting.length === 0 ? [] : await readableFor(writer, seam)),
      ...(proxy === undefined ? [] : [proxy.folder]),
    ],
    writable: [...ownPlaces(delivery), scratch],
    ...{ hidden, network: false },
  });
  const calls = openCalls({
    ...{ writer, queue, queued, reach },
    granted: bot.granted,
    signal: ending,
    commandOf: (words) => seam.commandOf(words),
    log: (line) => void log.write('host', queued.event.id, line),
    run: async (words, { input, cause, reads }) => {
      const around = reads ? reading : acting;
      return runBitChild({
        argv: [...around, ...(proxy?.through(around.length > 0) ?? []), ...writer.self, ...words],
        cwd: reach.root,
        env: environment(delivery, { token: await tokens.of(bot), cause, scratch, proxy: proxy?.env ?? {} }),
        ...{ input, most: limits.output_mb * 1024 * 1024, signal: ending },
      });
    },
  });
  const { answers, set } = openAnswers(delivery, calls.call);
  try {
    if (to !== undefined) {
      const say = (line: string): void => void log.write('host', queued.event.id, line);
      await handleElsewhere(delivery, {
        ...{ to, queued, answers, scratch, patience, log: say },
        call: (n, words, asked) => calls.at(n, words, asked),
      });
    } else if (handler.kind === 'script' && handler.language === 'shell')
      await runShell(delivery, answers, scratch);
    else await runWorker(delivery, answers);
    // it may have left its work in the middle because of that: the event comes again
    if (signal.aborted) throw new BitError('cancelled', 'the host ends');
    queue.done(queued, set);
  } catch (error) {
    throw stopped ?? error;
  } finally {
    // a command that its bot did not wait for
    over.abort();
    await calls.idle();
    await proxy?.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** What a command of a bot's sees: this environment, its own token, and no operation it would run inside of. */
function environment(
  { writer, bot }: Delivery,
  given: {
    readonly token: string;
    readonly cause: string;
    readonly scratch: string;
    readonly proxy: Readonly<Record<string, string>>;
  },
): Readonly<Record<string, string | undefined>> {
  const { BIT_OPERATION: _, BIT_RUN_OPERATION: __, ...env } = writer.env;
  return {
    ...env,
    ...given.proxy,
    BITHUB_TOKEN: given.token,
    BIT_CAUSE: given.cause,
    TMPDIR: given.scratch,
    NO_COLOR: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: `${bot.manifest.name} (bot)`,
  };
}

/** The repository, `bit`'s own caches, and remotes in folders of this machine where it may push. */
async function writableFor(delivery: Delivery): Promise<readonly string[]> {
  const { writer, root, bot } = delivery;
  const { git } = writer;
  const places = [...(root === undefined ? [] : [root]), ...ownPlaces(delivery)];
  if (!covers(bot.granted, 'repo:push')) return places;
  try {
    const remotes = await git.remotes();
    return [
      ...places,
      ...remotes.map(({ push }) => push.replace(/^file:\/\//, '')).filter((at) => at.startsWith('/')),
    ];
  } catch (error) {
    if (isBitError(error)) return places;
    throw error;
  }
}

/** What is git's and `bit`'s own: a query's denial is written down there too. */
function ownPlaces({ writer }: Delivery): readonly string[] {
  const { git, cacheDirectory, userDirectory, stateDirectory } = writer;
  const { gitDir, commonDir } = git.paths;
  return [...new Set([gitDir, commonDir, stateDirectory]), cacheDirectory, userDirectory];
}

/** It was granted commands that speak of bots by their names. */
function seesBots({ granted }: DeployedBot): boolean {
  return granted.some((one) => /^(?:query:)?bot:/.test(one));
}
