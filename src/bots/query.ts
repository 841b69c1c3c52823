import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Paper } from '../kernel/paper.ts';
import { printable } from '../kernel/text.ts';
import type { Reader } from '../operation/index.ts';
import { botPlace, deployedBots, deployedNamed } from './deployed.ts';
import { type BotStanding, type HandledEvent, readEvents, readStandings } from './host/history.ts';
import { type LogLine, readLog } from './host/logs.ts';
import type { BotScope } from './model.ts';
import { rerouteText } from './words.ts';

export const QUERY_WHAT = ['state', 'history', 'logs'] as const;
export type QueryWhat = (typeof QUERY_WHAT)[number];

export interface BotQuestion {
  readonly what: QueryWhat;
  /** Default all that are deployed here. */
  readonly bot: string | undefined;
  /** Events, or lines. */
  readonly most: number;
}

export interface BotState extends Omit<BotStanding, 'bot'> {
  readonly name: string;
  readonly scope: BotScope;
  readonly digest: string;
  readonly paused: boolean;
  readonly reroute: string | null;
  readonly updates: string | null;
}

export type BotLine = LogLine & { readonly bot: string };

export interface BotAnswer {
  readonly what: QueryWhat;
  readonly state?: readonly BotState[];
  /** Oldest first. */
  readonly history?: readonly HandledEvent[];
  readonly logs?: readonly BotLine[];
  /** It was shown as it came, until somebody ended it. */
  readonly followed: boolean;
}

const IDLE = { waiting: 0, running: false, done: 0, dead: 0, last: null };

/**
 * How bots stand, what they handled, and what they said.
 *
 * @throws BitError `not-found` with the nearest names
 */
export async function queryBots(reader: Reader, question: BotQuestion): Promise<BotAnswer> {
  const { what, bot, most } = question;
  if (bot !== undefined) deployedNamed(await botPlace(reader), bot);
  const { stateDirectory } = reader;
  if (what === 'state') return { what, state: await statesOf(reader, bot), followed: false };
  if (what === 'history') {
    const events = readEvents(stateDirectory, { ...(bot === undefined ? {} : { bot }), most });
    return { what, history: [...events].reverse(), followed: false };
  }
  return { what, logs: await linesOf(reader, bot, most), followed: false };
}

async function statesOf(reader: Reader, wanted: string | undefined): Promise<readonly BotState[]> {
  const standings = new Map(readStandings(reader.stateDirectory).map(({ bot, ...rest }) => [bot, rest]));
  const { bots } = await deployedBots(reader);
  return bots
    .filter(({ manifest }) => wanted === undefined || manifest.name === wanted)
    .map(({ manifest, scope, digest, paused, reroute, updates }) => ({
      ...{ name: manifest.name, scope, digest, paused, updates },
      reroute: reroute === null ? null : rerouteText(reroute),
      ...(standings.get(manifest.name) ?? IDLE),
    }));
}

async function linesOf(
  reader: Reader,
  wanted: string | undefined,
  most: number,
): Promise<readonly BotLine[]> {
  const names =
    wanted === undefined ? (await deployedBots(reader)).bots.map(({ manifest }) => manifest.name) : [wanted];
  return names
    .flatMap((bot) => readLog(reader.stateDirectory, bot, most).map((line): BotLine => ({ bot, ...line })))
    .sort((a, b) => (a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : 0))
    .slice(-most);
}

/** Milliseconds between two looks. */
const PAUSE = 300;
/** Of one look: more can't come in between. */
const MOST_NEW = 20_000;

