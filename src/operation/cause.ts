/**
 * What led to an operation, where it was a bot handling an event: `<bot>/<event>#<call>.<try>`, of `BIT_CAUSE`. It stands
 * in the intent as `cause`, and only one operation begins under each: whoever starts the same call again, because a host
 * died before it heard of the first, is refused in the transaction that would write its intent.
 */
import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type JsonObject } from '../kernel/json.ts';
import type { LedgerReader } from '../ledger/index.ts';

export interface Cause {
  readonly bot: string;
  /** Id of the event. */
  readonly event: string;
  /** `<call>.<try>`. */
  readonly call: string;
}

const FORM = /^([a-z][a-z0-9-]{0,62})\/([\x21-\x7e]{1,400})#([0-9]{1,7}\.[0-9]{1,7})$/;

/** Undefined for a text that is none. */
export function parseCause(text: string): Cause | undefined {
  const [, bot, event, call] = FORM.exec(text) ?? [];
  return bot === undefined || event === undefined || call === undefined ? undefined : { bot, event, call };
}

export function causeText({ bot, event, call }: Cause): string {
  return `${bot}/${event}#${call}`;
}

/** The operation that began under a cause; undefined where none did. Only the bot's last event is remembered. */
export function begunUnder(ledger: LedgerReader, cause: Cause): string | undefined {
  const op = recall(ledger, cause)[cause.call];
  return typeof op === 'string' ? op : undefined;
}

/** @throws BitError `changed` where an operation began under it before */
export function refuseRepeated(ledger: LedgerReader, cause: Cause): void {
  const op = begunUnder(ledger, cause);
  if (op === undefined) return;
  throw new BitError('changed', `${causeText(cause)} was begun already, by operation ${op}`, {
    details: { op },
  });
}

/** Small state of the ledger, written with the intent. */
export function causeState(ledger: LedgerReader, cause: Cause, op: string): Readonly<Record<string, string>> {
  const calls = { ...recall(ledger, cause), [cause.call]: op };
  return { [nameOf(cause)]: JSON.stringify({ event: cause.event, calls }) };
}

function recall(ledger: LedgerReader, cause: Cause): JsonObject {
  const text = ledger.readState(nameOf(cause));
  if (text === undefined) return {};
  const value: unknown = JSON.parse(text);
  if (!isJsonObject(value) || value['event'] !== cause.event) return {};
  return isJsonObject(value['calls']) ? value['calls'] : {};
}

function nameOf({ bot }: Cause): string {
  return `cause:${bot}`;
}
