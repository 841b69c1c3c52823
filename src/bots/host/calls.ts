import { setTimeout as sleep } from 'node:timers/promises';
import { settleOperation } from '../../history/index.ts';
import { BitError, type ErrorCode, EXIT_CODES, isBitError } from '../../kernel/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import type { Reach } from '../../kernel/reach.ts';
import { shorten } from '../../kernel/text.ts';
import { openMarkers } from '../../ledger/index.ts';
import { begunUnder, type Cause, causeText, readOperation, type Writer } from '../../operation/index.ts';
import { botCovers } from '../../token/index.ts';
import { callDigest } from '../elsewhere/replay.ts';
import type { BitAnswer, BitOptions } from '../handler.ts';
import type { BitEnd } from './bit-child.ts';
import type { Queue, Queued } from './queue.ts';
import { type CommandFacts, capabilityFor } from './seam.ts';
import { checkCall } from './words.ts';

export interface CallsOptions {
  readonly writer: Writer;
  readonly queue: Queue;
  readonly queued: Queued;
  readonly reach: Reach;
  readonly granted: readonly string[];
  readonly commandOf: (words: readonly string[]) => CommandFacts | undefined;
  /** Runs `bit` with these words under the bot's token, `cause` in its environment. */
  readonly run: (words: readonly string[], how: RunCall) => Promise<BitEnd>;
  readonly log: (line: string) => void;
  /** Aborted when the event's time is over or the host ends. */
  readonly signal: AbortSignal;
}

export interface RunCall {
  readonly input: string | undefined;
  readonly cause: string;
  /** It changes nothing. */
  readonly reads: boolean;
}

const MOST_CALLS = 10_000;
/** Whoever was granted nothing else changes nothing, whatever it says. */
const OF_READING = /^(?:query|tree|network):/;

/**
 * The calls of `bit` of one event, numbered in the order they are asked for, run one after another, and in the journal
 * before and after. What ended before a crash is answered from there; what was under way when one came is looked up in
 * the ledger by its cause, and runs only where it never began.
 */
export function openCalls(options: CallsOptions) {
  let last = 0;
  let before: Promise<unknown> = Promise.resolve();
  const at = (n: number, words: unknown, asked: unknown): Promise<BitAnswer> => {
    last = n;
    const answer = before.then(() => call(options, n, words, asked));
    before = answer.catch(() => undefined);
    return answer;
  };
  return {
    call: (words: unknown, asked: unknown): Promise<BitAnswer> => at(last + 1, words, asked),
    /** The one of that number: what came before it is known already. */
    at,
    /** None is under way any more. */
    idle: (): Promise<unknown> => before,
  };
}

async function call(options: CallsOptions, n: number, words: unknown, asked: unknown): Promise<BitAnswer> {
  const { queue, queued } = options;
  if (n > MOST_CALLS) throw new BitError('denied', `an event comes to at most ${MOST_CALLS} commands`);
  let checked: ReturnType<typeof checkCall>;
  try {
    checked = checkCall(words, asked, options.reach);
  } catch (error) {
    if (!isBitError(error)) throw error;
    return refuse(options, words, error);
  }
  const digest = callDigest(checked.words, checked.options);
  const known = queue.call(queued, n);
  if (known === undefined) return run(options, { ...checked, n, digest, try: 1, again: false });
  const same = known.digest === digest;
  if (known.answer !== undefined) {
    // within one try of the handler it is as it was; a later one may do better where it had failed
    if (same && (known.answer.status === 0 || known.attempt === queued.attempts)) return known.answer;
    return run(options, { ...checked, n, digest, try: known.try + 1, again: false });
  }
  const found = await ended(options, causeOf(queued, n, known.try));
  if (found === undefined || found === 'untouched' || found.status === EXIT_CODES.cancelled || !same) {
    // under the same cause where nothing began: a process of the dead host may still be about to, and one of them will
    const again = found === undefined && same ? known.try : known.try + 1;
    return run(options, { ...checked, n, digest, try: again, again: true });
  }
  options.log(`call ${n} was found in the ledger: it ended with ${found.status}`);
  queue.callDone(queued, n, found);
  return found;
}

interface Asked {
  readonly n: number;
  readonly try: number;
  readonly digest: string;
  readonly words: readonly string[];
  readonly options: BitOptions;
  /** It was begun before a crash: a process that outlived it may have been first. */
  readonly again: boolean;
}

async function run(options: CallsOptions, asked: Asked): Promise<BitAnswer> {
  const { queue, queued, signal, commandOf } = options;
  const { n, digest, words } = asked;
  if (signal.aborted) throw new BitError('cancelled', 'the host ends');
  const command = commandOf(words);
  queue.callBegun(queued, { n, try: asked.try, attempt: queued.attempts, digest }, words);
  if (command !== undefined && command.command !== 'git') queue.used(queued.bot, capabilityFor(command));
  const cause = causeOf(queued, n, asked.try);
  const end = await options.run(
    [
      '--no-input',
      ...(command?.kind === 'action' ? ['--yes'] : []),
      ...(asked.options.json === true ? ['--json'] : []),
      ...words,
    ],
    {
      input: asked.options.input,
      cause: causeText(cause),
      reads: command?.kind === 'query' || options.granted.every((one) => OF_READING.test(one)),
    },
  );
  const answer = await answered(options, { asked, cause, end });
  if (answer.status !== 0 && command !== undefined)
    await tellTried(options, { asked, cause, command, answer });
  queue.callDone(queued, n, answer);
  return answer;
}

