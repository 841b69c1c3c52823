import { isJsonObject, type Json } from '../../kernel/json.ts';
import type { Paper } from '../../kernel/paper.ts';
import type { Entry } from '../../ledger/index.ts';
import { parseCause, type Reader } from '../../operation/index.ts';
import { readRunners } from '../host/history.ts';
import { checkBotName } from '../manifest.ts';

/** Something a bot did, or was refused, as the ledger has it. */
export interface TrailStep {
  readonly bot: string;
  /** RFC 3339. */
  readonly ts: string;
  readonly op: string;
  readonly event: string;
  readonly action: string;
  readonly result: 'done' | 'failed' | 'refused' | 'open';
  readonly summary: string;
  /** Why it was refused, or failed. */
  readonly why: string | null;
  /** The event that led to it; null where the entry names none. */
  readonly cause: string | null;
  /** The runner of the mesh on which its handler asked for it; null: that ran here. */
  readonly runner: string | null;
}

export interface Trail {
  readonly steps: readonly TrailStep[];
  readonly refused: number;
}

export interface TrailQuestion {
  /** Of one bot; default of all. */
  readonly bot: string | undefined;
  readonly refused: boolean;
  readonly most: number;
}

/** What bots did and were refused, newest first: every entry of whom is `bot:<name>`. */
export async function botTrail(reader: Reader, question: TrailQuestion): Promise<Trail> {
  const wanted = question.bot === undefined ? undefined : `bot:${checkBotName(question.bot)}`;
  const steps: Omit<TrailStep, 'runner'>[] = [];
  for (const entry of reader.ledger.entries({
    newestFirst: true,
    ...(wanted === undefined ? {} : { as: wanted }),
  })) {
    if (steps.length >= question.most) break;
    if (entry.as?.startsWith('bot:') !== true) continue;
    if (entry.phase !== 'intent' && entry.phase !== 'denied') continue;
    const step = stepOf(reader, entry);
    if (!question.refused || step.result === 'refused') steps.push(step);
  }
  return { steps: placed(reader, steps), refused: steps.filter(({ result }) => result === 'refused').length };
}

/** With where the event behind each was handled. */
function placed({ stateDirectory }: Reader, steps: readonly Omit<TrailStep, 'runner'>[]): TrailStep[] {
  // a refusal of its place names the event alone
  const causes = steps.map(({ bot, cause }) => {
    const event = cause === null ? '' : (parseCause(cause)?.event ?? cause.slice(bot.length + 1));
    return { bot, event };
  });
  const runners = readRunners(stateDirectory, causes);
  return steps.map((step, at) => ({ ...step, runner: runners[at] ?? null }));
}

function stepOf({ ledger }: Reader, entry: Entry): Omit<TrailStep, 'runner'> {
  const { ts, op, event, payload } = entry;
  const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
  const base = {
    ...{ ts, op, event },
    bot: (entry.as ?? '').slice('bot:'.length),
    action: text(payload?.['action']),
    cause: typeof payload?.['cause'] === 'string' ? payload['cause'] : null,
  };
  const words = payload?.['words'];
  const summary =
    text(payload?.['summary']) || (Array.isArray(words) ? words.join(' ') : text(payload?.['command']));
  if (entry.phase === 'denied') {
    const messages = payload?.['messages'];
    const why = Array.isArray(messages) ? messages.join('; ') : null;
    return { ...base, summary, result: 'refused', why };
  }
  for (const { payload: end } of ledger.entries({ op, phase: 'outcome', limit: 1 })) {
    const error = isJsonObject(end?.['error']) ? text(end['error']['message']) : '';
    const ok = end?.['ok'] === true;
    return { ...base, summary, result: ok ? 'done' : 'failed', why: ok || error === '' ? null : error };
  }
  return { ...base, summary, result: 'open', why: null };
}

export function renderTrail({ steps, refused }: Trail, page: Paper): void {
  if (steps.length === 0) {
    page.line('no bot changed anything here, nor tried to');
    return;
  }
  for (const { ts, bot, result, action, summary, why, runner } of steps) {
    const marks = {
      done: page.style.green,
      failed: page.style.yellow,
      refused: page.style.red,
      open: page.style.dim,
    };
    const place = runner === null ? '' : `  (on ${runner})`;
    const tail = `${why === null ? '' : `: ${why.split('\n')[0] ?? ''}`}${place}`;
    page.line(
      `${ts}  ${page.safe(bot)}  ${marks[result](result.padEnd(7))}  ${page.safe(`${action}  ${summary}${tail}`)}`,
    );
  }
  page.line(`${steps.length} shown, ${refused} refused`);
}
