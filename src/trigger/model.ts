import type { Names } from '../expression/index.ts';
import type { HookName } from '../hooks/index.ts';
import type { Json, JsonObject } from '../kernel/json.ts';
import { TRIGGER_EVENTS } from '../specification/index.ts';

/** What a workflow may run on. */
export const EVENTS = TRIGGER_EVENTS;
export type EventName = (typeof EVENTS)[number];

/** Hooks of git that tell of each event; the others are told of while `bit trigger run` runs. */
export const HOOKS_OF: Readonly<Partial<Record<EventName, HookName>>> = {
  commit: 'post-commit',
  merge: 'post-merge',
  push: 'pre-push',
  tag: 'reference-transaction',
};

/** Events of a trigger that names none (`bit trigger if`). */
export const ANY: readonly EventName[] = ['commit', 'merge', 'push', 'tag', 'file', 'ledger'];

/** A workflow tied to an event, in this clone. */
export interface Trigger {
  readonly name: string;
  readonly on: readonly EventName[];
  /** As `bit run` takes it. */
  readonly workflow: string;
  /** Patterns; each narrows where there is one. */
  readonly branches: readonly string[];
  readonly tags: readonly string[];
  readonly paths: readonly string[];
  /** Ledger events (`COMMIT`), or GitHub's names of webhook events (`push`). */
  readonly kinds: readonly string[];
  readonly condition?: string;
  /** Values may be templates: `${{ event.commit }}`. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Name of the secret that signs its webhooks. */
  readonly secret?: string;
  /** Milliseconds of quiet after a file changed. */
  readonly debounce?: number;
  /** When it was set, RFC 3339. */
  readonly since: string;
  /** The file that declares it, of one that was adopted. */
  readonly from?: string;
}

/** Something that happened, as expressions and workflows see it. */
export interface TriggerEvent {
  readonly name: EventName;
  readonly operation: string | undefined;
  readonly branches: readonly string[];
  readonly tags: readonly string[];
  readonly files: readonly string[];
  readonly kind: string | undefined;
  /** Triggers it is for alone (a webhook's), and those it must not start again. */
  readonly only?: readonly string[];
  readonly never?: readonly string[];
  /** `event` of expressions. */
  readonly facts: JsonObject;
}

/** What an expression of a trigger may name. */
export const NAMES: Names = { contexts: ['event', 'repo', 'trigger'] };

export function triggerJson(trigger: Trigger): JsonObject {
  return { ...trigger, inputs: { ...trigger.inputs } } as unknown as JsonObject;
}

export type Facts = Readonly<Record<string, Json>>;
