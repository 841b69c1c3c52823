/**
 * History: what was done, told and taken back.
 *
 * Rollback works on operations of this clone's own chain, newest first, all or nothing. Each inverse goes through the
 * gate; every ref and file is compared with the recorded after-image first, and what changed since is named, never
 * overwritten. Targets are claimed atomically with the intent. A rollback is itself an operation: redo takes it back.
 */
export { type Annotated, annotate } from './annotate.ts';
export { type HistoryEntry, type HistoryQuery, queryHistory, said } from './query.ts';
export { renderRollback } from './render.ts';
export { type ResumeResult, resume } from './resume.ts';
export {
  type RollbackOptions,
  type RollbackResult,
  redo,
  rollbackChain,
  rollbackChildren,
  rollbackOne,
  rollbackSeveral,
  rollbackTo,
  type UndoneOperation,
} from './rollback.ts';
export { type SettledOperation, settleOperation } from './settle.ts';
export { renderWhy, type Why, why } from './why.ts';
