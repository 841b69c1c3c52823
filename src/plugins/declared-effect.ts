import { checkRefName } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type JsonObject } from '../kernel/json.ts';
import { printable } from '../kernel/text.ts';
import type { ActionRequest, Touches } from '../operation/index.ts';
import { flag, object, options, text, texts } from './shapes.ts';

/** An effect as a child describes it; what it does stays in the child. */
export interface DeclaredEffect {
  readonly request: ActionRequest;
  readonly summary: string;
  readonly target: JsonObject;
  readonly plan: readonly string[];
  readonly touches: Touches;
  readonly irreversible?: readonly string[];
  readonly confirm?: string;
}

const DOTTED = /^[a-z][a-z0-9]*(?:[.-][a-z0-9]+){0,7}$/;
const EVENT = /^[A-Z][A-Z0-9_]{0,63}$/;

/** @throws BitError `usage` naming the member; `denied` for what only a trusted plugin may ask for */
export function readDeclaredEffect(command: string, given: readonly unknown[]): DeclaredEffect {
  const [request, effect] = given;
  if (!isJsonObject(request) || !isJsonObject(effect))
    throw new BitError('usage', 'perform: expected a request and an effect');
  for (const member of ['undoes', 'inverses']) {
    const value = effect[member];
    if (value !== undefined && !(Array.isArray(value) && value.length === 0))
      throw new BitError('denied', `an effect's ${member} are not for a plugin that is not trusted`);
  }
  const action = text(effect['action'] ?? request['action'], 'action', 100);
  const event = text(effect['event'] ?? request['event'], 'event', 64);
  if (!DOTTED.test(action))
    throw new BitError('usage', `action: ${printable(action)} is none, expected a.dotted.name`);
  if (!EVENT.test(event)) throw new BitError('usage', `event: ${printable(event)} is none, expected A_NAME`);
  const line = (value: unknown, what: string): string => printable(text(value, what, 1000));
  const lines = (value: unknown, what: string): readonly string[] =>
    texts(value, what, 1000).map((one) => line(one, what));
  const rest = options(pick(effect, ['irreversible', 'confirm']), 'effect', {
    irreversible: lines,
    confirm: line,
  });
  return {
    request: { action, event, command, args: object(request['args'] ?? {}, 'args') },
    summary: line(effect['summary'], 'summary'),
    target: object(effect['target'] ?? {}, 'target'),
    plan: lines(effect['plan'] ?? [], 'plan'),
    touches: readTouches(effect['touches']),
    ...rest,
  };
}

function readTouches(value: unknown): Touches {
  const read = options(value, 'touches', {
    refs: (refs, what): readonly string[] | 'all' =>
      refs === 'all' ? 'all' : texts(refs, what, 1000).map((ref) => checkRefName(ref)),
    rewrites: flag,
    head: flag,
    index: flag,
    worktree: (mode, what): 'tracked' | 'untracked' | 'ignored' => {
      if (mode === 'tracked' || mode === 'untracked' || mode === 'ignored') return mode;
      throw new BitError('usage', `${what}: expected tracked, untracked or ignored`);
    },
    files: (files, what) => texts(files, what, 1000),
  });
  const { files, refs = [], ...rest } = read;
  if (files !== undefined && files.length > 0)
    throw new BitError('denied', 'touches.files: single files are not for a plugin that is not trusted');
  return { refs, ...rest };
}

function pick(value: JsonObject, members: readonly string[]): JsonObject {
  return Object.fromEntries(
    members.flatMap((name) => (value[name] === undefined ? [] : [[name, value[name]]])),
  ) as JsonObject;
}
