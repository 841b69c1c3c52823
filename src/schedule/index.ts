/**
 * Schedule: workflows that run by the clock.
 *
 * `bit schedule add` writes down which and when (a cron line in a time zone) in the local state: what a machine runs by
 * itself is said on that machine, and no commit that is pulled adds to it. What files declare (`schedules` of
 * `.bithub.yml`, `on.schedule`) runs once `bit schedule adopt` says so. `bit schedule run` is the process that keeps
 * them; it marks a time as seen to before it starts the workflow, so a crash runs nothing twice. Each workflow is a
 * `bit run` of its own inside it, gated and recorded.
 */
export { type AdoptSchedules, adoptSchedules, type SchedulesAdopted } from './adopt.ts';
export { type AddRequest, addSchedule, removeSchedule, type ScheduleChange } from './change.ts';
export { parseCron } from './cron.ts';
export type { DeclaredSchedule } from './declared.ts';
export { type InstallResult, installKeeper, type Keeper, type Kept } from './install.ts';
export { type KeepResult, keeperRuns, keepSchedules } from './keep.ts';
export { listSchedules, type ScheduleList, type ShownSchedule } from './show.ts';
export { type Missed, readSchedules, type Schedule } from './store.ts';
