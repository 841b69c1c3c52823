import { join } from 'node:path';
import { BitError } from '../../kernel/errors.ts';
import type { Json, JsonObject } from '../../kernel/json.ts';
import { printable } from '../../kernel/text.ts';
import type { BitAnswer } from '../handler.ts';
import type { Answers } from '../host/answers.ts';
import type { Delivery } from '../host/delivery.ts';
import type { Queued } from '../host/queue.ts';
import { carry } from './carry.ts';
import { Far, type FarPlace } from './far.ts';
import { callDigest, Progress } from './replay.ts';
import { type FarResult, readResult } from './result.ts';
import { writeTask } from './task.ts';

export interface Elsewhere {
  readonly to: FarPlace;
  readonly queued: Queued;
  readonly answers: Answers;
  /** The call of that number, under the bot's token, and in the journal before and after. */
  readonly call: (n: number, words: Json, options: Json) => Promise<BitAnswer>;
  /** For files; gone with the event. */
  readonly scratch: string;
  /** Milliseconds a runner is waited for. */
  readonly patience: number;
  /** About it, in the bot's log. */
  readonly log: (line: string) => void;
}

/**
 * Has the process of a handler run on another machine, and nothing else of it: what that asks of `bit` runs here, one
 * job of the mesh after another, each with a journal longer by one call, until the handler is done.
 *
 * @throws BitError what the handler failed by; one with `unreached` where nobody took it
 */
export async function handleElsewhere(delivery: Delivery, elsewhere: Elsewhere): Promise<void> {
  const { bot, event, context, writer, queue, signal, state } = delivery;
  const { manifest, files, granted } = bot;
  const { name, handler, limits, settings } = manifest;
  const { queued, scratch, log } = elsewhere;
  const reads = granted.includes('tree:read');
  if (handler.kind === 'script' && handler.language === 'shell' && !reads)
    throw new BitError('denied', `${name} is a shell script, and what it runs in on a runner has the tree`, {
      hint: 'give it tree:read, or let it be handled here: bit bot reroute NAME --off',
    });
  const brought = handler.kind === 'plugin' ? delivery.code(handler) : undefined;
  const code = brought === undefined ? undefined : carry(brought.directory, name);
  let at: string | undefined;
  const far = new Far({
    ...{ writer, bot: name, signal, to: elsewhere.to, patience: elsewhere.patience },
    directory: join(scratch, 'mesh'),
    committed: !reads || delivery.root === undefined,
    seconds: limits.seconds,
    onRunner(runner) {
      if (runner !== at) log(`it is handled on ${printable(runner)}`);
      at = runner;
      queue.places.placed(queued, runner);
    },
  });
  const progress = new Progress(queue.places.answered(queued));
  const now = writer.now().toISOString();
  const heard = { told: 0, refused: 0 };
  try {
    for (;;) {
      const task = writeTask({
        bot: { manifest: { name, handler, limits, settings }, files, granted: reads ? ['tree:read'] : [] },
        ...(brought === undefined ? {} : { module: brought.module }),
        ...{ event, context: context ?? null, state: Object.fromEntries(state), now },
        ...{ journal: progress.journal, fixed: progress.fixed, ...heard },
      });
      const result = readResult(await far.run({ task, code, calls: progress.journal.length }));
      await take(delivery, elsewhere.answers, result, heard);
      const { end } = result;
      if (end.kind === 'failed') throw new BitError('failed', printable(end.why));
      if (end.kind === 'done') return await keep(elsewhere.answers, end.set);
      progress.expect(end.n);
      const answer = await elsewhere.call(end.n, end.words, end.options);
      if (signal.aborted) throw new BitError('cancelled', 'the host ends');
      progress.add(end.n, { digest: callDigest(end.words, end.options), answer });
    }
  } finally {
    await far.close();
  }
}

/** What it said and was refused since, held to what a bot may say here. */
async function take(
  delivery: Delivery,
  answers: Answers,
  { lines, refused, tree }: FarResult,
  heard: { told: number; refused: number },
): Promise<void> {
  if (tree && delivery.bot.granted.includes('tree:read')) delivery.used('tree:read');
  for (const line of lines) await answers('log', [line]);
  for (const { method, args, message } of refused)
    await delivery.refused(method, args, new BitError('denied', printable(message)));
  heard.told += lines.length;
  heard.refused += refused.length;
}

/** As if each had been set here: keys, sizes. */
async function keep(answers: Answers, set: JsonObject): Promise<void> {
  for (const [key, value] of Object.entries(set)) await answers('state.set', [key, value]);
}