/**
 * What never came to the gate is recorded all the same: an action that its token does not carry and that failed before,
 * and what was refused before a ledger was open (a `-C` that leads out).
 */
async function tellTried(
  { writer, queued, granted }: CallsOptions,
  {
    asked,
    cause,
    command,
    answer,
  }: {
    readonly asked: Asked;
    readonly cause: Cause;
    readonly command: CommandFacts;
    readonly answer: BitAnswer;
  },
): Promise<void> {
  const capability = capabilityFor(command);
  const ungranted = command.action !== undefined && !botCovers(granted, capability);
  if (!ungranted && answer.status !== EXIT_CODES.denied) return;
  const text = causeText(cause);
  for (const { payload } of writer.ledger.entries({ as: `bot:${cause.bot}`, newestFirst: true, limit: 50 }))
    if (payload?.['cause'] === text) return;
  const said = shorten(answer.stderr.trim() || answer.stdout.trim(), 1000);
  await writer.note([
    {
      event: 'BOT_REFUSED',
      denied: true,
      as: `bot:${queued.bot}`,
      payload: {
        action: command.action ?? `read.${command.command}`,
        command: command.command,
        words: asked.words.slice(0, 20).map((word) => word.slice(0, 200)),
        messages: [ungranted ? `${queued.bot} was not granted ${capability}` : said],
        cause: text,
      },
    },
  ]);
}

async function answered(
  options: CallsOptions,
  { asked, cause, end }: { readonly asked: Asked; readonly cause: Cause; readonly end: BitEnd },
): Promise<BitAnswer> {
  const killed = isKilled(end);
  if (killed || (end.status !== 0 && asked.again)) {
    const found = await ended(options, cause);
    const own = !killed && (found === 'untouched' || found?.status !== 0);
    if (found === 'untouched' && !own)
      return { status: 1, stdout: '', stderr: 'it was killed before it changed anything\n' };
    const stopped = options.signal.aborted && found !== 'untouched' && found?.status === EXIT_CODES.cancelled;
    if (found !== undefined && found !== 'untouched' && !own && !stopped) return found;
  }
  const { stdout, stderr } = end;
  // no answer to the handler: what was put back, as it was to end, is run again with the event
  if (end.status !== 0 && options.signal.aborted)
    throw new BitError('cancelled', 'the command was ended with its bot');
  const json = asked.options.json === true ? jsonOf(stdout) : undefined;
  const answer = { status: end.status ?? 1, stdout, stderr };
  return json === undefined ? answer : { ...answer, json };
}

/** Nobody saw how it ended: by a signal, or as what runs it in its name spaces tells that (128 and the signal). */
function isKilled({ status }: BitEnd): boolean {
  return status === undefined || status > 128;
}

function jsonOf(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function causeOf({ bot, event }: Queued, n: number, attempt: number): Cause {
  return { bot, event: event.id, call: `${n}.${attempt}` };
}

/** Milliseconds between looks at an operation that a process of a dead host is still at. */
const PACE = 100;

/**
 * How the operation under a cause ended, by the ledger: waits for one that runs, settles one whose process died.
 * Undefined where none began; `untouched` where it changed nothing.
 */
async function ended(
  { writer, signal }: CallsOptions,
  cause: Cause,
): Promise<BitAnswer | 'untouched' | undefined> {
  const op = begunUnder(writer.ledger, cause);
  if (op === undefined) return undefined;
  for (;;) {
    const found = readOperation(writer.ledger, op);
    if (found === undefined) return undefined;
    if (found.outcome !== undefined)
      return fromOutcome(op, found.outcome.entry_sha256, found.outcome.payload);
    const markers = openMarkers(`${writer.stateDirectory}/ledger`);
    if (!markers.some((marker) => marker.op === op && marker.running !== false)) {
      try {
        const settled = await settleOperation(writer, found.intent);
        if (settled.found === 'untouched') return 'untouched';
      } catch (error) {
        // another process settled it meanwhile
        if (!isBitError(error, 'changed')) throw error;
      }
      continue;
    }
    if (signal.aborted) throw new BitError('cancelled', 'the host ends');
    await sleep(PACE);
  }
}

/** What the ledger tells of a command's end: its recorded result in place of what it printed. */
function fromOutcome(op: string, entry: string, payload: JsonObject | undefined): BitAnswer | 'untouched' {
  if (payload?.['settled'] === 'untouched') return 'untouched';
  const result = isJsonObject(payload?.['result']) ? payload['result'] : {};
  const json = { ...result, operation: { id: op, entry } };
  if (payload?.['ok'] === true) return { status: 0, stdout: '', stderr: '', json };
  const error = isJsonObject(payload?.['error']) ? payload['error'] : {};
  const status = EXIT_CODES[error['code'] as ErrorCode] ?? 1;
  return { status, stdout: '', stderr: `${String(error['message'] ?? 'it failed')}\n` };
}

/** Recorded as what a policy refuses is: what a bot tried is to be seen. */
async function refuse(
  { writer, queued, log }: CallsOptions,
  words: unknown,
  error: BitError,
): Promise<BitAnswer> {
  const told = Array.isArray(words) ? words.slice(0, 20).map((word) => String(word).slice(0, 200)) : [];
  log(`refused: ${error.message}`);
  await writer.note([
    {
      event: 'BOT_REFUSED',
      denied: true,
      as: `bot:${queued.bot}`,
      payload: {
        action: 'bot.call',
        words: told,
        messages: [error.message],
        cause: `${queued.bot}/${queued.event.id}`,
      },
    },
  ]);
  return { status: EXIT_CODES[error.code], stdout: '', stderr: `${error.message}\n` };
}
