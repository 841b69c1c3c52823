import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { readTextIfExists, writeFileAtomic } from '../kernel/files.ts';
import { isJsonObject, type Json } from '../kernel/json.ts';
import { nearest, printable } from '../kernel/text.ts';
import { EVENTS, type Trigger, triggerJson } from './model.ts';

const VERSION = 1;

/** Local state: nothing that a pulled commit says starts anything by itself. */
export function triggersFile(stateDirectory: string): string {
  return join(stateDirectory, 'triggers', 'triggers.json');
}

/** @throws BitError `integrity` where the file is damaged */
export function readTriggers(stateDirectory: string): readonly Trigger[] {
  const path = triggersFile(stateDirectory);
  const text = readTextIfExists(path);
  if (text === undefined) return [];
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    document = undefined;
  }
  const list = isJsonObject(document) && document['version'] === VERSION ? document['triggers'] : undefined;
  const triggers = Array.isArray(list) ? list.map(triggerFrom) : [undefined];
  if (triggers.some((trigger) => trigger === undefined)) {
    throw new BitError('integrity', `${path} is damaged`, {
      hint: 'set it right or take it away, then set the triggers again',
    });
  }
  return triggers as readonly Trigger[];
}

export function writeTriggers(stateDirectory: string, triggers: readonly Trigger[]): void {
  const document = { version: VERSION, triggers: triggers.map(triggerJson) };
  writeFileAtomic(triggersFile(stateDirectory), `${JSON.stringify(document, null, 2)}\n`, { mode: 0o600 });
}

/** @throws BitError `not-found` with the nearest names */
export function triggerNamed(triggers: readonly Trigger[], name: string): Trigger {
  const found = triggers.find((trigger) => trigger.name === name);
  if (found !== undefined) return found;
  const near = nearest(
    name,
    triggers.map((trigger) => trigger.name),
  );
  throw new BitError('not-found', `there is no trigger ${printable(name)}`, {
    hint: near.length > 0 ? `did you mean: ${near.join(', ')}` : 'see those there are with: bit trigger list',
  });
}

function triggerFrom(value: Json): Trigger | undefined {
  if (!isJsonObject(value)) return undefined;
  const { name, workflow, since, condition, secret, debounce, inputs, from } = value;
  const lists = ['on', 'branches', 'tags', 'paths', 'kinds'].map((key) => textsOf(value[key]));
  const [on, branches, tags, paths, kinds] = lists;
  if (typeof name !== 'string' || typeof workflow !== 'string' || typeof since !== 'string') return undefined;
  if (on === undefined || branches === undefined || tags === undefined) return undefined;
  if (paths === undefined || kinds === undefined || !isJsonObject(inputs)) return undefined;
  const events = EVENTS.filter((event) => on.includes(event));
  if (events.length !== on.length) return undefined;
  const given = Object.entries(inputs).flatMap(([key, text]) =>
    typeof text === 'string' ? [[key, text] as const] : [],
  );
  return {
    ...{ name, workflow, since, on: events, branches, tags, paths, kinds },
    inputs: Object.fromEntries(given),
    ...(typeof condition === 'string' ? { condition } : {}),
    ...(typeof secret === 'string' ? { secret } : {}),
    ...(typeof debounce === 'number' ? { debounce } : {}),
    ...(typeof from === 'string' ? { from } : {}),
  };
}

function textsOf(value: Json | undefined): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.every((item) => typeof item === 'string') ? (value as readonly string[]) : undefined;
}
