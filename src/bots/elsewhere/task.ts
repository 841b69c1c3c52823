import { sha256 } from '../../kernel/digest.ts';
import { BitError } from '../../kernel/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import { parseJsonWithin } from '../../kernel/json-within.ts';
import { maskJson, maskSecrets } from '../../kernel/secrets.ts';
import { checkPath } from '../../workflow/index.ts';
import type { HandledBot } from '../host/handling.ts';
import { checkBotPath } from '../manifest.ts';
import type { BotEvent } from '../model.ts';
import { CODE } from './carry.ts';
import type { Answered } from './replay.ts';

/** What another machine is told of an event, and of who handles it: no token, nothing of what the bot may do but whether it reads the tree. */
export interface FarTask {
  readonly bot: HandledBot;
  /** Of a plugin: which of its files brings its bots. */
  readonly module?: string;
  readonly event: BotEvent;
  readonly context: JsonObject | null;
  readonly state: Readonly<Record<string, Json>>;
  /** RFC 3339: when this try began; the same in all of it. */
  readonly now: string;
  readonly journal: readonly Answered[];
  /** See {@link Replay}. */
  readonly fixed: number;
  /** Lines it said, and what it was refused, that are known at home. */
  readonly told: number;
  readonly refused: number;
}

/** Kind of a source of workflows that handles events of bots. */
export const SOURCE = 'bot';
/** Artifacts of such a job. */
export const TASK = 'task';
export const TASK_FILE = 'task.json';
export const REPORT = 'report';
export const REPORT_FILE = 'report.json';

/** The workflow such a job is said to be of. */
export function workflowOf(bot: string): string {
  return `bit bot ${bot}`;
}

/** Whether a job handles an event of a bot: that is no news to bots, who would have it handled, and so on for ever. */
export function isBotWork(workflow: unknown): boolean {
  return typeof workflow === 'string' && /^bit bot [a-z][a-z0-9-]{0,62}$/.test(workflow);
}

/** Bytes of it. */
const MOST_TASK = 64 * 1024 * 1024;
const LEVELS = 200;

/**
 * Without secrets: in what it is told of the world and was answered they are masked; what its owner wrote or it kept
 * can't go with a part of it missing.
 *
 * @throws BitError `denied` naming what of it holds a secret, `failed` where it is too large
 */
export function writeTask(task: FarTask): string {
  const { bot, event, context, state, journal } = task;
  const parts: readonly (readonly [string, unknown])[] = [
    ['its settings', bot.manifest.settings],
    ['its state', state],
    ...bot.files.map(({ path, text }) => [path, text] as const),
  ];
  for (const [what, part] of parts) if (holdsSecret(part)) throw secretIn(bot.manifest.name, what);
  const told = {
    ...task,
    event: { ...event, facts: maskJson(event.facts) },
    context: maskJson(context),
    journal: journal.map(({ digest, answer }) => ({ digest, answer: maskJson({ ...answer }) })),
  };
  const text = JSON.stringify({ v: 1, ...told });
  if (Buffer.byteLength(text) <= MOST_TASK) return text;
  throw new BitError(
    'failed',
    `the event, with what its commands printed, is larger than ${MOST_TASK} bytes: it can't go elsewhere`,
  );
}

function holdsSecret(part: unknown): boolean {
  const text = JSON.stringify(part) ?? '';
  return maskSecrets(text) !== text;
}

function secretIn(bot: string, what: string): BitError {
  return new BitError('denied', `${what} holds a secret: it does not travel to another machine`, {
    hint: `let ${bot} handle it here: bit bot reroute ${bot} --off`,
    details: { part: what },
  });
}

/** @throws BitError `integrity` naming what is wrong with it, and for a file that is another than was deployed */
export function readTask(text: string): FarTask {
  const value = parseJsonWithin(text, LEVELS);
  if (!isJsonObject(value) || value['v'] !== 1) throw broken('v');
  const { bot, event, state, now, journal, fixed, told, refused, module } = value;
  if (!isJsonObject(bot) || !isJsonObject(bot['manifest'])) throw broken('bot');
  if (!isJsonObject(event) || typeof event['id'] !== 'string') throw broken('event');
  if (!isJsonObject(state)) throw broken('state');
  if (typeof now !== 'string' || Number.isNaN(Date.parse(now))) throw broken('now');
  if (!Array.isArray(journal) || !Array.isArray(bot['files'])) throw broken('journal');
  for (const count of [fixed, told, refused]) if (!Number.isInteger(count)) throw broken('count');
  if (module !== undefined) checkPath(CODE, typeof module === 'string' ? module : '');
  const task = value as unknown as FarTask;
  for (const { path, sha256: digest, text: content } of task.bot.files) {
    checkBotPath(path);
    if (sha256(content).toString('hex') !== digest) throw broken(path);
  }
  return task;
}

function broken(member: string): BitError {
  return new BitError('integrity', `what came of a bot to be run has no good ${member}`);
}
