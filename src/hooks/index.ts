/**
 * Hooks: what git runs in this repository for `bit`, beside the repository's own. Several owners (freezes, triggers) have
 * parts in one file; the hook that was there is kept beside it, runs on, and comes back with the last part.
 */
export { HOOKS, type HookName, type HookOwner } from './names.ts';
export { type HookPart, refuseUnkept, settlePart } from './parts.ts';
export { type HookPlace, hookPlace } from './place.ts';
export {
  dropEvent,
  dropUnreadable,
  MOST_WAITING,
  readEvent,
  type SpooledEvent,
  spoolDirectory,
  spoolEvent,
  waitingEvents,
} from './spool.ts';
