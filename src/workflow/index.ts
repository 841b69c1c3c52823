/**
 * Workflow: the engine. A run is a graph of jobs and steps with a durable journal under `<state>/runs/<id>`; sources
 * (native workflows, GitHub's, flows, scripts) compile to the model in `model.ts`, and {@link startRun} runs it, goes
 * on with it after any kind of end, and tells what happens in events.
 */

export { artifactFrom, checkName, checkPath } from './artifacts.ts';
export { parseAssignments } from './command-files.ts';
export { contentStore } from './content.ts';
export type { Due, RunSettings, Trees, Waiting } from './context.ts';
export { type DelegatedStart, runDelegated } from './delegated.ts';
export {
  type Delegate,
  type DelegateEnd,
  type DelegateRequest,
  type Delegation,
  packName,
  type RemoteEvent,
  readDelegation,
} from './delegation.ts';
export { type Errand, type ErrandEnd, runErrand } from './errand.ts';
export type { Happening, RunEvent, Watch } from './events.ts';
export type { Executor, Grace, Room, RoomExit, RoomProcess, RoomRequest } from './executor.ts';
export { closure, Graph } from './graph.ts';
export { type JournalContent, readJournal } from './journal.ts';
export { systemPrograms } from './local/confinement.ts';
export { find as findSystemProgram, localExecutor } from './local/executor.ts';
export { confinementFault, sandboxFault } from './local/sandbox.ts';
export * from './model.ts';
export { type Swept, sweepArtifacts } from './retention.ts';
export { type Seal, sealOf, sealWith } from './seal.ts';
export type { FoundWorkflow, SourceFiles, WorkflowSource } from './source.ts';
export { type FailedStep, namesOf, type RunEnd, type StartOptions, startRun } from './start.ts';
export {
  findRun,
  isRunning,
  listRuns,
  type RunPlace,
  type RunSummary,
  runIds,
  runPlace,
  summarize,
} from './store.ts';