/** The answer, and then each that comes or changes, written as it comes until Ctrl-C or nobody reads any more. */
export async function followBots(reader: Reader, question: BotQuestion): Promise<BotAnswer> {
  const { signal, streams } = reader;
  const { output } = streams;
  let gone = false;
  const leave = (): void => {
    gone = true;
  };
  output.on('error', leave).on('close', leave);
  const ended = (): boolean => signal.aborted || gone || output.destroyed;
  const known = new Set<string>();
  try {
    for (let first = true; !ended(); first = false) {
      const answer = await queryBots(reader, first ? question : { ...question, most: MOST_NEW });
      for (const { key, json, line } of itemsOf(answer)) {
        if (known.has(key) || ended()) continue;
        known.add(key);
        if (output.write(`${streams.free ? line : json}\n`)) continue;
        await Promise.race([once(output, 'drain', { signal }), once(output, 'close')]).catch(() => undefined);
      }
      if (first)
        for (const { key } of itemsOf(await queryBots(reader, { ...question, most: MOST_NEW })))
          known.add(key);
      await sleep(PAUSE, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    output.off('error', leave).off('close', leave);
  }
  return { what: question.what, followed: true };
}

interface Item {
  /** The same while nothing of it changed. */
  readonly key: string;
  readonly json: string;
  readonly line: string;
}

function itemsOf({ state = [], history = [], logs = [] }: BotAnswer): readonly Item[] {
  const item = (value: object, line: string): Item => {
    const json = JSON.stringify(value);
    return { key: json, json, line: printable(line) };
  };
  return [
    ...state.map((one) => item(one, stateCells(one).join('  '))),
    ...history.map((one) => item(one, historyCells(one).join('  '))),
    ...numbered(logs.map((one) => item(one, logCells(one).join('  ')))),
  ];
}

/** The same line twice in one millisecond is two lines. */
function numbered(items: readonly Item[]): readonly Item[] {
  const times = new Map<string, number>();
  return items.map((one) => {
    const time = (times.get(one.key) ?? 0) + 1;
    times.set(one.key, time);
    return { ...one, key: `${one.key} ${time}` };
  });
}

function stateCells({
  name,
  scope,
  paused,
  reroute,
  running,
  waiting,
  done,
  dead,
  last,
}: BotState): readonly string[] {
  const how = paused ? 'paused' : reroute !== null ? `→ ${reroute}` : running ? 'at work' : 'waits';
  return [
    name,
    how,
    scope,
    `${waiting} queued`,
    `${done} done`,
    `${dead} given up`,
    last === null ? '' : `last ${last}`,
  ];
}

function historyCells({
  bot,
  event,
  state,
  attempts,
  queued,
  calls,
  why,
  runner,
}: HandledEvent): readonly string[] {
  const ran = calls.map(
    ({ words, status }) => `bit ${words.slice(0, 3).join(' ')}${status === 0 ? '' : ` (${status ?? '?'})`}`,
  );
  const tried = attempts > 0 ? `${state}, ${attempts} tries failed` : state;
  const place = runner === null ? '' : `on ${runner}`;
  const end = state === 'done' ? ran.join('; ') : (why ?? ran.join('; '));
  return [queued, bot, tried, `${event.event} ${event.kind}`.trim(), event.id, place, end];
}

function logCells({ ts, bot, from, event, text }: BotLine): readonly string[] {
  return [ts, bot, from === 'host' ? '·' : ' ', text, event === null ? '' : `[${event}]`];
}

export function renderAnswer({ what, state = [], history = [], logs = [] }: BotAnswer, page: Paper): void {
  const { style } = page;
  const safe = (cells: readonly string[]): string[] => cells.map((cell) => page.safe(cell));
  if (what === 'state') {
    if (state.length === 0) page.line('No bot is deployed here.');
    page.table(
      state.map((one) => safe(stateCells(one)).map((cell, index) => (index === 0 ? style.cyan(cell) : cell))),
    );
  } else if (what === 'history') {
    if (history.length === 0) page.line('No bot handled anything here yet: bit bot run hosts them.');
    page.table(
      history.map((one) =>
        safe(historyCells(one)).map((cell, index) =>
          index === 2 && one.state === 'dead' ? style.red(cell) : cell,
        ),
      ),
    );
  } else {
    if (logs.length === 0) page.line('Nothing was logged yet.');
    for (const one of logs) page.line(page.safe(logCells(one).join('  ')));
  }
}
