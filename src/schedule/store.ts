import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { readTextIfExists, writeFileAtomic } from '../kernel/files.ts';
import { isJsonObject } from '../kernel/json.ts';

/** What to do about times at which nobody was there to run it. */
export type Missed = 'skip' | 'once';

export interface Schedule {
  readonly name: string;
  readonly workflow: string;
  readonly cron: string;
  /** IANA. */
  readonly timezone: string;
  readonly missed: Missed;
  /** RFC 3339; times before it were never missed. */
  readonly added: string;
  /** The file that declares it, of one that was adopted. */
  readonly from?: string;
}

const VERSION = 1;
const MOST_SCHEDULES = 1000;
const MOST_BYTES = 1 << 20;

/** What this machine runs by itself: local state, so that no commit that is pulled can add to it. */
export function schedulesFile(stateDirectory: string): string {
  return join(stateDirectory, 'schedules', 'schedules.json');
}

/** Up to which time each schedule has been seen to. */
export function handledFile(stateDirectory: string): string {
  return join(stateDirectory, 'schedules', 'handled.json');
}

/** By name. @throws BitError `integrity` where the file is not what we wrote */
export function readSchedules(stateDirectory: string): readonly Schedule[] {
  const path = schedulesFile(stateDirectory);
  const text = readTextIfExists(path);
  if (text === undefined) return [];
  const value = parse(path, text);
  const list = value['schedules'];
  if (value['v'] !== VERSION || !Array.isArray(list)) throw damaged(path);
  return list.map((item) => {
    if (!isJsonObject(item)) throw damaged(path);
    const { name, workflow, cron, timezone, missed, added } = item;
    const texts = [name, workflow, cron, timezone, added, item['from'] ?? ''];
    if (!texts.every((field) => typeof field === 'string')) throw damaged(path);
    if (missed !== 'skip' && missed !== 'once') throw damaged(path);
    return item as unknown as Schedule;
  });
}

export function writeSchedules(stateDirectory: string, schedules: readonly Schedule[]): void {
  if (schedules.length > MOST_SCHEDULES)
    throw new BitError('usage', `${MOST_SCHEDULES} schedules are the most of one repository`);
  const sorted = [...schedules].sort((a, b) => (a.name < b.name ? -1 : 1));
  const text = JSON.stringify({ v: VERSION, schedules: sorted }, null, 2);
  writeFileAtomic(schedulesFile(stateDirectory), `${text}\n`);
}

export type Handled = Readonly<Record<string, string>>;

export function readHandled(stateDirectory: string): Handled {
  const path = handledFile(stateDirectory);
  const text = readTextIfExists(path);
  if (text === undefined) return {};
  const entries = Object.entries(parse(path, text));
  if (!entries.every(([, at]) => typeof at === 'string' && !Number.isNaN(Date.parse(at))))
    throw damaged(path);
  return Object.fromEntries(entries) as Handled;
}

export function writeHandled(stateDirectory: string, handled: Handled): void {
  writeFileAtomic(handledFile(stateDirectory), `${JSON.stringify(handled, null, 2)}\n`);
}

function parse(path: string, text: string) {
  if (text.length > MOST_BYTES) throw damaged(path);
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    // told below
  }
  throw damaged(path);
}

function damaged(path: string): BitError {
  return new BitError('integrity', `${path} is not what was written`, {
    hint: 'put it aside and add the schedules again: bit schedule add',
    details: { path },
  });
}
