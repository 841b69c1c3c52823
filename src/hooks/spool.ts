import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory, writeFileAtomic } from '../kernel/files.ts';
import { ulid } from '../kernel/ids.ts';
import { isJsonObject, type JsonObject } from '../kernel/json.ts';

/** Something that happened and waits for the triggers it may start. */
export interface SpooledEvent {
  readonly path: string;
  /** `commit`, `push`. */
  readonly name: string;
  readonly at: Date;
  /** Operation inside of which it happened. */
  readonly operation: string | undefined;
  readonly facts: JsonObject;
}

const ENDING = '.event';
const MOST_BYTES = 32 * 1024 * 1024;
/** Events that may wait; what comes beyond is refused by who spools it. */
export const MOST_WAITING = 10_000;

/** Where hooks and listeners leave what happened: a file an event. */
export function spoolDirectory(stateDirectory: string): string {
  return join(stateDirectory, 'triggers', 'spool');
}

/** Names of the events that wait, oldest first. One look at a folder. */
export function waitingEvents(stateDirectory: string): readonly string[] {
  try {
    return readdirSync(spoolDirectory(stateDirectory))
      .filter((name) => name.endsWith(ENDING))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** On disk when it returns. */
export function spoolEvent(
  stateDirectory: string,
  now: Date,
  event: { readonly name: string; readonly operation?: string | undefined; readonly facts: JsonObject },
): void {
  const seconds = Math.floor(now.getTime() / 1000);
  const path = join(
    spoolDirectory(stateDirectory),
    `${seconds}-${ulid(now.getTime())}-${event.name}${ENDING}`,
  );
  const { name, operation, facts } = event;
  const document = { name, at: now.toISOString(), operation: operation ?? null, facts };
  makeDirectory(spoolDirectory(stateDirectory), 0o700);
  writeFileAtomic(path, JSON.stringify(document), { mode: 0o600 });
}

/**
 * Reads an event: JSON as {@link spoolEvent} writes it, or as a hook does: `name TAB operation`, then a line a ref.
 * Undefined for what is neither.
 */
export function readEvent(stateDirectory: string, file: string): SpooledEvent | undefined {
  const path = join(spoolDirectory(stateDirectory), file);
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts?.isFile() !== true || facts.size > MOST_BYTES) return undefined;
  const text = readFileSync(path, 'utf8');
  if (!text.startsWith('{')) return hookEvent(path, text, facts.mtime);
  try {
    const value: unknown = JSON.parse(text);
    if (!isJsonObject(value) || typeof value['name'] !== 'string' || !isJsonObject(value['facts']))
      return undefined;
    const { operation } = value;
    return {
      path,
      name: value['name'],
      at: facts.mtime,
      operation: typeof operation === 'string' ? operation : undefined,
      facts: value['facts'],
    };
  } catch {
    return undefined;
  }
}

/** Refs a push or a fetch may name; more are not looked at. */
const MOST_LINES = 1000;

function hookEvent(path: string, text: string, at: Date): SpooledEvent | undefined {
  const [head = '', ...lines] = text.split('\n');
  const [name = '', operation = '', ...words] = head.split('\t');
  if (!/^[a-z-]{1,32}$/.test(name)) return undefined;
  const refs = lines.filter((line) => line !== '').slice(0, MOST_LINES);
  return { path, name, at, operation: operation === '' ? undefined : operation, facts: { words, refs } };
}

export function dropEvent(event: SpooledEvent): void {
  rmSync(event.path, { force: true });
}

/** What can't be read is taken away, so that it does not stand in the way for ever. */
export function dropUnreadable(stateDirectory: string, file: string): void {
  rmSync(join(spoolDirectory(stateDirectory), file), { force: true });
}
