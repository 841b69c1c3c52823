/**
 * Triggers: workflows tied to what happens in this clone.
 *
 * Git's hooks tell of commits, merges, pushes and tags, beside the hooks that are there; `bit trigger run` watches files,
 * the ledger and webhooks. What happened is a file in a spool until somebody looks: the process a hook started, or the
 * one that watches, one at a time. Each start is an operation (`TRIGGER_FIRE`) with the run inside it, so that the ledger
 * says what led to what: a trigger does not start again what it led to itself, nor a chain of them go on without end.
 *
 * Triggers are local state: nothing that a pulled commit says runs by itself. What `.bithub.yml` declares below `triggers`
 * is set by `bit trigger adopt`.
 */
export { adoptTriggers, type TriggersAdopted } from './adopt.ts';
export type { Fired } from './consume.ts';
export { type FireResult, fireTriggers } from './fire.ts';
export { listTriggers, renderSet, renderTriggers, type TriggerList, type TriggerShown } from './list.ts';
export { EVENTS, type EventName, type Trigger } from './model.ts';
export { type RunTriggers, runTriggers, type TriggerSession } from './run.ts';
export { removeTrigger, setTrigger, type TriggerChange, type TriggerWish } from './set.ts';
export { type Delivery, type Listener, listen, type Receiver } from './webhook.ts';
